"""Opens the source that a `--camera` name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.sources.camera_address import HIDDEN, is_address, parse_address, printable_name
from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.source import USUAL_SIZE
from plate_devices.sources.video_formats import SUFFIXES
from plate_runtime.errors import DeviceError, UsageError
from plate_runtime.extensions import load_extension

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plate_devices.sources.source import Source

    Opener = Callable[[str, str, "SourceOptions"], Source]
    """Opens a source; takes its whole name, the rest after the colon, and the options."""

SUPPORTED = (
    "a camera number, /dev/videoN, csi:N, rtsp://..., http://... (MJPEG or single pictures), a video file, "
    "a folder of pictures, watch:FOLDER, demo, or demo:N"
)


Size = tuple[int, int]


class SourceOptions(NamedTuple):
    """Options of a source, beside its name.

    Attributes:
        fps: frames a second that are read, None for all.
        size: width and height that a USB or CSI camera is asked for; streams and files have their own.
        redirect: the one other host that the camera may redirect to.
        leave_out: output folders, which are not read if they lie in a folder that is.
        waits: whether a watched folder may be missing; it is read once it is there.
    """

    fps: float | None = None
    size: Size = USUAL_SIZE
    redirect: str | None = None
    leave_out: frozenset[Path] = frozenset()
    waits: bool = False


def open_camera(
    name: str,
    fps: float | None = None,
    leave_out: Sequence[Path] = (),
    size: Size | None = None,
    redirect: str | None = None,
    *,
    waits: bool = False,
) -> Source:
    """Return the source called `name`; the options are those of `SourceOptions`.

    A name is `scheme` or `scheme:rest`; else a camera number, a device, a video or a folder. Schemes are those of
    `SCHEMES` and of installed packages, whose entry points of the group `plate_edge.sources` are such functions.

    Raises:
        UsageError: the name is unknown.
        MissingPartError: it needs a package that is not installed.
        DeviceError: the file does not exist. Cameras are opened, and errors raised, when frames are asked for.
    """
    options = SourceOptions(
        fps, size or USUAL_SIZE, redirect, frozenset(folder.resolve() for folder in leave_out), waits
    )
    scheme, colon, rest = name.partition(":")
    if opener := SCHEMES.get(scheme.lower()):
        return opener(name, rest, options)
    if scheme.isidentifier() and not Path(name).exists():
        offered: Opener | None = load_extension("sources", scheme.lower())
        if offered:
            return offered(name, rest, options)
    if name.isdecimal() or name.startswith("/dev/"):
        from plate_devices.sources.usb_camera import UsbCamera

        return _live(lambda limit: UsbCamera(name, limit, options.size), fps)
    if "@" in name and not is_address(name) and not Path(name).exists():
        raise UsageError(f"--camera {HIDDEN} is not supported; use {SUPPORTED}")  # an address without its scheme
    if is_address(name) or (colon and "/" not in scheme and not Path(name).exists()):
        raise UsageError(f"--camera {scheme}: is not supported; use {SUPPORTED}")
    return _open_file(name, options)


def _live(open_source: Callable[[FrameRateLimit], Source], fps: float | None) -> Source:
    """Return a live source that is opened again when it is lost, and of which the newest frame alone is kept."""
    from plate_devices.sources.newest_frame import HANGS_AFTER, STALLED_AFTER, NewestFrameSource
    from plate_devices.sources.reopening import ReopeningSource

    limit = FrameRateLimit(fps)
    interval = 1.0 / fps if fps else 0.0
    return NewestFrameSource(
        ReopeningSource(lambda: open_source(limit)), STALLED_AFTER + interval, HANGS_AFTER + interval
    )


def _open_rtsp(name: str, _rest: str, options: SourceOptions) -> Source:
    from plate_devices.sources.rtsp import RtspStream

    address = parse_address(name)
    return _live(lambda limit: RtspStream(address, limit, options.redirect), options.fps)


def _open_mjpeg(name: str, _rest: str, options: SourceOptions) -> Source:
    from plate_devices.sources.mjpeg import MjpegStream

    address = parse_address(name)
    return _live(lambda limit: MjpegStream(address, limit, options.redirect), options.fps)


def _open_csi(name: str, rest: str, options: SourceOptions) -> Source:
    from plate_devices.sources.csi_camera import CsiCamera

    if not rest.isdecimal():
        raise UsageError(f"--camera {name}: {rest!r} is not a camera number; use for example csi:0")
    return _live(lambda limit: CsiCamera(int(rest), limit, options.size), options.fps)


def _open_demo(name: str, rest: str, options: SourceOptions) -> Source:
    from plate_devices.sources.demo import VEHICLES, DemoCamera

    if not rest:
        if name != "demo":
            raise UsageError("--camera demo: lacks a number; use demo, or demo:N for N vehicles")
        return DemoCamera(name, VEHICLES, options.fps)
    if not rest.isdecimal() or len(rest) > 9 or int(rest) < 1:
        raise UsageError(
            f"--camera {name}: {rest[:40]!r} is not a number of vehicles below a billion; use for example demo:3"
        )
    return DemoCamera(name, int(rest), options.fps)


def _open_watched(name: str, rest: str, options: SourceOptions) -> Source:
    from plate_devices.sources.watched_folder import WatchedFolder

    if not rest:
        raise UsageError(f"--camera {name} lacks a folder; use for example watch:/srv/ftp/gate")
    if not options.waits and not Path(rest).is_dir():
        raise DeviceError(f"--camera {name}: there is no such folder")
    return WatchedFolder(rest, name.lower().startswith("watch-all:"), set(options.leave_out))


def _open_file(name: str, options: SourceOptions) -> Source:
    from plate_devices.sources.folder_camera import FolderCamera
    from plate_devices.sources.video import VideoFile

    path = Path(name)
    if path.is_dir():
        return FolderCamera(name, options.fps, set(options.leave_out))
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        raise UsageError(f"--camera {printable_name(name)} is not supported; use {SUPPORTED}")
    if not path.exists():
        raise DeviceError(f"--camera {name}: there is no such file")
    return VideoFile(name, options.fps)


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
"""Functions that open a source, by scheme; they take the whole name, the rest after the colon, and the options."""
