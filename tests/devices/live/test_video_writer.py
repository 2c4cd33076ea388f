"""Videos that are written: frames, times, sizes, and what is left when they end early."""

from __future__ import annotations

import errno
import os
import tracemalloc
from pathlib import Path

import av
import pytest
from films import read_film, stamps_of
from PIL import Image
from streams.pictures import draw, number_of

from plate_devices.live import video_writer
from plate_devices.live.video_writer import VideoWriter
from plate_runtime.errors import DeviceError, UsageError


def write(path: Path, stamps: list[float], size: tuple[int, int] = (160, 96)) -> VideoWriter:
    writer = VideoWriter(path)
    for number, seconds in enumerate(stamps):
        writer.add(draw(number).resize(size), seconds)
    writer.close()
    return writer


def test_frames_and_their_times_are_kept(tmp_path: Path) -> None:
    stamps = [0.0, 0.1, 0.2, 0.5, 2.5, 2.54]
    writer = write(tmp_path / "out.mp4", stamps)
    frames = read_film(tmp_path / "out.mp4")
    assert [number_of(frame.rgb) for frame in frames] == list(range(6))
    assert stamps_of(frames) == stamps
    assert writer.describe() == f"{tmp_path}/out.mp4: 6 frames, 2.5 s, H.264 (libx264)"
    assert list(tmp_path.iterdir()) == [tmp_path / "out.mp4"]
    assert (tmp_path / "out.mp4").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("rate", [15, 24, 25, 30, 30000 / 1001, 50, 60])
def test_the_rate_is_that_of_the_frames(tmp_path: Path, rate: float) -> None:
    write(tmp_path / "out.mp4", [number / rate for number in range(12)], (64, 48))
    with av.open(str(tmp_path / "out.mp4")) as film:
        (stream,) = film.streams.video
        assert stream.average_rate is not None
        assert float(stream.average_rate) == pytest.approx(rate, rel=1e-4)


def test_frames_of_other_and_odd_sizes_are_fitted(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4")
    for number, size in enumerate([(101, 51), (101, 51), (300, 100), (40, 200)]):
        writer.add(Image.new("RGB", size, (200, 40, 40)), number / 10)
    writer.close()
    first, _, wide, tall = (frame.rgb for frame in read_film(tmp_path / "out.mp4"))
    assert first.shape == (52, 102, 3)
    assert min(first[51, 101, 0], first[26, 51, 0], wide[26, 51, 0], tall[26, 51, 0]) > 150
    assert max(wide[2, 51].max(), tall[26, 2].max()) < 60


def test_stamps_that_do_not_grow_are_no_error(tmp_path: Path) -> None:
    write(tmp_path / "out.mp4", [0.0, 0.0, 0.0, 0.1])
    assert len(read_film(tmp_path / "out.mp4")) == 4


def test_without_frames_no_file_is_left(tmp_path: Path) -> None:
    VideoWriter(tmp_path / "out.mp4").close()
    assert not list(tmp_path.iterdir())


def test_what_was_written_can_be_played_before_the_end(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4")
    for number in range(100):
        writer.add(draw(number % 20).resize((160, 96)), number / 10)
    (part,) = tmp_path.iterdir()
    (tmp_path / "copy.mp4").write_bytes(part.read_bytes())
    writer.close()
    with av.open(str(tmp_path / "copy.mp4")) as film:
        assert 50 < sum(1 for _ in film.decode(video=0)) <= 100


def test_a_full_disk_keeps_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room, write_all = 20_000, os.write

    def write(handle: int, content: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        room -= (written := write_all(handle, content[:room]))
        return written

    monkeypatch.setattr(video_writer.os, "write", write)
    writer = VideoWriter(tmp_path / "out.mp4")
    with pytest.raises(DeviceError, match=r"out\.mp4 cannot be written: No space left on device"):
        for number in range(1000):
            writer.add(Image.effect_noise((160, 96), 90).convert("RGB"), number / 10)
    writer.close()
    with av.open(str(tmp_path / "out.mp4")) as film:
        assert next(film.decode(video=0)).width == 160
    assert list(tmp_path.iterdir()) == [tmp_path / "out.mp4"]


def test_memory_does_not_grow_with_the_video(tmp_path: Path) -> None:
    writer, picture = VideoWriter(tmp_path / "out.mp4"), draw(3).resize((64, 48))
    for number in range(100):
        writer.add(picture, number / 10)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(100, 1500):
            writer.add(picture, number / 10)
        assert tracemalloc.get_traced_memory()[0] - before < 50_000
    finally:
        tracemalloc.stop()
    writer.close()


def test_where_no_video_can_be_written_it_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there.mp4").write_bytes(b"mine")
    (tmp_path / "folder.mp4").mkdir()
    for name, message in (
        ("there.mp4", "exists already; delete it"),
        ("folder.mp4", "is a folder"),
        ("gone/out.mp4", "there is no folder"),
    ):
        with pytest.raises(UsageError, match=message):
            VideoWriter(tmp_path / name)
    assert (tmp_path / "there.mp4").read_bytes() == b"mine"
    monkeypatch.setattr(video_writer, "CODECS", {"unknown": "unknown"})
    with pytest.raises(UsageError, match=r"neither H\.264 nor MPEG-4"):
        VideoWriter(tmp_path / "out.mp4")


def test_the_second_codec_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_writer, "CODECS", {"unknown": "unknown", "mpeg4": "MPEG-4 Part 2"})
    writer = write(tmp_path / "out.mp4", [0.0, 0.1])
    assert writer.describe().endswith("MPEG-4 Part 2 (mpeg4)")
    assert len(read_film(tmp_path / "out.mp4")) == 2
