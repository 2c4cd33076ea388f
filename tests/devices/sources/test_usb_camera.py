"""USB cameras: OpenCV is replaced, no camera is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plate_devices.backoff import BackOff
from plate_devices.sources import reopening
from plate_devices.sources.reopening import ReopeningSource
from plate_devices.sources.usb_camera import UsbCamera
from plate_runtime.errors import DeviceError


class Capture:
    """Stands in for cv2.VideoCapture: gives the frames of `script`, then nothing."""

    def __init__(self, script: list[Any]) -> None:
        self.script = script
        self.released = False
        self.opened = True
        self.settings: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802
        return self.opened

    def set(self, name: int, value: float) -> None:
        self.settings[name] = value

    def read(self) -> tuple[bool, Any]:
        return (True, self.script.pop(0)) if self.script and self.script[0] is not None else (False, self._lose())

    def grab(self) -> bool:
        return self.read()[0]

    def _lose(self) -> None:
        if self.script:
            self.script.pop(0)

    def release(self) -> None:
        self.released = True


def camera(monkeypatch: pytest.MonkeyPatch, script: list[Any], name: str = "0") -> tuple[UsbCamera, Capture]:
    source = UsbCamera(name, size=(640, 480))
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
    sizes = [capture.settings[name] for name in (source._cv2.CAP_PROP_FRAME_WIDTH, source._cv2.CAP_PROP_FRAME_HEIGHT)]
    assert sizes == [640, 480]
    source.close()
    assert capture.released


def test_what_is_not_wanted_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = camera(monkeypatch, [picture(value) for value in range(1, 7)])
    wanted = iter([True, False, False, True, False, True, False])
    monkeypatch.setattr(source._limit, "is_due", lambda: next(wanted))
    frames = source.frames()
    assert [next(frames).number for _ in range(3)] == [0, 3, 5]
    assert source.dropped == 3


def test_an_unplugged_camera_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    source, _ = camera(monkeypatch, [picture(1)])
    frames = source.frames()
    next(frames)
    with pytest.raises(DeviceError, match="still plugged in"):
        next(frames)


def test_half_a_picture_is_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    source, capture = camera(monkeypatch, [picture(1), picture(2)])
    read = capture.read
    calls = []

    def stumble() -> tuple[bool, Any]:
        calls.append(1)
        if len(calls) == 2:
            raise source._cv2.error("imdecode")
        return read()

    monkeypatch.setattr(capture, "read", stumble)
    frames = source.frames()
    assert [next(frames).number, next(frames).number] == [0, 1]


def test_an_unplugged_camera_that_is_plugged_in_again_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    captures = [Capture([picture(1)]), Capture([picture(2)]), Capture([picture(3), picture(4)])]
    captures[1].opened = False
    rest = iter(captures)

    def plug_in() -> UsbCamera:
        source = UsbCamera("0")
        monkeypatch.setattr(source, "_check_device", lambda: None)
        monkeypatch.setattr(source._cv2, "VideoCapture", lambda number: next(rest))
        return source

    monkeypatch.setattr(reopening, "BackOff", lambda: BackOff(longest=0.001))
    source = ReopeningSource(plug_in)
    frames = source.frames()
    found = [next(frames) for _ in range(3)]
    assert [frame.rgb[0, 0, 2] for frame in found] == [1, 3, 4]
    assert [frame.number for frame in found] == [0, 1, 2]
    assert source.outages.take_message() == (
        "camera 0 sends no more pictures; is it still plugged in? (trying again until it is back)"
    )
    assert [capture.released for capture in captures] == [True, True, False]


def test_a_camera_that_keeps_silent_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    source, capture = camera(monkeypatch, [picture(1), None, picture(2)])
    monkeypatch.setattr("plate_devices.sources.usb_camera._LONG_WAIT", -1.0)
    frames = source.frames()
    next(frames)
    with pytest.raises(DeviceError, match="still plugged in"):
        next(frames)
    assert len(capture.script) == 1


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
    with pytest.raises(DeviceError, match="is not a camera"):
        next(UsbCamera(str(other)).frames())
