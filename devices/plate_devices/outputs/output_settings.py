"""Settings that all outputs share, and those of the queue."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from plate_devices.setting_errors import SettingError


class Destination(NamedTuple):
    """A broker or server: `digest` identifies it by 16 hexadecimal digits, `shown` may be printed."""

    digest: str
    shown: str


@dataclass(frozen=True, kw_only=True)
class OutputSettings:
    """[[output]]: `type` says which one it is.

    Attributes:
        name: by default its type, with a number from the second on. Events wait under this name. If it is set, the
            address of a broker or server may change: waiting events go to the new address.
        tags: it gets only events of cameras with one of these `tags`; by default all events.
        events: the events it gets: each `vehicle` that has left, and `seen` as soon as enough frames agree on one.
    """

    type: str
    name: str = ""
    tags: tuple[str, ...] = ()
    events: tuple[Literal["vehicle", "seen"], ...] = ("vehicle",)

    @property
    def destination(self) -> Destination | None:
        """The broker or server that waiting events belong to; None if they follow the settings."""
        return None

    @property
    def is_queued(self) -> bool:
        """Whether events wait in the queue for this output."""
        return True


def check_events_of_rows(settings: OutputSettings) -> None:
    """Raise SettingError if an output with a row for each vehicle would count vehicles twice."""
    if settings.events != ("vehicle",):
        raise SettingError("events", f'{settings.type} has a row for each vehicle; "seen" would count vehicles twice')


@dataclass(frozen=True, kw_only=True)
class QueueSettings:
    """[queue]: events that outputs lack.

    Attributes:
        folder: is made if it is missing; by default the state folder that systemd gives a service, else one in the
            user's home.
        most_megabytes: of waiting events; the oldest are dropped first.
    """

    folder: Path | None = None
    most_megabytes: int = 64

    def __post_init__(self) -> None:
        if not 1 <= self.most_megabytes <= 65536:
            raise SettingError("most_megabytes", f"{self.most_megabytes} is not a whole number from 1 to 65536")

    @property
    def place(self) -> Path:
        """The folder."""
        if self.folder is not None:
            return self.folder
        if given := os.environ.get("STATE_DIRECTORY"):
            return Path(given.partition(":")[0])
        home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
        return Path(home).expanduser() / "plate-edge"
