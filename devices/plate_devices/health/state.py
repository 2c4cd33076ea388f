"""State and counters of the running program. The loop writes them; metrics, watchdog and live page read them."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from plate_devices.threads import THREADS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from plate_devices.actions.action import ActionState
    from plate_devices.outputs.output import OutputState
    from plate_devices.threads import ThreadState

_COUNTERS = ("frames_read", "frames_skipped", "frames_dropped", "plates", "vehicles", "outages")


_DECODING = ("key frames", "as read", "all")
# The most limited first.


@dataclass
class CameraHealth:
    """Counters of one camera since the start, and its current state.

    Attributes:
        name: "" for the only camera, if the settings do not name it.
        frames_read: frames that the networks have read.
        frames_skipped: frames that showed nothing new.
        frames_dropped: frames that came while another was being read.
        decoding: which frames are decoded: "all"; while the processor is busy "as read", or "key frames" of RTSP.
        plates: plates read in frames.
        vehicles: vehicles that were reported.
        frame_rate: frames read per second, recently.
        behind: seconds from a frame's capture to the end of its reading; None if unknown.
        last_frame: time of the last frame, in seconds of the monotonic clock.
        last_time: when the last frame was captured.
        source_state: what is wrong with the source, "" while pictures come.
        outages: how often the source was lost.
    """

    name: str = ""
    source: str = ""
    engine: str = ""
    frames_read: int = 0
    frames_skipped: int = 0
    frames_dropped: int = 0
    decoding: str = "all"
    plates: int = 0
    vehicles: int = 0
    frame_rate: float = 0.0
    behind: float | None = None
    last_frame: float | None = None
    last_time: datetime | None = None
    source_state: str = "starting"
    outages: int = 0

    def frame(self, time_taken: datetime | None) -> None:
        """Note a new frame."""
        self.last_frame = time.monotonic()
        self.last_time = time_taken

    def look(self, state: str) -> None:
        """Note the state of the source, "" while pictures come."""
        if state and not self.source_state:
            self.outages += 1
        self.source_state = state or ("" if self.last_frame is not None else "starting")

    @property
    def is_lost(self) -> bool:
        """Whether it should send pictures and does not; a camera that starts is not lost yet."""
        return self.source_state not in ("", "starting")

    @property
    def seconds_without_frame(self) -> float | None:
        """Seconds since the last frame; None before the first."""
        return None if self.last_frame is None else time.monotonic() - self.last_frame

    def as_dict(self) -> dict[str, Any]:
        """Return everything in types of JSON."""
        state = asdict(self)
        del state["last_frame"]
        state["last_time"] = self.last_time.isoformat(timespec="milliseconds") if self.last_time else None
        waited = self.seconds_without_frame
        state["seconds_without_frame"] = None if waited is None else round(waited, 1)
        return state


@dataclass
class Health:
    """State of the program and of its cameras. One thread writes; readers may see a frame half counted.

    Attributes:
        cameras: in the order of the settings.
        frame_limit: limit of frames per second of each camera by thermal throttling; None without throttling.
        disk_error: why events are kept in memory, "" while the disk works.
        events_unreadable: damaged events in the queue that were set aside.
        retention_error: why something older than `keep_days` is not deleted, "" if all is deleted.
    """

    cameras: Sequence[CameraHealth] = ()
    started: float = field(default_factory=time.monotonic)
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
    actions: Sequence[ActionState] = ()

    @property
    def threads(self) -> list[ThreadState]:
        """The states of the background threads."""
        return THREADS.states()

    @property
    def seconds_up(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def as_dict(self) -> dict[str, Any]:
        """Return everything in types of JSON: the only camera, or sums of all, then the program, then each camera."""
        cameras = [one.as_dict() for one in self.cameras]
        state = (_merged(cameras) if len(cameras) > 1 else (cameras or [CameraHealth().as_dict()])[0]) | asdict(self)
        del state["started"], state["name"]
        state["cameras"] = cameras
        state["outputs"] = [one._asdict() for one in self.outputs]
        state["actions"] = [one._asdict() for one in self.actions]
        state["threads"] = [one._asdict() for one in self.threads]
        state["seconds_up"] = round(self.seconds_up, 1)
        return state


def _merged(cameras: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return sums of the counters and rates of several cameras, and the worst of their delays and waits."""
    merged: dict[str, Any] = {key: sum(one[key] for one in cameras) for key in (*_COUNTERS, "frame_rate")}
    for key in ("behind", "seconds_without_frame"):
        merged[key] = max((one[key] for one in cameras if one[key] is not None), default=None)
    troubles = [f"{one['name']}: {one['source_state']}" for one in cameras if one["source_state"]]
    return merged | {
        "name": "",
        "source": ", ".join(one["name"] for one in cameras),
        "engine": ", ".join(dict.fromkeys(one["engine"] for one in cameras)),
        "last_time": max((one["last_time"] for one in cameras if one["last_time"]), default=None),
        "source_state": "; ".join(troubles),
        "decoding": _first_of(_DECODING, [one["decoding"] for one in cameras]),
    }


def _first_of(order: Sequence[str], found: Sequence[str]) -> str:
    return next(one for one in order if one in found)
