"""Files that are no videos, or videos beyond all bounds: each is refused in one sentence."""

from __future__ import annotations

import builtins
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import TABLE, boxes, read_film, read_until_error, replace_box, write_film
from streams.pictures import draw, number_of

from plate_devices.sources import video
from plate_devices.sources.video import VideoFile
from plate_runtime.errors import InputError, MissingPartError

# What is no video, or none that is read, is one sentence.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"x" * 999, "is not a video that can be read.*ffmpeg -i"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\na.ts\n", "playlist.*not followed"),
        (b"ffconcat version 1.0\nfile a.mp4\n", "list of files.*not followed"),
        (b"file '/etc/passwd'\n", "list of files.*not followed"),
        (b"<?xml version='1.0'?>\n<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>", "playlist.*not followed"),
        (b"[playlist]\nFile1=a.mp4\n", "playlist.*not followed"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "SDP.*not followed"),
        (b"http://camera/film.mp4\n", "holds an address.*not followed"),
        (b"data:video/mp4;base64,AAAA", "holds an address.*not followed"),
        (b"\x06\x0e\x2b\x34" + bytes(60), "is MXF, which is not supported; convert it"),
        (b".RMF" + bytes(60), "is RealMedia"),
        (b"ID3\x04" + bytes(60), "is sound"),
        (b"PK\x03\x04" + bytes(60), "is an archive"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "is a picture, not a video"),
        (b"\x1aE\xdf\xa3" + bytes(999), "damaged or truncated"),
        (b"\0\0\0\x20ftypisom" + bytes(999), "damaged or truncated"),
    ],
)
def test_what_is_no_video_is_one_clear_error(
    tmp_path: Path, content: bytes | None, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_film(path)
    assert "\n" not in str(error.value)
    assert capfd.readouterr().err == ""


def test_sound_alone_and_folders_and_devices_are_no_video(tmp_path: Path) -> None:
    import av

    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as file:
        stream = file.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    for path, message in (
        (sound, "holds sound, but no video, or"),
        (tmp_path, "not a regular file"),
        (Path("/dev/zero"), "regular"),
    ):
        with pytest.raises(InputError, match=message):
            read_film(path)
    with pytest.raises(InputError, match=r"not a file name|No such file"):
        read_film(Path("a\0b.mp4"))


# Bounds.


def test_the_budget_of_a_camera_s_pictures_holds_for_films(copy: Path) -> None:
    data = copy.read_bytes()
    at = data.index(b"avc1", boxes(data, (*TABLE, b"stsd"))[-1])
    huge = bytearray(data)
    struct.pack_into(">HH", huge, at + 28, 30000, 30000)
    copy.write_bytes(huge)
    try:
        assert read_film(copy)[0].rgb.shape == (96, 160, 3)  # the stream itself says otherwise
    except InputError as error:
        assert "30000x30000" in str(error)


@pytest.mark.parametrize("size", [(5120, 3456), (16384, 1024)])
def test_pictures_of_more_than_16_megapixels_are_refused_before_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write_film(tmp_path / "film.avi", 1, "mjpeg", size=size)
    if size[0] * size[1] <= 16_000_000:
        pytest.fail("the test is wrong")
    with pytest.raises(InputError, match="more than 16 megapixels"):
        read_film(path)


def test_a_film_of_16_megapixels_is_read(tmp_path: Path) -> None:
    (frame,) = read_film(write_film(tmp_path / "film.avi", 1, "mjpeg", size=(4608, 3456)))
    assert frame.rgb.shape == (3456, 4608, 3)


def test_a_table_that_announces_millions_of_pictures_is_refused(copy: Path) -> None:
    many = 80_000_000
    data = copy.read_bytes()
    data = replace_box(data, (*TABLE, b"stsz"), struct.pack(">III", 0, 1, many))
    data = replace_box(data, (*TABLE, b"stsc"), struct.pack(">IIIII", 0, 1, 1, many, 1))
    data = replace_box(data, (*TABLE, b"stts"), struct.pack(">IIII", 0, 1, many, 1))
    copy.write_bytes(data)
    with pytest.raises(InputError, match="announces more than"):
        read_film(copy)
    copy.write_bytes(data.replace(b"stsz", b"free") + struct.pack(">I4sII", 16, b"moof", 8, 0x7472756E))
    with pytest.raises(InputError):
        read_film(copy)


def test_hours_of_raw_sound_are_no_such_promise(tmp_path: Path) -> None:
    import av

    path = tmp_path / "film.mov"
    with av.open(str(path), "w") as file:
        picture, sound = file.add_stream("mjpeg", rate=10), file.add_stream("pcm_s16le", rate=48000, layout="mono")
        picture.width, picture.height, picture.pix_fmt = 160, 96, "yuvj420p"
        for number in range(3):
            frame = av.VideoFrame.from_image(draw(number))
            frame.pts = number
            file.mux(picture.encode(frame))
        quiet = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.int16), "s16", "mono")
        quiet.sample_rate = 48000
        for _ in range(80):
            file.mux(sound.encode(quiet))
    assert [number_of(frame.rgb) for frame in read_film(path)] == [0, 1, 2]


def test_noise_without_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "MOST_WITHOUT_PICTURE", 1 << 20)
    path = write_film(tmp_path / "film.h264", 5, container="h264")
    with path.open("r+b") as stream:
        stream.truncate(1 << 34)
    numbers, error = read_until_error(path)
    assert numbers == list(range(len(numbers)))
    assert "no picture follows" in error


def test_of_dozens_of_streams_one_is_read(tmp_path: Path) -> None:
    import av

    for count in (20, 80):
        path = tmp_path / f"{count}.mkv"
        with av.open(str(path), "w") as file:
            streams = [file.add_stream("mjpeg", rate=10) for _ in range(count)]
            for stream in streams:
                stream.width, stream.height, stream.pix_fmt = 160, 96, "yuvj420p"
            for number in range(3):
                for stream in streams:
                    frame = av.VideoFrame.from_image(draw(number))
                    frame.pts = number
                    file.mux(stream.encode(frame))
        try:
            assert [number_of(frame.rgb) for frame in read_film(path)] == [0, 1, 2]
        except InputError:
            assert count == 80  # FFmpeg 7 refuses the file, 8 leaves out what is too much


def test_without_pyav_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def no_pyav(name: str, *rest: Any) -> Any:
        if name == "av":
            raise ImportError(name)
        return real_import(name, *rest)

    monkeypatch.delitem(sys.modules, "av", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_pyav)
    with pytest.raises(MissingPartError, match=r"pip install '.*\[camera\]'"):
        VideoFile("film.mp4")
