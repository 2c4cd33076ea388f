"""Emulated boards give the plates and the scores of x86-64. What they say about time means nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_locators import draw_frame, locator_bytes
from tiny_plates import plate_model_bytes

from arm import debian, record
from arm.answers import Answer, Apart, answers, apart, failures
from arm.machine import Board, Machine
from arm.sets import FRAMES, TASKS, Task, some_of
from plate_runtime.shipped import ships

# Other versions of Pillow and of the interpreter may decode and round a little differently. A clear plate does not show
# it; the confidence of a doubtful one moved by 0.06 between LiteRT and tflite-runtime, with the same text.
CLOSE_CONFIDENCE, CLOSE_PIXELS = 0.1, 2.0
PACKAGES = {"litert": "ai-edge-litert", "onnx": "onnxruntime", "tflite": "tflite-runtime"}
READ = ("count", "exact", "folded")
COUNTS = {"plate": READ, "character": READ, "frame": (*READ, "plates", "found", "false_plates")}
On = Callable[..., Machine]


@pytest.fixture(scope="session")
def samples(repository: Path) -> list[Path]:
    folder = repository / "devices" / "plate_devices" / "samples"
    return sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))


def native(backend: str) -> str:
    """Which interpreter answers here: LiteRT for tflite-runtime, which would need another numpy."""
    return "litert" if backend == "tflite" else backend


def read(machine: Machine, backend: str, *arguments: str | Path) -> list[Answer]:
    return answers(machine.run("plate-infer", "--json", "--backend", backend, *arguments))


def keep(machine: Machine, board: Board, backend: str, model: str, pictures: str, found: Apart, **counts: int) -> None:
    if not record.wanted():
        return
    row = {
        "architecture": board.architecture,
        "release": board.release,
        "processor": machine.name.rpartition(" ")[2],
        "backend": backend,
        "model": model,
        "pictures": pictures,
        "other_texts": found.texts,
        "confidence_apart": f"{found.confidence:.4f}",
        "pixels_apart": f"{found.pixels:.1f}",
        "interpreter": f"{PACKAGES[backend]} {machine.version(PACKAGES[backend])}",
        "python": machine.python,
        "numpy": machine.version("numpy"),
        "pillow": machine.version("pillow"),
        "emulator": f"qemu-user {debian.emulator_version(board.architecture)}",
    }
    record.keep(row | counts)


def require_close(found: Apart) -> None:
    assert found.texts == 0
    assert found.confidence <= CLOSE_CONFIDENCE
    assert found.pixels <= CLOSE_PIXELS


@pytest.mark.parametrize("model", ["plate-reader", "plate-reader-nano", "plate-character"])
def test_samples_are_read_as_on_x86(
    board: Board, backend: str, model: str, here: Machine, on: On, samples: list[Path]
) -> None:
    require_same_samples(board, backend, model, here, on(board), samples)


def test_every_processor_reads_the_samples_as_x86(
    board: Board, backend: str, other_processor: str, here: Machine, on: On, samples: list[Path]
) -> None:
    require_same_samples(board, backend, "plate-reader", here, on(board, other_processor), samples)


def require_same_samples(
    board: Board, backend: str, model: str, here: Machine, machine: Machine, samples: list[Path]
) -> None:
    ours = read(here, native(backend), "--as", "plate", "--model", model, *samples)
    theirs = read(machine, backend, "--as", "plate", "--model", model, *samples)
    found = apart(ours, theirs)
    keep(machine, board, backend, model, "samples", found, count=len(samples))
    assert len(ours) == len(theirs) == len(samples)
    assert sum(bool(one.text) for one in theirs) >= len(samples) - 1
    require_close(found)


def test_plates_are_found_in_frames_as_on_x86(
    board: Board, backend: str, here: Machine, on: On, tmp_path: Path
) -> None:
    plates = {(2, 3): "AB12XYZ", (4, 7): "KR59ABD"}
    frame, format_ = tmp_path / "frame.png", "onnx" if backend == "onnx" else "tflite"
    locator, reader = tmp_path / f"locator.{format_}", tmp_path / f"reader.{format_}"
    Image.fromarray(draw_frame(plates)).save(frame)
    locator.write_bytes(locator_bytes(format_, "int8"))
    reader.write_bytes(plate_model_bytes(format_, "int8"))
    line = ("--as", "frame", "--model", locator, "--model", reader, frame)
    ours, theirs = read(here, native(backend), *line), read(on(board), backend, *line)
    assert sorted(one.text for one in theirs) == sorted(plates.values())
    require_close(apart(ours, theirs))


@pytest.mark.parametrize("task", TASKS + ((FRAMES,) if ships("locator") else ()), ids=lambda task: task.model)
def test_real_pictures_score_as_on_x86(
    board: Board, backend: str, task: Task, here: Machine, on: On, shared_data: Path, tmp_path: Path
) -> None:
    machine = on(board)
    labels = some_of(task, shared_data, tmp_path)
    ours, theirs = score(here, native(backend), task, labels), score(machine, backend, task, labels)
    found = apart(failures(ours), failures(theirs))
    keep(machine, board, backend, task.model, task.name, found,
         count=theirs["count"], right=theirs["exact"], right_on_x86=ours["exact"])  # fmt: skip
    assert theirs["backend"] == backend
    assert {key: theirs[key] for key in COUNTS[task.read_as]} == {key: ours[key] for key in COUNTS[task.read_as]}
    require_close(found)


def score(machine: Machine, backend: str, task: Task, labels: Path) -> dict[str, Any]:
    models = () if task.read_as == "frame" else ("--model", task.model)
    line = ("--json", "--as", task.read_as, "--backend", backend, *models, "--labels", labels)
    return dict(json.loads(machine.run("plate-eval", *line)))
