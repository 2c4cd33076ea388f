"""A folder of pictures as a drive."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from plate_devices.sources.folder_camera import FolderCamera
from plate_runtime.errors import InputError


def save(path: Path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (shade, shade, shade)).save(path)


def test_pictures_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for shade, name in enumerate(("a/1.png", "a/2.png", "b.png", "c.png")):
        save(tmp_path / name, 20 * shade)
    save(tmp_path / "out" / "old.png", 99)
    (tmp_path / "labels.csv").write_text("image,text\n")
    (tmp_path / "film.mp4").write_bytes(b"x")
    drive = FolderCamera(str(tmp_path), 5.0, {(tmp_path / "out").resolve()})
    frames = list(drive.frames())
    assert [(frame.number, frame.rgb[0, 0, 0], frame.time) for frame in frames] == [(n, 20 * n, None) for n in range(4)]
    assert [frame.seconds for frame in frames] == [0.0, 0.2, 0.4, 0.6]
    assert {frame.seconds for frame in FolderCamera(str(tmp_path)).frames()} == {None}
    assert (drive.dropped, drive.state, drive.still) == (0, "", False)
    drive.close()


def test_broken_pictures_are_told_of_at_the_end(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png", number)
    (tmp_path / "1.png").write_bytes(b"no picture")
    numbers = []
    with pytest.raises(InputError, match=r"1 of 3 pictures were not read; .*1\.png"):
        for frame in FolderCamera(str(tmp_path)).frames():
            numbers.append(frame.number)  # noqa: PERF401
    assert numbers == [0, 2]


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        list(FolderCamera(str(tmp_path)).frames())
