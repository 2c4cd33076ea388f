"""Pictures of events: names, sizes, and the share of the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plate_devices.outputs import event_pictures
from plate_devices.outputs.event_pictures import FRAME_WIDTH, EventPictures
from plate_devices.outputs.saved_pictures import MARK
from plate_devices.unique_ids import uuid7
from plate_runtime.errors import DeviceError


@pytest.fixture
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8))


def test_names_are_ids_and_a_wide_frame_is_reduced(tmp_path: Path, picture: Image.Image) -> None:
    pictures, name = EventPictures(tmp_path / "new", 0.1), uuid7()
    assert pictures.save(name, picture, picture.resize((2560, 1440))) == {
        "crop": f"{name}.jpg",
        "frame": f"{name}-frame.jpg",
    }
    with Image.open(tmp_path / "new" / f"{name}-frame.jpg") as frame:
        assert frame.size == (FRAME_WIDTH, 720) and frame.info["comment"].startswith(MARK)
    assert (tmp_path / "new" / f"{name}.jpg").stat().st_mode & 0o777 == 0o600
    assert pictures.save(other := uuid7(), picture, None) == {"crop": f"{other}.jpg"}


def test_the_oldest_are_deleted_above_the_share(
    tmp_path: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.jpg").write_bytes(b"x" * 10**6)
    first = EventPictures(tmp_path, 0.5)
    first.save(uuid7(), picture, None)
    (saved,) = [one for one in tmp_path.iterdir() if one.name != "other.jpg"]
    size = saved.stat().st_size

    class Disk:
        f_frsize, f_blocks = 1, 20 * size

    monkeypatch.setattr(event_pictures.os, "statvfs", lambda _: Disk)
    pictures = EventPictures(tmp_path, 0.5)
    names = [saved.name]
    for _ in range(40):
        names.append(pictures.save(uuid7(), picture, None)["crop"])
        kept = sorted(one.name for one in tmp_path.iterdir() if one.name != "other.jpg")
        assert kept == names[-len(kept) :], "the newest ones"
        assert len(kept) <= 10
    assert len(kept) >= 8 and (tmp_path / "other.jpg").exists()


def test_what_is_wrong_with_the_folder_is_said_in_one_line(
    tmp_path: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = EventPictures(tmp_path / "in", 0.5)
    (tmp_path / "in").rmdir()
    with pytest.raises(DeviceError, match="in cannot be used: No such file"):
        pictures.save(uuid7(), picture, None)
    pictures = EventPictures(tmp_path / "in", 0.5)
    size = (tmp_path / "in" / pictures.save(uuid7(), picture, None)["crop"]).stat().st_size

    class Disk:
        f_frsize, f_blocks = 1, 5 * size

    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".jpg":
            raise PermissionError(1, "Operation not permitted")
        unlink(path, missing_ok)

    monkeypatch.setattr(event_pictures.os, "statvfs", lambda _: Disk)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(DeviceError, match="has reached its size limit, and older pictures in it cannot be deleted"):
        for _ in range(3):
            pictures.save(uuid7(), picture, None)
    assert len(list((tmp_path / "in").glob("*.jpg"))) == 2


def test_a_folder_that_holds_very_many_is_not_listed_in_memory(
    tmp_path: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = EventPictures(tmp_path, 0.5)
    names = [pictures.save(uuid7(), picture, None)["crop"] for _ in range(12)]
    size = (tmp_path / names[0]).stat().st_size

    class Disk:
        f_frsize, f_blocks = 1, 24 * size

    monkeypatch.setattr(event_pictures.os, "statvfs", lambda _: Disk)
    monkeypatch.setattr(event_pictures, "_MOST_LISTED", 3)
    names.append(pictures.save(uuid7(), picture, None)["crop"])
    kept = sorted(one.name for one in tmp_path.iterdir())
    assert kept == names[-len(kept) :] and len(kept) in (11, 12)


def test_files_that_others_deleted_count_no_more(
    tmp_path: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = EventPictures(tmp_path, 0.5)
    names = [pictures.save(uuid7(), picture, None)["crop"] for _ in range(6)]
    size = (tmp_path / names[0]).stat().st_size

    class Disk:
        f_frsize, f_blocks = 1, 12 * size + 10

    monkeypatch.setattr(event_pictures.os, "statvfs", lambda _: Disk)
    for name in names[:3]:
        (tmp_path / name).unlink()
    names.append(pictures.save(uuid7(), picture, None)["crop"])
    kept = {one.name for one in tmp_path.iterdir()}
    assert names[-1] in kept and len(kept) >= 3
