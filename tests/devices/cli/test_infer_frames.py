"""plate-infer on whole frames, with a model that finds plates and one that reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from device_helpers import records
from films import read_film
from PIL import Image
from tiny_detectors import draw_frame, plate_corners

from plate_devices.cli.infer import command
from plate_devices.live.video_writer import VideoWriter
from plate_devices.open_models import Models, choose_models
from plate_runtime import shipped
from plate_runtime.errors import ModelError, UsageError
from plate_runtime.plate_evidence import plate_probability

MakeModel = Callable[..., Path]
PLATES = {(2, 3): "CJ12A8C", (4, 7): "KR59ABD"}


@pytest.fixture
def models(make_detector: MakeModel, make_plate_model: MakeModel) -> list[str]:
    """Read frames with two tiny models, the reader named first."""
    files = make_plate_model("tflite", "int8"), make_detector("tflite", "int8")
    return ["--as", "frame", "--model", str(files[0]), "--model", str(files[1])]


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    """A frame with two plates."""
    path = tmp_path / "gate.png"
    Image.fromarray(draw_frame(PLATES)).save(path)
    return path


def test_the_record_of_a_frame(models: list[str], frame: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command([str(frame), "--json", *models]) == 0
    (record,) = records(capsys)
    assert record["models"] == {"detector": "tiny-detector@1.0.0", "reader": "tiny-plates@1.0.0"}
    assert (record["width"], record["height"], record["backend"]) == (1280, 720, "litert")
    found = {plate["text"]: plate for plate in record["plates"]}
    assert set(found) == set(PLATES.values())
    for cell, text in PLATES.items():
        corners = plate_corners(*cell)
        assert found[text]["corners"] == [list(corner) for corner in corners]
        assert found[text]["box"] == [*corners[0], 512, 64]
        assert 0.9 < found[text]["detection_confidence"] < 1


def test_lines_and_a_region(models: list[str], frame: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command([str(frame), "--region", "ro", "--min-confidence", "0.3", *models]) == 0
    texts = [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert sorted(texts) == ["CJ12ABC", "KR59ABD"]


def test_pixels_are_those_of_the_whole_picture_with_a_part_of_it_too(
    models: list[str], frame: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "0,256,1280,464"  # two rows of cells less
    assert command([str(frame), "--json", "--roi", rows, *models]) == 0
    (record,) = records(capsys)
    assert (record["width"], record["height"]) == (1280, 720)
    for plate in record["plates"]:
        cell = next(cell for cell, text in PLATES.items() if text == plate["text"])
        assert plate["corners"] == [list(corner) for corner in plate_corners(*cell)]
    assert len(record["plates"]) == 2


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_pixels_are_those_of_the_turned_picture(
    models: list[str], tmp_path: Path, degrees: int, capsys: pytest.CaptureFixture[str]
) -> None:
    upright = draw_frame(PLATES, (720, 1280))
    Image.fromarray(np.rot90(upright, degrees // 90)).save(tmp_path / "turned.png")
    assert command([str(tmp_path / "turned.png"), "--json", "--rotate", str(degrees), *models]) == 0
    (record,) = records(capsys)
    assert (record["width"], record["height"]) == (1280, 720)
    assert sorted(plate["text"] for plate in record["plates"]) == sorted(PLATES.values())


def test_min_confidence_holds_for_detection_and_reading_together(
    models: list[str], frame: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command([str(frame), "--json", "--min-confidence", "0", *models])
    plates = records(capsys)[0]["plates"]
    best = max(plate["confidence"] * plate["detection_confidence"] for plate in plates)
    command([str(frame), "--json", "--min-confidence", str(best - 1e-3), *models])
    assert len(records(capsys)[0]["plates"]) == 1


def test_pictures_of_what_was_read(models: list[str], frame: Path, tmp_path: Path) -> None:
    folders = ["--annotate", str(tmp_path / "seen"), "--save-crops", str(tmp_path / "crops")]
    assert command([str(frame), *folders, *models]) == 0
    with Image.open(tmp_path / "seen" / "gate-read.jpg") as seen:
        assert seen.size == (1280, 720)
    assert len(list((tmp_path / "crops").glob("*.jpg"))) == 2
    rows = (tmp_path / "crops" / "labels-draft.csv").read_text().splitlines()[1:]
    assert [row.split(",")[2] for row in rows] == ["gate", "gate"]


def test_plates_outside_the_roi_are_masked_too(models: list[str], tmp_path: Path) -> None:
    listed, other = (4, 7), (1, 3)
    Image.fromarray(draw_frame({listed: "KR59ABD", other: "CJ12A8C"})).save(tmp_path / "gate.png")
    (tmp_path / "list.txt").write_text("KR59ABD\n")
    settings = tmp_path / "private.toml"
    settings.write_text(f'[privacy]\nblur_others = true\n[[watchlist]]\nname = "a"\nfile = "{tmp_path}/list.txt"\n')
    line = ["--annotate", str(tmp_path / "seen"), "--config", str(settings), "--roi", "0,256,1280,464"]
    assert command([str(tmp_path / "gate.png"), *line, *models]) == 0
    with Image.open(tmp_path / "seen" / "gate-read.jpg") as seen:
        for cell, masked in ((listed, False), (other, True)):
            (left, top), _, (right, bottom), _ = plate_corners(*cell)
            plate = np.asarray(seen.crop((round(left) + 8, round(top) + 8, round(right) - 8, round(bottom) - 8)))
            assert (plate.std() < 4) == masked


def test_a_video_masks_plates_that_were_not_read_in_every_frame(models: list[str], tmp_path: Path) -> None:
    film = VideoWriter(tmp_path / "film.mp4")
    for number in range(4):
        film.add(Image.fromarray(draw_frame({(1, 3): "CJ12A8C"})).convert("RGB"), number / 10)
    film.close()
    (tmp_path / "list.txt").write_text("KR59ABD\n")
    settings = tmp_path / "private.toml"
    settings.write_text(f'[privacy]\nblur_others = true\n[[watchlist]]\nname = "a"\nfile = "{tmp_path}/list.txt"\n')
    line = [str(tmp_path / "film.mp4"), "--annotate", str(tmp_path / "out.mp4"), "--min-confidence", "1", *models]
    (left, top), _, (right, bottom), _ = ((round(x), round(y)) for x, y in plate_corners(1, 3))
    for options, masked in (([], False), (["--config", str(settings)], True)):
        (tmp_path / "out.mp4").unlink(missing_ok=True)
        assert command([*line, *options]) == 0
        frames = read_film(tmp_path / "out.mp4")
        assert len(frames) == 4
        for frame in frames:
            assert (frame.rgb[top + 8 : bottom - 8, left + 8 : right - 8].std() < 8) == masked


def test_a_frame_without_plates_is_no_error(
    models: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("L", (1280, 720)).save(tmp_path / "empty.png")
    assert command([str(tmp_path / "empty.png"), "--json", *models]) == 0
    assert records(capsys)[0]["plates"] == []


def test_the_demo_is_read_whole(models: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--camera", "demo:1", "--every", "--json", "--backend", "fake:AB12", *models]
    assert command(line) == 0
    frames = [record for record in records(capsys) if record["type"] == "frame"]
    assert frames
    for record in frames:
        (plate,) = record["plates"]
        assert plate["text"] == "AB12"
        assert plate["detection_confidence"] == pytest.approx(plate_probability(0.98, "AB12"), abs=1e-4)
        assert plate["box"] == frames[0]["plates"][0]["box"]
        assert 0 < plate["box"][0] < record["width"] and 0 < plate["box"][1] < record["height"]


def test_models_are_assigned_by_their_manifests(
    make_detector: MakeModel, make_plate_model: MakeModel, make_model_file: MakeModel, tmp_path: Path
) -> None:
    detector, plates, characters = (str(make()) for make in (make_detector, make_plate_model, make_model_file))
    assert choose_models([], "frame") == Models()
    assert choose_models([detector], "frame") == Models(None, detector)
    assert choose_models([plates], "frame") == Models(plates, None)
    assert choose_models([detector, characters], "frame") == Models(characters, detector)
    assert choose_models([plates], "plate") == Models(plates, None)
    with pytest.raises(UsageError, match="only one reader is used"):
        choose_models([plates, detector, characters], "frame")
    with pytest.raises(UsageError, match="only one detector is used"):
        choose_models([detector, detector], "frame")
    with pytest.raises(UsageError, match="does not use"):
        choose_models([detector, plates], "plate")
    with pytest.raises(ModelError, match="cannot be read"):
        choose_models([str(tmp_path / "gone.tflite")], "frame")


def test_without_a_detector_it_says_what_to_do(
    make_plate_model: MakeModel, frame: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shipped, "MODELS", tmp_path / "none")
    with pytest.raises(UsageError, match="no detector model ships yet; name one"):
        command([str(frame), "--as", "frame", "--model", str(make_plate_model())])
