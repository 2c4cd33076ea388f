"""The timetable of a drive: which vehicles pass when, and the visible part of each plate at any time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

import numpy as np

from drives.geometry import NEAREST, Camera, Points, Pose, body_points, hull, inside, plate_points

RATE = 15.0
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "23456789"
# No country's: serials that no list of formats holds, so that neither does the training generator draw them.
SERIALS = ("DLLLDDL", "LDLDDL", "DDLLLLD", "DLDLDLL", "DLDDLLD", "LDDLLLDD", "DDDLLDLL")
SIZES = ((0.52, 0.11), (0.46, 0.13), (0.40, 0.15))
"""Widths and heights of plates in metres."""

# How often each manner of passing comes.
_MANNERS = {"approach": 20, "recede": 14, "cross": 8, "stop": 6, "park": 3, "return": 3, "convoy": 4, "abreast": 4}
_SMALLEST = 30.0
STANDING = 0.8
"""Metres; a vehicle that moves less stands."""
LEGIBLE, WHOLE = 60.0, 0.97
"""A plate that is this wide in pixels, and of which this share is seen, can be read."""


@dataclass(frozen=True)
class Passing:
    """One vehicle that passes once.

    Attributes:
        number: which of the drive. text: of its plate; empty for a vehicle that only covers others.
        size: of the plate in metres. path: seconds, then metres right and ahead and the turn, one row a moment.
        tall: height of the body, 1 for a car.
    """

    number: int
    text: str
    manner: str
    size: tuple[float, float]
    path: tuple[tuple[float, float, float, float], ...]
    tall: float = 1.0

    def pose(self, seconds: float) -> Pose | None:
        """Return its position; None before it comes and after it has left."""
        times = [row[0] for row in self.path]
        if not times[0] <= seconds <= times[-1]:
            return None
        x, z, yaw = (float(np.interp(seconds, times, [row[i] for row in self.path])) for i in (1, 2, 3))
        return Pose(x, z, yaw)

    def direction(self, first: float, last: float) -> str:
        """Return the direction of its movement in metres between two seconds, as `follow.direction` names it."""
        a, b = self.pose(max(first, self.path[0][0])), self.pose(min(last, self.path[-1][0]))
        assert a is not None and b is not None
        across, ahead = b.x - a.x, b.z - a.z
        if max(abs(across), abs(ahead)) < STANDING:
            return "standing"
        if abs(ahead) > abs(across):
            return "approaching" if ahead < 0 else "leaving"
        return "left" if across < 0 else "right"


@dataclass(frozen=True)
class Sight:
    """A plate as one frame shows it: corners (4, 2) in pixels, and which of its places, left to right, are seen."""

    passing: Passing
    corners: Points
    seen: tuple[bool, ...]

    @property
    def width(self) -> float:
        """Width along the text in pixels."""
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))

    @property
    def share(self) -> float:
        """Visible fraction, 0..1."""
        return sum(self.seen) / len(self.seen)

    @property
    def legible(self) -> bool:
        """Whether it can be read."""
        return self.width >= LEGIBLE and self.share >= WHOLE


@dataclass
class Drive:
    """A drive of `seconds` seconds: a camera, its passings, and when it is dark."""

    seed: int
    seconds: float
    camera: Camera
    passings: list[Passing] = field(default_factory=list)
    dark: list[tuple[float, float]] = field(default_factory=list)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return round(self.seconds * RATE)

    def present(self, seconds: float) -> list[tuple[Passing, Pose]]:
        """Return the vehicles in view, the farthest first."""
        there = [(one, pose) for one in self.passings if (pose := one.pose(seconds)) is not None and pose.z > NEAREST]
        return sorted(there, key=lambda pair: -pair[1].z)

    def is_dark(self, seconds: float) -> bool:
        """Whether it is too dark to read."""
        return any(start <= seconds < end for start, end in self.dark)

    def sights(self, seconds: float) -> list[Sight]:
        """Return the visible plates, the farthest first."""
        there = self.present(seconds)
        found = []
        for number, (passing, pose) in enumerate(there):
            if not passing.text:
                continue
            corners = self.camera.project(plate_points(pose, passing.size))
            if np.linalg.norm(corners[1] - corners[0]) < _SMALLEST:
                continue
            seen = self._seen(corners, len(passing.text), there[number + 1 :])
            if any(seen):
                found.append(Sight(passing, corners, seen))
        return found

    def _seen(self, corners: Points, characters: int, nearer: list[tuple[Passing, Pose]]) -> tuple[bool, ...]:
        along = 0.06 + 0.88 * (np.arange(characters)[:, None] + 0.5) / characters
        spots = (corners[0] + corners[3]) / 2 + (corners[1] - corners[0]) * along
        half = (corners[3] - corners[0]) * 0.4
        ends = np.concatenate([spots - half, spots + half])
        width, height = self.camera.size
        seen = (ends[:, 0] >= 0) & (ends[:, 0] < width) & (ends[:, 1] >= 0) & (ends[:, 1] < height)
        for other, pose in nearer:
            seen &= ~inside(ends, hull(self.camera.project(body_points(pose, other.tall))))
        return tuple(bool(one) for one in seen.reshape(2, -1).all(axis=0))


def plan_drive(seed: int, vehicles: int = 60, seconds: float = 600.0) -> Drive:
    """Plan a drive of that many passings; the same for the same seed."""
    chance = Random(f"drive {seed}")
    camera = Camera(chance.uniform(1300, 2300), chance.uniform(2.0, 4.0), math.radians(chance.uniform(8, 15)))
    drive = Drive(seed, seconds, camera)
    used: set[str] = set()
    manners = list(_MANNERS)
    while sum(bool(one.text) for one in drive.passings) < vehicles:
        left = vehicles - sum(bool(one.text) for one in drive.passings)
        manner = chance.choices(manners, list(_MANNERS.values()))[0]
        if left < 2 and manner in ("return", "convoy", "abreast"):
            manner = "approach"
        start = chance.uniform(2, seconds - 25)
        _plan(drive, manner, start, new_text(chance, used), chance, used)
    for _ in range(max(1, round(seconds / 150))):
        begin = chance.uniform(5, seconds - 30)
        drive.dark.append((begin, begin + chance.uniform(0.3, 1.6)))
        _cover(drive, chance)
    return drive


def new_text(chance: Random, used: set[str]) -> str:
    """Return a new random serial."""
    while True:
        characters = {"L": _LETTERS, "D": _DIGITS}
        text = "".join(chance.choice(characters[place]) for place in chance.choice(SERIALS))
        if text not in used:
            used.add(text)
            return text


def _plan(drive: Drive, manner: str, start: float, text: str, chance: Random, used: set[str]) -> None:
    camera, size = drive.camera, chance.choice(SIZES)
    lane = chance.choice((-1.6, 1.6)) * chance.uniform(0.6, 1.1)
    path = _PATHS.get(manner, _approach)(camera, start, lane, chance)
    if manner == "park" and path[-1][0] > drive.seconds - 2:
        path = _approach(camera, start, lane, chance)
    _add(drive, text, manner, size, path, chance)
    if manner == "return":
        # A vehicle that never left cannot be distinguished from one that was away for a moment.
        later = path[-1][0] + chance.uniform(20, 60)
        if later < drive.seconds - 20:
            _add(drive, text, manner, size, _approach(camera, later, lane, chance), chance)
    elif manner == "convoy":
        place = chance.randrange(len(text))
        near = text
        while near in used:
            characters = _LETTERS if text[place] in _LETTERS else _DIGITS
            near = text[:place] + chance.choice(characters) + text[place + 1 :]
        used.add(near)
        gap = chance.uniform(1.4, 2.4)
        _add(drive, near, manner, size, tuple((t + gap, x, z, yaw) for t, x, z, yaw in path), chance)
    elif manner == "abreast":
        other = _approach(camera, start + chance.uniform(-0.5, 1.5), -lane, chance)
        _add(drive, new_text(chance, used), manner, chance.choice(SIZES), other, chance)


def _add(drive: Drive, text: str, manner: str, size: tuple[float, float], path: Path, chance: Random) -> None:
    end = path[-1][0]
    if end > drive.seconds:
        path = tuple((t - (end - drive.seconds) - 1, x, z, yaw) for t, x, z, yaw in path)
    drive.passings.append(Passing(len(drive.passings), text, manner, size, path, chance.uniform(0.9, 1.15)))


Path = tuple[tuple[float, float, float, float], ...]


def _far(camera: Camera) -> float:
    """Return the distance at which plates of half a metre are 45 pixels wide."""
    return camera.focal * 0.5 / 45


def _near(camera: Camera) -> float:
    """Return the distance at which the road leaves the picture at its lower edge."""
    steep = camera.pitch + math.atan(camera.size[1] / 2 / camera.focal)
    return max(1.2, camera.height / math.tan(steep) * 0.75)


def _approach(camera: Camera, start: float, lane: float, chance: Random) -> Path:
    far, near, speed = _far(camera), _near(camera), chance.uniform(2.0, 7.0)
    turn, drift = chance.uniform(-0.25, 0.25), chance.uniform(-0.4, 0.4)
    middle = start + (far - near) / speed * chance.uniform(0.4, 0.6)
    end = start + (far - near) / speed
    halfway = (far + near) / 2
    return ((start, lane + drift, far, turn), (middle, lane, halfway, turn * 0.5), (end, lane, near, 0.0))


def _recede(camera: Camera, start: float, lane: float, chance: Random) -> Path:
    path = _approach(camera, start, lane, chance)
    times = [row[0] for row in path]
    return tuple((times[0] + times[-1] - t, x, z, yaw) for t, x, z, yaw in reversed(path))


def _cross(camera: Camera, start: float, lane: float, chance: Random) -> Path:
    z, speed = camera.focal * 0.5 / chance.uniform(80, 170), chance.uniform(2.0, 6.0)
    reach, turn = camera.reach(z) + 1.5, chance.uniform(0.1, 0.6) * math.copysign(1, lane)
    side = math.copysign(reach, lane)
    return ((start, side, z, turn), (start + 2 * reach / speed, -side, z * chance.uniform(0.85, 1.1), turn))


def _stop(camera: Camera, start: float, lane: float, chance: Random) -> Path:
    return _halted(_approach(camera, start, lane, chance), chance.uniform(4, 14), chance)


def _park(camera: Camera, start: float, lane: float, chance: Random) -> Path:
    return _halted(_approach(camera, start, math.copysign(3.5, lane), chance), chance.uniform(60, 200), chance)


def _halted(path: Path, pause: float, chance: Random) -> Path:
    """Stop for `pause` seconds about half the way."""
    first, (t, x, z, yaw), last = path
    return (first, (t, x, z, yaw), (t + pause, x, z, yaw), (last[0] + pause, *last[1:]))


def _cover(drive: Drive, chance: Random) -> None:
    """Add a van without a plate that passes close by and covers other vehicles."""
    start, z = chance.uniform(5, drive.seconds - 20), _near(drive.camera) + chance.uniform(1, 4)
    reach, speed = drive.camera.reach(z) + 3, chance.uniform(4, 8)
    path = ((start, -reach, z, 1.2), (start + 2 * reach / speed, reach, z, 1.2))
    drive.passings.append(Passing(len(drive.passings), "", "cover", (0.5, 0.1), path, 1.4))


_PATHS = {"recede": _recede, "cross": _cross, "stop": _stop, "park": _park}
