"""Sets of actions for tests: started, and closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from action_helpers import Start
from fake_times import FakeTimes

from plate_devices.actions import action_worker
from plate_devices.actions.action import Occasion
from plate_devices.actions.action_set import ActionSet
from plate_devices.actions.fake import FakeAction, FakeSettings
from plate_devices.audit.audit_log import AuditLog


@pytest.fixture
def times() -> FakeTimes:
    times = FakeTimes()
    times.set_right()
    times.now = 1000.0
    return times


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the threads that do actions, in seconds.

    It stands still unless a test changes it: on a busy machine no action is late.
    """
    found = [100.0]
    monkeypatch.setattr(action_worker, "time", SimpleNamespace(monotonic=lambda: found[0]))
    return found


@pytest.fixture
def audit(tmp_path: Path, times: FakeTimes) -> AuditLog:
    return AuditLog(tmp_path / "audit.sqlite", times)


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> list[Occasion]:
    """The occasions of all fake actions, over restarts."""
    found: list[Occasion] = []
    before = FakeAction.fire

    def fire(self: FakeAction, one: Occasion) -> str:
        found.append(one)
        return before(self, one)

    monkeypatch.setattr(FakeAction, "fire", fire)
    return found


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def start(audit: AuditLog, times: FakeTimes, said: list[str]) -> Iterator[Start]:
    started: list[ActionSet] = []

    def begin(*settings: FakeSettings) -> ActionSet:
        actions = ActionSet(settings, audit, times, lambda event, text: said.append(f"{event}: {text}"))
        started.append(actions)
        return actions

    yield begin
    for actions in started:
        actions.close()
