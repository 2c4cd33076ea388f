"""All actions of the settings: each vehicle in view is compared with their conditions, frame by frame."""

from __future__ import annotations

import queue
import time
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from plate_devices.actions.action_history import NOT, load_histories
from plate_devices.actions.action_worker import ActionWorker, describe_occasion
from plate_devices.actions.conditions import why_not
from plate_devices.audit.audit_log import AuditEntry, AuditError
from plate_devices.threads import BackgroundThread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.actions.action import ActionState, Occasion
    from plate_devices.actions.action_history import ActionHistory
    from plate_devices.actions.action_settings import ActionSettings
    from plate_devices.audit.audit_log import AuditLog
    from plate_devices.events.system_times import Times
    from plate_devices.outputs.output import Report

DECIDE_WITHIN = 120.0
"""Seconds from the first agreement on a vehicle after which "not" is final: a parked car triggers nothing at dawn."""

_LEAST = 0.05
_MOST_VEHICLES = 4096
_MOST_ROWS_WAITING = 256
_UNCLEAR = "it was never read clearly while it was in view"


class _Vehicle:
    """A vehicle in view.

    Attributes:
        came: when it came into view.
        since: when enough frames agreed on it.
        reasons: by the name of an action why it was not done yet, "" if it was.
        done: targets that were acted on.
    """

    def __init__(self, came: float, since: float) -> None:
        self.came, self.since = came, since
        self.reasons: dict[str, str] = {}
        self.done: set[str] = set()


class ActionSet:
    """Decides in the thread that calls it, and never waits; each action works in its own thread."""

    def __init__(
        self,
        settings: Sequence[ActionSettings],
        audit: AuditLog,
        times: Times,
        report: Report,
        cameras_run: bool = False,
    ) -> None:
        """Begin. Raises MissingPartError if an action needs a package that is not installed.

        Args:
            settings: of the actions, with different names.
            audit: log of the decisions; intents are written to it.
            times: of this machine.
            report: is called from any thread with messages for the operator.
            cameras_run: vehicles may be in view already. The actions are not for them.
        """
        self._audit, self._times, self._report = audit, times, report
        self._vehicles: OrderedDict[str, _Vehicle] = OrderedDict()
        self._histories: dict[str, ActionHistory] = {}
        self._workers: list[ActionWorker] = []
        self._cameras_run = cameras_run
        self._began: dict[str, float] = {}
        self._rows: queue.Queue[list[AuditEntry] | None] = queue.Queue(_MOST_ROWS_WAITING)
        self._writer = BackgroundThread(self._write, "audit of actions")
        self.apply(settings)
        self._writer.start()

    def apply(self, settings: Sequence[ActionSettings]) -> None:
        """Use other settings. Actions that did not change go on; what was done stays known.

        Raises:
            MissingPartError: as the constructor does; nothing changes then.
        """
        missing = {one.target for one in settings} - set(self._histories)
        self._histories |= load_histories(self._audit, self._times, missing, lambda text: self._report("audit", text))
        kept = {worker.settings.name: worker for worker in self._workers if worker.settings in settings}
        new = [
            kept.get(one.name) or ActionWorker(one, self._histories[one.target], self._audit, self._report)
            for one in settings
        ]
        gone = [worker for worker in self._workers if worker not in new]
        _close(gone, 1.0)
        names = {worker.settings.name for worker in self._workers}
        now = self._times.monotonic() if self._cameras_run else float("-inf")
        for worker in new:
            name = worker.settings.name
            if name not in names:
                self._began[name] = now
            if worker not in self._workers:
                worker.start()
        self._workers, self._cameras_run = new, True

    def consider(self, occasion: Occasion) -> None:
        """Compare a vehicle in view with all actions, after each frame that it was read in."""
        now = self._times.monotonic()
        vehicle = self._vehicles.get(occasion.vehicle_id)
        if vehicle is None:
            came = now - (occasion.record.get("stay_seconds") or 0.0)
            vehicle = self._vehicles[occasion.vehicle_id] = _Vehicle(came, now)
            if len(self._vehicles) > _MOST_VEHICLES:
                self._vehicles.popitem(last=False)
        for worker in self._workers:
            settings = worker.settings
            if not settings.cameras or occasion.camera in settings.cameras:
                known = worker.history.follow(occasion)
                if settings.name in vehicle.reasons and not vehicle.reasons[settings.name]:
                    continue
                if now - vehicle.since > DECIDE_WITHIN and settings.name in vehicle.reasons:
                    continue
                reason = self._reason(worker, occasion, vehicle, known)
                vehicle.reasons[settings.name] = reason
                if not reason:
                    vehicle.done.add(settings.target)

    def left(self, occasion: Occasion) -> None:
        """Write why actions were not done for a vehicle that has left, one row for each action."""
        vehicle = self._vehicles.pop(occasion.vehicle_id, None)
        entries = []
        for worker in self._workers:
            settings = worker.settings
            reason = _UNCLEAR if vehicle is None else vehicle.reasons.get(settings.name, _UNCLEAR)
            if reason and (not settings.cameras or occasion.camera in settings.cameras):
                entries.append(AuditEntry(NOT, settings.name, reason, describe_occasion(settings, occasion)))
        if entries:
            try:
                self._rows.put_nowait(entries)
            except queue.Full:
                self._report("audit", f"{_MOST_ROWS_WAITING} vehicles wait for the audit log; one is left out")

    def state(self) -> list[ActionState]:
        """Return the state of every action, in their order."""
        return [worker.state() for worker in self._workers]

    def close(self) -> None:
        """End all actions; pins become inactive."""
        workers, self._workers = self._workers, []
        _close(workers, 3.0)
        with suppress(queue.Full):
            self._rows.put_nowait(None)
        self._writer.join(3.0)

    def _reason(self, worker: ActionWorker, occasion: Occasion, vehicle: _Vehicle, known: bool) -> str:
        settings = worker.settings
        if settings.target in vehicle.done:
            return f"{settings.target} was acted on for this passing"
        if vehicle.came < self._began[settings.name]:
            return "the vehicle was in view before the action was in the settings"
        if known:
            return f"{settings.target} was acted on, and this may be the same passing"
        local = None
        if (settings.hours or settings.days) and self._times.is_set():
            local = datetime.fromtimestamp(self._times.wall())
        return why_not(settings, occasion, local) or worker.request(occasion)

    def _write(self) -> None:
        while (entries := self._rows.get()) is not None:
            try:
                self._audit.add_all(entries)
            except AuditError as error:
                self._report("audit", str(error))
            self._rows.task_done()


def _close(workers: Sequence[ActionWorker], seconds: float) -> None:
    """Close workers, all together within so many seconds; one that hangs is left alone."""
    for worker in workers:
        worker.stop()
    deadline = time.monotonic() + seconds
    for worker in workers:
        worker.close(max(_LEAST, deadline - time.monotonic()))  # one that hangs leaves the others time to end a pulse
