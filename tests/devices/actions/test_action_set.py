"""Actions over passings: once for each, also after kills, reloads and with a wrong clock; every decision is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from action_helpers import fake, occasion, until
from fake_times import BOOT, FakeTimes

from plate_devices.actions import action_history, action_worker
from plate_devices.actions.action import Occasion
from plate_devices.actions.action_set import DECIDE_WITHIN, ActionSet
from plate_devices.actions.fake import FakeAction, FakeSettings
from plate_devices.audit.audit_log import AuditEntry, AuditError, AuditLog

Start = Callable[..., ActionSet]


@pytest.fixture
def times() -> FakeTimes:
    times = FakeTimes()
    times.set_right()
    times.now = 1000.0
    return times


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


def kinds(audit: AuditLog) -> list[str]:
    return [row.what.removeprefix("action.") for row in reversed(audit.rows(1000))]


def settle(actions: ActionSet) -> None:
    """Wait until nothing is waiting."""
    queues = [*(worker._jobs for worker in actions._workers), actions._rows]
    until(lambda: not any(one.unfinished_tasks for one in queues))  # type: ignore[attr-defined]


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
    assert (horn.who, horn.why) == ("horn", "it is on list family")
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
        until(lambda: actions.state()[1].done == number + 1)  # noqa: B023
    assert time.monotonic() - before < 20
    slow = actions.state()[0]
    assert slow.refused == 25 - 1 - action_worker.MOST_WAITING
    actions.close()
    assert time.monotonic() - before < 25


def test_action_that_was_busy_for_long_is_too_late(
    start: Start, audit: AuditLog, times: FakeTimes, fired: list[Occasion], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeAction, "LATEST", 0.1)
    actions = start(fake(seconds=0.5))
    for number in range(2):
        times.now += 2
        actions.consider(occasion(number, f"AB{number}2CDE"))
    until(lambda: actions.state()[0].refused)
    assert len(fired) == 1
    assert "too late" in audit.rows(what="action.not")[0].why


def test_slow_disk_makes_it_too_late(
    start: Start, audit: AuditLog, fired: list[Occasion], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeAction, "LATEST", 0.2)
    before = AuditLog.add_all

    def slow(self: AuditLog, entries: list[AuditEntry]) -> list[int]:
        time.sleep(0.3 if entries[0].what == "action.intent" else 0.0)
        return before(self, entries)

    monkeypatch.setattr(AuditLog, "add_all", slow)
    actions = start(fake())
    actions.consider(occasion())
    until(lambda: actions.state()[0].failed)
    settle(actions)
    assert fired == []
    assert kinds(audit) == ["intent", "failed"]


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


class TestRestart:
    """What is known after a kill: only the audit log."""

    def test_vehicle_in_view_at_the_start_is_the_same_passing(
        self, start: Start, times: FakeTimes, fired: list[Occasion], audit: AuditLog
    ) -> None:
        start(fake()).consider(occasion(1))
        until(lambda: fired)
        times.now += 20
        actions = start(fake())
        for began in (0.0, 0.1, 5.0):  # again in view, under new ids, also misread
            actions.consider(occasion(2, began=began))
            actions.consider(occasion(3, "AB12CDF", began=began))
        settle(actions)
        assert len(fired) == 1
        actions.left(occasion(2))
        settle(actions)
        assert "may be the same passing" in audit.rows(what="action.not")[0].why

    def test_other_vehicles_are_acted_on(self, start: Start, times: FakeTimes, fired: list[Occasion]) -> None:
        start(fake()).consider(occasion(1))
        until(lambda: fired)
        times.now += 20
        actions = start(fake())
        actions.consider(occasion(2, "XY34ZZZ", began=0.0))
        until(lambda: len(fired) == 2)
        times.now += 5
        actions.consider(occasion(3, began=30.0))  # the same vehicle came back later
        until(lambda: len(fired) == 3)

    def test_hidden_texts_may_be_any_vehicle(self, start: Start, times: FakeTimes, fired: list[Occasion]) -> None:
        start(fake()).consider(occasion(1, ""))
        until(lambda: fired)
        times.now += 20
        actions = start(fake())
        actions.consider(occasion(2, "", began=1.0))
        settle(actions)
        assert len(fired) == 1

    def test_passing_that_is_over_stops_nothing(
        self, start: Start, times: FakeTimes, fired: list[Occasion], audit: AuditLog
    ) -> None:
        first = start(fake())
        first.consider(occasion(1))
        until(lambda: fired)
        settle(first)
        times.now += action_history.OVER_AFTER + 1
        until(lambda: "over" in kinds(audit))
        actions = start(fake())
        actions.consider(occasion(2, began=0.0))
        until(lambda: len(fired) == 2)

    def test_vehicle_in_view_keeps_its_passing_open(
        self, start: Start, times: FakeTimes, fired: list[Occasion], audit: AuditLog
    ) -> None:
        first = start(fake())
        for _ in range(20):  # it waits for minutes
            times.now += action_history.OVER_AFTER - 5
            first.consider(occasion(1))
            time.sleep(0.03)
        assert "over" not in kinds(audit)
        actions = start(fake())
        actions.consider(occasion(2, began=0.0))
        settle(actions)
        assert len(fired) == 1

    @pytest.mark.parametrize("clock", ["right", "unset", "set back", "new boot", "new boot, right"])
    def test_cool_down_survives(self, start: Start, times: FakeTimes, fired: list[Occasion], clock: str) -> None:
        start(fake(cool_down=600.0)).consider(occasion(1))
        until(lambda: fired)
        times.now += 100
        if clock == "unset":
            times.known = False
        elif clock == "set back":
            times.ahead -= 5000
        elif clock.startswith("new boot"):
            times.boot_id, times.now = "boot-2", 20.0
            times.ahead = BOOT + 1080 if clock.endswith("right") else 0.0
            times.known = clock.endswith("right")
        actions = start(fake(cool_down=600.0))
        actions.consider(occasion(2, "XY34ZZZ"))
        settle(actions)
        assert len(fired) == 1
        times.now += 601
        actions.consider(occasion(3, "ZZ99ZZZ"))
        until(lambda: len(fired) == 2)

    def test_unreadable_log_means_waiting(
        self, start: Start, times: FakeTimes, fired: list[Occasion], said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any, **__: Any) -> Any:
            raise AuditError("the log is damaged")

        with monkeypatch.context() as patched:
            patched.setattr(AuditLog, "rows", broken)
            actions = start(fake(cool_down=30.0))
        actions.consider(occasion(1))
        times.now += 31
        actions.consider(occasion(2, began=1.0))
        settle(actions)
        assert fired == []
        actions.consider(occasion(3, "XY34ZZZ"))
        until(lambda: len(fired) == 1)


class TestReload:
    def test_unchanged_action_goes_on(self, start: Start, times: FakeTimes, fired: list[Occasion]) -> None:
        actions = start(fake())
        worker = actions._workers[0]
        actions.apply([fake(), fake("horn", lists=("none",))])
        assert actions._workers[0] is worker
        assert [state.name for state in actions.state()] == ["gate", "horn"]

    def test_changed_action_does_not_act_twice(self, start: Start, times: FakeTimes, fired: list[Occasion]) -> None:
        actions = start(fake())
        actions.consider(occasion(1))
        until(lambda: fired)
        times.now += 30
        actions.apply([fake(min_frames=2)])
        actions.consider(occasion(1))
        settle(actions)
        assert len(fired) == 1

    def test_action_under_a_new_name_ignores_vehicles_in_view(
        self, start: Start, times: FakeTimes, fired: list[Occasion]
    ) -> None:
        actions = start(fake())
        actions.consider(occasion(1))
        until(lambda: fired)
        times.now += 30
        actions.apply([fake("renamed")])
        actions.consider(occasion(1))
        settle(actions)
        assert len(fired) == 1
        times.now += 1
        actions.consider(occasion(2, "XY34ZZZ"))
        until(lambda: len(fired) == 2)

    def test_removed_action_is_closed(self, start: Start) -> None:
        actions = start(fake())
        action = actions._workers[0]._action
        until(lambda: action.is_open)  # type: ignore[attr-defined]
        actions.apply([])
        assert not action.is_open  # type: ignore[attr-defined]
        assert actions.state() == []


def test_near_misses_in_texts_never_act(start: Start, audit: AuditLog, fired: list[Occasion], tmp_path: Path) -> None:
    """500 texts that differ from a listed one by one character, confidently read, against the lists themselves."""
    from plate_devices.actions.action import ListMatch
    from plate_devices.watchlists.lists import WatchLists
    from plate_devices.watchlists.watchlist_settings import WatchlistSettings
    from plate_runtime.alphabet import fold

    listed = ["AB12CDE", "XK77YHB", "WG24PXL"]
    (tmp_path / "family.txt").write_text("\n".join(listed))
    lists = WatchLists([WatchlistSettings("family", tmp_path / "family.txt", fuzzy=True)], lambda _: None)
    actions = start(fake())
    near = [
        text[:place] + other + text[place + 1 :]
        for text in listed
        for place in range(len(text))
        for other in "ABCDEFGHJKLMNPRSTUVWXYZ23456789"
        if fold(other) != fold(text[place])
    ]
    for number, text in enumerate(near[:500]):
        plate = {"text": text, "characters": [{"text": one, "confidence": 0.97, "alternatives": []} for one in text]}
        matches = tuple(ListMatch(one["name"], one["match"]) for one in lists.matches(plate))
        actions.consider(occasion(number, text, matches=matches))
        unsure = {
            "text": text,
            "characters": [{"text": one, "confidence": 0.5, "alternatives": [["A", 0.3]]} for one in text],
        }
        matches = tuple(ListMatch(one["name"], one["match"]) for one in lists.matches(unsure))
        actions.consider(occasion(1000 + number, text, matches=matches))
    settle(actions)
    assert len(near) >= 500
    assert fired == []
    for number, text in enumerate(listed):
        plate = {"text": text, "characters": [{"text": one, "confidence": 0.97, "alternatives": []} for one in text]}
        matches = tuple(ListMatch(one["name"], one["match"]) for one in lists.matches(plate))
        actions.consider(occasion(5000 + number, text, matches=matches))
        break
    until(lambda: len(fired) == 1)
