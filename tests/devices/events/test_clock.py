"""Times of events on a machine with an unset clock."""

from __future__ import annotations

from typing import Any

import pytest
from fake_times import BOOT, SHUTDOWN, FakeTimes, text

from plate_devices.events.clock import Clock
from plate_devices.events.system_times import SystemTimes, TrustedTimes


def stamped(clock: Clock, record: dict[str, Any]) -> dict[str, Any]:
    clock.stamp(record)
    return record


def vehicle(first: float | None, last: float | None) -> dict[str, Any]:
    times = [None if moment is None else text(moment) for moment in (first, last)]
    return {"schema": 1, "type": "vehicle", "id": "1", "first_time": times[0], "last_time": times[1]}


def test_a_clock_that_is_right_leaves_times_alone() -> None:
    times = FakeTimes(wall=BOOT)
    times.known, times.now = True, 60.0
    record = vehicle(BOOT + 50, BOOT + 55)
    event = stamped(Clock(times), dict(record))
    assert event == record | {"boot_id": "boot-1", "monotonic": 55.0, "time_set": True}


def test_times_stamped_before_the_clock_was_set_are_corrected() -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now = 60.0
    event = stamped(clock, vehicle(SHUTDOWN + 50, SHUTDOWN + 55))
    assert (event["time_set"], event["monotonic"]) == (False, 55.0)
    assert not clock.correct(event)

    times.now = 600.0
    times.set_right()
    assert clock.look()
    assert clock.correct(event)
    assert (event["first_time"], event["last_time"], event["time_set"]) == (text(BOOT + 50), text(BOOT + 55), True)
    assert not clock.correct(event)
    announced = clock.announcement()
    assert (announced["boot_time"], announced["boot_id"]) == (text(BOOT), "boot-1")


@pytest.mark.parametrize("shutdown", [SHUTDOWN, BOOT + 7200], ids=["behind", "ahead"])
def test_a_standing_vehicle_while_the_clock_is_set(shutdown: float) -> None:
    times = FakeTimes(wall=shutdown)
    clock = Clock(times)
    times.now = 300.0
    times.set_right()
    clock.look()
    times.now = 400.0
    event = stamped(clock, vehicle(shutdown + 200, BOOT + 390))
    assert (event["first_time"], event["last_time"]) == (text(BOOT + 200), text(BOOT + 390))
    assert (event["monotonic"], event["time_set"]) == (390.0, True)


def test_a_clock_set_by_hand_counts_as_set() -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now, times.ahead = 60.0, BOOT
    assert clock.look()


def test_a_clock_that_is_slowed_down_is_not_set() -> None:
    times = FakeTimes()
    clock = Clock(times)
    for _ in range(100):
        times.now, times.ahead = times.now + 10, times.ahead + 0.005
        assert not clock.look()


def test_events_of_another_boot_are_not_changed() -> None:
    before = stamped(Clock(FakeTimes("boot-0")), vehicle(SHUTDOWN, SHUTDOWN))
    times = FakeTimes()
    times.set_right()
    assert not Clock(times).correct(before)


def test_files_have_no_time_but_a_boot() -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now = 12.3456
    event = stamped(clock, vehicle(None, None))
    assert (event["first_time"], event["last_time"], event["monotonic"]) == (None, None, 12.346)
    times.set_right()
    clock.look()
    assert clock.correct(event)
    assert event["last_time"] is None


def test_this_machine() -> None:
    times = SystemTimes()
    assert times.boot_id == SystemTimes().boot_id
    assert times.monotonic() <= times.monotonic()
    assert isinstance(times.is_set(), bool)
    assert TrustedTimes().is_set()
