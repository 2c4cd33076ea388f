"""The sections of the settings file for source, models, pictures, service and heat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from plate_devices.addresses import AddressError, host_name, split_address
from plate_devices.setting_errors import SettingError
from plate_devices.sources.camera_address import PORTS

_LONGEST_NAME = 64


def _require(setting: object, key: str, fits: Callable[[Any], bool], allowed: str) -> None:
    value = getattr(setting, key)
    if value is not None and not fits(value):
        shown = f'"{value}"' if isinstance(value, str) else value
        raise SettingError(key, f"{shown} is not valid; it has to be {allowed}")


@dataclass(frozen=True)
class SourceSettings:
    """[source]: the camera; or [[source]], one table for each of several cameras.

    Attributes:
        name: of the camera, in records, metrics and on the page; each of several cameras needs one.
        address: the camera, as after `--camera`.
        fps: most frames to read in a second, 0.001 to 1000; by default as many as the profile says.
        rotate: degrees to rotate each frame clockwise: 0, 90, 180 or 270.
        deinterlace: deinterlace every frame, not only those with visible combing.
        roi: the part of the frame to read: x, y, width, height in pixels; by default all of it.
        size: width and height to request from a USB or CSI camera, in pixels.
        redirect: a second host that the address may redirect to.
        region: country or state of its plates; by default that of [read].
        min_confidence: least confidence of its plates, 0 to 1; by default that of [read].
        models: files or names of shipped models; by default those of [read]. Cameras with the same models share them.
        tags: words for its records. An output with `tags` receives only records with one of them.
    """

    name: str = ""
    address: str | None = field(default=None, repr=False)
    fps: float | None = None
    rotate: int = 0
    deinterlace: bool = False
    roi: tuple[int, int, int, int] | None = None
    size: tuple[int, int] | None = None
    redirect: str | None = None
    region: str | None = None
    min_confidence: float | None = None
    models: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key, word in (("name", self.name), *(("tags", tag) for tag in self.tags)):
            if (
                word != word.strip()
                or len(word) > _LONGEST_NAME
                or not word.isprintable()
                or (key == "tags" and not word)
            ):
                raise SettingError(
                    key, f"{word!r} is not valid; it has to be printable text of 1 to {_LONGEST_NAME} characters"
                )
        _require(self, "min_confidence", lambda value: 0 <= value <= 1, "a number from 0 to 1")
        if self.redirect is not None:
            try:
                host_name(self.redirect)
            except AddressError:
                raise SettingError("redirect", "this is not a host name, such as camera.local") from None
        if self.address and self.address.partition("://")[0].lower() in PORTS and "://" in self.address:
            try:
                split_address(self.address, PORTS)
            except AddressError as error:
                raise SettingError("address", error.sentence) from None
        _require(self, "fps", lambda rate: 0.001 <= rate <= 1000, "frames a second, from 0.001 to 1000")
        _require(self, "rotate", lambda degrees: degrees % 90 == 0 and abs(degrees) <= 360, "0, 90, 180 or 270")
        _require(self, "roi", _is_roi, "[x, y, width, height] in pixels")
        _require(self, "size", lambda size: min(size) >= 16 and max(size) <= 16384, "[width, height] in pixels")


@dataclass(frozen=True)
class ReadSettings:
    """[read]: what is read, and with which models.

    Attributes:
        as_: what each frame shows: whole scenes, one cropped plate, or one character.
        region: country or state of the plates, such as `eu` or `us-ca`.
        min_confidence: least confidence of a reported plate, 0 to 1; by default the model's own threshold.
        models: files or names of shipped models: a detector, a reader, or both.
        backend: the interpreter: `litert`, `tflite`, `onnx` or `openvino`; by default the first one installed.
        threads: threads of the interpreter, 1 to 256; by default the profile's.
        profile: a board's profile, such as `pi-4`, or `auto`.
        every: also report each frame, not only each vehicle.
        check_model: load each model in a separate process first; a damaged one then cannot end the service.
    """

    as_: Literal["frame", "plate", "character"] | None = None
    region: str | None = None
    min_confidence: float | None = None
    models: tuple[str, ...] = ()
    backend: str | None = None
    threads: int | None = None
    profile: str | None = None
    every: bool = False
    check_model: bool = False

    def __post_init__(self) -> None:
        _require(self, "min_confidence", lambda value: 0 <= value <= 1, "a number from 0 to 1")
        _require(self, "threads", lambda count: 1 <= count <= 256, "a whole number from 1 to 256")


@dataclass(frozen=True)
class PictureSettings:
    """[pictures]: pictures to save.

    Attributes:
        crops: folder for one crop of each vehicle's plate.
        annotated: folder for frames with the readings drawn in.
        events: folder for a crop and a frame of each vehicle, which its event names and the page History shows.
        frames: whether these frames have the readings drawn in, are plain, or are left out.
        share: most bytes in the folder `events`, as a fraction of its disk, 0.001 to 0.9; the oldest are deleted first.
    """

    crops: Path | None = None
    annotated: Path | None = None
    events: Path | None = None
    frames: Literal["annotated", "plain", "none"] = "annotated"
    share: float = 0.1

    def __post_init__(self) -> None:
        folder = "a folder; a video is named on the command line, with --annotate"
        _require(self, "annotated", lambda value: value.suffix.lower() != ".mp4", folder)
        _require(self, "share", lambda value: 0.001 <= value <= 0.9, "a fraction of the disk, from 0.001 to 0.9")


@dataclass(frozen=True)
class HistorySettings:
    """[history]: the page History, and searches by programs.

    Attributes:
        output: name or type of the output that is searched; by default the first of type `sqlite`, else `postgres`.
        reader: role that may read PostgreSQL, a member of plate_edge_reader; the role of a device may not.
        reader_password_file: its first line is the password of that role.
        time_limit: seconds after which a search ends, 0.5 to 10; the page waits 15 seconds for an answer.
    """

    output: str = ""
    reader: str = ""
    reader_password_file: Path | None = None
    time_limit: float = 5.0

    def __post_init__(self) -> None:
        _require(self, "time_limit", lambda seconds: 0.5 <= seconds <= 10, "seconds, from 0.5 to 10")


@dataclass(frozen=True)
class ServiceSettings:
    """[service]: running under systemd or another service manager.

    Attributes:
        watchdog: answer systemd's watchdog.
        log: messages as text, or as one JSON object a line.
        stop_within: seconds to deliver waiting events before the end, 0 to 300.
        clock: `trusted` takes the system time as right even if nothing says that it was set, as in a container.
    """

    watchdog: bool = True
    log: Literal["text", "json"] = "text"
    stop_within: float = 10.0
    clock: Literal["auto", "trusted"] = "auto"

    def __post_init__(self) -> None:
        _require(self, "stop_within", lambda seconds: 0 <= seconds <= 300, "seconds, from 0 to 300")


@dataclass(frozen=True)
class HeatSettings:
    """[heat]: read fewer frames while the processor is hot.

    Attributes:
        limit: degrees Celsius above which fewer frames are read, 30 to 120; 0 disables this.
        slowest: frames a second that are always read, 0.5 to 100.
        every: seconds between two measurements, 0.1 to 600.
    """

    limit: float = 75.0
    slowest: float = 1.0
    every: float = 5.0

    def __post_init__(self) -> None:
        _require(self, "limit", lambda degrees: degrees == 0 or 30 <= degrees <= 120, "0, or degrees from 30 to 120")
        _require(self, "slowest", lambda rate: 0.5 <= rate <= 100, "frames a second, from 0.5 to 100")
        _require(self, "every", lambda seconds: 0.1 <= seconds <= 600, "seconds, from 0.1 to 600")


def _is_roi(roi: tuple[int, int, int, int]) -> bool:
    return min(roi) >= 0 and roi[2] > 0 and roi[3] > 0
