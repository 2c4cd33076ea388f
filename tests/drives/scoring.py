"""What a follower made of a drive: who was reported once and right, who was missed, and what was never there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from drives.guessing import Errors, GuessingReader
from drives.traffic import RATE, Drive, Passing
from plate_devices.follow import Follower, Vehicle
from plate_devices.sources.base import Frame
from plate_runtime.alphabet import fold
from plate_runtime.evaluate import edit_distance

START = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
ENOUGH = 8
"""Legible frames from which on a vehicle has to be reported."""
_SLACK = 2.5


@dataclass
class Score:
    """Passings that had to be reported, and what came of them: the texts, by kind."""

    expected: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    phantoms: list[str] = field(default_factory=list)
    confidences: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def flawless(self) -> bool:
        """Every vehicle once, right, no phantom."""
        return not (self.missed or self.wrong or self.again or self.phantoms)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.expected + other.expected, self.right + other.right, self.missed + other.missed,
            self.wrong + other.wrong, self.again + other.again, self.phantoms + other.phantoms,
            self.confidences + other.confidences,
        )  # fmt: skip

    def __str__(self) -> str:
        return (
            f"{self.right} of {self.expected} once and right, {len(self.missed)} missed, {len(self.wrong)} wrong, "
            f"{len(self.again)} again, {len(self.phantoms)} phantoms"
        )


def stamp(number: int, rgb: np.ndarray) -> Frame:
    """Frame `number` of a drive, with its time."""
    return Frame(rgb, number, START + timedelta(seconds=number / RATE))


def follow_drive(drive: Drive, seed: int, errors: Errors | None = None, step: int = 1) -> Iterator[Vehicle]:
    """Follow a drive without pictures: every `step`th frame read by a guessing reader."""
    reader, follower = GuessingReader(drive, seed, errors or Errors()), Follower()
    width, height = drive.camera.size
    rgb = np.zeros((height, width, 3), np.uint8)
    for number in range(0, drive.frames, step):
        yield from follower.add(stamp(number, rgb), reader.read(number / RATE))
    yield from follower.finish()


def legible_frames(drive: Drive, step: int = 1) -> dict[int, list[int]]:
    """For each passing by its number, the numbers of the frames in which it could be read."""
    found: dict[int, list[int]] = {one.number: [] for one in drive.passings if one.text}
    for number in range(0, drive.frames, step):
        if not drive.is_dark(number / RATE):
            for sight in drive.sights(number / RATE):
                if sight.legible:
                    found[sight.passing.number].append(number)
    return found


def score(drive: Drive, vehicles: Iterable[Vehicle], legible: dict[int, list[int]]) -> Score:
    """Compare what was reported with who passed; whoever could hardly be read may be reported, and need not."""
    result = Score(expected=sum(len(frames) >= ENOUGH for frames in legible.values()))
    passings = [one for one in drive.passings if one.text]
    done: set[int] = set()
    for vehicle in vehicles:
        text = fold(vehicle.plate.text)
        there = [one for one in passings if _overlap(one, vehicle)]
        same = [one for one in there if fold(one.text) == text]
        fresh = [one for one in same if one.number not in done]
        if fresh:
            done.add(fresh[0].number)
            result.right += len(legible[fresh[0].number]) >= ENOUGH
        elif same:
            result.again.append(vehicle.plate.text)
        elif any(edit_distance(fold(one.text), text) <= 2 for one in there):
            result.wrong.append(vehicle.plate.text)
        else:
            result.phantoms.append(vehicle.plate.text)
        result.confidences.append((vehicle.confidence, bool(same)))
    result.missed = [
        f"{one.manner}:{one.text}:{len(legible[one.number])}" for one in passings
        if one.number not in done and len(legible[one.number]) >= ENOUGH
    ]  # fmt: skip
    return result


def _overlap(passing: Passing, vehicle: Vehicle) -> bool:
    first, last = vehicle.first_frame / RATE, vehicle.last_frame / RATE
    return passing.path[0][0] - _SLACK < last and first < passing.path[-1][0] + _SLACK
