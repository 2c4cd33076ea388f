"""Seconds into a video, whatever its time stamps are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.sources.video_clock import DEFAULT_RATE, LONGEST_GAP, FrameSampler, VideoClock

YEAR = 365 * 86400.0


def seconds(stamps: list[float | None], rate: float | None = 10) -> list[float]:
    clock = VideoClock(rate)
    return [round(clock.seconds(stamp), 3) for stamp in stamps]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([5.0, 5.1, 5.25], [0, 0.1, 0.25]),  # as they are, from the first on
        ([0.0, 0.1, 60.0, 3600.0], [0, 0.1, 60, 3600]),  # only motion is kept
        ([None, None, None], [0, 0.1, 0.2]),  # a raw stream
        ([0.0, None, 0.2], [0, 0.1, 0.2]),
        ([7.0, 7.0, 7.0, 7.0], [0, 0.1, 0.2, 0.3]),  # a clock that stands still
        ([0.0, 1e-5, 2e-5, 3e-5], [0, 0.1, 0.2, 0.3]),  # ... or all but
        ([0.0, 0.2, 0.1, 0.3], [0, 0.2, 0.3, 0.4]),  # in the wrong order
        ([100.0, 100.1, 3.0, 3.1], [0, 0.1, 0.2, 0.3]),  # a clock that was set back
        ([0.0, 0.1, 20 * YEAR, 20 * YEAR + 0.1], [0, 0.1, 0.2, 0.3]),  # ... and ahead
        ([-5.0, -4.9, -4.8], [0, 0.1, 0.2]),
        ([0.0, math.nan, math.inf, 0.3], [0, 0.1, 0.2, 0.3]),
        ([math.nan, 0.1, 0.2], [0, 0.1, 0.2]),
    ],
)
def test_time_is_what_the_stamps_say_as_far_as_that_can_be(stamps: list[float | None], expected: list[float]) -> None:
    assert seconds(stamps) == expected


@pytest.mark.parametrize("rate", [None, 0.0, -3.0, 1e9, math.nan])
def test_a_rate_that_cannot_be_is_the_usual_one(rate: float | None) -> None:
    assert seconds([None, None], rate) == [0, round(1 / DEFAULT_RATE, 3)]


@given(st.lists(st.none() | st.floats(width=64)), st.none() | st.floats())
def test_time_grows_and_ends(stamps: list[float | None], rate: float | None) -> None:
    clock, last = VideoClock(rate), -1.0
    for stamp in stamps:
        now = clock.seconds(stamp)
        assert last < now <= last + LONGEST_GAP + 1
        last = now


@given(st.lists(st.floats(0.001, 5), min_size=1), st.floats(0.1, 30))
def test_no_second_gives_more_frames_than_wanted(steps: list[float], fps: float) -> None:
    sampler, now, taken = FrameSampler(fps), 0.0, []
    for step in steps:
        if sampler.selects(now):
            taken.append(now)
        now += step
    assert taken[0] == 0
    for first in taken:
        assert sum(first <= one < first + 10 for one in taken) <= 10 * fps + 2
