"""Where a plate is, and where it will be: a place on the picture, and a motion that predicts the next one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_runtime.reader import Plate

# All in widths of the plate, and in the logarithm of the width, so that near and far are treated alike.
_JITTER, _SIZE_JITTER = 0.1, 0.12
_FIRST_SPEED, _FIRST_GROWTH = 5.0, 1.0
_PUSH, _GROWTH_PUSH = 4.0, 0.6
_SIZES = 2.0
_MOST = 6.0
_CUT = 0.03
# Widths a second: a vehicle that creeps, or stands and shakes.
_SLOW = 0.5


class Place(NamedTuple):
    """The centre of a plate and its width along its text, in pixels of the whole picture."""

    x: float
    y: float
    width: float

    def away(self, other: Place) -> float:
        """The distance between two centres, in widths of the two plates' mean."""
        return math.hypot(self.x - other.x, self.y - other.y) / (0.5 * (self.width + other.width))

    def within(self, size: tuple[int, int]) -> bool:
        """Whether half of it or more lies in a picture of (width, height) pixels, or nearly."""
        over = 0.25 * self.width
        return -over <= self.x <= size[0] + over and -over <= self.y <= size[1] + over


def place_of(plate: Plate) -> Place:
    """Return where a plate is."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = plate.corners
    width = 0.5 * (math.hypot(bx - ax, by - ay) + math.hypot(cx - dx, cy - dy))
    return Place((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4, max(width, 1.0))


def is_cut(plate: Plate, size: tuple[int, int]) -> bool:
    """Whether the edge of a picture of (width, height) pixels may cut the plate, so that characters are missing."""
    margin = _CUT * place_of(plate).width + 1
    return any(
        x < margin or y < margin or x > size[0] - 1 - margin or y > size[1] - 1 - margin for x, y in plate.corners
    )


def is_inside(place: Place, corners: Sequence[tuple[float, float]]) -> bool:
    """Whether the centre of `place` lies within a convex quadrilateral, its corners clockwise on the screen."""
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (bx - ax) * (place.y - ay) - (by - ay) * (place.x - ax) < 0:
            return False
    return True


class Motion:
    """A plate that moves evenly, as far as its last places tell: a Kalman filter of constant velocity.

    (Kalman 1960, "A new approach to linear filtering and prediction problems"; Bar-Shalom et al. 2001, "Estimation
    with applications to tracking and navigation", chapter 6.) Both coordinates share one covariance; the logarithm of
    the width has its own.
    """

    def __init__(self, place: Place, seconds: float) -> None:
        self.place = place
        self._seconds = seconds
        self._speed = (0.0, 0.0, 0.0)
        self._where = _Spread(_JITTER, _FIRST_SPEED, _PUSH)
        self._size = _Spread(_SIZE_JITTER, _FIRST_GROWTH, _GROWTH_PUSH)

    def likeness(self, place: Place, seconds: float, size: tuple[int, int], standing: bool = False) -> float:
        """How much likelier the plate at `place` is this one than any other, as a logarithm, within ±6.

        Args:
            size: width and height of the picture; another plate could be anywhere in it, and this one have left it.
            standing: it may well be where it was, however long ago that is.
        """
        expected, passed = self._predict(seconds)
        if not expected.within(size):
            return -_MOST
        moving = _compare(place, expected, self._where.after(passed), self._size.after(passed), size)
        if not standing:
            return moving
        return max(moving, _compare(place, self.place, 2 * _JITTER**2, 2 * _SIZE_JITTER**2, size))

    def see(self, place: Place, seconds: float) -> None:
        """The plate has been seen there."""
        expected, passed = self._predict(seconds)
        self._seconds = seconds
        gain, push = self._where.update(passed)
        size_gain, size_push = self._size.update(passed)
        across, down = place.x - expected.x, place.y - expected.y
        grown = math.log(place.width / expected.width)
        self.place = Place(
            expected.x + gain * across, expected.y + gain * down, expected.width * math.exp(size_gain * grown)
        )
        vx, vy, growth = self._speed
        self._speed = (vx + push * across, vy + push * down, growth + size_push * grown)

    @property
    def slow(self) -> bool:
        """Whether it hardly moves."""
        return math.hypot(*self._speed[:2]) < _SLOW * self.place.width

    def rest(self, seconds: float) -> None:
        """Nothing has moved until now."""
        self._seconds = max(self._seconds, seconds)
        self._speed = (0.0, 0.0, 0.0)

    def _predict(self, seconds: float) -> tuple[Place, float]:
        passed = max(0.0, seconds - self._seconds)
        vx, vy, growth = self._speed
        x, y, width = self.place
        bounded = max(-1.0, min(1.0, growth * passed))
        return Place(x + vx * passed, y + vy * passed, width * math.exp(bounded)), passed


def _compare(place: Place, expected: Place, where: float, growth: float, size: tuple[int, int]) -> float:
    """Compare a place with an expected one that is uncertain by these variances, of position and of size."""
    near = 0.5 * expected.away(place) ** 2 / where
    alike = 0.5 * math.log(place.width / expected.width) ** 2 / growth
    room = max(size[0] * size[1] / place.width**2, 4.0)
    score = math.log(room / (2 * math.pi * where)) - near
    score += math.log(_SIZES / math.sqrt(2 * math.pi * growth)) - alike
    return max(-_MOST, min(_MOST, score))


class _Spread:
    """How uncertain a position and its speed are: variances of position and speed, and their covariance."""

    def __init__(self, jitter: float, speed: float, push: float) -> None:
        self._jitter, self._push = jitter**2, push**2
        self._there, self._both, self._speed = self._jitter, 0.0, speed**2

    def after(self, passed: float) -> float:
        """The variance of where it is seen, `passed` seconds later."""
        return self._predicted(passed)[0] + self._jitter

    def update(self, passed: float) -> tuple[float, float]:
        """Take one sight; return what of a surprise goes to the position, and what to the speed."""
        there, both, speed = self._predicted(passed)
        whole = there + self._jitter
        gain, push = there / whole, both / whole
        self._there, self._both, self._speed = (1 - gain) * there, (1 - gain) * both, speed - push * both
        return gain, push

    def _predicted(self, passed: float) -> tuple[float, float, float]:
        q = self._push * passed
        there = self._there + 2 * passed * self._both + passed**2 * self._speed + q * passed**2 / 3
        return there, self._both + passed * self._speed + q * passed / 2, self._speed + q
