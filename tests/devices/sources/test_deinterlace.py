"""Frames of two fields: what moves is a comb of lines, which no reader reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from plate_devices.cli.infer import command
from plate_devices.imaging.plate_picture import draw_plate
from plate_devices.sources.deinterlace import deinterlace, is_interlaced, one_field
from plate_devices.sources.source import Frame

TEXT = "BC37FYK"


def plate(width: int = 320) -> NDArray[np.uint8]:
    return np.asarray(draw_plate("BC37 FYK", 72).convert("RGB").resize((width, 72)))


def torn(rgb: NDArray[np.uint8], shift: int) -> NDArray[np.uint8]:
    """Two fields in one frame: in the second everything has moved on."""
    frame = rgb.copy()
    frame[1::2] = np.roll(rgb, shift, axis=1)[1::2]
    return frame


@pytest.mark.parametrize("shift", [2, 5, 14, -9])
def test_two_fields_are_seen_and_made_one(shift: int) -> None:
    whole = plate()
    frame = Frame(torn(whole, shift), 3, None)
    assert is_interlaced(frame.rgb)
    made = deinterlace(frame)
    assert made.number == 3
    assert made.rgb.shape == whole.shape
    assert not is_interlaced(made.rgb)
    assert np.array_equal(made.rgb[::2], whole[::2])
    assert np.array_equal(made.rgb, one_field(whole))


def test_whole_frames_stay_as_they_are() -> None:
    noise = np.random.default_rng(0).normal(0, 12, (288, 352, 3))
    street = np.clip(np.linspace(40, 200, 352)[None, :, None] + noise, 0, 255).astype(np.uint8)
    for rgb in (plate(), street, np.zeros((5, 5, 3), np.uint8)):
        frame = Frame(rgb, 0, None)
        assert deinterlace(frame) is frame
        assert deinterlace(frame, always=True).rgb.shape == rgb.shape


@pytest.mark.parametrize("height", [1, 2, 3, 4, 7, 8])
def test_any_height(height: int) -> None:
    rgb = np.arange(height, dtype=np.uint8)[:, None, None] * np.full((1, 2, 3), 10, np.uint8)
    made = one_field(rgb)
    assert np.array_equal(made[::2], rgb[::2])
    assert np.array_equal(made[1 : height - 1], rgb[1 : height - 1])  # a slope has its lines in between


def test_a_video_is_read_again_and_a_still_picture_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(torn(plate(), 14)).save(tmp_path / "frame.png")
    read = ["--as", "plate"]
    assert command([*read, str(tmp_path / "frame.png")]) == 0
    assert TEXT not in capsys.readouterr().out
    assert command([*read, "--deinterlace", str(tmp_path / "frame.png")]) == 0
    assert TEXT in capsys.readouterr().out
    assert command([*read, "--every", "--json", "--camera", str(tmp_path)]) == 0
    assert TEXT in capsys.readouterr().out
