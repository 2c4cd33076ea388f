"""Many frames, one vehicle."""

from __future__ import annotations

import pytest
from device_helpers import make_frame, make_plate

from plate_devices.follow import LEFT_AFTER, Follower, Vehicle, cut_plate


def watch(readings: list[tuple[str, float] | None]) -> list[Vehicle]:
    follower = Follower()
    found = []
    for number, reading in enumerate(readings):
        found += follower.add(make_frame(number), [make_plate(*reading)] if reading else [])
    return found + follower.finish()


GAP: list[tuple[str, float] | None] = [None] * (LEFT_AFTER + 1)


def test_a_vehicle_is_reported_once_and_only_when_it_has_left() -> None:
    follower = Follower()
    for number in range(4):
        assert follower.add(make_frame(number), [make_plate("AB12CD", 0.9)]) == []
    for number in range(4, 4 + LEFT_AFTER):
        assert follower.add(make_frame(number), []) == []
    (vehicle,) = follower.add(make_frame(20), [])
    assert vehicle.plate.text == "AB12CD"
    assert (vehicle.frames, vehicle.first_frame, vehicle.last_frame) == (4, 0, 3)
    assert vehicle.confidence == pytest.approx(0.9)
    assert vehicle.last_time is not None
    assert vehicle.first_time is not None
    assert (vehicle.last_time - vehicle.first_time).total_seconds() == pytest.approx(0.3)
    assert follower.finish() == []


def test_misreadings_are_outvoted_and_lower_the_confidence() -> None:
    (vehicle,) = watch([("AB12CD", 0.9), ("A812CD", 0.6), ("AB12CD", 0.7), ("AB12C", 0.5)])
    assert vehicle.plate.text == "AB12CD"
    assert vehicle.plate.confidence == 0.9
    assert vehicle.frames == 2
    assert vehicle.confidence == pytest.approx((0.9 + 0.7) / 2 * 1.6 / 2.7)


def test_readings_without_any_confidence_are_counted() -> None:
    (vehicle,) = watch([("AB12CD", 0.0), ("A812CD", 0.0), ("AB12CD", 0.0)])
    assert (vehicle.plate.text, vehicle.frames, vehicle.confidence) == ("AB12CD", 2, 0.0)
    (vehicle,) = watch([("A812CD", 0.0), ("AB12CD", 0.0), ("AB12CD", 0.0)])
    assert (vehicle.plate.text, vehicle.frames) == ("AB12CD", 2)


def test_different_plates_are_different_vehicles() -> None:
    found = watch([("AB12CD", 0.9)] * 3 + [("XY98ZW", 0.8)] * 3)
    assert [vehicle.plate.text for vehicle in found] == ["AB12CD", "XY98ZW"]


def test_the_same_plate_twice_is_two_visits() -> None:
    assert len(watch([("AB12CD", 0.9)] * 2 + GAP + [("AB12CD", 0.9)] * 2)) == 2
    assert len(watch([("AB12CD", 0.9)] * 2 + GAP[1:] + [("AB12CD", 0.9)] * 2)) == 1


def test_what_only_one_frame_shows_is_no_vehicle() -> None:
    assert watch([("AB12CD", 0.99), *GAP]) == []


def test_short_plates_have_to_be_nearer() -> None:
    found = watch([("AB1", 0.9)] * 2 + [("XY1", 0.9)] * 2)
    assert [vehicle.plate.text for vehicle in found] == ["AB1", "XY1"]


def test_two_plates_in_one_frame_are_followed_at_once() -> None:
    follower = Follower()
    for number in range(3):
        follower.add(make_frame(number), [make_plate("AB12CD"), make_plate("XY98ZW")])
    assert sorted(vehicle.plate.text for vehicle in follower.finish()) == ["AB12CD", "XY98ZW"]


def test_a_parked_car_does_not_fill_the_memory() -> None:
    follower = Follower()
    for number in range(400):
        noisy = f"AB12{number % 37:02d}"
        follower.add(make_frame(number), [make_plate("AB12CD", 0.9), make_plate(noisy, 0.3)])
    assert sum(len(track._best) for track in follower._tracks) < 40
    assert max(vehicle.frames for vehicle in follower.finish()) == 400


def test_a_crop_is_the_box_with_a_margin_inside_the_frame() -> None:
    assert cut_plate(make_frame().rgb, make_plate("A", box=(10, 10, 20, 12))).shape == (16, 24, 3)
    assert cut_plate(make_frame().rgb, make_plate("A", box=(0, 0, 60, 40))).shape == (40, 60, 3)
