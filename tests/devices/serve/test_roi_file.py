"""The ROI that the page keeps: read again, or refused in one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plate_devices.serve.roi_file import checked_roi, load_rois, save_roi
from plate_runtime.errors import DeviceError

WILD = [
    "[" * 100_000,
    '{"cameras": 5}',
    '{"cameras": {"gate": [1]}}',
    '{"roi": [' + "9" * 400 + ", 1, 20, 20]}",
    '{"roi": 5}',
    "{",
    "\x00",
]


@pytest.mark.parametrize("content", WILD)
def test_wild_roi_files_are_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "roi.json").write_text(content)
    with pytest.raises(DeviceError, match="is damaged; delete it"):
        load_rois(tmp_path / "roi.json")


def test_numbers_beyond_every_picture_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        checked_roi([0, 0, 10**400, 20], None)


def test_each_camera_keeps_its_roi(tmp_path: Path) -> None:
    path = tmp_path / "new" / "roi.json"
    assert load_rois(path) == {}
    save_roi(path, "", (1, 2, 30, 40))
    assert path.read_text() == '{"roi": [1, 2, 30, 40]}\n', "the only camera's stays as it was"
    save_roi(path, "gate", (5, 6, 70, 80))
    save_roi(path, "yard", None)
    assert load_rois(path) == {"": (1, 2, 30, 40), "gate": (5, 6, 70, 80), "yard": None}


def test_a_pipe_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "roi.json")
    with pytest.raises(DeviceError, match=r"ROI file .* cannot be read: it is a pipe"):
        save_roi(tmp_path / "roi.json", "gate", (0, 0, 100, 50))
    assert (tmp_path / "roi.json").is_fifo()
