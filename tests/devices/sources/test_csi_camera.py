"""CSI cameras: picamera2 is replaced by a class with its interface, since it exists on a Pi alone."""

from __future__ import annotations

import sys
from concurrent.futures import Future
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from plate_devices.sources.csi_camera import CsiCamera
from plate_runtime.errors import DeviceError, MissingPartError


class Job(Future[np.ndarray]):
    """What picamera2 gives for a picture that is still to come."""

    def get_result(self, timeout: float | None = None) -> np.ndarray:
        return self.result(timeout=0.01)


class Picamera2:
    """Has one camera, which gives `pictures` and then nothing more."""

    pictures = 2
    cameras = 1
    busy = False
    log: list[str]

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return [{"Num": number, "Model": "imx708"} for number in range(cls.cameras)]

    def __init__(self, number: int) -> None:
        self.log.append(f"open {number}")
        self._left = self.pictures

    def create_video_configuration(self, main: dict[str, Any]) -> dict[str, Any]:
        assert main == {"size": (1280, 720), "format": "BGR888"}
        return main

    def configure(self, configuration: dict[str, Any]) -> None:
        if self.busy:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")

    def start(self) -> None:
        self.log.append("start")

    def capture_array(self, name: str, wait: bool) -> Job:
        assert (name, wait) == ("main", False)
        job = Job()
        if self._left:
            self._left -= 1
            job.set_result(np.full((720, 1280, 3), (200, 10, 20), np.uint8))
        return job

    def stop(self) -> None:
        self.log.append("stop")

    def close(self) -> None:
        self.log.append("close")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> type[Picamera2]:
    fresh = type("Picamera2", (Picamera2,), {"log": []})
    module = ModuleType("picamera2")
    module.Picamera2 = fresh  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return fresh


def test_frames_are_rgb_until_the_camera_falls_silent(library: type[Picamera2]) -> None:
    source = CsiCamera(0)
    assert source.name == "csi:0"
    frames = source.frames()
    first, second = next(frames), next(frames)
    assert first.rgb[0, 0].tolist() == [200, 10, 20]
    assert (first.number, second.number) == (0, 1)
    assert first.time is not None
    with pytest.raises(DeviceError, match="camera csi:0 sends no more pictures"):
        next(frames)
    source.close()
    source.close()
    assert library.log == ["open 0", "start", "stop", "close"]


def test_a_missing_camera_is_named_with_those_there_are(library: type[Picamera2]) -> None:
    with pytest.raises(DeviceError, match="there is no camera csi:1; found: csi:0"):
        next(CsiCamera(1).frames())
    library.cameras = 0
    with pytest.raises(DeviceError, match="no camera"):
        next(CsiCamera(0).frames())


def test_a_busy_camera_is_given_back(library: type[Picamera2]) -> None:
    library.busy = True
    source = CsiCamera(0)
    with pytest.raises(DeviceError, match="another program"):
        next(source.frames())
    source.close()
    assert library.log == ["open 0", "close"]


def test_without_picamera2_it_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(MissingPartError, match=r"apt install python3-picamera2.*--system-site-packages"):
        CsiCamera(0)
