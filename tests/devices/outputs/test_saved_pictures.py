"""Saved pictures."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import make_plate
from PIL import Image

from plate_devices.outputs import saved_pictures
from plate_devices.outputs.saved_pictures import PictureFolder, annotate, as_jpeg, picture_name, save_picture
from plate_runtime.errors import DeviceError


def test_names_are_made_safe_and_never_used_twice(tmp_path: Path) -> None:
    folder = PictureFolder(tmp_path / "new" / "crops")
    picture = Image.new("RGB", (8, 8))
    names = [folder.save(picture, name).name for name in ("a", "a", "../../b c", "...", "a")]
    assert names == ["a.jpg", "a-2.jpg", "b_c.jpg", "picture.jpg", "a-3.jpg"]
    assert sorted(path.name for path in folder.folder.iterdir()) == sorted(names)


def test_names_of_an_earlier_run_are_used_again(tmp_path: Path) -> None:
    for colour in (10, 200):
        folder = PictureFolder(tmp_path)
        names = [folder.save(Image.new("L", (8, 8), colour), name).name for name in ("a", "b", "a", "a-2")]
        assert names == ["a.jpg", "b.jpg", "a-2.jpg", "a-2-2.jpg"]
        for path in tmp_path.iterdir():
            with Image.open(path) as image:
                assert image.getpixel((0, 0)) == colour
                assert image.info["comment"].startswith(b"plate-edge ")


def test_a_foreign_picture_is_not_replaced(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.jpg")
    before = (tmp_path / "a.jpg").read_bytes()
    assert PictureFolder(tmp_path).save(Image.new("L", (8, 8)), "a").name == "a-2.jpg"
    assert (tmp_path / "a.jpg").read_bytes() == before


def test_a_pipe_is_neither_opened_nor_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(DeviceError, match="it is a device, a pipe or a socket"):
        PictureFolder(tmp_path).save(Image.new("L", (8, 8)), "a")
    assert (tmp_path / "a.jpg").is_fifo()


def test_names_are_found_in_the_folder_and_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_pictures, "_MOST_COUNTED", 3)
    folder, content = PictureFolder(tmp_path), as_jpeg(Image.new("L", (8, 8)))
    for _ in range(2):
        for number in range(50):
            folder.save_jpeg(content, f"picture{number}")
    assert len(folder._numbers) == 3
    names = {f"picture{number}{again}.jpg" for number in range(50) for again in ("", "-2")}
    assert {path.name for path in tmp_path.iterdir()} == names


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp"])
def test_the_suffix_decides_the_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    save_picture(Image.new("RGB", (8, 8)), path)
    with Image.open(path) as image:
        assert image.format == {"png": "PNG", "webp": "WEBP"}.get(suffix, "JPEG")


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = PictureFolder(tmp_path)
    kept = folder.save(Image.new("RGB", (8, 8)), "a")
    content = kept.read_bytes()

    def full(self: Image.Image, stream: Any, *_: Any, **__: Any) -> None:
        stream.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(DeviceError, match="No space left"):
        save_picture(Image.new("RGB", (9, 9)), kept)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    assert kept.read_bytes() == content


def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Image.Image, stream: Any, *_: Any, **__: Any) -> None:
        stream.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_picture(Image.new("RGB", (9, 9)), tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeviceError, match="cannot be made"):
        PictureFolder(tmp_path / "file" / "crops")
    with pytest.raises(DeviceError, match="cannot be saved"):
        save_picture(Image.new("RGB", (8, 8)), tmp_path / "gone" / "a.png")


def test_names_hold_the_source_and_the_frame() -> None:
    assert picture_name("some/where/gate.jpg", 0, numbered=False) == "gate"
    assert picture_name("film.mp4", 12, numbered=True) == "film-000012"
    assert picture_name("-", 0, numbered=False) == "stdin"


def test_an_annotated_picture_shows_outline_and_reading() -> None:
    rgb = np.full((300, 400, 3), 128, np.uint8)
    picture = annotate(rgb, [make_plate("AB12", box=(100, 150, 120, 40))])
    after = np.asarray(picture)
    assert after.shape == rgb.shape
    assert (rgb == 128).all()
    changed = (after != 128).any(axis=2)
    assert changed[150, 100:220].all()
    assert changed[110:149, 100:220].mean() > 0.5
    assert not changed[:, 300:].any()
    assert not changed[200:].any()


def test_a_crop_gets_a_strip_for_the_reading() -> None:
    picture = annotate(np.zeros((30, 100, 3), np.uint8), [make_plate("AB12", box=(0, 0, 100, 30))])
    assert picture.width == 400
    assert picture.height > 120
    assert (np.asarray(picture)[121:] > 200).any()


def test_without_plates_nothing_is_drawn() -> None:
    rgb = np.zeros((30, 400, 3), np.uint8)
    assert not np.asarray(annotate(rgb, [])).any()


@pytest.mark.parametrize("size", [(1, 900), (900, 1), (1, 1), (2, 70_000), (70_000, 2), (8, 6000)])
def test_pictures_of_every_shape_are_annotated_and_saved(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    plate = make_plate("AB12CDE", box=(0, 0, width, height))
    drawn = annotate(np.zeros((height, width, 3), np.uint8), [plate])
    assert drawn.width >= min(320, width) and drawn.height <= max(4096, height) + 100
    with Image.open(PictureFolder(tmp_path).save(drawn, "odd")) as saved:
        assert max(saved.size) <= 65_500
