"""Actions over passings: once for each; every decision is written."""

from __future__ import annotations

import time

import pytest
from action_helpers import Start, fake, kinds, occasion, settle
from device_helpers import until
from fake_times import FakeTimes

from plate_devices.actions import action_worker
from plate_devices.actions.action import ActionError, Occasion
from plate_devices.actions.action_set import DECIDE_WITHIN
from plate_devices.actions.action_worker import ActionWorker
from plate_devices.actions.fake import FakeAction, FakeSettings
from plate_devices.audit.audit_log import AuditEntry, AuditError, AuditLog


def test_action_is_done_once_for_a_passing(
    start: Start, audit: AuditLog, times: FakeTimes, fired: list[Occasion]
) -> None:
    actions = start(fake())
    for number in range(50):
        times.now += 1
        actions.consider(occasion(1))
        if number == 2:
            until(lambda: fired)
    settle(actions)
    actions.left(occasion(1))
    settle(actions)
    assert len(fired) == 1
    assert kinds(audit) == ["intent", "done"]
    (state,) = actions.state()
    assert (state.done, state.failed, state.refused, state.last) == (1, 0, 0, "done")


def test_actions_that_hang_are_closed_together(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(ActionWorker, "close", lambda _, seconds: waits.append(seconds) or time.sleep(0.05))
    actions = start(*(fake(f"a{number}") for number in range(4)))
    actions.close()
    assert len(waits) == 4 and waits == sorted(waits, reverse=True) and waits[3] < 2.9


def test_intent_is_on_the_disk_before_anything_is_done(
    start: Start, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(FakeAction, "fire", lambda self, one: seen.append(kinds(audit)) or "")
    start(fake()).consider(occasion())
    until(lambda: seen)
    assert seen == [["intent"]]


def test_nothing_is_done_without_a_written_intent(
    start: Start, audit: AuditLog, fired: list[Occasion], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: AuditLog, entries: list[AuditEntry]) -> list[int]:
        raise AuditError("the disk is full")

    actions = start(fake())
    monkeypatch.setattr(AuditLog, "add_all", full)
    actions.consider(occasion())
    until(lambda: actions.state()[0].failed)
    assert fired == []
    assert any("without a written intent nothing is done" in line for line in said)
    assert actions.state()[0].last_error != ""


def test_why_not_is_one_row_for_a_vehicle_and_an_action(start: Start, audit: AuditLog, times: FakeTimes) -> None:
    actions = start(fake("gate"), fake("horn", lists=("blocked",)), fake("other", cameras=("yard",)))
    for frames in range(2, 5):
        actions.consider(occasion(frames=frames, confidence=0.7))
    actions.left(occasion(frames=4, confidence=0.7))
    until(lambda: len(audit.rows()) == 2)
    horn, gate = audit.rows()
    assert (gate.what, gate.who, gate.why) == ("action.not", "gate", "its confidence is 0.7000, 0.9 is needed")
    assert (horn.who, horn.why) == ("horn", "it is on list family; the action is for vehicles on blocked")
    assert (gate.details["vehicle_id"], gate.details["text"], gate.details["lists"]) == (
        "vehicle-1",
        "AB12CDE",
        ["family"],
    )


def test_vehicle_that_was_never_read_clearly_has_a_row(start: Start, audit: AuditLog) -> None:
    actions = start(fake())
    actions.left(occasion())
    until(audit.rows)
    assert "never read clearly" in audit.rows()[0].why


def test_cool_down_delays_the_next_vehicle(start: Start, times: FakeTimes, fired: list[Occasion]) -> None:
    actions = start(fake(cool_down=10.0))
    actions.consider(occasion(1))
    until(lambda: len(fired) == 1)
    for _ in range(9):
        times.now += 1
        actions.consider(occasion(2, "XY34ZZZ"))
    settle(actions)
    assert len(fired) == 1
    times.now += 1.5
    actions.consider(occasion(2, "XY34ZZZ"))
    until(lambda: len(fired) == 2)


def test_two_vehicles_in_one_frame_fire_once(start: Start, fired: list[Occasion]) -> None:
    actions = start(fake(cool_down=10.0))
    for _ in range(5):
        actions.consider(occasion(1))
        actions.consider(occasion(2, "XY34ZZZ"))
    settle(actions)
    assert [one.vehicle_id for one in fired] == ["vehicle-1"]


def test_not_becomes_final(start: Start, times: FakeTimes, fired: list[Occasion]) -> None:
    actions = start(fake(min_frames=9))
    actions.consider(occasion(1))
    times.now += DECIDE_WITHIN + 1
    actions.consider(occasion(1, frames=20))
    settle(actions)
    assert fired == []


def test_failure_is_reported_and_not_repeated(
    start: Start, audit: AuditLog, times: FakeTimes, fired: list[Occasion], said: list[str]
) -> None:
    actions = start(fake(failures=1))
    for _ in range(20):
        times.now += 5
        actions.consider(occasion(1))
    until(lambda: actions.state()[0].failed)
    settle(actions)
    assert len(fired) == 1
    assert kinds(audit) == ["intent", "failed"]
    assert said == ["action_failed: gate: it was set to fail (it is not repeated)"]
    times.now += 5
    actions.consider(occasion(2, "XY34ZZZ"))
    until(lambda: actions.state()[0].done)
    assert actions.state()[0].last_error == ""


def test_dry_run_does_nothing(start: Start, audit: AuditLog, fired: list[Occasion]) -> None:
    actions = start(fake(dry_run=True))
    actions.consider(occasion())
    until(lambda: kinds(audit) == ["intent", "done"])
    assert audit.rows()[0].why == "dry run: nothing was done"
    assert fired == []


def test_slow_action_delays_no_other(start: Start, fired: list[Occasion], times: FakeTimes) -> None:
    actions = start(fake("slow", seconds=30.0), fake("quick"))
    before = time.monotonic()
    for number in range(25):
        times.now += 2
        actions.consider(occasion(number))
        until(lambda: actions.state()[1].done == number + 1 and len(fired) == number + 2)  # noqa: B023
    assert time.monotonic() - before < 20
    slow = actions.state()[0]
    assert slow.refused == 25 - 1 - action_worker.MOST_WAITING
    actions.close()
    assert time.monotonic() - before < 25


def test_action_that_was_busy_for_long_is_too_late(
    start: Start, audit: AuditLog, times: FakeTimes, fired: list[Occasion], now: list[float]
) -> None:
    actions = start(fake(seconds=60.0))
    for number in range(2):
        times.now += 2
        actions.consider(occasion(number, f"AB{number}2CDE"))
        until(lambda: fired)
    now[0] += FakeAction.LATEST + 1
    actions._workers[0]._action.interrupt()
    settle(actions)
    assert len(fired) == 1 and actions.state()[0].refused == 1
    assert "too late" in audit.rows(what="action.not")[0].why


def test_slow_disk_makes_it_too_late(
    start: Start, audit: AuditLog, fired: list[Occasion], now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = AuditLog.add_all

    def slow(self: AuditLog, entries: list[AuditEntry]) -> list[int]:
        now[0] += FakeAction.LATEST + 1 if entries[0].what == "action.intent" else 0.0
        return before(self, entries)

    monkeypatch.setattr(AuditLog, "add_all", slow)
    actions = start(fake())
    actions.consider(occasion())
    until(lambda: actions.state()[0].failed)
    settle(actions)
    assert fired == []
    assert kinds(audit) == ["intent", "failed"]


def test_slow_opening_makes_it_too_late(
    start: Start, audit: AuditLog, fired: list[Occasion], now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[float] = []

    def slow(self: FakeAction) -> None:
        opened.append(now[0])
        if len(opened) == 1:
            raise ActionError("not yet")
        now[0] += FakeAction.LATEST + 1

    monkeypatch.setattr(FakeAction, "open", slow)
    actions = start(fake())
    until(lambda: opened)
    actions.consider(occasion())
    until(lambda: actions.state()[0].failed)
    settle(actions)
    assert fired == []
    assert "too late" in audit.rows(what="action.failed")[0].why


def test_actions_with_one_target_act_once_for_a_passing(start: Start, fired: list[Occasion]) -> None:
    class Shared(FakeSettings):
        @property
        def target(self) -> str:
            return "pin 17"

    one, two = (Shared(name=name, lists=("family",), cool_down=1.0) for name in ("one", "two"))
    actions = start(one, two)
    actions.consider(occasion())
    settle(actions)
    assert len(fired) == 1
