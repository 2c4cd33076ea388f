"""Drives as pictures and as videos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drives.film import truth, write_film
from drives.painter import DrivePainter
from drives.traffic import RATE, Drive, plan_drive

from plate_devices.sources.video import VideoFile
from plate_runtime import PlateReader


@pytest.fixture(scope="module")
def drive() -> Drive:
    return plan_drive(3, vehicles=10, seconds=60)


def busiest(drive: Drive) -> int:
    """Return the frame with the most legible plates."""
    return max(range(0, drive.frames, 5), key=lambda n: sum(one.legible for one in drive.sights(n / RATE)))


def test_a_frame_depends_on_drive_and_number_alone(drive: Drive) -> None:
    number = busiest(drive)
    first, second = DrivePainter(drive), DrivePainter(plan_drive(3, vehicles=10, seconds=60))
    first.paint(number + 7)
    assert np.array_equal(first.paint(number), second.paint(number))
    assert not np.array_equal(first.paint(number), first.paint(number + 1))


def test_plates_stand_where_the_truth_says(drive: Drive) -> None:
    number = busiest(drive)
    sights = [one for one in drive.sights(number / RATE) if one.legible]
    assert sights
    painted = DrivePainter(drive, noise=0).paint(number)
    with PlateReader() as reader:
        right = 0
        for sight in sights:
            edge = np.array([[8, 5], [312, 5], [312, 75], [8, 75]], np.float32)
            turn = cv2.getPerspectiveTransform(sight.corners.astype(np.float32), edge)
            crop = cv2.warpPerspective(painted, turn, (320, 80))
            found = reader.read(crop, "plate", min_confidence=0.0)
            right += bool(found) and len(found[0].text) == len(sight.passing.text)
    assert right >= len(sights) / 2


def test_each_drive_has_a_plan_that_is_its_own() -> None:
    one, same, other = plan_drive(1), plan_drive(1), plan_drive(2)
    assert one.passings == same.passings
    for drive in (one, other):
        assert sum(bool(passing.text) for passing in drive.passings) == 60
        assert all(passing.path[-1][0] <= drive.seconds for passing in drive.passings)
    assert not {passing.text for passing in one.passings} & {passing.text for passing in other.passings} - {""}


def test_a_covered_plate_and_one_that_is_cut_lack_signs() -> None:
    drive = plan_drive(4, vehicles=30, seconds=120)
    shares = [sight.share for number in range(0, drive.frames, 3) for sight in drive.sights(number / RATE)]
    assert sum(share == 1 for share in shares) > len(shares) / 2
    assert any(0 < share < 1 for share in shares)


@pytest.mark.parametrize("ending", [".mp4", ".avi"])
def test_a_film_shows_what_was_painted(drive: Drive, tmp_path: Path, ending: str) -> None:
    number = busiest(drive)
    painter = DrivePainter(drive, noise=2)
    write_film(tmp_path / f"drive{ending}", painter, range(number, number + 4))
    frames = list(VideoFile(str(tmp_path / f"drive{ending}")).frames())
    assert len(frames) == 4
    difference = np.abs(frames[2].rgb.astype(int) - painter.paint(number + 2)).mean()
    assert difference < 12


def test_the_truth_tells_every_passing(drive: Drive) -> None:
    reported = truth(drive)
    assert len(reported["passings"]) == 10
    assert sum(one["legible_frames"] >= 8 for one in reported["passings"]) >= 7
