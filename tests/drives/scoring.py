"""Score a follower on a drive: vehicles reported once and right, missed vehicles, and false positives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from drives.guessing import Errors, GuessingReader
from drives.traffic import RATE, Drive, Passing
from plate_devices.follow import Follower, Vehicle
from plate_devices.sources.source import Frame
from plate_runtime.alphabet import fold
from plate_runtime.evaluate import edit_distance

START = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
ENOUGH = 8
"""Legible frames from which on a vehicle has to be reported."""
_SLACK = 2.5


class Reported(NamedTuple):
    """A reported vehicle: its text, when it was in view in seconds of the drive, and the text's confidence."""

    text: str
    first: float
    last: float
    confidence: float

    @classmethod
    def by_frames(cls, vehicle: Vehicle) -> Reported:
        """Return the report of a vehicle, with times from its frame numbers."""
        first, last = vehicle.first_frame / RATE, vehicle.last_frame / RATE
        return cls(vehicle.plate.text, first, last, vehicle.confidence)

    @classmethod
    def by_clock(cls, record: Mapping[str, Any], began: float) -> Reported:
        """Return the report in a vehicle record; `began` is the start of the drive in seconds since 1970."""
        first, last = (datetime.fromisoformat(record[name]).timestamp() for name in ("first_time", "last_time"))
        (plate,) = record["plates"]
        return cls(plate["text"], first - began, last - began, plate["confidence"])

    def __str__(self) -> str:
        return f"{self.text} ({self.confidence:.0%} sure, {self.first:.1f} to {self.last:.1f} s)"


@dataclass
class Score:
    """Passings that had to be reported, and the results. A vehicle reported with a wrong text also counts as missed.

    Attributes:
        wrong: what was reported, and the passing that it belongs to.
    """

    expected: int = 0
    right: int = 0
    missed: list[Passing] = field(default_factory=list)
    wrong: list[tuple[Reported, Passing]] = field(default_factory=list)
    again: list[Reported] = field(default_factory=list)
    phantoms: list[Reported] = field(default_factory=list)
    confidences: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def flawless(self) -> bool:
        """Whether every vehicle is reported once and right, without false positives."""
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
    """Return frame `number` of a drive, with its time."""
    return Frame(rgb, number, START + timedelta(seconds=number / RATE))


def follow_drive(drive: Drive, seed: int, errors: Errors | None = None, step: int = 1) -> Iterator[Reported]:
    """Follow a drive without pictures: every `step`th frame read by a guessing reader."""
    reader, follower = GuessingReader(drive, seed, errors or Errors()), Follower()
    width, height = drive.camera.size
    rgb = np.zeros((height, width, 3), np.uint8)
    for number in range(0, drive.frames, step):
        yield from map(Reported.by_frames, follower.add(stamp(number, rgb), reader.read(number / RATE)))
    yield from map(Reported.by_frames, follower.finish())


def legible_frames(drive: Drive, step: int = 1) -> dict[int, list[int]]:
    """Return the numbers of the legible frames of each passing, by its number."""
    found: dict[int, list[int]] = {one.number: [] for one in drive.passings if one.text}
    for number in range(0, drive.frames, step):
        if not drive.is_dark(number / RATE):
            for sight in drive.sights(number / RATE):
                if sight.legible:
                    found[sight.passing.number].append(number)
    return found


def while_there(legible: dict[int, list[int]], away: Sequence[tuple[float, float]]) -> dict[int, list[int]]:
    """Return the `legible_frames` without those during outages of the camera, in seconds of the drive."""
    return {
        passing: [number for number in frames if not any(gone <= number / RATE < back for gone, back in away)]
        for passing, frames in legible.items()
    }


def score(drive: Drive, vehicles: Iterable[Reported], legible: dict[int, list[int]]) -> Score:
    """Compare the reports with the passings. A hardly legible vehicle may be reported, and need not be."""
    result = Score(expected=sum(len(frames) >= ENOUGH for frames in legible.values()))
    passings = [one for one in drive.passings if one.text]
    done: set[int] = set()
    for reported in vehicles:
        text = fold(reported.text)
        there = [one for one in passings if _overlap(one, reported)]
        same = [one for one in there if fold(one.text) == text]
        fresh = [one for one in same if one.number not in done]
        alike = min(there, key=lambda one: edit_distance(fold(one.text), text), default=None)
        if fresh:
            done.add(fresh[0].number)
            result.right += len(legible[fresh[0].number]) >= ENOUGH
        elif same:
            result.again.append(reported)
        elif alike is not None and edit_distance(fold(alike.text), text) <= 2:
            result.wrong.append((reported, alike))
        else:
            result.phantoms.append(reported)
        result.confidences.append((reported.confidence, bool(same)))
    result.missed = [one for one in passings if one.number not in done and len(legible[one.number]) >= ENOUGH]
    return result


def describe(drive: Drive, found: Score, legible: dict[int, list[int]]) -> Iterator[str]:
    """Yield a line for each error: the size of the plate, and the number of legible frames."""
    for passing in found.missed:
        yield f"missed {_facts(drive, passing, legible)}"
    for reported, passing in found.wrong:
        yield f"wrong {reported} for {_facts(drive, passing, legible)}"
    for kind, those in (("again", found.again), ("never there", found.phantoms)):
        for reported in those:
            near = ", ".join(
                _facts(drive, one, legible) for one in drive.passings if one.text and _overlap(one, reported)
            )
            yield f"{kind} {reported}; there: {near or 'no vehicle'}"


def _facts(drive: Drive, passing: Passing, legible: dict[int, list[int]]) -> str:
    frames, place = legible[passing.number], f"{passing.path[0][0]:.1f} to {passing.path[-1][0]:.1f} s"
    sights = (one for number in frames for one in drive.sights(number / RATE) if one.passing.number == passing.number)
    widths = [one.width for one in sights]
    seen = f"{min(widths):.0f} to {max(widths):.0f} pixels in {len(frames)} legible frames" if widths else "not legible"
    return f"{passing.manner} {passing.text} ({seen}, {place})"


def _overlap(passing: Passing, reported: Reported) -> bool:
    return passing.path[0][0] - _SLACK < reported.last and reported.first < passing.path[-1][0] + _SLACK
