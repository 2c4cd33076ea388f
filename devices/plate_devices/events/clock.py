"""Times of events, corrected if the clock is set after they happened.

A machine without a real-time clock starts with the time of its last shutdown. It gets the right time from the network
minutes or days later. So each event holds its boot and the seconds since boot. Once the clock is set, its time follows.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.events.records import SCHEMA, timestamp
from plate_devices.events.system_times import SystemTimes
from plate_devices.unique_ids import uuid7

if TYPE_CHECKING:
    from plate_devices.events.records import Record
    from plate_devices.events.system_times import Times

JUMP = 1.0
"""A change of the clock by at least so many seconds at once means that it was set."""

_KEPT_JUMPS = 16
_TIMES = ("time", "first_time", "last_time")


class _Jump(NamedTuple):
    """The clock was set: seconds since boot, and the offset from them to the wall clock before and after."""

    monotonic: float
    before: float
    after: float


class Clock:
    """Stamps events, and corrects their times once the clock is set. Thread-safe."""

    def __init__(self, times: Times | None = None) -> None:
        """Use these clocks, by default those of this machine."""
        self._times = times or SystemTimes()
        self._lock = threading.Lock()
        self._jumps: list[_Jump] = []
        self._offset = self._times.wall() - self._times.monotonic()
        self._set = self._times.is_set()

    @property
    def boot_id(self) -> str:
        """Identifies the current boot."""
        return self._times.boot_id

    @property
    def is_set(self) -> bool:
        """Whether the time was right at the last call of `look`."""
        return self._set

    def look(self) -> bool:
        """Check whether the clock was set; return whether it is right. Call it every few seconds."""
        with self._lock:
            monotonic = self._times.monotonic()
            offset = self._times.wall() - monotonic
            if abs(offset - self._offset) >= JUMP:
                self._jumps = [*self._jumps[1 - _KEPT_JUMPS :], _Jump(monotonic, self._offset, offset)]
                self._set = True
            self._offset = offset
            self._set = self._set or self._times.is_set()
            return self._set

    def stamp(self, record: Record) -> None:
        """Add `boot_id`, `monotonic` (seconds from boot to its last time) and `time_set` to a record, in place."""
        is_set = self.look()
        with self._lock:
            # The frame may be older than the change of the clock.
            since_boot = {key: self._since_boot(moment) for key in _TIMES if (moment := _parse(record.get(key)))}
            if is_set and self._jumps:
                record |= {key: _write(seconds + self._offset) for key, seconds in since_boot.items()}
            last = max(since_boot.values(), default=self._times.monotonic())
        record |= {"boot_id": self.boot_id, "monotonic": round(last, 3), "time_set": is_set}

    def correct(self, event: Record) -> bool:
        """Correct the times of an event of this boot in place; return whether they were wrong."""
        if event.get("time_set", True) or event.get("boot_id") != self.boot_id or not self._set:
            return False
        correct_times(event, _write(self._offset) or "")
        return True

    def announcement(self) -> Record:
        """Return a record for clients that have events of this boot: their time is `boot_time` plus `monotonic`."""
        return {
            "schema": SCHEMA,
            "type": "clock",
            "id": uuid7(),
            "time": _write(self._times.wall()),
            "boot_time": _write(self._offset),
            "boot_id": self.boot_id,
            "monotonic": round(self._times.monotonic(), 3),
            "time_set": True,
        }

    def _since_boot(self, moment: float) -> float:
        """Return the seconds since boot of a wall-clock time, with the offset that was valid then."""
        offset = self._offset
        for jump in reversed(self._jumps):
            forward = jump.after > jump.before
            earlier = (
                moment < jump.monotonic + (jump.before + jump.after) / 2
                if forward
                else moment > self._times.wall() + JUMP
            )
            if not earlier:
                break
            offset = jump.before
        return moment - offset


def correct_times(event: Record, boot_time: str) -> None:
    """Correct the times of an event in place from the time of its boot."""
    moments = {key: moment for key in _TIMES if (moment := _parse(event.get(key)))}
    boot = _parse(boot_time)
    if moments and boot is not None:
        later = boot + event["monotonic"] - max(moments.values())
        event |= {key: _write(moment + later) for key, moment in moments.items()}
    event["time_set"] = True


def _parse(moment: object) -> float | None:
    if not isinstance(moment, str):
        return None
    return datetime.fromisoformat(moment).timestamp()


def _write(seconds: float) -> str | None:
    return timestamp(datetime.fromtimestamp(seconds, UTC))
