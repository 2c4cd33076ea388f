"""The drawn drive."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest

from plate_devices.sources.demo import (
    FRAMES_WITH_CAR,
    FRAMES_WITHOUT,
    RATE,
    ROI,
    VEHICLES,
    DemoCamera,
    vehicles,
)
from plate_devices.sources.demo_scene import HEIGHT, WIDTH
from plate_devices.sources.open_camera import open_camera
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import UsageError


def test_it_is_the_same_every_time_and_ends() -> None:
    first, second = list(DemoCamera(count=2).frames()), list(DemoCamera("other", count=2).frames())
    assert len(first) == 2 * (FRAMES_WITH_CAR + FRAMES_WITHOUT)
    for one, other in zip(first, second, strict=True):
        assert one.rgb.shape == (HEIGHT, WIDTH, 3)
        assert one.rgb.dtype == np.uint8
        assert np.array_equal(one.rgb, other.rgb)


def test_times_advance_at_the_rate_of_the_drive() -> None:
    frames = list(DemoCamera(count=1).frames())
    assert frames[0].time is not None
    assert frames[-1].time is not None
    assert abs((frames[-1].time - frames[0].time).total_seconds() - (len(frames) - 1) / RATE) < 1e-3


def test_fps_leaves_frames_out_and_counts_them() -> None:
    numbers = [frame.number for frame in DemoCamera(count=2, fps=5).frames()]
    assert numbers == list(range(0, 2 * (FRAMES_WITH_CAR + FRAMES_WITHOUT), 3))


def test_a_car_changes_the_roi_and_an_empty_road_does_not() -> None:
    x, y, width, height = ROI
    parts = [frame.rgb[y : y + height, x : x + width].astype(int) for frame in DemoCamera(count=1).frames()]
    assert all(part.std() < 10 for part in parts[:FRAMES_WITHOUT])
    assert all(part.std() > 30 for part in parts[FRAMES_WITHOUT:])


def test_every_vehicle_has_a_plate_of_its_own_that_can_be_read_for_certain() -> None:
    texts = [vehicle.text for vehicle in vehicles(VEHICLES)]
    assert len(set(texts)) == VEHICLES
    assert set("".join(texts)) <= set(ALPHABET) - set("O0I1")
    assert vehicles(3) == vehicles(10)[:3]


def test_a_drive_of_a_million_vehicles_begins_at_once_and_in_little_memory() -> None:
    next(DemoCamera(count=1).frames())  # what is imported and cached once does not count
    tracemalloc.start()
    try:
        frames = list(itertools.islice(DemoCamera(count=1_000_000).frames(), 2))
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(frames) == 2
    assert held < 40e6


@pytest.mark.parametrize("count", ["0", "99999999999999999999"])
def test_a_number_of_vehicles_is_sensible(count: str) -> None:
    with pytest.raises(UsageError, match="is not a number of vehicles below a billion"):
        open_camera(f"demo:{count}")
