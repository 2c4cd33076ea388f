"""Actions after a restart or a reload: no second one for a passing, also with a wrong clock."""

from __future__ import annotations

import time
from typing import Any

import pytest
from action_helpers import Start, fake, kinds, occasion, settle
from device_helpers import until
from fake_times import BOOT, FakeTimes

from plate_devices.actions import action_history
from plate_devices.actions.action import Occasion
from plate_devices.audit.audit_log import AuditError, AuditLog


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
