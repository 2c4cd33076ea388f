"""Vehicles for the tests of actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from device_helpers import until

from plate_devices.actions.action import ListMatch, Occasion
from plate_devices.actions.action_set import ActionSet
from plate_devices.actions.fake import FakeSettings
from plate_devices.audit.audit_log import AuditLog

Start = Callable[..., ActionSet]
"""Starts actions with their settings; a fixture."""

LISTS = (ListMatch("family", "exact"),)


def occasion(number: int = 1, text: str = "AB12CDE", **given: Any) -> Occasion:
    """Return a vehicle that is on the list `family` and fits every condition."""
    plate = {"text": text, "confidence": 0.99}
    matches = given.pop("matches", LISTS)
    record: dict[str, Any] = {
        "schema": 1, "type": "seen", "id": f"seen-{number}", "vehicle_id": f"vehicle-{number}", "plates": [plate],
        "last_time": "2026-05-01T12:00:00.000Z", "source": "demo", "direction": "approaching", "frames": 5,
        "watchlists": [{"name": one.name, "match": one.kind, "plate_name": 'Anna "A"'} for one in matches],
    }  # fmt: skip
    values: dict[str, Any] = {
        "vehicle_id": f"vehicle-{number}", "record": record, "camera": "gate", "matches": matches, "frames": 5,
        "confidence": 0.99, "direction": "approaching", "began": 100.0, "continues": False,
    }  # fmt: skip
    return Occasion(**(values | given))


def fake(name: str = "gate", **given: Any) -> FakeSettings:
    """Return the settings of an action that only counts."""
    values: dict[str, Any] = {"lists": ("family",), "cool_down": 1.0}
    return FakeSettings(name=name, **(values | given))


def kinds(audit: AuditLog) -> list[str]:
    """Return what happened, the oldest first."""
    return [row.what.removeprefix("action.") for row in reversed(audit.rows(1000))]


def settle(actions: ActionSet) -> None:
    """Wait until nothing is waiting."""
    queues = [*(worker._jobs for worker in actions._workers), actions._rows]
    until(lambda: not any(one.unfinished_tasks for one in queues))  # type: ignore[attr-defined]
