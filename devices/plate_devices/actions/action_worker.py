"""The thread of one action: it does what was decided, one vehicle after the other, and writes down the result."""

from __future__ import annotations

import queue
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.actions.action import ActionError, ActionState
from plate_devices.actions.action_history import DONE, FAILED, NOT
from plate_devices.actions.make_actions import make_action
from plate_devices.audit.audit_log import AuditError
from plate_devices.threads import BackgroundThread, describe
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from plate_devices.actions.action import Action, Occasion
    from plate_devices.actions.action_history import ActionHistory
    from plate_devices.actions.action_settings import ActionSettings
    from plate_devices.audit.audit_log import AuditLog
    from plate_devices.outputs.output import Report

MOST_WAITING = 16
"""Vehicles that may wait for an action that is busy."""

_IDLE = 0.5
_STOPPED = "the action was stopped before it was its turn"
_OPEN_EVERY = 30.0


class _Job(NamedTuple):
    occasion: Occasion
    decided: float


class ActionWorker:
    """One action and its thread.

    Attributes:
        settings: of the action.
        history: of its target; actions with the same target share it.
    """

    def __init__(self, settings: ActionSettings, history: ActionHistory, audit: AuditLog, report: Report) -> None:
        """Make the action; `start` begins. Raises MissingPartError if a package is not installed."""
        self.settings, self.history = settings, history
        self._action: Action = make_action(settings)
        self._audit, self._report = audit, report
        self._jobs: queue.Queue[_Job] = queue.Queue(MOST_WAITING)
        self._opened, self._open_at = False, 0.0
        self._stopping = False
        self._done = self._failed = self._refused = 0
        self._last_error = self._last = ""
        self._thread = BackgroundThread(self._run, f"action {settings.name}")

    def start(self) -> None:
        """Open the action and begin to work."""
        self._thread.start()

    def request(self, occasion: Occasion) -> str:
        """Take a vehicle that meets the conditions; return why it is not done, "" if it will be. It does not wait.

        One thread calls it.
        """
        if seconds := self.history.cooling(self.settings.cool_down):
            return f"the cool-down lasts {seconds:.1f} s more"
        if self._jobs.full():
            self._refused += 1
            return f"{MOST_WAITING} vehicles wait for it already"
        self.history.reserve(occasion)
        self._jobs.put(_Job(occasion, time.monotonic()))
        return ""

    def state(self) -> ActionState:
        """Return its state."""
        action, settings = self._action, self.settings
        return ActionState(
            settings.name, settings.type, action.simulated, settings.dry_run, action.active, self._done, self._failed,
            self._refused, self._last_error, self._last,
        )  # fmt: skip

    def stop(self) -> None:
        """End soon; vehicles that wait are not done any more. `close` follows."""
        self._stopping = True
        with suppress(Exception):
            self._action.interrupt()

    def close(self, seconds: float) -> None:
        """Wait for the end, and release the action: a pin becomes inactive."""
        self.stop()
        self._thread.join(seconds)
        if not self._thread.started or self._thread.is_alive():
            with suppress(Exception):
                self._action.close()

    def _run(self) -> None:
        try:
            self._open()
            while not self._stopping:
                try:
                    job = self._jobs.get(timeout=_IDLE)
                except queue.Empty:
                    self._rest()
                    continue
                self._do(job)
                self._jobs.task_done()
        finally:
            self._opened = False
            with suppress(Exception):
                self._action.close()
        while not self._jobs.empty():
            details = describe_occasion(self.settings, self._jobs.get().occasion)
            self._note(NOT, _STOPPED, details)

    def _rest(self) -> None:
        with suppress(AuditError):  # written later; until then the passing counts as going on
            self.history.end_passings()
        if not self._opened and time.monotonic() - self._open_at >= _OPEN_EVERY:
            self._open()

    def _open(self) -> None:
        self._open_at = time.monotonic()
        try:
            self._action.open()
            if self._last_error:
                self._report("action_back", f"{self.settings.name} is available again")
            self._opened, self._last_error = True, ""
        except Exception as error:
            reason = str(error) if isinstance(error, PlateEdgeError) else describe(error)
            if reason != self._last_error:
                self._report("action_lost", f"{self.settings.name}: {reason}")
            self._last_error = reason
            with suppress(Exception):
                self._action.close()

    def _do(self, job: _Job) -> None:
        settings, occasion = self.settings, job.occasion
        details = describe_occasion(settings, occasion)
        if self._stopping:
            self._note(NOT, _STOPPED, details)
            return
        if waited := self._late(job):
            self._refused += 1
            self._note(NOT, f"the action was busy for {waited:.1f} s; it is too late now", details)
            return
        try:
            why = f"{occasion.frames} frames agree, confidence {occasion.confidence:.4f}"
            self.history.write_intent(occasion, settings.name, why, details)
        except AuditError as error:
            self._fail(f"{error}; without a written intent nothing is done", details)
            return
        if waited := self._late(job):
            self._fail(f"writing the intent took too long; {waited:.1f} s after the decision it is too late", details)
            return
        if settings.dry_run:
            self._succeed("dry run: nothing was done", details)
            return
        try:
            if not self._opened:
                self._action.open()
                self._opened = True
                if waited := self._late(job):
                    raise ActionError(f"opening it took too long; {waited:.1f} s after the decision it is too late")
            result = self._action.fire(occasion)
        except ActionError as error:
            self._fail(str(error), details)
        except Exception as error:  # a programming error in one action must not end it
            self._fail(describe(error), details)
        else:
            self._succeed(result or "done", details)

    def _late(self, job: _Job) -> float:
        """Return the seconds since the decision if it is too late to begin, else 0."""
        waited = time.monotonic() - job.decided
        return waited if waited > self._action.LATEST else 0.0

    def _succeed(self, result: str, details: dict[str, Any]) -> None:
        self._done += 1
        self._last, self._last_error = result, ""
        self._note(DONE, result, details)

    def _fail(self, reason: str, details: dict[str, Any]) -> None:
        """Report a failure. It is not repeated: how much of it was done is unknown."""
        self._failed += 1
        self._last_error = reason
        self._report("action_failed", f"{self.settings.name}: {reason} (it is not repeated)")
        self._note(FAILED, reason, details)
        self._opened, self._open_at = False, time.monotonic()
        with suppress(Exception):
            self._action.close()

    def _note(self, what: str, why: str, details: dict[str, Any]) -> None:
        try:
            self._audit.add(what, self.settings.name, why, details)
        except AuditError as error:
            self._report("audit", str(error))


def describe_occasion(settings: ActionSettings, occasion: Occasion) -> dict[str, Any]:
    """Return what the audit log keeps of a vehicle."""
    plate = occasion.record["plates"][0]
    hashed = {"text_hash": plate["text_hash"]} if plate.get("text_hash") else {}
    return {
        "target": settings.target,
        "vehicle_id": occasion.vehicle_id,
        "camera": occasion.camera,
        "text": occasion.text,
        **hashed,
        "lists": [match.name for match in occasion.matches[:8]],
        "frames": occasion.frames,
        "confidence": round(occasion.confidence, 4),
        "direction": occasion.direction,
        "dry_run": settings.dry_run,
        "time": occasion.record.get("last_time"),
    }
