"""State and counters of the running program. The loop writes them; metrics, watchdog and live page read them."""

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
    """Counters since the start, and the current state. One thread writes; readers may see a frame half counted.

    Attributes:
        frames_read: frames that the networks have read.
        frames_skipped: frames that showed nothing new.
        frames_dropped: frames that came while another was being read.
        plates: plates read in frames.
        vehicles: vehicles that were reported.
        behind: seconds from a frame's capture to the end of its reading; None if unknown.
        last_frame: time of the last frame, in seconds of the monotonic clock.
        source_state: what is wrong with the source, "" while pictures come.
        outages: how often the source was lost.
        frame_limit: limit of frames per second by thermal throttling; None without throttling.
        disk_error: why events are kept in memory, "" while the disk works.
        events_unreadable: damaged events in the queue that were set aside.
        retention_error: why something older than `keep_days` is not deleted, "" if all is deleted.
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
        """Note a new frame."""
        self.last_frame = time.monotonic()
        self.last_time = time_taken

    @property
    def threads(self) -> list[ThreadState]:
        """The states of the background threads."""
        return THREADS.states()

    @property
    def seconds_up(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def seconds_without_frame(self) -> float | None:
        """Seconds since the last frame; None before the first."""
        return None if self.last_frame is None else time.monotonic() - self.last_frame

    def as_dict(self) -> dict[str, Any]:
        """Return everything in types of JSON."""
        state = asdict(self) | {"outputs": [one._asdict() for one in self.outputs]}
        state["threads"] = [one._asdict() for one in self.threads]
        del state["started"], state["last_frame"]
        state["last_time"] = self.last_time.isoformat(timespec="milliseconds") if self.last_time else None
        state["seconds_up"] = round(self.seconds_up, 1)
        waited = self.seconds_without_frame
        state["seconds_without_frame"] = None if waited is None else round(waited, 1)
        return state
