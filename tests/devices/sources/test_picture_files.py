"""Pictures from files, folders and standard input."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from device_helpers import open_paths
from PIL import Image

from plate_devices.sources import picture_files
from plate_devices.sources.picture_files import FileInput, list_inputs, open_input
from plate_devices.sources.video import VideoFile
from plate_runtime.errors import InputError, MissingPartError


def save(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (10, 20, 30)).save(path)
    return path


def test_a_folder_is_read_in_sorted_order_with_its_folders(tmp_path: Path) -> None:
    for name in ("b.png", "a/z.png", "a/b/c.jpg", "c.bmp", ".hidden.png", ".git/x.png", "labels.csv"):
        if name.endswith("csv"):
            (tmp_path / name).write_text("image,text\n")
        else:
            save(tmp_path / name)
    names = [str(Path(source.name).relative_to(tmp_path)) for source in open_paths([str(tmp_path)])]
    assert names == ["a/b/c.jpg", "a/z.png", "b.png", "c.bmp"]


def test_what_is_written_is_not_read(tmp_path: Path) -> None:
    save(tmp_path / "in.png")
    save(tmp_path / "out" / "old.png")
    found = open_paths([str(tmp_path)], leave_out=[tmp_path / "out"])
    assert [Path(source.name).name for source in found] == ["in.png"]


def test_what_may_be_listed_but_not_looked_at_is_an_error_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = save(tmp_path / "closed" / "0.png")

    def refused(path: Any, *_: object, **__: object) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refused)
    monkeypatch.setattr(os, "stat", refused)
    monkeypatch.setattr(Path, "open", refused)
    source = open_input(FileInput(str(closed), listed=True))
    with pytest.raises(InputError, match=r"0\.png cannot be read: Permission denied"):
        list(source.frames())


def test_a_folder_that_cannot_be_listed_is_called_so(tmp_path: Path) -> None:
    source = open_input(FileInput(str(tmp_path), listed=True))
    with pytest.raises(InputError, match="is a folder that cannot be listed"):
        list(source.frames())


def test_paths_keep_their_order_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png")
    found = open_paths(["missing.png", "a.png", "-", "film.MP4"])
    assert [source.name for source in found] == ["missing.png", "a.png", "-", "film.MP4"]
    assert isinstance(found[3], VideoFile)
    assert [source.still for source in found] == [True, True, True, False]


def test_a_picture_is_one_frame_without_a_time(tmp_path: Path) -> None:
    (source,) = open_paths([str(save(tmp_path / "a.png"))])
    (frame,) = source.frames()
    assert frame.rgb.shape == (6, 8, 3)
    assert frame.rgb[0, 0].tolist() == [10, 20, 30]
    assert (frame.number, frame.time, source.dropped) == (0, None, 0)
    source.close()


@pytest.mark.parametrize("kind", ["missing", "empty folder", "broken link"])
def test_a_path_that_gives_nothing_says_so_when_its_turn_comes(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.png"
    if kind == "empty folder":
        path.mkdir()
    elif kind == "broken link":
        path.symlink_to(tmp_path / "gone.png")
    (source,) = open_paths([str(path)])
    with pytest.raises(InputError, match=r"x\.png"):
        list(source.frames())


def test_a_folder_that_links_to_itself_ends(tmp_path: Path) -> None:
    save(tmp_path / "a.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = open_paths([str(tmp_path)])
    assert [Path(source.name).name for source in found] == ["a.png"]


def test_pipes_in_a_folder_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (source,) = open_paths([str(tmp_path)])
    with pytest.raises(InputError, match="not a file"):
        list(source.frames())


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    content = save(tmp_path / "a.png").read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    (source,) = open_paths([str(pipe)])
    (frame,) = source.frames()
    writer.join()
    assert frame.rgb.shape == (6, 8, 3)


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_standard_input_is_one_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, save(tmp_path / "a.png").read_bytes())
    (source,) = open_paths(["-"])
    (frame,) = source.frames()
    assert frame.rgb.shape == (6, 8, 3)


def test_standard_input_may_be_empty_closed_or_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    (source,) = open_paths(["-"])
    feed(monkeypatch, b"")
    with pytest.raises(InputError, match="standard input is empty"):
        list(source.frames())
    monkeypatch.setattr(picture_files, "MAX_STREAM_BYTES", 1 << 20)
    feed(monkeypatch, bytes(3 << 20))
    with pytest.raises(InputError, match="more than 1 MB"):
        list(source.frames())
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="closed"):
        list(source.frames())


def test_what_only_has_the_name_of_a_video_needs_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    save(tmp_path / "a.png")
    (tmp_path / "b.m3u8").write_text("#EXTM3U\n")
    (tmp_path / "c.ts").write_text("export const x = 1;\n")
    save(tmp_path / "d.png").rename(tmp_path / "d.mp4")
    sources = open_paths([str(tmp_path)])
    assert [Path(source.name).name for source in sources] == ["a.png", "b.m3u8", "c.ts", "d.mp4"]
    for source, message in zip(sources[1:3], ("playlist", "not a video"), strict=True):
        with pytest.raises(InputError, match=message):
            list(source.frames())
    assert len(list(sources[3].frames())) == 1
    (tmp_path / "e.dat").write_bytes(b"\x1aE\xdf\xa3" + bytes(99))
    with pytest.raises(InputError, match="PyAV") as missing:
        list(open_paths([str(tmp_path)])[4].frames())
    assert missing.value.exit_code == MissingPartError.exit_code


def test_too_long_a_name_leaves_the_other_inputs(tmp_path: Path) -> None:
    long = str(tmp_path / ("a" * 300 + ".jpg"))
    assert [one.path for one in list_inputs([long, "b.jpg"])] == [long, "b.jpg"]


def test_a_zero_byte_in_a_name_is_named() -> None:
    with pytest.raises(InputError, match="cannot be read: embedded null"):
        next(iter(open_input(FileInput("a\0.jpg", listed=True)).frames()))
