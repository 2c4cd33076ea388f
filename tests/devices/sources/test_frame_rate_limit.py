"""How often frames are wanted."""

from __future__ import annotations

import time
from dataclasses import dataclass

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


def test_waiting_ends_when_the_next_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: 100.0 + sum(slept))
    monkeypatch.setattr(time, "sleep", slept.append)
    limit = FrameRateLimit(20)
    for _ in range(5):
        limit.wait()
    assert sum(slept) == pytest.approx(0.2)


def test_a_limit_slows_down_and_lets_go_again() -> None:
    limit = FrameRateLimit(1000)
    limit.slow_to(0.001)
    assert limit.is_due()
    assert not limit.is_due()
    limit.slow_to(None)
    time.sleep(0.002)
    assert limit.is_due()


@dataclass
class Simulated:
    """Cameras that are read by one thread, the longest waiting first, in steps of a millisecond.

    Attributes:
        ages: seconds from the capture to the end of the reading of each frame that was read.
        decoded: frames of all cameras. read: frames of each camera. busy: part of the time in which frames were read.
    """

    ages: list[float]
    decoded: int
    read: list[int]
    busy: float


def simulate(monkeypatch: pytest.MonkeyPatch, cameras: int, interval: float, reading: float) -> Simulated:
    """Read cameras for a minute; the first half is not counted. Each sends a frame in every `interval` seconds."""
    moment = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    limits = [FrameRateLimit() for _ in range(cameras)]
    came = [moment[0] + interval * number / cameras for number in range(cameras)]
    waiting: list[float | None] = [None] * cameras
    served = [0.0] * cameras
    found = Simulated([], 0, [0] * cameras, 0.0)
    free = moment[0]
    for step in range(60_000):
        moment[0] = 1000.0 + step / 1000
        counts = step >= 30_000
        for number, limit in enumerate(limits):
            if moment[0] >= came[number]:
                came[number] += interval
                if limit.is_due():
                    waiting[number] = moment[0]
                    limit.keep()
                    found.decoded += counts
        ready = [number for number in range(cameras) if waiting[number] is not None]
        if ready and moment[0] >= free:
            number = min(ready, key=served.__getitem__)
            limits[number].take()
            captured, waiting[number], served[number] = waiting[number], None, moment[0]
            free = moment[0] + reading
            if counts:
                found.ages.append(free - (captured or 0.0))
                found.read[number] += 1
                found.busy += reading / 30
    return found


@pytest.mark.parametrize(
    ("cameras", "interval", "reading"),
    [(8, 0.04, 0.01), (8, 0.04, 0.06), (12, 0.04, 0.03), (4, 0.01, 0.02), (3, 0.04, 0.05), (8, 0.2, 0.06)],
)
def test_frames_that_would_not_be_read_are_not_decoded(
    monkeypatch: pytest.MonkeyPatch, cameras: int, interval: float, reading: float
) -> None:
    found = simulate(monkeypatch, cameras, interval, reading)
    assert found.busy > 0.97
    assert max(found.read) - min(found.read) <= 2
    assert found.decoded < 1.02 * sum(found.read)
    assert sorted(found.ages)[len(found.ages) // 2] < reading + interval + 0.3 * cameras * reading
    assert max(found.ages) < reading + 2 * interval + 0.3 * cameras * reading


def test_every_frame_is_decoded_while_none_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = simulate(monkeypatch, 4, 0.04, 0.009)
    assert found.decoded == sum(found.read) == 4 * 25 * 30


def test_a_frame_that_waits_long_is_replaced_by_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    limit = FrameRateLimit()
    assert limit.is_due()
    limit.keep()
    moment[0] += 0.1
    assert not limit.is_due()
    moment[0] += 0.2
    assert limit.is_due()
