"""A camera shows a drive in real time, also after an outage."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from drives import camera
from drives.camera import Shown, paint_frames
from drives.painter import DrivePainter
from drives.traffic import RATE, plan_drive
from PIL import Image


def test_frames_are_painted_one_file_each(tmp_path: Path) -> None:
    drive = plan_drive(3, vehicles=1, seconds=60)
    drive.seconds = 3 / RATE
    assert list(paint_frames(tmp_path / "frames", DrivePainter(drive))) == [0, 1, 2]
    with Image.open(tmp_path / "frames" / "2.jpg") as picture:
        assert picture.size == drive.camera.size


def test_the_drive_stands_still_until_it_begins_and_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(camera, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    for number in range(100):
        (tmp_path / f"{number}.jpg").write_bytes(bytes([number]))
    began = tmp_path / "began"
    shown = Shown(tmp_path, began)
    assert [shown.picture(number)[0] for number in (0, 500)] == [0, 0]
    began.write_text("1010")
    assert shown.picture(501)[0] == 0
    assert shown.picture(501 + round(20 * RATE))[0] == 99
    assert capsys.readouterr().out.count("serving") == 1

    began.write_text(str(1000.0 - 40 / RATE))
    again = Shown(tmp_path, began)
    assert [again.picture(number)[0] for number in (0, 7)] == [40, 47]
