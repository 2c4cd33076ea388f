"""How often frames are wanted."""

from __future__ import annotations

import time

import pytest

from plate_devices.sources.frame_rate_limit import FrameRateLimit


def test_the_rate_is_kept_and_a_pause_is_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    limit = FrameRateLimit(10)

    def taken(frames: int) -> int:
        count = 0
        for _ in range(frames):
            moment[0] += 1 / 30
            count += limit.is_due()
        return count

    assert taken(300) in (99, 100, 101)
    moment[0] += 60.0
    assert taken(30) in (9, 10, 11)


def test_without_a_rate_every_frame_is_wanted() -> None:
    limit = FrameRateLimit()
    assert all(limit.is_due() for _ in range(100))


def test_waiting_ends_when_the_next_is_due() -> None:
    limit = FrameRateLimit(20)
    started = time.monotonic()
    for _ in range(5):
        limit.wait()
    assert 0.19 < time.monotonic() - started < 3.0


def test_a_limit_slows_down_and_lets_go_again() -> None:
    limit = FrameRateLimit(1000)
    limit.slow_to(0.001)
    assert limit.is_due()
    assert not limit.is_due()
    limit.slow_to(None)
    time.sleep(0.002)
    assert limit.is_due()
