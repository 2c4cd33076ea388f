"""Vehicles in view: returned early, with the id of the later report, and once for each passing."""

from __future__ import annotations

from device_helpers import make_frame, make_plate

from plate_devices.follow import Follower, Seen
from plate_devices.follow.follower import STANDING_SECONDS
from plate_devices.sources.source import Frame
from plate_runtime.results import Plate

SIZE = (360, 640)


def at(number: int) -> Frame:
    return make_frame(number, SIZE)


def plate(text: str, x: float = 100, y: float = 200, width: int = 80, confidence: float = 0.95) -> Plate:
    return make_plate(text, confidence, (round(x), round(y), width, width // 4))


def test_vehicle_is_seen_with_the_id_of_its_report() -> None:
    follower = Follower()
    follower.add(at(0), [plate("AB12CDE")])
    assert follower.seen() == []
    follower.add(at(1), [plate("AB12CDE", 110)])
    (first,) = follower.seen()
    assert (first.vehicle.plate.text, first.vehicle.frames, first.continues, first.began) == ("AB12CDE", 2, False, 0.0)
    follower.add(at(2), [plate("AB12CDE", 120)])
    (second,) = follower.seen()
    assert second.vehicle.id == first.vehicle.id != ""
    (reported,) = follower.finish()
    assert reported.id == first.vehicle.id


def test_vehicle_without_a_look_has_no_id_yet() -> None:
    follower = Follower()
    for number in range(3):
        follower.add(at(number), [plate("AB12CDE", 100 + 10 * number)])
    assert [one.id for one in follower.finish()] == [""]


def test_vehicle_that_was_not_read_in_the_newest_frame_is_not_seen() -> None:
    follower = Follower()
    for number in range(3):
        follower.add(at(number), [plate("AB12CDE")])
    follower.add(at(3), [])
    assert follower.seen() == []


def test_plates_in_view_are_the_consensus_where_the_newest_frame_shows_it() -> None:
    follower = Follower()
    follower.add(at(0), [plate("AB12CDE")])
    assert follower.in_view() == []
    for number, text in enumerate(["AB12CDE", "AB12CDE", "AB12CBE"], 1):
        follower.add(at(number), [plate(text, 100 + 10 * number, confidence=0.6 if text == "AB12CBE" else 0.95)])
    (shown,) = follower.in_view()
    assert (shown.text, shown.box) == ("AB12CDE", (130, 200, 80, 20))
    assert shown.corners == plate("AB12CDE", 130).corners
    follower.add(at(4), [])
    assert follower.in_view() == []


def test_began_counts_from_the_first_frame_of_the_source() -> None:
    follower = Follower()
    for number in range(50):
        follower.add(at(number), [])
    for number in range(50, 53):
        follower.add(at(number), [plate("AB12CDE")])
    assert [round(one.began, 3) for one in follower.seen()] == [5.0]


def test_standing_vehicle_that_was_lost_continues_its_passing() -> None:
    follower = Follower()
    number = 0
    for number in range(80):
        follower.add(at(number), [plate("AB12CDE")])
    (before,) = follower.seen()
    gap = round(10 * STANDING_SECONDS) + 20
    reported = [one for later in range(number + 1, number + gap) for one in follower.add(at(later), [])]
    assert [one.id for one in reported] == [before.vehicle.id]
    for later in range(number + gap, number + gap + 4):
        follower.add(at(later), [plate("AB12CDE")])
    (again,) = follower.seen()
    assert again.continues
    assert follower.finish() == []


def test_second_track_of_a_vehicle_in_view_continues_it() -> None:
    follower = Follower()
    for number in range(6):
        follower.add(at(number), [plate("AB12CDE", 50, 50, 60)])
    follower.seen()
    looks: list[list[Seen]] = []
    for number in range(6, 10):  # it jumps: the picture was moved
        follower.add(at(number), [plate("AB12CDE", 500, 300, 60)])
        looks.append(follower.seen())
    assert len({one.vehicle.id for look in looks for one in look if not one.continues}) <= 1


def test_two_plates_of_one_text_are_one_passing() -> None:
    """As by a mirror: both begin in the same frame, and one of them is read clearly later."""
    follower = Follower()
    new: set[str] = set()
    for number in range(8):
        unsure = 0.3 if number < 4 else 0.97
        follower.add(at(number), [plate("AB12CDE", 60, 60, 90, unsure), plate("AB12CDE", 400, 250, 90)])
        new |= {one.vehicle.id for one in follower.seen() if not one.continues}
    assert len(new) == 1


def test_uncertain_vehicles_are_not_seen() -> None:
    follower = Follower()
    for number in range(4):
        follower.add(at(number), [plate("AB12CDE", confidence=0.15)])
    assert follower.seen() == []
