"""What the running program knows of itself; the loop writes it, metrics, watchdog and live page read it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from plate_devices.threads import THREADS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from plate_devices.outputs.output import OutputState
    from plate_devices.threads import ThreadState


@dataclass
class Health:
    """Counters since the start and the state of now. Written by one thread; readers may see a frame's counters early.

    Attributes:
        frames_read: frames that went through the networks. frames_skipped: showed nothing new.
        frames_dropped: came while another was being read.
        plates: readings in frames; vehicles: those that were told.
        behind: seconds from a frame's capture to the end of its reading; None where nobody knows.
        last_frame: when a frame last came, in seconds of the monotonic clock.
        outages: how often the source was lost. source_state: what is wrong with it now; "" while pictures come.
        disk_error: why events are kept in memory instead of on the disk.
        events_unreadable: events that were found damaged on the disk and set aside.
        retention_error: why something older than `keep_days` is still there; "" where nothing is.
        frame_limit: frames a second that heat leaves; None while it leaves all.
    """

    source: str = ""
    engine: str = ""
    started: float = field(default_factory=time.monotonic)
    frames_read: int = 0
    frames_skipped: int = 0
    frames_dropped: int = 0
    plates: int = 0
    vehicles: int = 0
    frame_rate: float = 0.0
    behind: float | None = None
    last_frame: float | None = None
    last_time: datetime | None = None
    source_state: str = "starting"
    outages: int = 0
    reloads: int = 0
    temperature: float | None = None
    throttled: list[str] | None = None
    frame_limit: float | None = None
    memory_used: int | None = None
    disk_free: int | None = None
    disk_error: str = ""
    events_unreadable: int = 0
    retention_error: str = ""
    clock_set: bool | None = None
    outputs: Sequence[OutputState] = ()

    def frame(self, time_taken: datetime | None) -> None:
        """Note that a frame came."""
        self.last_frame = time.monotonic()
        self.last_time = time_taken

    @property
    def threads(self) -> list[ThreadState]:
        """How the background threads fare."""
        return THREADS.states()

    @property
    def seconds_up(self) -> float:
        """Seconds since the program began to watch."""
        return time.monotonic() - self.started

    @property
    def seconds_without_frame(self) -> float | None:
        """Seconds since the last frame; None before the first."""
        return None if self.last_frame is None else time.monotonic() - self.last_frame

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        told = asdict(self) | {"outputs": [state._asdict() for state in self.outputs]}
        told["threads"] = [state._asdict() for state in self.threads]
        del told["started"], told["last_frame"]
        told["last_time"] = self.last_time.isoformat(timespec="milliseconds") if self.last_time else None
        told["seconds_up"] = round(self.seconds_up, 1)
        waited = self.seconds_without_frame
        told["seconds_without_frame"] = None if waited is None else round(waited, 1)
        return told
