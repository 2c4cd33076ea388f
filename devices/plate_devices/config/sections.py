"""The sections of the settings file that belong to no other part, and the whole of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from plate_devices.addresses import AddressError, host_name, split_address
from plate_devices.config.setting_errors import SettingError
from plate_devices.sources.camera_address import PORTS


def _require(setting: object, key: str, fits: Callable[[Any], bool], allowed: str) -> None:
    value = getattr(setting, key)
    if value is not None and not fits(value):
        shown = f'"{value}"' if isinstance(value, str) else value
        raise SettingError(key, f"{shown} does not fit; it is {allowed}")


@dataclass(frozen=True)
class SourceSettings:
    """[source]: the camera. `address` is what stands after --camera, `size` what a USB or CSI camera is asked for.

    `deinterlace` makes whole frames of fields always, not only where a frame is torn. `redirect` is a host that the
    address may send on to.
    """

    address: str | None = field(default=None, repr=False)
    fps: float | None = None
    rotate: int = 0
    deinterlace: bool = False
    roi: tuple[int, int, int, int] | None = None
    size: tuple[int, int] | None = None
    redirect: str | None = None

    def __post_init__(self) -> None:
        if self.redirect is not None:
            try:
                host_name(self.redirect)
            except AddressError:
                raise SettingError("redirect", "this is no name of a host, such as camera.local") from None
        if self.address and self.address.partition("://")[0].lower() in PORTS and "://" in self.address:
            try:
                split_address(self.address, PORTS)
            except AddressError as error:
                raise SettingError("address", error.sentence) from None
        _require(self, "fps", lambda rate: 0.001 <= rate <= 1000, "frames a second, from 0.001 to 1000")
        _require(self, "rotate", lambda degrees: degrees % 90 == 0 and abs(degrees) <= 360, "0, 90, 180 or 270")
        _require(self, "roi", _is_region, "[x, y, width, height] in pixels")
        _require(self, "size", lambda size: min(size) >= 16 and max(size) <= 16384, "[width, height] in pixels")


@dataclass(frozen=True)
class ReadSettings:
    """[read]: what is read, with which models, and how. `check_model` tries them in a process of their own first."""

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
        _require(self, "min_confidence", lambda share: 0 <= share <= 1, "a number from 0 to 1")
        _require(self, "threads", lambda count: 1 <= count <= 256, "a whole number from 1 to 256")


@dataclass(frozen=True)
class PictureSettings:
    """[pictures]: folders for a picture of each vehicle, and for frames with what was read drawn in."""

    crops: Path | None = None
    annotated: Path | None = None


@dataclass(frozen=True)
class ServiceSettings:
    """[service]: how it behaves when systemd, or somebody like it, looks after it.

    `clock` "trusted" believes the time where nothing in sight says that it was set, as in a container.
    """

    watchdog: bool = True
    log: Literal["text", "json"] = "text"
    stop_within: float = 10.0
    clock: Literal["auto", "trusted"] = "auto"

    def __post_init__(self) -> None:
        _require(self, "stop_within", lambda seconds: 0 <= seconds <= 300, "seconds, from 0 to 300")


@dataclass(frozen=True)
class HeatSettings:
    """[heat]: above `limit` degrees Celsius fewer frames are read, at least `slowest` a second; 0 switches it off."""

    limit: float = 75.0
    slowest: float = 1.0
    every: float = 5.0

    def __post_init__(self) -> None:
        _require(self, "limit", lambda degrees: degrees == 0 or 30 <= degrees <= 120, "0, or degrees from 30 to 120")
        _require(self, "slowest", lambda rate: 0.5 <= rate <= 100, "frames a second, from 0.5 to 100")
        _require(self, "every", lambda seconds: 0.1 <= seconds <= 600, "seconds, from 0.1 to 600")


def _is_region(region: tuple[int, int, int, int]) -> bool:
    return min(region) >= 0 and region[2] > 0 and region[3] > 0
