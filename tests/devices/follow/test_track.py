"""What a track knows of its plate: whether it stands, its best picture, its strength."""

from __future__ import annotations

from dataclasses import replace

import pytest
from device_helpers import make_frame, make_plate

from plate_devices.follow.track import Track, crop_plate
from plate_devices.sources.source import Frame
from plate_runtime.results import Plate
from plate_runtime.script import LATIN

SIZE = (360, 640)


def at(number: int = 0, shade: int = 120) -> Frame:
    frame = make_frame(number, SIZE)
    frame.rgb[:] = shade
    return frame


def plate(text: str = "AB12CD", x: float = 300, width: int = 100, confidence: float = 0.9) -> Plate:
    return make_plate(text, confidence, (round(x), 200, width, 20))


def track(first: Plate | None = None) -> Track:
    return Track(at(), first or plate(), 0.0, LATIN)


class TestStanding:
    def test_it_stands_after_five_seconds_in_one_place(self) -> None:
        found = track()
        found.add(at(49), plate(), 4.9)
        assert not found.standing
        found.add(at(50), plate(), 5.0)
        assert found.standing and not found.moved

    def test_it_moves_by_more_than_four_tenths_of_its_width(self) -> None:
        still, moving = track(), track()
        for number in range(1, 200):
            still.add(at(number), plate(x=300 + min(36, number)), number / 10)
            moving.add(at(number), plate(x=300 + min(44, number)), number / 10)
        assert not still.moved
        assert moving.moved
        assert still.began.distance(still.position) == pytest.approx(0.36, abs=0.02)
        assert moving.began.distance(moving.position) == pytest.approx(0.44, abs=0.02)

    @pytest.mark.parametrize(("width", "moved"), [(112, False), (119, True), (90, False), (84, True)])
    def test_it_comes_nearer_or_goes_if_its_width_changes_by_15_percent(self, width: int, moved: bool) -> None:
        found = track()
        for number in range(1, 60):
            size = 100 + round((width - 100) * min(1, number / 20))
            found.add(at(number), plate(x=350 - size / 2, width=size), number / 10)
        assert found.moved == moved

    def test_it_stays_in_place_while_frames_show_no_change(self) -> None:
        found = track()
        for number in range(1, 6):
            found.add(at(number), plate(x=300 + 20 * number), number / 10)
        assert not found.slow
        found.stay(at(50), 5.0)
        assert found.slow
        assert (found.last_seconds, found.read) == (5.0, 6)
        assert found.vehicle().last_frame == 50


class TestStrength:
    def test_it_adds_up_what_readings_and_detections_are_worth(self) -> None:
        first = replace(plate(confidence=0.8), detection_confidence=0.5)
        found = track(first)
        found.add(at(1), replace(plate(confidence=0.6), detection_confidence=0.9), 0.1)
        assert found.strength == pytest.approx(0.5 * 0.8 + 0.9 * 0.6)
        assert found.detection_confidence == pytest.approx(0.7)

    def test_frames_without_a_detection_reduce_its_confidence_by_the_square_root(self) -> None:
        found = track()
        found.missed = 7
        found.add(at(7), plate(), 0.7)
        assert found.missed == 0
        # Two readings in eight frames.
        assert found.detection_confidence == pytest.approx(0.5)


class TestBestPicture:
    def test_it_is_of_the_reading_that_is_most_confident_and_widest(self) -> None:
        found = track(plate(confidence=0.5))
        found.add(at(1, 10), plate(confidence=0.8), 0.1)
        found.add(at(2, 20), plate(confidence=0.7), 0.2)
        assert found.vehicle().picture.max() == 10
        # Half as confident, yet more than four times as wide.
        found.add(at(3, 30), plate(x=100, width=450, confidence=0.4), 0.3)
        assert found.vehicle().picture.max() == 30
        assert found.vehicle().plate.box == (100, 200, 450, 20)

    def test_a_plate_that_the_edge_cuts_is_the_best_only_if_no_other_is_a_tenth_as_good(self) -> None:
        found = track(plate(x=0, confidence=0.9))
        found.add(at(1, 10), plate(confidence=0.1), 0.1)
        assert found.vehicle().picture.max() == 10
        found = track(plate(x=0, confidence=0.9))
        found.add(at(1, 10), plate(confidence=0.08), 0.1)
        assert found.vehicle().picture.max() == 120

    def test_without_confidence_the_wider_one_is_the_better(self) -> None:
        found = track(plate(confidence=0.0))
        found.add(at(1, 10), plate(width=110, confidence=0.0), 0.1)
        assert found.vehicle().picture.max() == 10

    def test_a_text_that_no_frame_read_has_the_picture_of_the_nearest_one(self) -> None:
        found = track(plate("AB12CX", confidence=0.9))
        for number, text in enumerate(("A812CD", "XB1ZCD", "4B12CD", "AB12GD"), 1):
            found.add(at(number, number), replace(plate(text), region="XX"), number / 10)
        vehicle = found.vehicle()
        assert (vehicle.plate.text, vehicle.plate.raw_text, vehicle.plate.region) == ("AB12CD", "AB12CD", None)
        assert (vehicle.frames, vehicle.read) == (0, 5)
        assert vehicle.plate.confidence == vehicle.confidence

    def test_a_text_that_a_frame_read_keeps_what_the_reader_said_of_it(self) -> None:
        first = replace(plate(), raw_text="AB1ZCD", region="XX")
        found = track(first)
        found.add(at(1), plate("AB13CD", confidence=0.5), 0.1)
        vehicle = found.vehicle()
        assert (vehicle.plate.text, vehicle.plate.raw_text, vehicle.plate.region) == ("AB12CD", "AB1ZCD", "XX")
        assert (vehicle.frames, vehicle.read) == (1, 2)
        assert [one.text for one in vehicle.plate.characters] == list("AB12CD")


class TestMemory:
    def test_it_keeps_sixteen_texts_and_the_four_pictures_nearest_to_the_consensus(self) -> None:
        found = track()
        for number in range(1, 40):
            found.add(at(number), plate(), 0.0)
        for number in range(40):
            found.add(at(number), plate(f"QX{number:02d}Z", confidence=0.2), number / 10)
        assert len(found._counts) == 16
        assert found._counts["AB12CD"] == 40, "the rarest text is forgotten first"
        assert len(found._best) == 4
        assert found.vehicle().plate.text == "AB12CD" and "AB12CD" in found._best

    def test_of_equally_near_texts_the_worse_picture_is_forgotten(self) -> None:
        found = track()
        for number, text in enumerate(("AB12CX", "AB12XD", "AB1XCD", "ABX2CD"), 1):
            found.add(at(number), plate(text, confidence=0.2 + 0.1 * (number != 2)), number / 10)
        assert set(found._best) == {"AB12CD", "AB12CX", "AB1XCD", "ABX2CD"}

    def test_of_frames_it_keeps_the_time_and_no_picture(self) -> None:
        found = track()
        found.stay(at(1), 0.1)
        assert found._first.rgb.nbytes == found._last.rgb.nbytes == 0
        assert (found._first.number, found._last.number) == (0, 1)


class TestLikeness:
    def test_without_positions_a_plate_of_a_moment_ago_is_likely_the_same(self) -> None:
        found, other = track(), plate("XY98ZW", x=10)
        by_text = found.likeness(at(), other, 60.0, has_positions=False)
        assert found.likeness(at(), other, 0.0, has_positions=False) == pytest.approx(by_text + 6)
        assert found.likeness(at(), other, 0.5, has_positions=False) == pytest.approx(by_text + 4)
        assert found.likeness(at(), other, 1.5, has_positions=False) == pytest.approx(by_text)

    def test_with_positions_the_edge_may_hide_characters(self) -> None:
        found = track(plate(x=0))
        part = plate("12CD", x=0, width=90)
        assert found.likeness(at(), part, 60.0, has_positions=False) < 1
        here = found.likeness(at(), part, 0.1, has_positions=True)
        assert here > found.likeness(at(), plate("12CD", x=10, width=90), 0.1, has_positions=True) + 1


def test_a_crop_has_a_margin_of_a_sixth_of_the_height_and_is_a_copy() -> None:
    frame = at()
    crop = crop_plate(frame.rgb, make_plate("A", box=(100, 100, 60, 30)))
    assert crop.shape == (40, 70, 3)
    frame.rgb[:] = 0
    assert crop.min() == 120
    frame.rgb[100:130, 100:160] = 200
    assert crop_plate(frame.rgb, make_plate("A", box=(100, 100, 60, 30)))[5:-5, 5:-5].min() == 200
    for box, shape in (((0, 0, 60, 12), (14, 62, 3)), ((590, 350, 50, 10), (12, 52, 3))):
        assert crop_plate(frame.rgb, make_plate("A", box=box)).shape == shape
