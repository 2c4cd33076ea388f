"""Video files: formats, time stamps, damage, and bounds."""

from __future__ import annotations

import builtins
import contextlib
import struct
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import TABLE, boxes, replace_box, stamps_of, trim, turn, write_film
from streams.pictures import draw, number_of

from plate_devices.sources import video
from plate_devices.sources.video import VideoFile
from plate_runtime.errors import InputError, MissingPartError

FRAMES = 20
TENTHS = [number / 10 for number in range(FRAMES)]


def read(path: Path, fps: float | None = None) -> list[Any]:
    source = VideoFile(str(path), fps)
    try:
        return list(source.frames())
    finally:
        source.close()


def read_until_error(path: Path) -> tuple[list[int], str]:
    """The numbers of the pictures that come, and the error that follows."""
    source = VideoFile(str(path))
    numbers: list[int] = []
    with pytest.raises(InputError) as error:
        for frame in source.frames():
            numbers.append(number_of(frame.rgb))  # noqa: PERF401
    source.close()
    return numbers, str(error.value)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("films") / "film.mp4", FRAMES)


@pytest.fixture
def copy(clip: Path, tmp_path: Path) -> Path:
    """A video that a test may damage."""
    path = tmp_path / "film.mp4"
    path.write_bytes(clip.read_bytes())
    return path


def test_every_frame_comes_in_order_and_in_rgb(clip: Path) -> None:
    frames = read(clip)
    assert [frame.number for frame in frames] == list(range(FRAMES))
    assert [number_of(frame.rgb) for frame in frames] == list(range(FRAMES))
    assert stamps_of(frames) == TENTHS
    for frame in frames:
        assert frame.time is None
        assert frame.rgb.shape == (96, 160, 3)
        assert frame.rgb.flags.c_contiguous
        assert np.abs(frame.rgb[5, 80].astype(int) - (120, 130, 110)).max() < 12


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("mov", "libx264", {}),
        ("mp4", "libx264", {"movflags": "faststart"}),
        ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("mp4", "libx265", {}),
        ("mp4", "libsvtav1", {}),
        ("matroska", "libx264", {}),
        ("webm", "libvpx-vp9", {}),
        ("avi", "mjpeg", {}),
        ("flv", "libx264", {}),
        ("asf", "wmv2", {}),
        ("3gp", "mpeg4", {}),
        ("mpegts", "libx264", {}),
        ("mpegts", "libx264", {"mpegts_m2ts_mode": "1"}),
        ("mpeg", "mpeg2video", {}),
        ("h264", "libx264", {}),
        ("hevc", "libx265", {}),
        ("mpeg2video", "mpeg2video", {}),
        ("m4v", "mpeg4", {}),
        ("ivf", "libvpx-vp9", {}),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_videos_are_known_by_content_whatever_their_name(
    tmp_path: Path, container: str, codec: str, options: dict[str, str]
) -> None:
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_film(tmp_path / "recording", FRAMES, codec, container, options, quiet)
    frames = read(path)
    assert [number_of(frame.rgb) for frame in frames] == list(range(FRAMES))
    assert stamps_of(frames) == TENTHS


@pytest.mark.parametrize(("name", "container"), [("saved.mjpeg", "mjpeg"), ("saved.dat", "mpjpeg")])
def test_saved_mjpeg_streams_are_read(tmp_path: Path, name: str, container: str) -> None:
    frames = read(write_film(tmp_path / name, 5, "mjpeg", container))
    assert [number_of(frame.rgb) for frame in frames] == list(range(5))


def test_a_header_of_a_recorder_before_the_stream_is_passed_over(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film", 5, "mpeg2video", "mpeg")
    path.write_bytes(b"IMKH" + bytes(36) + path.read_bytes())
    assert len(read(path)) == 5


def test_a_recorder_that_keeps_only_motion_says_when(tmp_path: Path) -> None:
    stamps = [0.0, 0.1, 0.2, 60.0, 60.1, 86460.0, 86460.1]
    assert stamps_of(read(write_film(tmp_path / "film.mkv", stamps))) == stamps


def test_time_begins_with_the_first_frame(tmp_path: Path) -> None:
    stamps = [3600.5 + number / 10 for number in range(5)]
    assert stamps_of(read(write_film(tmp_path / "film.ts", stamps, container="mpegts"))) == TENTHS[:5]


def test_recordings_that_were_put_together_are_one_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.ts", 5, container="mpegts")
    path.write_bytes(path.read_bytes() * 2)
    frames = read(path)
    assert [number_of(frame.rgb) for frame in frames] == [*range(5)] * 2
    assert stamps_of(frames) == TENTHS[:10]


@pytest.mark.parametrize("delta", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_time_stamps_that_cannot_be_are_not_believed(tmp_path: Path, delta: int) -> None:
    path = write_film(tmp_path / "film.mp4", 8, codec_options={"bf": "0"})
    path.write_bytes(replace_box(path.read_bytes(), (*TABLE, b"stts"), struct.pack(">IIII", 0, 1, 8, delta)))
    seconds = stamps_of(read(path))
    assert seconds[0] == 0
    assert all(0 < after - before < 1e6 for before, after in pairwise(seconds))


def test_a_place_that_is_not_in_the_file_is_damage_and_no_more(copy: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = copy.read_bytes()
    for place in (0xFFFFFFF0, 1 << 63, (1 << 64) - 1):
        content = struct.pack(">IIQ", 0, 1, place)
        changed = bytearray(replace_box(whole, (*TABLE, b"stco"), content))
        at = boxes(bytes(changed), (*TABLE, b"stco"))[-1]
        changed[at + 4 : at + 8] = b"co64"
        copy.write_bytes(changed)
        with pytest.raises(InputError, match="damaged"):
            read(copy)
    assert capfd.readouterr().err == ""


def test_what_cannot_be_decoded_is_said(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(InputError, match="in a format that cannot be decoded; convert it"):
        read(copy)


def test_an_edit_list_is_no_damage(copy: Path) -> None:
    trim(copy, 5, 10)
    frames = read(copy)
    assert [number_of(frame.rgb) for frame in frames] == list(range(5, 15))
    assert stamps_of(frames) == TENTHS[:10]


def test_a_film_is_shown_as_the_phone_was_held(copy: Path, clip: Path) -> None:
    turn(copy)
    upright, stored = read(copy)[3].rgb, read(clip)[3].rgb
    assert upright.shape == (160, 96, 3)
    assert np.array_equal(upright, np.rot90(stored, -1))


@pytest.mark.parametrize(("fps", "expected"), [(5, 10), (10, 20), (100, 20), (2.5, 5), (3, 6)])
def test_fewer_frames_of_each_second_can_be_asked_for(clip: Path, fps: float, expected: int) -> None:
    assert len(read(clip, fps)) == expected


def test_fewer_frames_are_chosen_by_time_and_not_by_count(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", [0.0, 0.1, 0.2, 60.0, 60.1, 60.2, 120.0])
    assert [frame.number for frame in read(path, 1)] == [0, 3, 6]


def test_names_in_another_encoding_are_no_matter(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", 3, metadata={"title": "Stra@@e"})
    path.write_bytes(path.read_bytes().replace(b"Stra@@e", b"Stra\xdf\xfee"))
    assert len(read(path)) == 3


# Damage is what the decoder says.


def test_damaged_pictures_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.avi", FRAMES, "mjpeg")
    data = bytearray(path.read_bytes())
    at = -1
    for _ in range(6):
        at = data.index(b"\xff\xd8\xff", at + 1)
    data[at : at + 900] = bytes(900)
    path.write_bytes(data)
    numbers, error = read_until_error(path)
    assert numbers == [*range(5), *range(6, FRAMES)]
    assert "damaged or truncated: 1 picture" in error


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("avi", "mjpeg", {}),
        ("mp4", "libx264", {"movflags": "faststart"}),
        ("mp4", "libx264", {}),
        ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("flv", "libx264", {}),
    ],
)
@pytest.mark.parametrize("share", [0.4, 0.7])
def test_the_end_of_a_truncated_video_is_missed(
    tmp_path: Path, container: str, codec: str, options: dict[str, str], share: float
) -> None:
    path = write_film(tmp_path / "film", FRAMES, codec, container, options, {"g": "4"} if codec == "libx264" else {})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    numbers, error = read_until_error(path)
    assert numbers == sorted(set(numbers))
    assert "damaged" in error


def test_what_follows_a_damaged_place_is_read(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", 60, "mjpeg", "matroska", {"cluster_time_limit": "1000"})
    data = bytearray(path.read_bytes())
    cluster = data.index(b"\x1f\x43\xb6\x75", len(data) // 2)
    data[cluster : cluster + 40] = b"\xff" * 40
    path.write_bytes(data)
    source = VideoFile(str(path))
    numbers: list[int] = []
    with contextlib.suppress(InputError):  # the decoder may have nothing to say
        for frame in source.frames():
            numbers.append(number_of(frame.rgb))  # noqa: PERF401
    source.close()
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= 40
    assert numbers[-1] == 59


def test_a_disk_that_fails_is_no_end_of_the_film(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = video._BoundedFile.read

    def read_part(self: Any, size: int) -> bytes:
        if self.tell() > 3000:
            self.error = OSError(5, "Input/output error")
            return b""
        return real(self, size)

    monkeypatch.setattr(video._BoundedFile, "read", read_part)
    monkeypatch.setattr(video, "_BUFFER", 1024)
    path = write_film(clip.with_name("long.mkv"), 60)
    numbers, error = read_until_error(path)
    assert numbers == sorted(set(numbers))
    assert 5 < len(numbers) < 60
    assert "cannot be read: Input/output error" in error


def test_a_film_that_begins_amid_others_is_not_damaged(tmp_path: Path) -> None:
    path = write_film(
        tmp_path / "film", 40, container="mpegts", codec_options={"g": "10", "bf": "0", "sc_threshold": "0"}
    )
    packets = [path.read_bytes()[at : at + 188] for at in range(0, path.stat().st_size, 188)]
    begins = [number for number, packet in enumerate(packets) if packet[1] & 0x41 == 0x41 and packet[2] == 0]
    path.write_bytes(b"".join(packets[:3] + packets[begins[3] :]))
    assert [number_of(frame.rgb) for frame in read(path)] == list(range(10, 40))


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
        read(path)
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
        (sound, "holds no video, or"),
        (tmp_path, "not a regular file"),
        (Path("/dev/zero"), "regular"),
    ):
        with pytest.raises(InputError, match=message):
            read(path)
    with pytest.raises(InputError, match=r"not a file name|No such file"):
        read(Path("a\0b.mp4"))


# Bounds.


def test_the_budget_of_a_camera_s_pictures_holds_for_films(copy: Path) -> None:
    data = copy.read_bytes()
    at = data.index(b"avc1", boxes(data, (*TABLE, b"stsd"))[-1])
    huge = bytearray(data)
    struct.pack_into(">HH", huge, at + 28, 30000, 30000)
    copy.write_bytes(huge)
    try:
        assert read(copy)[0].rgb.shape == (96, 160, 3)  # the stream itself says otherwise
    except InputError as error:
        assert "30000x30000" in str(error)


@pytest.mark.parametrize("size", [(5120, 3456), (16384, 1024)])
def test_pictures_of_more_than_16_megapixels_are_refused_before_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write_film(tmp_path / "film.avi", 1, "mjpeg", size=size)
    if size[0] * size[1] <= 16_000_000:
        pytest.fail("the test is wrong")
    with pytest.raises(InputError, match="more than 16 megapixels"):
        read(path)


def test_a_film_of_16_megapixels_is_read(tmp_path: Path) -> None:
    (frame,) = read(write_film(tmp_path / "film.avi", 1, "mjpeg", size=(4608, 3456)))
    assert frame.rgb.shape == (3456, 4608, 3)


def test_a_table_that_announces_millions_of_pictures_is_refused(copy: Path) -> None:
    many = 80_000_000
    data = copy.read_bytes()
    data = replace_box(data, (*TABLE, b"stsz"), struct.pack(">III", 0, 1, many))
    data = replace_box(data, (*TABLE, b"stsc"), struct.pack(">IIIII", 0, 1, 1, many, 1))
    data = replace_box(data, (*TABLE, b"stts"), struct.pack(">IIII", 0, 1, many, 1))
    copy.write_bytes(data)
    with pytest.raises(InputError, match="announces more than"):
        read(copy)
    copy.write_bytes(data.replace(b"stsz", b"free") + struct.pack(">I4sII", 16, b"moof", 8, 0x7472756E))
    with pytest.raises(InputError):
        read(copy)


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
    assert [number_of(frame.rgb) for frame in read(path)] == [0, 1, 2]


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
            assert [number_of(frame.rgb) for frame in read(path)] == [0, 1, 2]
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
