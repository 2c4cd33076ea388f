"""A published file read again by the commands that users run, beside what its export recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plate_devices.cli.evaluate import command
from plate_export.checks import frame_check, text_check
from plate_export.checks.frame_texts import FoundPlate
from plate_runtime.labels import read_class_folders, read_labels
from plate_runtime.model_file import read_model_file
from plate_runtime.reader import PlateReader


def recorded_texts(patch: pytest.MonkeyPatch) -> dict[tuple[str, str], list[str]]:
    """Keep what the gate reads, by file and interpreter."""
    kept: dict[tuple[str, str], list[str]] = {}
    compare = text_check.compare

    def keeping(*arguments: Any, **options: Any) -> text_check.Check:
        check = compare(*arguments, **options)
        kept[check.file, check.backend] = check.result.texts
        return check

    patch.setattr(text_check, "compare", keeping)
    return kept


def require_same(
    out: Path, data: Path, read_as: str, texts: dict[tuple[str, str], list[str]], capsys: pytest.CaptureFixture[str]
) -> int:
    """Hold plate-eval, plate-eval --verify and each reading against the export; return how many files there were.

    Args:
        data: the labelled set itself, not split any further.
    """
    files = sorted(path for path in out.iterdir() if path.suffix in (".tflite", ".onnx"))
    for path in files:
        scores = read_model_file(path).manifest.scores
        assert scores, path.name
        assert command(["--verify", str(path), "--data", str(data)]) == 0
        for score in scores:
            capsys.readouterr()
            model = ["--model", str(path), "--backend", score.backend]
            assert command(["--data", str(data), "--as", read_as, *model, "--json"]) == 0
            found = json.loads(capsys.readouterr().out)
            assert (found["count"], found["exact"], found["folded"]) == (score.count, score.right, score.folded)
            assert _read(path, data, read_as, score.backend) == texts[path.name, score.backend]
    return len(files)


def _read(path: Path, data: Path, read_as: str, backend: str) -> list[str]:
    """Return what the product reads of each picture."""
    listed = read_labels(data / "labels.csv") if (data / "labels.csv").is_file() else read_class_folders(data)
    with PlateReader(path, backend, as_=read_as) as reader:
        plates = [reader.read(entry.path, read_as, min_confidence=0.0) for entry in listed if entry.text]
    return [found[0].text if found else "" for found in plates]


Spotted = list[list[FoundPlate]]


def recorded_plates(patch: pytest.MonkeyPatch) -> dict[tuple[str, str], Spotted]:
    """Keep what the gate finds in frames, by file and interpreter."""
    kept: dict[tuple[str, str], Spotted] = {}
    compare = frame_check.compare

    def keeping(*arguments: Any, **options: Any) -> frame_check.FrameCheck:
        check = compare(*arguments, **options)
        kept[check.file, check.backend] = check.result.plates
        return check

    patch.setattr(frame_check, "compare", keeping)
    return kept


def require_same_plates(
    out: Path, data: Path, plates: dict[tuple[str, str], Spotted], capsys: pytest.CaptureFixture[str]
) -> int:
    """Hold what the commands find in the frames of `data` against the export; return how many files there were."""
    files = sorted(path for path in out.iterdir() if path.suffix in (".tflite", ".onnx"))
    pictures = list(dict.fromkeys(entry.path for entry in read_labels(data / "labels.csv")))
    for path in files:
        scores = read_model_file(path).manifest.scores
        assert scores, path.name
        assert command(["--verify", str(path), "--data", str(data)]) == 0
        for score in scores:
            capsys.readouterr()
            model = ["--model", str(path), "--backend", score.backend]
            assert command(["--data", str(data), "--as", "frame", *model, "--json"]) == 0
            found = json.loads(capsys.readouterr().out)
            counted = found["frames"], found["plates"], found["found"], found["detections_outside"]
            assert counted == (score.frames, score.count, score.right, score.false)
            assert found["model"] == score.reader
            with PlateReader(None, score.backend, as_="frame", detector=path) as reader:
                read = [reader.search(picture) for picture in pictures]
            again = [[FoundPlate(one, plate.text if plate else None) for one, plate in frame] for frame in read]
            assert again == plates[path.name, score.backend]
    return len(files)
