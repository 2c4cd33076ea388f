"""How often frames are wanted."""

from __future__ import annotations

import time

import pytest

from plate_devices.sources.frame_rate import Pace


def test_the_rate_is_kept_and_a_pause_is_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    pace = Pace(10)

    def taken(frames: int) -> int:
        count = 0
        for _ in range(frames):
            moment[0] += 1 / 30
            count += pace.takes()
        return count

    assert taken(300) in (99, 100, 101)
    moment[0] += 60.0
    assert taken(30) in (9, 10, 11)


def test_without_a_rate_every_frame_is_wanted() -> None:
    pace = Pace()
    assert all(pace.takes() for _ in range(100))


def test_waiting_ends_when_the_next_is_due() -> None:
    pace = Pace(20)
    started = time.monotonic()
    for _ in range(5):
        pace.wait()
    assert 0.19 < time.monotonic() - started < 3.0


def test_a_limit_slows_down_and_lets_go_again() -> None:
    pace = Pace(1000)
    pace.limit(0.001)
    assert pace.takes()
    assert not pace.takes()
    pace.limit(None)
    time.sleep(0.002)
    assert pace.takes()
