"""Choose the source that a `--camera` name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.sources.files import VIDEO_SUFFIXES
from plate_runtime.errors import DeviceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.sources.base import Source

SUPPORTED = "a camera number, /dev/videoN, a video file, demo, or demo:N"


def open_camera(name: str, fps: float | None = None) -> Source:
    """Open the source called `name`; `fps` limits how many frames of a second are read.

    A name is `scheme`, or `scheme:rest`, of `SCHEMES`; else a camera number, a device file, or a video file.

    Raises:
        UsageError: the name means nothing. MissingPartError: it needs what is not installed.
        DeviceError: no such file. Cameras are opened, and found missing, when their frames are asked for.
    """
    scheme, colon, rest = name.partition(":")
    if opener := SCHEMES.get(scheme):
        return opener(name, rest, fps)
    if name.isdecimal() or name.startswith("/dev/"):
        from plate_devices.sources.camera import UsbCamera
        from plate_devices.sources.live import NewestFrame

        return NewestFrame(UsbCamera(name), fps)
    if colon and "/" not in scheme and not Path(name).exists():
        raise UsageError(f"--camera {scheme}: is not supported; use {SUPPORTED}")
    return _open_video(name, fps)


def _open_demo(name: str, rest: str, fps: float | None) -> Source:
    from plate_devices.sources.demo import VEHICLES, DemoDrive

    if not rest:
        if name != "demo":
            raise UsageError("--camera demo: lacks a number; use demo, or demo:N for N vehicles")
        return DemoDrive(name, VEHICLES, fps)
    if not rest.isdecimal() or int(rest) < 1:
        raise UsageError(f"--camera {name}: {rest!r} is no number of vehicles; use for example demo:3")
    return DemoDrive(name, int(rest), fps)


def _open_video(name: str, fps: float | None) -> Source:
    from plate_devices.sources.video import VideoFile

    path = Path(name)
    if path.suffix.lower() not in VIDEO_SUFFIXES and not path.exists():
        raise UsageError(f"--camera {name} is not supported; use {SUPPORTED}")
    if path.is_dir():
        raise UsageError(f"--camera {name} is a folder; name folders without --camera")
    if not path.exists():
        raise DeviceError(f"--camera {name}: there is no such file")
    return VideoFile(name, fps)


SCHEMES: dict[str, Callable[[str, str, float | None], Source]] = {"demo": _open_demo}
"""What stands before the colon of a name -> how it is opened, with the whole name, the rest and the frame limit."""
