"""plate-eval on whole frames: what was found, what is false, what was read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_detectors import draw_frame, plate_corners

from plate_devices.cli.evaluate import command
from plate_runtime.errors import AccuracyError, DataError, UsageError
from plate_runtime.labels import by_picture, read_labels, set_digest
from plate_runtime.manifest import Score

MakeModel = Callable[..., Path]


def row(image: str, text: str = "", cell: tuple[int, int] | None = None, group: str = "", shift: float = 0.0) -> str:
    """A line of a labels file; the corners are those of the plate in that cell."""
    corners = plate_corners(*cell) if cell else ()
    numbers = " ".join(f"{x + shift:g} {y:g}" for x, y in corners)
    return f"{image},{text},{numbers},{group}"


def write(folder: Path, frames: dict[str, dict[tuple[int, int], str]], rows: Sequence[str]) -> Path:
    folder.mkdir()
    for name, plates in frames.items():
        Image.fromarray(draw_frame(plates)).save(folder / name)
    (folder / "labels.csv").write_text("\n".join(["image,text,corners,group", *rows]) + "\n")
    return folder


@pytest.fixture
def models(make_detector: MakeModel, make_plate_model: MakeModel) -> list[str]:
    """Both tiny models."""
    return ["--model", str(make_plate_model()), "--model", str(make_detector())]


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Four frames: plates read right and wrong, one missed, one without a label, and one without any."""
    drawn: dict[str, dict[tuple[int, int], str]] = {
        "a.png": {(2, 3): "AB12XYZ", (4, 7): "CD34EFG"},
        "b.png": {(2, 3): "AB12XYZ", (0, 5): "KR59ABD"},
        "c.png": {(3, 4): "KR70ABD"},
        "empty.png": {},
    }
    rows = [
        row("a.png", "AB12XYZ", (2, 3), "north"),
        row("a.png", "", (4, 7), "north"),
        row("b.png", "AB12XYZ", (2, 3), "north"),
        row("c.png", "KR7OABD", (3, 4), "south"),
        row("c.png", "GONE1", (0, 5), "south"),
        row("empty.png"),
    ]
    return write(tmp_path / "frames", drawn, rows)


def test_scores_in_json(models: list[str], frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["--data", str(frames), "--json", *models]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["as"], found["model"], found["detector"]) == ("auto", "tiny-plates@1.0.0", "tiny-detector@1.0.0")
    assert (found["frames"], found["plates"], found["found"], found["recall"]) == (4, 5, 4, 0.8)
    assert found["widths"] == [{"from": 400, "to": None, "plates": 5, "found": 4}]
    assert (found["detections_outside"], found["false_plates"], found["false_plates_per_frame"]) == (1, 1, 0.25)
    assert (found["count"], found["exact"], found["folded"]) == (4, 2, 3)
    assert found["pictures"] == {"count": 3, "exact": 2}
    assert found["vehicles"] == {"count": 3, "exact": 1}
    assert found["groups"] == {
        "north": {"frames": 2, "plates": 3, "found": 3, "texts": 2, "exact": 2, "false": 1},
        "south": {"frames": 1, "plates": 2, "found": 1, "texts": 2, "exact": 0, "false": 0},
    }
    assert [(one["kind"], one["text"], one["reading"]) for one in found["failures"]] == [
        ("false", "", "KR59ABD"), ("misread", "KR7OABD", "KR70ABD"), ("missed", "GONE1", ""),
    ]  # fmt: skip
    assert found["curve"][0] == {"threshold": 0.0, "exact": 2, "false_plates": 1}
    assert len(found["curve"]) == 20 and found["curve"][-1]["exact"] <= 2
    (outside,) = found["outside"]
    assert outside["reviewed"] is False
    assert (outside["reading"], outside["corners"][0]) == ("KR59ABD", list(plate_corners(0, 5)[0]))
    assert found["threshold"] == 0.4 and found["cpu_ms_median"] > 0


def test_scores_for_people(models: list[str], frames: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(["--labels", str(frames / "labels.csv"), *models])
    shown = capsys.readouterr()
    heading = "4 frames read by tiny-detector@1.0.0 and tiny-plates@1.0.0 in litert"
    lines = "80.00%   of 5 plates", "50.00%   of 4 plates with a text", "group   north: 2 frames"
    for part in (heading, *lines, "missed\tGONE1\t-\t0.000\t"):
        assert part in shown.out
    assert shown.err == ""


def test_false_plates_are_counted_where_there_are_no_plates_at_all(
    models: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "none", {"a.png": {}, "b.png": {(3, 4): "KR59ABD"}}, [row("a.png"), row("b.png")])
    command(["--data", str(folder), *models])
    assert "false        1    0.5000   a frame" in capsys.readouterr().out


def test_a_reading_below_the_threshold_is_not_reported(
    make_detector: MakeModel, make_plate_model: MakeModel, frames: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detector = make_detector(thresholds={"min_detection": 0.5, "min_confidence": 1.0})
    command(["--data", str(frames), "--json", "--model", str(make_plate_model()), str(detector)])
    found = json.loads(capsys.readouterr().out)
    assert (found["found"], found["exact"], found["false_plates"], found["detections_outside"]) == (4, 0, 0, 1)


def test_texts_without_corners_may_stand_anywhere(
    models: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = {"a.png": {(2, 3): "AB12XYZ", (4, 7): "KR59ABC"}, "b.png": {(3, 4): "KR70ABD"}}
    folder = write(tmp_path / "texts", drawn, [row("a.png", "KR59ABC"), row("b.png", "KR71ABD")])
    assert command(["--data", str(folder), "--as", "frame", "--json", *models]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["count"], found["exact"], found["plates"], found["false_plates"]) == (2, 1, 0, 0)
    (failure,) = found["failures"]
    assert (failure["kind"], failure["reading"]) == ("misread", "KR70ABD")


def test_a_plate_that_nobody_labelled_is_not_false_once_it_was_looked_at(
    models: list[str], frames: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "reviewed.csv"
    corners = " ".join(f"{x:g} {y:g}" for x, y in plate_corners(0, 5))
    for answer, false in (("yes", 0), ("no", 1)):
        file.write_text(f"image,corners,plate,what\nb.png,{corners},{answer},a van in the back\n")
        assert command(["--data", str(frames), "--reviewed", str(file), "--json", *models]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["false_plates"], found["detections_outside"]) == (false, false)
        assert [one["reviewed"] for one in found["outside"]] == [True] * false
    wrong = "image,corners\n", f"image,corners,plate\nb.png,{corners},maybe\n", "image,corners,plate\nb.png,,no\n"
    for text in wrong:
        file.write_text(text)
        with pytest.raises(DataError, match=r"reviewed\.csv"):
            command(["--data", str(frames), "--reviewed", str(file), *models])


def test_frames_without_any_text_are_scored_for_finding(
    models: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("a.png", "", (2, 3)), row("a.png", "", (4, 7), shift=300)]
    folder = write(tmp_path / "found", {"a.png": {(2, 3): "AB12XYZ", (4, 7): "CD34EFG"}}, rows)
    assert command(["--data", str(folder), "--json", *models]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["count"], found["found"], found["detections_outside"]) == (0, 1, 0)
    with pytest.raises(DataError, match="no picture with a text"):
        command(["--data", str(folder), "--as", "plate", *models[:2]])


def test_the_pictures_of_a_run(models: list[str], frames: Path, tmp_path: Path) -> None:
    sheet, diagram = tmp_path / "sheet.png", tmp_path / "diagram.png"
    assert command(["--data", str(frames), "--sheet", str(sheet), "--reliability", str(diagram), *models]) == 0
    with Image.open(sheet) as image:
        assert image.width > 600
        outlines = (np.abs(np.asarray(image.convert("RGB"), int) - (255, 64, 32)).max(axis=2) < 60).sum()
        assert outlines > 100
    assert diagram.is_file()


def test_an_unreadable_frame_is_named_and_ends_with_1(
    models: list[str], frames: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (frames / "a.png").write_bytes(b"")
    assert command(["--data", str(frames), "--json", *models]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["frames"] == 3
    assert "a.png is empty" in shown.err


def test_wrong_models_are_refused(make_detector: MakeModel, frames: Path) -> None:
    detector = str(make_detector())
    with pytest.raises(UsageError, match="only one detector is used"):
        command(["--data", str(frames), "--model", detector, detector])


def test_recorded_scores_of_a_detector_are_verified(
    make_detector: MakeModel, frames: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = set_digest(read_labels(frames / "labels.csv"))

    def verify(found: int, false: int) -> int:
        scores = (Score("own", digest, 5, found, found, "litert", "1", 4, false),)
        model = make_detector("tflite", "int8", scores=scores)
        return command(["--verify", str(model), "--data", str(frames), "--json"])

    assert verify(4, 1) == 0
    (score,) = json.loads(capsys.readouterr().out)["scores"]
    assert score["recomputed"]["frames"] == 4 and score["recomputed"]["false"] == 1
    for wrong in ((5, 1), (4, 0)):
        with pytest.raises(AccuracyError):
            verify(*wrong)


def test_the_digest_of_a_set_counts_its_corners(frames: Path) -> None:
    rows = read_labels(frames / "labels.csv")
    assert [len(frame.plates) for frame in by_picture(rows)] == [2, 1, 2, 0]
    (frames / "labels.csv").write_text((frames / "labels.csv").read_text().replace("192 288", "192 289"))
    assert set_digest(read_labels(frames / "labels.csv")) != set_digest(rows)
