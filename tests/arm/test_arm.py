"""Emulated boards give the plates and the scores of x86-64. What they say about time means nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_detectors import detector_bytes, draw_frame
from tiny_plates import plate_model_bytes

from arm import debian, record
from arm.answers import Answer, Apart, answers, apart, failures
from arm.machine import Board, Machine
from arm.sets import FRAMES, TASKS, Task, some_of
from plate_runtime.shipped import ships

# Interpreters may round differently on each processor; so far none did.
CLOSE_CONFIDENCE, CLOSE_PIXELS = 0.02, 2.0
PACKAGES = {"litert": "ai-edge-litert", "onnx": "onnxruntime", "tflite": "tflite-runtime"}
READ = ("count", "exact", "folded")
COUNTS = {"plate": READ, "character": READ, "frame": (*READ, "plates", "found", "false_plates")}
On = Callable[..., Machine]
Here = Callable[[Machine, str], Machine]


@pytest.fixture(scope="session")
def samples(repository: Path) -> list[Path]:
    folder = repository / "devices" / "plate_devices" / "samples"
    return sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))


def read(machine: Machine, backend: str, *arguments: str | Path) -> list[Answer]:
    return answers(machine.run("plate-infer", "--json", "--backend", backend, *arguments))


def keep(
    board: Board,
    machine: Machine,
    beside: Machine,
    backend: str,
    model: str,
    pictures: str,
    found: Apart,
    **counts: int,
) -> None:
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
        "x86": f"{PACKAGES[backend]} {beside.version(PACKAGES[backend])}, Pillow {beside.version('pillow')}",
        "emulator": f"qemu-user {debian.emulator_version(board.architecture)}",
    }
    record.keep(row | counts)


def require_close(found: Apart) -> None:
    assert found.texts == 0
    assert found.confidence <= CLOSE_CONFIDENCE
    assert found.pixels <= CLOSE_PIXELS


@pytest.mark.parametrize("model", ["plate-reader", "plate-reader-nano", "plate-character"])
def test_samples_are_read_as_on_x86(
    board: Board, backend: str, model: str, here: Here, on: On, samples: list[Path]
) -> None:
    require_same_samples(board, backend, model, here, on(board), samples)


def test_every_processor_reads_the_samples_as_x86(
    board: Board, backend: str, other_processor: str, here: Here, on: On, samples: list[Path]
) -> None:
    require_same_samples(board, backend, "plate-reader", here, on(board, other_processor), samples)


def require_same_samples(
    board: Board, backend: str, model: str, here: Here, machine: Machine, samples: list[Path]
) -> None:
    beside = here(machine, backend)
    ours = read(beside, backend, "--as", "plate", "--model", model, *samples)
    theirs = read(machine, backend, "--as", "plate", "--model", model, *samples)
    found = apart(ours, theirs)
    keep(board, machine, beside, backend, model, "samples", found, count=len(samples))
    assert len(ours) == len(theirs) == len(samples)
    assert sum(bool(one.text) for one in theirs) >= len(samples) - 1
    require_close(found)


def test_plates_are_found_in_frames_as_on_x86(board: Board, backend: str, here: Here, on: On, tmp_path: Path) -> None:
    plates = {(2, 3): "AB12XYZ", (4, 7): "KR59ABD"}
    frame, format_ = tmp_path / "frame.png", "onnx" if backend == "onnx" else "tflite"
    detector, reader = tmp_path / f"detector.{format_}", tmp_path / f"reader.{format_}"
    Image.fromarray(draw_frame(plates)).save(frame)
    detector.write_bytes(detector_bytes(format_, "int8"))
    reader.write_bytes(plate_model_bytes(format_, "int8"))
    line = ("--as", "frame", "--model", detector, "--model", reader, frame)
    machine = on(board)
    ours, theirs = read(here(machine, backend), backend, *line), read(machine, backend, *line)
    assert sorted(one.text for one in theirs) == sorted(plates.values())
    require_close(apart(ours, theirs))


@pytest.mark.parametrize("task", TASKS + ((FRAMES,) if ships("detector") else ()), ids=lambda task: task.model)
def test_real_pictures_score_as_on_x86(
    board: Board, backend: str, task: Task, here: Here, on: On, shared_data: Path, tmp_path: Path
) -> None:
    machine = on(board)
    beside = here(machine, backend)
    labels = some_of(task, shared_data, tmp_path)
    ours, theirs = score(beside, backend, task, labels), score(machine, backend, task, labels)
    found = apart(failures(ours), failures(theirs))
    keep(board, machine, beside, backend, task.model, task.name, found,
         count=theirs["count"], right=theirs["exact"], right_on_x86=ours["exact"])  # fmt: skip
    assert theirs["backend"] == backend
    assert {key: theirs[key] for key in COUNTS[task.read_as]} == {key: ours[key] for key in COUNTS[task.read_as]}
    require_close(found)


def score(machine: Machine, backend: str, task: Task, labels: Path) -> dict[str, Any]:
    models = () if task.read_as == "frame" else ("--model", task.model)
    line = ("--json", "--as", task.read_as, "--backend", backend, *models, "--labels", labels)
    return dict(json.loads(machine.run("plate-eval", *line)))
