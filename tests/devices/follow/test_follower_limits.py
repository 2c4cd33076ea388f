"""The limits that decide what is a vehicle, when it has left, and whether it was reported before."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace

import pytest
from device_helpers import START, make_frame, make_plate

from plate_devices.follow import Follower, Vehicle
from plate_devices.sources.source import Frame
from plate_runtime.results import Character, Plate

SIZE = (360, 640)


def at(seconds: float, number: int | None = None) -> Frame:
    """A frame of a video at a time."""
    return make_frame(round(10 * seconds) if number is None else number, SIZE)._replace(seconds=seconds)


def plate(text: str = "AB12CD", x: float = 300, confidence: float = 0.95, detected: float = 1.0) -> Plate:
    return replace(make_plate(text, confidence, (round(x), 200, 100, 20)), detection_confidence=detected)


def followed(*plates: Plate) -> list[Vehicle]:
    """The vehicles of one plate a frame."""
    follower = Follower()
    for number, one in enumerate(plates):
        assert follower.add(at(number / 10), [one]) == []
    return follower.finish()


class TestVehicle:
    def test_it_is_read_in_two_frames(self) -> None:
        assert followed(plate()) == []
        assert len(followed(plate(), plate())) == 1

    def test_its_readings_weigh_as_much_as_a_certain_one(self) -> None:
        assert followed(plate(detected=0.5), plate(detected=0.5)) == []
        assert len(followed(plate(detected=0.54), plate(detected=0.54))) == 1
        assert len(followed(plate(confidence=1.0, detected=0.5), plate(confidence=1.0, detected=0.5))) == 1

    def test_at_least_a_third_of_its_detections_are_certain(self) -> None:
        assert followed(*[plate(detected=0.32)] * 6) == []
        assert len(followed(*[plate(detected=0.34)] * 6)) == 1

    def test_its_text_is_right_with_even_odds(self) -> None:
        def doubtful(*probabilities: float) -> Plate:
            first, *others = zip("AHK", probabilities, strict=True)
            return replace(plate("A"), characters=(Character(*first, tuple(others)),))

        # Four readings weigh like two independent ones: 0.45 becomes 0.57, and 0.4 becomes 0.46.
        assert followed(*[doubtful(0.4, 0.35, 0.25)] * 4) == []
        (vehicle,) = followed(*[doubtful(0.45, 0.3, 0.25)] * 4)
        assert 0.5 < vehicle.confidence < 0.6

    def test_four_frames_spell_a_text_that_none_of_them_reads(self) -> None:
        texts = ["AB12CX", "A812CD", "XB12CD", "AB1XCD"]
        assert followed(*(plate(one) for one in texts[:3])) == []
        (vehicle,) = followed(*(plate(one) for one in texts))
        assert (vehicle.plate.text, vehicle.frames) == ("AB12CD", 0)


class TestLeaving:
    @pytest.mark.parametrize(("step", "gone"), [(0.1, 1.6), (1.0, 5.0)])
    def test_a_moving_vehicle_leaves_after_four_frames_and_a_second_and_a_half(self, step: float, gone: float) -> None:
        follower = Follower()
        for number in range(4):
            follower.add(at(number * step), [plate(x=200 + 30 * number)])
        last = 3 * step
        frames = round(gone / step)
        assert [len(follower.add(at(last + n * step), [])) for n in range(1, frames + 1)] == [0] * (frames - 1) + [1]

    def test_a_standing_vehicle_leaves_after_ten_seconds(self) -> None:
        follower = Follower()
        for number in range(56):
            follower.add(at(number / 10), [plate()])
        for number in range(56, 156):
            assert follower.add(at(number / 10), []) == []
        assert len(follower.add(at(15.6), [])) == 1

    def test_it_leaves_after_ten_seconds_without_a_frame(self) -> None:
        follower = Follower()
        for number in range(4):
            follower.add(at(number / 10), [plate(x=200 + 30 * number)])
        assert follower.wait(10.3) == []
        assert len(follower.wait(10.4)) == 1
        assert follower.wait(20.0) == []

    def test_a_gap_of_four_times_the_last_one_and_of_ten_seconds_interrupts_a_video(self) -> None:
        def interrupted(*times: float) -> bool:
            follower = Follower()
            for seconds in times[:-1]:
                follower.add(at(seconds), [plate()])
            return len(follower.add(at(times[-1]), [plate()])) == 1

        assert interrupted(0, 0.1, 0.2, 10.3) and not interrupted(0, 0.1, 0.2, 10.1)
        assert interrupted(0, 0.1, 0.2, 2.8, 13.3) and not interrupted(0, 0.1, 0.2, 2.8, 13.1)
        live = Follower()
        for number in (0, 1, 2):
            live.add(make_frame(number, SIZE), [plate()])
        assert live.add(make_frame(150, SIZE), [plate()]) == []

    def test_frames_that_are_skipped_count_as_missing_for_what_was_not_in_the_last_one(self) -> None:
        follower = Follower()
        for number in range(5):
            follower.add(at(number / 10), [plate(x=200 + 30 * number)])
        follower.add(at(0.5), [])
        for number in range(6, 20):
            assert follower.stay(at(number / 10)) == []
        (vehicle,) = follower.stay(at(2.0))
        assert (vehicle.last_frame, vehicle.last_seconds) == (4, 0.4)


class TestSettled:
    def test_five_readings_of_a_picture_are_enough(self) -> None:
        follower = Follower()
        assert follower.settled
        for number in range(4):
            follower.add(at(number / 10), [plate()])
            assert not follower.settled
        follower.add(at(0.4), [plate()])
        assert follower.settled

    def test_a_plate_that_was_there_a_moment_ago_is_looked_for_in_four_frames(self) -> None:
        follower = Follower()
        for number in range(5):
            follower.add(at(number / 100), [plate()])
        settled = []
        for number in range(5, 10):
            follower.add(at(number / 100), [])
            settled.append(follower.settled)
        assert settled == [False] * 4 + [True]


class TestReportedAgain:
    @staticmethod
    def passings(away: float, shift: float = 0.0, speed: float = 0.0, text: str = "AB12CD") -> int:
        """How often a vehicle is reported that is lost, and found again `away` seconds after its last reading.

        It moves `speed` widths a second while in view, and is then found `shift` widths from its last position.
        """
        follower = Follower()
        found = [follower.add(at(number / 10), [plate(x=200 + 10 * speed * number)]) for number in range(20)]
        left = 1.9 + away
        # Frames without the plate, a fifth of a second apart so that none is an interruption.
        found += [follower.add(at(1.9 + 0.2 * n), []) for n in range(1, int(away / 0.2))]
        x = 200 + 190 * speed + 100 * shift
        found += [follower.add(at(left + n / 10), [plate(text, x=x + 10 * speed * n)]) for n in range(20)]
        return len(functools.reduce(operator.iadd, found, [])) + len(follower.finish())

    def test_the_same_text_within_eight_seconds_is_the_same_passing(self) -> None:
        assert self.passings(7.9, shift=1, speed=1) == 1
        assert self.passings(8.1, shift=1, speed=1) == 2

    def test_where_it_hardly_moved_it_is_the_same_for_a_minute(self) -> None:
        assert self.passings(59) == 1
        assert self.passings(61) == 2

    def test_a_creeping_one_may_have_moved_a_twentieth_of_its_width_a_second(self) -> None:
        assert self.passings(20, shift=1.45) == 1
        assert self.passings(20, shift=1.55) == 2

    def test_a_similar_text_is_the_same_within_half_a_width(self) -> None:
        assert self.passings(20, shift=0.45, text="AB13CD") == 1
        assert self.passings(20, shift=0.55, text="AB13CD") == 2
        assert self.passings(20, shift=0.45, text="AB1377") == 2

    def test_a_standing_one_is_the_same_whenever_it_is_found_within_half_a_width(self) -> None:
        def passings(shift: float) -> int:
            follower = Follower()
            found = [follower.add(at(number / 10), [plate()]) for number in range(60)]
            found += [follower.add(at(6.0 + n), []) for n in range(120)]
            found += [follower.add(at(130 + n / 10), [plate(x=300 + 100 * shift)]) for n in range(60)]
            return len(functools.reduce(operator.iadd, found, [])) + len(follower.finish())

        assert passings(0.45) == 1
        assert passings(0.55) == 2

    def test_a_part_of_a_text_within_eight_seconds_is_the_same_passing(self) -> None:
        assert self.passings(7.5, shift=2, text="12CD") == 1
        assert self.passings(8.5, shift=2, text="12CD") == 2


class TestMemory:
    def test_it_follows_at_most_64_plates_the_most_read_ones(self) -> None:
        follower = Follower(has_positions=True)
        marks = "ABCDEFGH"
        plates = [
            make_plate(f"{one}{other}{other}{one}77", 0.95, (10 + 75 * i, 10 + 40 * j, 50, 12))
            for i, one in enumerate(marks) for j, other in enumerate(marks)
        ]  # fmt: skip
        follower.add(at(0.0), plates)
        follower.add(at(0.1), plates)
        assert follower.followed == 64
        follower.add(at(0.2), [*plates, make_plate("ZZ999Z", 0.95, (560, 340, 40, 10))])
        assert follower.followed == 64
        assert "ZZ999Z" not in {vehicle.plate.text for vehicle in follower.finish()}


def test_times_never_decrease_and_a_clock_that_is_set_back_goes_on() -> None:
    follower = Follower()
    assert [follower.seconds(at(one)) for one in (5.0, 6.0, 2.0, 3.0, 3.5)] == [5.0, 6.0, 6.0, 7.0, 7.5]
    bare = make_frame(45, SIZE, live=False)
    assert Follower().seconds(bare) == 3.0
    assert Follower().seconds(make_frame(7, SIZE)) == pytest.approx(START.timestamp() + 0.7)
