"""plate-infer with a model of whole plates, and formats of a region."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from device_helpers import records
from PIL import Image
from tiny_plates import draw_cells

from plate_devices.cli.infer import command
from plate_devices.cli.infer_options import parse_infer
from plate_devices.status_line import StatusLine
from plate_runtime.errors import ModelError, UsageError

MakeModel = Callable[..., Path]


@pytest.fixture
def crop(tmp_path: Path) -> Path:
    """A plate drawn for the tiny model."""
    path = tmp_path / "crop.png"
    Image.fromarray(draw_cells("CJ12A8C", 2)).save(path)
    return path


def test_a_crop_is_read_at_once(make_plate_model: MakeModel, crop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_plate_model("tflite", "int8")
    assert command([str(crop), "--as", "plate", "--model", str(model), "--json", "--roi", "0,0,448,56"]) == 0
    (record,) = records(capsys)
    assert (record["models"], record["backend"]) == ({"reader": "tiny-plates@1.0.0"}, "litert")
    (plate,) = record["plates"]
    assert (plate["text"], plate["raw_text"], plate["region"]) == ("CJ12A8C", "CJ12A8C", None)
    assert plate["box"] == [0, 0, 448, 56]
    assert len(plate["characters"]) == 7


def test_a_region_decides_and_the_raw_reading_stays(
    make_plate_model: MakeModel, crop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = [str(crop), "--as", "plate", "--model", str(make_plate_model()), "--json", "--min-confidence", "0"]
    command([*line, "--region", "ro"])
    command([*line, "--region", "nl"])
    romania, netherlands = (record["plates"][0] for record in records(capsys))
    assert (romania["text"], romania["raw_text"], romania["region"]) == ("CJ12ASC", "CJ12A8C", "ro")
    assert "8" in dict(romania["characters"][5]["alternatives"])
    assert (netherlands["text"], netherlands["raw_text"], netherlands["region"]) == ("CJ12A8C", "CJ12A8C", None)


def test_a_region_that_makes_no_sense_is_wrong_use(crop: Path) -> None:
    with pytest.raises(UsageError, match="region 'atlantis' is unknown"):
        command([str(crop), "--as", "plate", "--region", "atlantis"])
    with pytest.raises(UsageError, match="cannot be used with --as character"):
        parse_infer([str(crop), "--as", "character", "--region", "ro"])


def test_a_model_of_plates_does_not_read_characters(make_plate_model: MakeModel, crop: Path) -> None:
    with pytest.raises(ModelError, match="reads no single character"):
        command([str(crop), "--as", "character", "--model", str(make_plate_model())])


def test_the_status_of_a_camera_names_the_model(
    make_plate_model: MakeModel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    monkeypatch.setattr("plate_devices.live.camera_loop.StatusLine", lambda: StatusLine(shown))
    monkeypatch.setattr("plate_devices.status_line._columns", lambda stream: 200)
    model = str(make_plate_model())
    assert command(["--camera", "demo:1", "--as", "plate", "--model", model, "--backend", "fake:AB1"]) == 0
    assert "tiny-plates@1.0.0 in fake" in shown.getvalue()
