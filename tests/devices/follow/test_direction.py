"""The direction of a vehicle: from the positions and widths of its plate, and over whole drives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from drives.guessing import Errors, GuessingReader
from drives.scoring import stamp
from drives.traffic import RATE, plan_drive

from plate_devices.follow import Follower, Vehicle
from plate_devices.follow.direction import FOCAL_LENGTH, Path
from plate_devices.follow.position import Position
from plate_runtime.alphabet import fold

SIZE = (1280, 720)


def path(places: Sequence[tuple[float, float]], cut: bool = False) -> Path:
    """Return the path of a plate at these places: plate widths to the right and ahead."""
    made = Path()
    for right, ahead in places:
        width = FOCAL_LENGTH * SIZE[0] / ahead
        made.add(Position(SIZE[0] / 2 + right * width, 300, width), SIZE, cut)
    return made


def line(first: tuple[float, float], last: tuple[float, float], count: int = 12) -> list[tuple[float, float]]:
    """Return places on a straight line."""
    return [tuple(row) for row in np.linspace(first, last, count).tolist()]


@pytest.mark.parametrize(
    ("first", "last", "direction"),
    [
        ((3, 30), (3, 8), "approaching"),
        ((3, 8), (3, 30), "leaving"),
        ((-6, 14), (6, 13), "right"),
        ((6, 13), (-6, 14), "left"),
        ((-4, 30), (-3, 12), "approaching"),
        ((3, 15), (3.2, 15.5), "standing"),
    ],
)
def test_direction_of_a_line(first: tuple[float, float], last: tuple[float, float], direction: str) -> None:
    assert path(line(first, last)).direction(stood=True) == direction


def test_vehicle_that_hardly_moved_has_no_direction_yet() -> None:
    assert path(line((3, 15), (3.2, 15.5))).direction(stood=False) is None
    assert path(line((3, 15), (4.8, 15))).direction(stood=True) is None
    assert path([(3, 15)]).direction(stood=True) is None
    assert Path().direction(stood=True) is None


def test_an_error_of_the_width_is_no_movement() -> None:
    assert path(line((3, 30), (3, 26.5))).direction(stood=False) is None


def test_plates_that_are_cut_count_only_alone() -> None:
    moving = path(line((-6, 14), (6, 14)))
    for _ in range(5):  # half a plate at the edge seems far away
        moving.add(Position(1270, 300, 40), SIZE, True)
    assert moving.direction(stood=False) == "right"
    assert path(line((-6, 14), (6, 14)), cut=True).direction(stood=False) == "right"


def test_vehicle_that_approaches_and_waits_is_approaching() -> None:
    assert path(line((3, 30), (3, 10)) + [(3.0, 10.0)] * 500).direction(stood=True) == "approaching"


def test_single_wrong_positions_change_nothing() -> None:
    places = line((3, 30), (3, 10), 20)
    places[0] = places[-1] = (3, 20)
    assert path(places).direction(stood=False) == "approaching"


def followed(seed: int, step: int) -> list[tuple[Vehicle, str]]:
    """Return the vehicles of a drive with their true directions."""
    drive = plan_drive(seed, vehicles=30, seconds=300)
    reader, follower = GuessingReader(drive, seed, Errors()), Follower()
    rgb = np.zeros((drive.camera.size[1], drive.camera.size[0], 3), np.uint8)
    vehicles: list[Vehicle] = []
    for number in range(0, drive.frames, step):
        vehicles += follower.add(stamp(number, rgb), reader.read(number / RATE))
    vehicles += follower.finish()
    found = []
    for vehicle in vehicles:
        first, last = vehicle.first_frame / RATE, vehicle.last_frame / RATE
        for one in drive.passings:
            if fold(one.text) == fold(vehicle.plate.text) and one.path[0][0] <= last and first <= one.path[-1][0]:
                found.append((vehicle, one.direction(first, last)))
                break
    return found


def test_directions_of_drives() -> None:
    # The numbers were chosen on seeds below 50.
    counts: Counter[str] = Counter()
    for vehicle, truth in followed(1001, 2) + followed(1002, 3):
        assert vehicle.stay == pytest.approx((vehicle.last_frame - vehicle.first_frame) / RATE, abs=1e-6)
        if vehicle.direction is None:
            counts["unclear"] += 1
        else:
            counts["right" if vehicle.direction == truth else "wrong"] += 1
    assert sum(counts.values()) >= 45
    assert counts["wrong"] <= 2, counts
    assert counts["unclear"] <= 0.12 * sum(counts.values()), counts
