"""The contact sheet of failures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plate_devices.scoring import contact_sheet
from plate_devices.scoring.crops import Reading
from plate_runtime.labels import LabelledPicture


def failures(folder: Path, count: int) -> list[Reading]:
    path = folder / "crop.png"
    Image.new("RGB", (90, 30), (0, 0, 255)).save(path)
    return [Reading(LabelledPicture(path, "AB12CD"), "A812CD" if n % 2 else "", 0.5, 1.0) for n in range(count)]


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (5, 5, 1), (7, 5, 2), (0, 1, 1)])
def test_each_failure_has_a_cell(tmp_path: Path, count: int, columns: int, rows: int) -> None:
    (made,), (cell,) = contact_sheet.contact_sheets(failures(tmp_path, count)), contact_sheet.contact_sheets([])
    assert made.size == (columns * cell.width, rows * cell.height)
    blue = (np.asarray(made) == (0, 0, 255)).all(axis=2)
    for number in range(count):
        left, top = number % columns * cell.width, number // columns * cell.height
        assert blue[top : top + cell.height, left : left + cell.width].any()


def test_label_and_reading_are_written(tmp_path: Path) -> None:
    pixels = np.asarray(contact_sheet.contact_sheets(failures(tmp_path, 2))[0], int).reshape(-1, 3)
    for colour in ((20, 90, 40), (180, 24, 24)):
        assert (np.abs(pixels - colour).max(axis=1) < 40).sum() > 20


def test_a_sheet_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_sheet, "MOST", 6)
    (long,), (short,) = (contact_sheet.contact_sheets(failures(tmp_path, count)) for count in (20, 6))
    assert long.size == short.size


def test_more_than_a_page_holds_goes_to_numbered_files(tmp_path: Path) -> None:
    pages = contact_sheet.contact_sheets(failures(tmp_path, 36))
    assert len(pages) == 2
    assert max(max(page.size) for page in pages) <= 1200
    files = contact_sheet.save_pages(pages, tmp_path / "out.png")
    assert [path.name for path in files] == ["out-1.png", "out-2.png"]
    assert contact_sheet.save_pages(pages[:1], tmp_path / "out.png") == [tmp_path / "out.png"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("out*"))


def test_pages_of_an_earlier_run_are_deleted(tmp_path: Path) -> None:
    pages = contact_sheet.contact_sheets(failures(tmp_path, 80))
    (tmp_path / "out-9.png").touch()
    for count, left in ((3, ["out-1.png", "out-2.png", "out-3.png"]), (2, ["out-1.png", "out-2.png"]), (1, ["out.png"]),
                        (2, ["out-1.png", "out-2.png"])):  # fmt: skip
        contact_sheet.save_pages(pages[:count], tmp_path / "out.png")
        assert names(tmp_path) == sorted([*left, "out-9.png"]), "a file that no run has drawn stays"
