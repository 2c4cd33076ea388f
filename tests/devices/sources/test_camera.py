"""USB cameras: OpenCV is replaced, no camera is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plate_devices.sources.camera import UsbCamera
from plate_runtime.errors import DeviceError


class Capture:
    """Stands in for cv2.VideoCapture: gives the frames of `script`, then nothing."""

    def __init__(self, script: list[Any]) -> None:
        self.script = script
        self.released = False
        self.opened = True

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, *_: Any) -> None: ...

    def read(self) -> tuple[bool, Any]:
        return (True, self.script.pop(0)) if self.script and self.script[0] is not None else (False, self._lose())

    def _lose(self) -> None:
        if self.script:
            self.script.pop(0)

    def release(self) -> None:
        self.released = True


def camera(monkeypatch: pytest.MonkeyPatch, script: list[Any], name: str = "0") -> tuple[UsbCamera, Capture]:
    source = UsbCamera(name)
    capture = Capture(script)
    monkeypatch.setattr(source, "_check_device", lambda: None)
    monkeypatch.setattr(source._cv2, "VideoCapture", lambda number: capture)
    return source, capture


def picture(value: int) -> np.ndarray:
    frame = np.zeros((4, 6, 3), np.uint8)
    frame[:, :, 0] = value
    return frame


def test_frames_are_rgb_with_the_time_of_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    source, capture = camera(monkeypatch, [picture(50), None, picture(60)])
    frames = source.frames()
    first, second = next(frames), next(frames)
    assert first.rgb[0, 0].tolist() == [0, 0, 50]
    assert (first.number, second.number) == (0, 1)
    assert first.time is not None
    assert first.time.utcoffset() is not None
    source.close()
    assert capture.released


def test_an_unplugged_camera_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = camera(monkeypatch, [picture(1)])
    frames = source.frames()
    next(frames)
    with pytest.raises(DeviceError, match="still plugged in"):
        next(frames)


def test_a_busy_camera_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    source, capture = camera(monkeypatch, [])
    capture.opened = False
    with pytest.raises(DeviceError, match="another program"):
        next(source.frames())


@pytest.mark.parametrize("name", ["97", "/dev/video97"])
def test_a_missing_camera_is_named_with_those_there_are(name: str) -> None:
    source = UsbCamera(name)
    with pytest.raises(DeviceError, match="there is no camera /dev/video97; found: "):
        next(source.frames())
    source.close()


def test_a_device_that_is_no_camera_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "tty"
    other.touch()
    with pytest.raises(DeviceError, match="is no camera"):
        next(UsbCamera(str(other)).frames())
