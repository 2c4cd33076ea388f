"""Of a picture folder, old pictures of this program are deleted, and no others."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aged_events import KEEP_DAYS
from PIL import Image

from plate_devices.outputs.saved_pictures import PictureFolder
from plate_devices.privacy.retention import Retention
from plate_devices.unique_ids import uuid7


def test_only_pictures_of_this_program_are_deleted(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path)
    names = ("gate-000001-read", "20260501T120000.100Z-AB12CD", uuid7())
    ours = [folder.save(Image.new("RGB", (9, 9)), name) for name in names]
    ours.append(tmp_path / f"{uuid7()}.jpg")
    ours[-1].write_bytes(b"\xff\xd8 broken")
    others = [
        tmp_path / name
        for name in ("holiday-read.jpg", "car-plate1.jpg", f"{uuid7()}.png", os.fsdecode(b"\xe4-read.jpg"))
    ]
    Image.new("RGB", (9, 9)).save(others[0])
    for other in others[1:]:
        other.write_bytes(b"mine")
    link = tmp_path / f"{uuid7()}.jpg"
    link.symlink_to(others[0])
    young = folder.save(Image.new("RGB", (9, 9)), uuid7())
    for path in (*ours, *others):
        os.utime(path, (1.7e9, 1.7e9))
    said: list[str] = []
    first = min(ours)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == first:
            raise PermissionError(1, "Operation not permitted")
        path_unlink(path, missing_ok)

    path_unlink = Path.unlink
    retention = Retention(KEEP_DAYS, [tmp_path], warn=said.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        assert retention.delete_old(datetime.now(UTC)) == len(ours) - 1
    assert said == [retention.problem]
    assert said[0] == f"1 old pictures in {tmp_path} cannot be deleted, such as {first.name}: Operation not permitted"
    assert retention.delete_old(datetime.now(UTC)) == 1
    assert retention.problem == ""
    assert sorted(tmp_path.iterdir()) == sorted([*others, link, young])


def test_a_picture_from_the_future_begins_to_age(tmp_path: Path) -> None:
    path = PictureFolder(tmp_path).save(Image.new("RGB", (9, 9)), uuid7())
    os.utime(path, (6e9, 6e9))
    retention = Retention(KEEP_DAYS, [tmp_path])
    assert retention.delete_old(datetime.now(UTC)) == 0
    assert retention.delete_old(datetime.now(UTC) + timedelta(days=KEEP_DAYS + 3)) == 1
