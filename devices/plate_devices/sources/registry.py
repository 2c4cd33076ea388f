"""Choose the source that a `--camera` name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.sources.address import HIDDEN, is_address, parse_address, presentable
from plate_devices.sources.base import USUAL_SIZE
from plate_devices.sources.pace import Pace
from plate_devices.sources.video_formats import SUFFIXES
from plate_runtime.errors import DeviceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.sources.base import Source

SUPPORTED = (
    "a camera number, /dev/videoN, csi:N, rtsp://..., http://... (MJPEG), a video file, a folder of pictures, demo, "
    "or demo:N"
)


Size = tuple[int, int]


def open_camera(
    name: str, fps: float | None = None, leave_out: Sequence[Path] = (), size: Size | None = None
) -> Source:
    """Open the source called `name`.

    Args:
        name: what stands after --camera.
        fps: how many frames of a second are read, by default all.
        leave_out: folders that are written into, and therefore not read where they lie in a folder that is.
        size: width and height that a USB or CSI camera is asked for; streams and files have their own.

    A name is `scheme`, or `scheme:rest`, of `SCHEMES`; else a camera number, a device file, a video file or a folder.

    Raises:
        UsageError: the name means nothing. MissingPartError: it needs what is not installed.
        DeviceError: no such file. Cameras are opened, and found missing, when their frames are asked for.
    """
    scheme, colon, rest = name.partition(":")
    if opener := SCHEMES.get(scheme.lower()):
        return opener(name, rest, fps, size or USUAL_SIZE)
    if name.isdecimal() or name.startswith("/dev/"):
        from plate_devices.sources.camera import UsbCamera

        pace = Pace(fps)
        return _live(lambda: UsbCamera(name, pace, size or USUAL_SIZE), fps, pace)
    if "@" in name and not is_address(name) and not Path(name).exists():
        raise UsageError(f"--camera {HIDDEN} is not supported; use {SUPPORTED}")  # an address without its scheme
    if is_address(name) or (colon and "/" not in scheme and not Path(name).exists()):
        raise UsageError(f"--camera {scheme}: is not supported; use {SUPPORTED}")
    return _open_file(name, fps, leave_out)


def _live(open_source: Callable[[], Source], fps: float | None, pace: Pace) -> Source:
    """Open a source, which itself gives no more than `fps`, again whenever it is lost; keep its newest frame only."""
    from plate_devices.sources.live import HANGS_AFTER, STALLED_AFTER, NewestFrame
    from plate_devices.sources.reopening import Reopening

    wanted_pause = 1.0 / fps if fps else 0.0
    return NewestFrame(
        Reopening(open_source),
        stalled_after=STALLED_AFTER + wanted_pause,
        hangs_after=HANGS_AFTER + wanted_pause,
        pace=pace,
    )


def _open_rtsp(name: str, _rest: str, fps: float | None, _size: Size) -> Source:
    from plate_devices.sources.rtsp import RtspStream

    address = parse_address(name)
    pace = Pace(fps)
    return _live(lambda: RtspStream(address, pace), fps, pace)


def _open_mjpeg(name: str, _rest: str, fps: float | None, _size: Size) -> Source:
    from plate_devices.sources.mjpeg import MjpegStream

    address = parse_address(name)
    pace = Pace(fps)
    return _live(lambda: MjpegStream(address, pace), fps, pace)


def _open_csi(name: str, rest: str, fps: float | None, size: Size) -> Source:
    from plate_devices.sources.csi import CsiCamera

    if not rest.isdecimal():
        raise UsageError(f"--camera {name}: {rest!r} is no number of a camera; use for example csi:0")
    pace = Pace(fps)
    return _live(lambda: CsiCamera(int(rest), pace, size), fps, pace)


def _open_demo(name: str, rest: str, fps: float | None, _size: Size) -> Source:
    from plate_devices.sources.demo import VEHICLES, DemoDrive

    if not rest:
        if name != "demo":
            raise UsageError("--camera demo: lacks a number; use demo, or demo:N for N vehicles")
        return DemoDrive(name, VEHICLES, fps)
    if not rest.isdecimal() or int(rest) < 1:
        raise UsageError(f"--camera {name}: {rest!r} is no number of vehicles; use for example demo:3")
    return DemoDrive(name, int(rest), fps)


def _open_file(name: str, fps: float | None, leave_out: Sequence[Path]) -> Source:
    from plate_devices.sources.folder import FolderDrive
    from plate_devices.sources.video import VideoFile

    path = Path(name)
    if path.is_dir():
        return FolderDrive(name, fps, {folder.resolve() for folder in leave_out})
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        raise UsageError(f"--camera {presentable(name)} is not supported; use {SUPPORTED}")
    if not path.exists():
        raise DeviceError(f"--camera {name}: there is no such file")
    return VideoFile(name, fps)


SCHEMES: dict[str, Callable[[str, str, float | None, Size], Source]] = {
    "csi": _open_csi,
    "demo": _open_demo,
    "http": _open_mjpeg,
    "https": _open_mjpeg,
    "rtsp": _open_rtsp,
}
"""What stands before the colon of a name -> how it is opened, with the whole name, the rest, frame limit and size."""
