"""Video files: formats, time stamps, and damage."""

from __future__ import annotations

import contextlib
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import TABLE, boxes, read_film, read_until_error, replace_box, stamps_of, trim, turn, write_film
from streams.pictures import number_of

from plate_devices.sources import video
from plate_devices.sources.video import VideoFile
from plate_runtime.errors import InputError

FRAMES = 20
TENTHS = [number / 10 for number in range(FRAMES)]


def test_every_frame_comes_in_order_and_in_rgb(clip: Path) -> None:
    frames = read_film(clip)
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
    frames = read_film(path)
    assert [number_of(frame.rgb) for frame in frames] == list(range(FRAMES))
    assert stamps_of(frames) == TENTHS


@pytest.mark.parametrize(("name", "container"), [("saved.mjpeg", "mjpeg"), ("saved.dat", "mpjpeg")])
def test_saved_mjpeg_streams_are_read(tmp_path: Path, name: str, container: str) -> None:
    frames = read_film(write_film(tmp_path / name, 5, "mjpeg", container))
    assert [number_of(frame.rgb) for frame in frames] == list(range(5))


def test_a_header_of_a_recorder_before_the_stream_is_passed_over(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film", 5, "mpeg2video", "mpeg")
    path.write_bytes(b"IMKH" + bytes(36) + path.read_bytes())
    assert len(read_film(path)) == 5


def test_a_recorder_that_keeps_only_motion_says_when(tmp_path: Path) -> None:
    stamps = [0.0, 0.1, 0.2, 60.0, 60.1, 86460.0, 86460.1]
    assert stamps_of(read_film(write_film(tmp_path / "film.mkv", stamps))) == stamps


def test_time_begins_with_the_first_frame(tmp_path: Path) -> None:
    stamps = [3600.5 + number / 10 for number in range(5)]
    assert stamps_of(read_film(write_film(tmp_path / "film.ts", stamps, container="mpegts"))) == TENTHS[:5]


def test_recordings_that_were_put_together_are_one_film(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.ts", 5, container="mpegts")
    path.write_bytes(path.read_bytes() * 2)
    frames = read_film(path)
    assert [number_of(frame.rgb) for frame in frames] == [*range(5)] * 2
    assert stamps_of(frames) == TENTHS[:10]


@pytest.mark.parametrize("delta", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_time_stamps_that_cannot_be_are_not_believed(tmp_path: Path, delta: int) -> None:
    path = write_film(tmp_path / "film.mp4", 8, codec_options={"bf": "0"})
    path.write_bytes(replace_box(path.read_bytes(), (*TABLE, b"stts"), struct.pack(">IIII", 0, 1, 8, delta)))
    seconds = stamps_of(read_film(path))
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
            read_film(copy)
    assert capfd.readouterr().err == ""


def test_what_cannot_be_decoded_is_said(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(InputError, match="in a format that cannot be decoded; convert it"):
        read_film(copy)


def test_an_edit_list_is_no_damage(copy: Path) -> None:
    trim(copy, 5, 10)
    frames = read_film(copy)
    assert [number_of(frame.rgb) for frame in frames] == list(range(5, 15))
    assert stamps_of(frames) == TENTHS[:10]


def test_a_film_is_shown_as_the_phone_was_held(copy: Path, clip: Path) -> None:
    turn(copy)
    upright, stored = read_film(copy)[3].rgb, read_film(clip)[3].rgb
    assert upright.shape == (160, 96, 3)
    assert np.array_equal(upright, np.rot90(stored, -1))


@pytest.mark.parametrize(("fps", "expected"), [(5, 10), (10, 20), (100, 20), (2.5, 5), (3, 6)])
def test_fewer_frames_of_each_second_can_be_asked_for(clip: Path, fps: float, expected: int) -> None:
    assert len(read_film(clip, fps)) == expected


def test_fewer_frames_are_chosen_by_time_and_not_by_count(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", [0.0, 0.1, 0.2, 60.0, 60.1, 60.2, 120.0])
    assert [frame.number for frame in read_film(path, 1)] == [0, 3, 6]


def test_names_in_another_encoding_are_no_matter(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", 3, metadata={"title": "Stra@@e"})
    path.write_bytes(path.read_bytes().replace(b"Stra@@e", b"Stra\xdf\xfee"))
    assert len(read_film(path)) == 3


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
    assert [number_of(frame.rgb) for frame in read_film(path)] == list(range(10, 40))
