"""Times of events on a machine that does not know the time yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from plate_devices.events.clock import Clock
from plate_devices.events.times import SystemTimes, TrustedTimes

SHUTDOWN = datetime(2026, 5, 1, 3, 0, 0, tzinfo=UTC).timestamp()
"""What the clock says at boot."""

BOOT = datetime(2026, 5, 2, 9, 0, 0, tzinfo=UTC).timestamp()
"""When that really was."""


class FakeTimes:
    """Clocks that the test turns on and sets."""

    def __init__(self, boot_id: str = "boot-1", wall: float = SHUTDOWN) -> None:
        self.boot_id, self.ahead, self.now, self.known = boot_id, wall, 0.0, False

    def wall(self) -> float:
        return self.ahead + self.now

    def monotonic(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return self.known

    def set_right(self) -> None:
        self.ahead, self.known = BOOT, True


def text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def vehicle(first: float | None, last: float | None) -> dict[str, Any]:
    times = [None if moment is None else text(moment) for moment in (first, last)]
    return {"schema": 1, "type": "vehicle", "id": "1", "first_time": times[0], "last_time": times[1]}


def test_a_clock_that_is_right_leaves_times_alone() -> None:
    times = FakeTimes(wall=BOOT)
    times.known, times.now = True, 60.0
    record = vehicle(BOOT + 50, BOOT + 55)
    event = Clock(times).stamp(record)
    assert event == record | {"boot_id": "boot-1", "monotonic": 55.0, "time_set": True}


def test_what_was_stamped_before_the_clock_was_set_is_corrected_after() -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now = 60.0
    event = clock.stamp(vehicle(SHUTDOWN + 50, SHUTDOWN + 55))
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
def test_a_vehicle_that_stood_there_while_the_clock_was_set(shutdown: float) -> None:
    times = FakeTimes(wall=shutdown)
    clock = Clock(times)
    times.now = 300.0
    times.set_right()
    clock.look()
    times.now = 400.0
    event = clock.stamp(vehicle(shutdown + 200, BOOT + 390))
    assert (event["first_time"], event["last_time"]) == (text(BOOT + 200), text(BOOT + 390))
    assert (event["monotonic"], event["time_set"]) == (390.0, True)


def test_a_clock_set_by_hand_counts_as_set() -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now, times.ahead = 60.0, BOOT
    assert clock.look()


def test_a_clock_that_is_slowed_down_does_not() -> None:
    times = FakeTimes()
    clock = Clock(times)
    for _ in range(100):
        times.now, times.ahead = times.now + 10, times.ahead + 0.005
        assert not clock.look()


def test_another_boot_is_left_alone() -> None:
    before = Clock(FakeTimes("boot-0")).stamp(vehicle(SHUTDOWN, SHUTDOWN))
    times = FakeTimes()
    times.set_right()
    assert not Clock(times).correct(before)


def test_files_have_no_time_but_a_boot() -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now = 12.3456
    event = clock.stamp(vehicle(None, None))
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
