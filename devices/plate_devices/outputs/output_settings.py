"""What all outputs have in common in the settings, and where their events wait."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.config.setting_errors import SettingError

if TYPE_CHECKING:
    from plate_devices.outputs.urls import Destination


@dataclass(frozen=True, kw_only=True)
class OutputSettings:
    """[[output]]: `type` says which one it is.

    Attributes:
        name: what it is called; by default its type, with a number from the second on. Events wait under it.
            A broker or server that was given one may move: what waits goes to its new address.
    """

    type: str
    name: str = ""

    @property
    def destination(self) -> Destination | None:
        """Which broker or server events go to; None where they go on to wherever the settings say."""
        return None


@dataclass(frozen=True, kw_only=True)
class QueueSettings:
    """[queue]: events that outputs do not have yet.

    Attributes:
        folder: is made where it is missing; by default what systemd gives a service, else a folder of the user's.
        most_megabytes: of events may wait; when there are more, the oldest goes first.
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
