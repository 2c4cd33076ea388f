"""Choose the source that a `--camera` name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.sources.camera_address import HIDDEN, is_address, parse_address, presentable
from plate_devices.sources.frame_rate import Pace
from plate_devices.sources.source import USUAL_SIZE
from plate_devices.sources.video_formats import SUFFIXES
from plate_runtime.errors import DeviceError, UsageError
from plate_runtime.extensions import load_extension

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.sources.source import Source

    Opener = Callable[[str, str, "Wanted"], Source]
    """Opens a source, given its whole name, what stands after the colon, and what is wanted."""

SUPPORTED = (
    "a camera number, /dev/videoN, csi:N, rtsp://..., http://... (MJPEG, or one picture an answer), a video file, "
    "a folder of pictures, watch:FOLDER, demo, or demo:N"
)


Size = tuple[int, int]


class Wanted(NamedTuple):
    """What is wanted of a source, beside its name.

    Attributes:
        fps: how many frames of a second are read, None for all.
        size: width and height that a USB or CSI camera is asked for; streams and files have their own.
        redirect: the one other host that a camera's address may send on to.
        leave_out: folders that are written into, and therefore not read where they lie in a folder that is.
    """

    fps: float | None = None
    size: Size = USUAL_SIZE
    redirect: str | None = None
    leave_out: frozenset[Path] = frozenset()


def open_camera(
    name: str,
    fps: float | None = None,
    leave_out: Sequence[Path] = (),
    size: Size | None = None,
    redirect: str | None = None,
) -> Source:
    """Open the source called `name`; the rest is as in `Wanted`.

    A name is `scheme`, or `scheme:rest`, of `SCHEMES` or of an installed package (entry points of the group
    `plate_edge.sources`, each a function like those of `SCHEMES`); else a camera number, a device file, a video file
    or a folder.

    Raises:
        UsageError: the name means nothing. MissingPartError: it needs what is not installed.
        DeviceError: no such file. Cameras are opened, and found missing, when their frames are asked for.
    """
    wanted = Wanted(fps, size or USUAL_SIZE, redirect, frozenset(folder.resolve() for folder in leave_out))
    scheme, colon, rest = name.partition(":")
    if opener := SCHEMES.get(scheme.lower()):
        return opener(name, rest, wanted)
    if scheme.isidentifier() and not Path(name).exists():
        offered: Opener | None = load_extension("sources", scheme.lower())
        if offered:
            return offered(name, rest, wanted)
    if name.isdecimal() or name.startswith("/dev/"):
        from plate_devices.sources.camera import UsbCamera

        pace = Pace(fps)
        return _live(lambda: UsbCamera(name, pace, wanted.size), fps, pace)
    if "@" in name and not is_address(name) and not Path(name).exists():
        raise UsageError(f"--camera {HIDDEN} is not supported; use {SUPPORTED}")  # an address without its scheme
    if is_address(name) or (colon and "/" not in scheme and not Path(name).exists()):
        raise UsageError(f"--camera {scheme}: is not supported; use {SUPPORTED}")
    return _open_file(name, wanted)


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


def _open_rtsp(name: str, _rest: str, wanted: Wanted) -> Source:
    from plate_devices.sources.rtsp import RtspStream

    address = parse_address(name)
    pace = Pace(wanted.fps)
    return _live(lambda: RtspStream(address, pace, wanted.redirect), wanted.fps, pace)


def _open_mjpeg(name: str, _rest: str, wanted: Wanted) -> Source:
    from plate_devices.sources.mjpeg import MjpegStream

    address = parse_address(name)
    pace = Pace(wanted.fps)
    return _live(lambda: MjpegStream(address, pace, wanted.redirect), wanted.fps, pace)


def _open_csi(name: str, rest: str, wanted: Wanted) -> Source:
    from plate_devices.sources.csi import CsiCamera

    if not rest.isdecimal():
        raise UsageError(f"--camera {name}: {rest!r} is no number of a camera; use for example csi:0")
    pace = Pace(wanted.fps)
    return _live(lambda: CsiCamera(int(rest), pace, wanted.size), wanted.fps, pace)


def _open_demo(name: str, rest: str, wanted: Wanted) -> Source:
    from plate_devices.sources.demo import VEHICLES, DemoDrive

    if not rest:
        if name != "demo":
            raise UsageError("--camera demo: lacks a number; use demo, or demo:N for N vehicles")
        return DemoDrive(name, VEHICLES, wanted.fps)
    if not rest.isdecimal() or int(rest) < 1:
        raise UsageError(f"--camera {name}: {rest!r} is no number of vehicles; use for example demo:3")
    return DemoDrive(name, int(rest), wanted.fps)


def _open_watched(name: str, rest: str, wanted: Wanted) -> Source:
    from plate_devices.sources.watched_folder import WatchedFolder

    if not rest:
        raise UsageError(f"--camera {name} lacks a folder; use for example watch:/srv/ftp/gate")
    if not Path(rest).is_dir():
        raise DeviceError(f"--camera {name}: there is no such folder")
    return WatchedFolder(rest, name.lower().startswith("watch-all:"), set(wanted.leave_out))


def _open_file(name: str, wanted: Wanted) -> Source:
    from plate_devices.sources.folder_camera import FolderDrive
    from plate_devices.sources.video import VideoFile

    path = Path(name)
    if path.is_dir():
        return FolderDrive(name, wanted.fps, set(wanted.leave_out))
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        raise UsageError(f"--camera {presentable(name)} is not supported; use {SUPPORTED}")
    if not path.exists():
        raise DeviceError(f"--camera {name}: there is no such file")
    return VideoFile(name, wanted.fps)


SCHEMES: dict[str, Opener] = {
    "csi": _open_csi,
    "demo": _open_demo,
    "http": _open_mjpeg,
    "https": _open_mjpeg,
    "rtsp": _open_rtsp,
    "rtsps": _open_rtsp,
    "watch": _open_watched,
    "watch-all": _open_watched,
}
"""What stands before the colon of a name -> how it is opened, with the whole name, the rest, and what is wanted."""
