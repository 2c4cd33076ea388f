"""Video files."""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plate_devices.sources.video import VideoFile
from plate_runtime.errors import InputError, MissingPartError

FRAMES = 20


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """20 frames of 64x48 at 10 frames a second, from dark to bright, left half red."""
    import cv2

    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for number in range(FRAMES):
        frame = np.full((48, 64, 3), 10 * number, np.uint8)
        frame[:, :32, 2] = 250
        writer.write(frame)
    writer.release()
    return path


def test_every_frame_comes_in_order_and_in_rgb(film: Path) -> None:
    source = VideoFile(str(film))
    frames = list(source.frames())
    source.close()
    assert [frame.number for frame in frames] == list(range(FRAMES))
    assert all(frame.time is None for frame in frames)
    assert source.dropped == 0
    for frame in frames:
        assert frame.rgb.shape == (48, 64, 3)
        assert frame.rgb.flags.c_contiguous
        assert abs(int(frame.rgb[24, 50, 1]) - 10 * frame.number) < 12
        assert frame.rgb[24, 10, 0] > 180


@pytest.mark.parametrize(("fps", "expected"), [(5, 10), (10, 20), (100, 20), (2.5, 5)])
def test_fewer_frames_of_each_second_can_be_asked_for(film: Path, fps: float, expected: int) -> None:
    source = VideoFile(str(film), fps)
    assert len(list(source.frames())) == expected
    source.close()


def test_the_end_of_a_truncated_video_is_missed(film: Path) -> None:
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    source = VideoFile(str(film))
    with pytest.raises(InputError, match=r"damaged or truncated|cannot be read|not a video"):
        list(source.frames())
    source.close()


@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), (b"", "empty"), (b"x" * 999, "not a video")])
def test_what_is_no_video_is_one_clear_error(
    tmp_path: Path, content: bytes | None, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)
    source = VideoFile(str(path))
    with pytest.raises(InputError, match=message):
        list(source.frames())
    source.close()
    assert capfd.readouterr().err == ""


def test_without_opencv_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def no_opencv(name: str, *rest: Any) -> Any:
        if name == "cv2":
            raise ImportError(name)
        return real_import(name, *rest)

    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr(builtins, "__import__", no_opencv)
    with pytest.raises(MissingPartError, match=r"pip install 'plate-edge\[camera\]'"):
        VideoFile("film.mp4")
