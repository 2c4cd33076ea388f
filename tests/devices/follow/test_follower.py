"""The follower combines given readings of many frames into vehicles."""

from __future__ import annotations

from dataclasses import replace

import pytest
from device_helpers import make_frame, make_plate

from plate_devices.follow import Follower, Vehicle, crop_plate
from plate_devices.follow.follower import LEFT_AFTER, MOST_TRACKS
from plate_devices.sources.source import Frame
from plate_runtime.results import Character, Plate
from plate_runtime.script import Script

Reading = tuple[str, float] | None
SIZE = (360, 640)


def at(number: int, live: bool = True) -> Frame:
    return make_frame(number, SIZE, live)


def seen(text: str, x: float, y: float = 200, width: int = 80, confidence: float = 0.95) -> Plate:
    return make_plate(text, confidence, (round(x), round(y), width, width // 4))


def watch(readings: list[Reading], placed: bool = False) -> list[Vehicle]:
    follower = Follower(placed)
    found = []
    for number, reading in enumerate(readings):
        found += follower.add(make_frame(number), [make_plate(*reading)] if reading else [])
    return found + follower.finish()


def texts(vehicles: list[Vehicle]) -> list[str]:
    return [vehicle.plate.text for vehicle in vehicles]


GONE: list[Reading] = [None] * 16
"""A second and a half without a plate."""


def test_a_vehicle_is_reported_once_and_only_when_it_has_left() -> None:
    follower = Follower()
    for number in range(4):
        assert follower.add(make_frame(number), [make_plate("AB12CD", 0.9)]) == []
    for number in range(4, 18):
        assert follower.add(make_frame(number), []) == []
    found = [vehicle for number in range(18, 22) for vehicle in follower.add(make_frame(number), [])]
    (vehicle,) = found
    assert vehicle.plate.text == "AB12CD"
    assert (vehicle.frames, vehicle.read, vehicle.first_frame, vehicle.last_frame) == (4, 4, 0, 3)
    assert vehicle.confidence > 0.9
    assert vehicle.last_time is not None
    assert vehicle.first_time is not None
    assert (vehicle.last_time - vehicle.first_time).total_seconds() == pytest.approx(0.3)
    assert follower.finish() == []


def test_low_frame_rates_and_frames_without_time_are_followed() -> None:
    follower = Follower()
    frames = [make_frame(number, live=False)._replace(seconds=float(number)) for number in range(10)]
    for frame in frames[:3]:
        follower.add(frame, [make_plate("AB12CD")])
    for frame in frames[3 : 3 + LEFT_AFTER]:
        assert follower.add(frame, []) == []
    assert texts(follower.add(frames[9], [])) == ["AB12CD"]


def test_misreadings_lose_against_the_consensus() -> None:
    (vehicle,) = watch([("AB12CD", 0.9), ("A812CD", 0.8), ("AB12CD", 0.97), ("AB12C", 0.9), ("AB12CD", 0.95)])
    assert vehicle.plate.text == "AB12CD"
    assert [character.text for character in vehicle.plate.characters] == list("AB12CD")
    assert (vehicle.frames, vehicle.read) == (3, 5)
    assert vehicle.plate.raw_text == "AB12CD"
    assert vehicle.confidence == vehicle.plate.confidence


def test_a_text_that_no_frame_reads_completely_is_combined() -> None:
    (vehicle,) = watch([("AB12CX", 0.9), ("A812CD", 0.9), ("AB1ZCD", 0.9), ("4B12CD", 0.9), ("AB12GD", 0.9)])
    assert vehicle.plate.text == vehicle.plate.raw_text == "AB12CD"
    assert (vehicle.frames, vehicle.read) == (0, 5)


def test_frames_agree_if_only_confusables_differ() -> None:
    (vehicle,) = watch([("ABO2CD", 0.9), ("AB02CD", 0.9), ("AB02CD", 0.9)])
    assert (vehicle.plate.text, vehicle.frames) == ("AB02CD", 3)


def test_uncertain_readings_are_no_vehicle() -> None:
    assert watch([("AB12CD", 0.0)] * 5) == []
    assert watch([("AB12CD", 0.55), ("XK92MT", 0.5), ("QW8RZ", 0.6), ("7H2LL", 0.5)]) == []


def test_a_plate_in_a_single_frame_is_no_vehicle() -> None:
    assert watch([("AB12CD", 0.99), *GONE]) == []


def test_different_plates_are_different_vehicles() -> None:
    assert texts(watch([("AB12CD", 0.95)] * 3 + [("XY98ZW", 0.95)] * 3)) == ["AB12CD", "XY98ZW"]
    assert texts(watch([("AB1", 0.95)] * 3 + [("XY1", 0.95)] * 3)) == ["AB1", "XY1"]


def test_a_vehicle_that_leaves_and_returns_counts_twice() -> None:
    visit: list[Reading] = [("AB12CD", 0.95)] * 3
    assert len(watch(visit + GONE * 7 + visit)) == 2
    assert len(watch(visit + GONE * 2 + visit)) == 1, "no vehicle returns within a few seconds"
    (vehicle,) = watch(visit + GONE[:8] + visit)
    assert vehicle.frames == 6


def test_vehicles_side_by_side_are_followed_at_once() -> None:
    follower = Follower()
    for number in range(10):
        follower.add(at(number), [seen("AB12CD", 100 + 10 * number), seen("XY98ZW", 420 - 8 * number)])
    assert sorted(texts(follower.finish())) == ["AB12CD", "XY98ZW"]


def test_vehicles_that_cross_keep_their_texts() -> None:
    follower = Follower()
    for number in range(30):
        right, left = seen("AB12CD", 20 + 18 * number, 200), seen("XY98ZW", 540 - 18 * number, 206)
        hidden = abs(right.box[0] - left.box[0]) < 90
        follower.add(at(number), [right] if hidden else [left, right])
    first, second = sorted(follower.finish(), key=lambda vehicle: vehicle.plate.text)
    assert (first.plate.text, first.frames, second.plate.text) == ("AB12CD", 30, "XY98ZW")
    assert second.read > 20


def test_a_similar_text_behind_it_is_another_vehicle() -> None:
    follower = Follower()
    found = []
    for number in range(40):
        there = [seen("AB123CD", 300, 30 + 15 * number, 50 + 5 * number)] if number < 20 else []
        if number >= 16:
            there.append(seen("AB128CD", 300, 30 + 15 * (number - 16), 50 + 5 * (number - 16)))
        found += follower.add(at(number), there[:2] if number < 38 else [])
    assert sorted(texts(found + follower.finish())) == ["AB123CD", "AB128CD"]


def test_a_vehicle_with_changing_readings_is_one() -> None:
    readings = ["AB12CD", "XZ1FGD", "A812CD", "AB12CD", "L12", "AB12CD", "4B1ZCO", "AB12CD", "QQ7TT1", "AB12CD"]
    follower = Follower()
    for number, text in enumerate(readings):
        sure = 0.95 if text == "AB12CD" else 0.6
        follower.add(at(number), [seen(text, 100 + 5 * number, confidence=sure)])
    (vehicle,) = follower.finish()
    assert (vehicle.plate.text, vehicle.frames, vehicle.read) == ("AB12CD", 5, 10)


def test_short_gaps_without_a_reading_are_bridged() -> None:
    follower = Follower()
    found = []
    for number in range(40):
        there = number % 3 == 0 and not 12 < number < 24
        found += follower.add(at(number), [seen("AB12CD", 40 + 10 * number)] if there else [])
    assert texts(found + follower.finish()) == ["AB12CD"]


def test_characters_hidden_by_the_edge_do_not_count_as_missing() -> None:
    follower = Follower()
    for number in range(12):
        shown = min(6, 2 + number // 2)
        width = 80 * shown // 6
        follower.add(at(number), [make_plate("AB12CD"[-shown:], 0.95, (0, 200, width, 20))])
    follower.add(at(12), [seen("AB12CD", 10)])
    follower.add(at(13), [seen("AB12CD", 20)])
    (vehicle,) = follower.finish()
    assert vehicle.plate.text == "AB12CD"
    assert vehicle.plate.box[0] > 0, "the best frame shows all of it"


def test_a_part_of_a_followed_plate_is_not_reported() -> None:
    follower = Follower()
    for number in range(20):
        there = [seen("AB12CD", 100)]
        if number > 8:
            there.append(seen("12CD", 330))
        follower.add(at(number), there)
    assert texts(follower.finish()) == ["AB12CD"]


def test_a_second_box_within_the_first_is_not_followed() -> None:
    follower = Follower()
    for number in range(6):
        follower.add(at(number), [seen("AB12CD", 100), make_plate("QK77", 0.95, (110, 202, 40, 16))])
    assert texts(follower.finish()) == ["AB12CD"]


def test_an_object_detected_in_few_frames_is_no_vehicle() -> None:
    follower = Follower()
    found = []
    for number in range(300):
        sign = Plate("STOP", "STOP", 0.7, 0.45, (50, 50, 60, 20), ((50, 50), (110, 50), (110, 70), (50, 70)), None,
                     tuple(Character(letter, 0.92) for letter in "STOP"))  # fmt: skip
        found += follower.add(at(number), [sign] if number % 7 == 0 else [])
    assert found + follower.finish() == []


class TestParked:
    def test_a_car_parked_for_days_takes_no_more_memory_and_is_reported_once(self) -> None:
        follower = Follower()
        found = []
        for number in range(400):
            noisy = f"AB{number % 37:02d}{'CDXY'[number % 4]}"
            text, sure = ("AB12CD", 0.95) if number % 3 else (noisy, 0.4)
            found += follower.add(at(10 * number), [seen(text, 300 + number % 2, confidence=sure)])
        assert found == []
        (track,) = follower._tracks
        assert len(track._counts) <= 16 and len(track._best) <= 4 and len(track._consensus._sums) <= 16
        (vehicle,) = follower.finish()
        assert vehicle.plate.text == "AB12CD"
        assert vehicle.read > 390

    def test_it_stays_while_frames_are_skipped(self) -> None:
        follower = Follower()
        for number in range(8):
            follower.add(at(number), [seen("AB12CD", 300)])
        assert follower.settled
        for number in range(8, 2000):
            assert follower.stay(at(number)) == []
        follower.add(at(2000), [])
        assert not follower.settled
        (vehicle,) = follower.finish()
        assert (vehicle.last_frame, vehicle.read) == (1999, 8)

    def test_a_vehicle_covered_for_long_is_not_reported_again(self) -> None:
        follower = Follower()
        found = []
        for number in range(1000):
            found += follower.add(at(number), [seen("AB12CD", 300)] if not 100 < number < 400 else [])
        assert texts(found) == ["AB12CD"]
        assert follower.finish() == []

    def test_a_creeping_vehicle_lost_for_a_while_is_not_reported_again(self) -> None:
        follower = Follower()
        found = []
        for number in range(600):
            there = [seen("AB12CD", 200 + number / 10)] if not 200 < number < 330 else []
            found += follower.add(at(number), there)
        assert texts(found + follower.finish()) == ["AB12CD"]

    def test_it_is_a_new_passing_when_it_drove_away_and_came_back(self) -> None:
        follower = Follower()
        found = []
        for number in range(600):
            away = max(0, min(number - 100, 500 - number)) * 12
            found += follower.add(at(number), [seen("AB12CD", 300 - away)] if away < 300 else [])
        assert texts(found + follower.finish()) == ["AB12CD", "AB12CD"]


def test_endless_false_positives_do_not_fill_the_memory() -> None:
    follower = Follower()
    for number in range(40):  # without the limit there would be twice as many
        clutter = [seen(f"Z{number % 10}{i}K{i}", 10 + (97 * i + 31 * number) % 560, 20 + 40 * i, 40) for i in range(8)]
        follower.add(at(0)._replace(number=number), clutter)
    assert follower.followed <= MOST_TRACKS + 8


def test_vehicles_in_view_leave_when_the_source_is_lost() -> None:
    follower = Follower()
    for number in range(5):
        follower.add(at(number), [seen("AB12CD", 300)])
    last = at(4).time
    assert last is not None
    assert follower.wait(last.timestamp() + 1.0) == []
    assert texts(follower.wait(last.timestamp() + 60.0)) == ["AB12CD"]


def test_a_crop_is_the_box_with_a_margin_inside_the_frame() -> None:
    assert crop_plate(make_frame().rgb, make_plate("A", box=(10, 10, 20, 12))).shape == (16, 24, 3)
    assert crop_plate(make_frame().rgb, make_plate("A", box=(0, 0, 60, 40))).shape == (40, 60, 3)


def test_readings_in_any_alphabet_are_combined_over_its_own_characters() -> None:
    def read(text: str, place: int, other: str) -> Plate:
        plate = make_plate(text)
        characters = [Character(one, 0.97) for one in text]
        characters[place] = Character(text[place], 0.55, ((other, 0.4),))
        return replace(plate, characters=tuple(characters))

    follower = Follower(False, Script("0123456789АБВЕКМНОРСТУХЖ"))
    seen = [("Ж123ОА", 4, "0"), ("Ж1230А", 4, "О"), ("К123ОА", 0, "Ж"), ("Ж123ОА", 0, "К")]
    for number, (text, place, other) in enumerate(seen):
        follower.add(make_frame(number), [read(text, place, other)])
    (vehicle,) = follower.finish()
    assert vehicle.plate.text == "Ж123ОА" and (vehicle.frames, vehicle.read) == (3, 4)
    assert all(0 < one.confidence <= 1 for one in vehicle.plate.characters)
