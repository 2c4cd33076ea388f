"""What was done to a target: the cool-down, and the passings that may still go on. It survives kills and restarts.

The intent of an action is a row of the audit log, on the disk before anything is done. After a restart, a vehicle that
is in view at the first frames of its camera may be the one of an intent without an end, so nothing is done for it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plate_devices.audit.audit_log import AuditEntry, AuditError
from plate_devices.follow.consensus import is_near

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plate_devices.actions.action import Occasion
    from plate_devices.audit.audit_log import AuditLog, AuditRow
    from plate_devices.events.system_times import Times

AT_START = 10.0
"""Seconds from the first frame of a camera in which a vehicle counts as being in view before it."""

OVER_AFTER = 600.0
"""Seconds out of view after which a passing is over, also if the camera was lost in the meantime."""

INTENT, DONE, FAILED, NOT, OVER = (f"action.{word}" for word in ("intent", "done", "failed", "not", "over"))
"""Kinds of rows in the audit log."""

_PAGE, _PAGES = 1000, 20
_MOST_OPEN = 64


@dataclass
class _Passing:
    """A passing for which something was done.

    Attributes:
        number: of the row of the intent, None until it is written.
        text: "" if privacy hides it.
        looked: when it was last in view, in seconds of the monotonic clock; None if that was before the start.
    """

    camera: str
    text: str
    looked: float | None
    number: int | None = None
    vehicles: set[str] = field(default_factory=set)


class ActionHistory:
    """The history of one target. Thread-safe."""

    def __init__(self, audit: AuditLog, times: Times) -> None:
        """Begin without an intent."""
        self._audit, self._times = audit, times
        self._lock = threading.Lock()
        self._last: float | None = None
        self._open: list[_Passing] = []
        self._unknown = False

    def cooling(self, cool_down: float) -> float:
        """Return the seconds until the cool-down is over, 0 if it is."""
        with self._lock:
            if self._last is None:
                return 0.0
            return max(0.0, cool_down - (self._times.monotonic() - self._last))

    def follow(self, occasion: Occasion) -> bool:
        """Note a vehicle in view; return whether something was already done for its passing."""
        with self._lock:
            now = self._times.monotonic()
            at_start = occasion.began < AT_START
            for passing in self._open:
                same = passing.camera == occasion.camera and (
                    not passing.text or not occasion.text or is_near(passing.text, occasion.text)
                )
                if occasion.vehicle_id in passing.vehicles or (same and (at_start or occasion.continues)):
                    passing.vehicles.add(occasion.vehicle_id)
                    passing.looked = now
                    return True
            if not at_start:  # vehicles from before the start would have been read by now
                for passing in self._open:
                    if passing.looked is None and passing.camera == occasion.camera:
                        passing.looked = now
            return self._unknown and at_start

    def reserve(self, occasion: Occasion) -> None:
        """Begin the cool-down and the passing; `write_intent` follows in another thread."""
        with self._lock:
            now = self._last = self._times.monotonic()
            self._open = self._open[1 - _MOST_OPEN :]
            self._open.append(_Passing(occasion.camera, occasion.text, now, None, {occasion.vehicle_id}))

    def write_intent(self, occasion: Occasion, who: str, why: str, details: Mapping[str, Any]) -> None:
        """Write the intent; it is on the disk then. Raises AuditError: then nothing may be done."""
        number = self._audit.add(INTENT, who, why, details)
        with self._lock:
            for passing in self._open:
                if occasion.vehicle_id in passing.vehicles and passing.number is None:
                    passing.number = number

    def end_passings(self) -> None:
        """Write the end of the passings that have been out of view for long. Raises AuditError."""
        now = self._times.monotonic()
        with self._lock:
            over = [one for one in self._open if one.looked is not None and now - one.looked >= OVER_AFTER]
        entries = [
            AuditEntry(OVER, "actions", f"out of view for {OVER_AFTER / 60:g} minutes", {"intent": one.number})
            for one in over
            if one.number is not None
        ]
        if entries:
            self._audit.add_all(entries)
        with self._lock:
            self._open = [one for one in self._open if one not in over]

    def load(self, intents: Iterable[AuditRow], over: set[int]) -> None:
        """Take the intents of earlier starts, the newest first, and the numbers of those whose passing is over."""
        for row in intents:
            if self._last is None:
                self._last = self._times.monotonic() - self._age(row)
            if row.number not in over and len(self._open) < _MOST_OPEN:
                camera, text = str(row.details.get("camera", "")), str(row.details.get("text", ""))
                self._open.append(_Passing(camera, text, None, row.number))

    def assume_the_worst(self) -> None:
        """The log cannot be read: something may have been done just now, for any vehicle in view."""
        self._last, self._unknown = self._times.monotonic(), True

    def _age(self, row: AuditRow) -> float:
        """Return for how many seconds at least a row has been written, also if the clock was wrong or set back."""
        since_boot = self._times.monotonic()
        if row.boot_id == self._times.boot_id:
            return max(0.0, since_boot - row.monotonic)
        age = self._times.wall() - row.time
        return age if row.time_set and self._times.is_set() and age >= since_boot else since_boot


def load_histories(
    audit: AuditLog, times: Times, targets: Iterable[str], report: Callable[[str], None]
) -> dict[str, ActionHistory]:
    """Return the histories of targets from the audit log. If it cannot be read, they assume the worst."""
    wanted = set(targets)
    histories = {target: ActionHistory(audit, times) for target in wanted}
    try:
        over = {int(row.details.get("intent") or 0) for row in audit.rows(_PAGE, what=OVER)}
        found: dict[str, list[AuditRow]] = {target: [] for target in wanted}
        before: int | None = None
        for _ in range(_PAGES):
            rows = audit.rows(_PAGE, before, INTENT)
            for row in rows:
                if (target := row.details.get("target")) in wanted:
                    found[str(target)].append(row)
            if len(rows) < _PAGE or all(found.values()):
                break
            before = rows[-1].number
        for target, rows in found.items():
            histories[target].load(rows, over)
    except (AuditError, ValueError, TypeError) as error:
        report(f"{error}; every action waits for its cool-down, and for vehicles that are in view now")
        for history in histories.values():
            history.assume_the_worst()
    return histories
