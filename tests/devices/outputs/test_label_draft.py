"""The draft of labels beside saved crops: whole rows, refused until confirmed, deleted with their pictures."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plate_devices.outputs.label_draft import FILE_NAME, DraftLabel, append_label, delete_labels
from plate_devices.outputs.saved_pictures import PictureFolder
from plate_devices.privacy.retention import Retention
from plate_runtime.errors import DataError, DeviceError
from plate_runtime.labels import read_labels

LABEL = DraftLabel("AB12", 0.87654, "vehicle-1")
HEADER = "image,text,group,confidence,confirmed\n"


def test_a_saved_crop_has_a_row(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    picture = Image.fromarray(np.zeros((8, 16, 3), np.uint8))
    folder.save(picture, "gate-AB12", label=LABEL)
    folder.save(picture, "-dash", label=LABEL)
    folder.save(picture, "no label")
    rows = "gate-AB12.jpg,AB12,vehicle-1,0.8765,no\n./-dash.jpg,AB12,vehicle-1,0.8765,no\n"
    assert (tmp_path / FILE_NAME).read_text() == HEADER + rows
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_source_whose_name_is_not_unicode_has_a_row(tmp_path: Path) -> None:
    append_label(tmp_path, "a.jpg", DraftLabel("AB12", 0.5, "in/\udcff.jpg"))
    assert (tmp_path / FILE_NAME).read_text() == f"{HEADER}a.jpg,AB12,in/\\udcff.jpg,0.5000,no\n"


@pytest.mark.parametrize("name", [FILE_NAME, "labels.csv"])
def test_a_draft_is_refused_until_every_row_is_confirmed(tmp_path: Path, name: str) -> None:
    append_label(tmp_path, "a.jpg", LABEL)
    append_label(tmp_path, "b.jpg", LABEL)
    file = (tmp_path / FILE_NAME).rename(tmp_path / name)
    with pytest.raises(DataError, match=rf'{name}, line 2: the text \'AB12\' is a draft; look at a.jpg.* "confirmed"'):
        read_labels(file)
    file.write_text(file.read_text().replace(",no", ",yes", 1))
    with pytest.raises(DataError, match="line 3: the text 'AB12' is a draft"):
        read_labels(file)
    file.write_text(file.read_text().replace(",no", ",Yes"))
    assert [(one.text, one.group) for one in read_labels(file)] == [("AB12", "vehicle-1")] * 2


def test_a_broken_last_row_does_not_spoil_the_next(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(f"{HEADER}a.jp")
    append_label(tmp_path, "b.jpg", LABEL)
    assert (tmp_path / FILE_NAME).read_text().splitlines()[1:] == ["a.jp", "b.jpg,AB12,vehicle-1,0.8765,no"]


def test_a_full_disk_leaves_whole_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append_label(tmp_path, "a.jpg", LABEL)
    before, write = (tmp_path / FILE_NAME).read_bytes(), os.write
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, content[:5]))
    with pytest.raises(DeviceError, match=r"labels-draft\.csv cannot be written: no space left"):
        PictureFolder(tmp_path).save(Image.fromarray(np.zeros((8, 16, 3), np.uint8)), "b", label=LABEL)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_rows_are_deleted_with_their_pictures(tmp_path: Path) -> None:
    for name in ("old.jpg", "new.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8plate-edge")
        append_label(tmp_path, name, LABEL)
    os.utime(tmp_path / "old.jpg", (1_793_100_000, 1_793_100_000))
    os.utime(tmp_path / "new.jpg", (1_793_900_000, 1_793_900_000))
    now = datetime.fromtimestamp(1_794_000_000, UTC)
    assert Retention(5, [tmp_path]).delete_old(now) == 2, "a picture and its row"
    assert (tmp_path / FILE_NAME).read_text() == f"{HEADER}new.jpg,AB12,vehicle-1,0.8765,no\n"
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_rows_that_come_while_others_are_deleted_stay(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").touch()
    append_label(tmp_path, "a.jpg", LABEL)

    def append() -> None:
        for _ in range(50):
            append_label(tmp_path, "a.jpg", LABEL)
            append_label(tmp_path, "b.jpg", LABEL)

    threads = [threading.Thread(target=append) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        delete_labels(tmp_path)
    delete_labels(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == HEADER + "b.jpg,AB12,vehicle-1,0.8765,no\n" * 150
