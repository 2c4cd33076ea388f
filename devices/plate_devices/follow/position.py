"""The position of a plate in the picture, and a motion model that predicts the next one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_runtime.results import Plate

# All in widths of the plate, and in the logarithm of the width, so that near and far plates are treated alike.
_JITTER, _SIZE_JITTER = 0.1, 0.12
_FIRST_SPEED, _FIRST_GROWTH = 5.0, 1.0
_PUSH, _GROWTH_PUSH = 4.0, 0.6
_SIZES = 2.0
_MOST = 6.0
_CUT = 0.03
# Widths per second of a vehicle that creeps or stands.
_SLOW = 0.5


class Position(NamedTuple):
    """The centre of a plate and its width along its text, in pixels of the whole picture."""

    x: float
    y: float
    width: float

    def distance(self, other: Position) -> float:
        """Return the distance of two centres, in mean widths of the two plates."""
        return math.hypot(self.x - other.x, self.y - other.y) / (0.5 * (self.width + other.width))

    def within(self, size: tuple[int, int]) -> bool:
        """Whether about half of the plate or more lies in a picture of (width, height) pixels."""
        over = 0.25 * self.width
        return -over <= self.x <= size[0] + over and -over <= self.y <= size[1] + over


def position_of(plate: Plate) -> Position:
    """Return the position of a plate."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = plate.corners
    width = 0.5 * (math.hypot(bx - ax, by - ay) + math.hypot(cx - dx, cy - dy))
    return Position((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4, max(width, 1.0))


def is_cut(plate: Plate, size: tuple[int, int]) -> bool:
    """Whether the edge of a picture of (width, height) pixels may hide characters of the plate."""
    margin = _CUT * position_of(plate).width + 1
    return any(
        x < margin or y < margin or x > size[0] - 1 - margin or y > size[1] - 1 - margin for x, y in plate.corners
    )


def is_inside(position: Position, corners: Sequence[tuple[float, float]]) -> bool:
    """Whether a position lies in a convex quadrilateral, with its corners clockwise on the screen."""
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (bx - ax) * (position.y - ay) - (by - ay) * (position.x - ax) < 0:
            return False
    return True


class MotionModel:
    """A Kalman filter of constant velocity.

    (Kalman 1960, "A new approach to linear filtering and prediction problems"; Bar-Shalom et al. 2001, "Estimation
    with applications to tracking and navigation", chapter 6.) Both coordinates share one covariance; the logarithm of
    the width has its own.
    """

    def __init__(self, position: Position, seconds: float) -> None:
        self.position = position
        self._seconds = seconds
        self._speed = (0.0, 0.0, 0.0)
        self._position_spread = _Spread(_JITTER, _FIRST_SPEED, _PUSH)
        self._size_spread = _Spread(_SIZE_JITTER, _FIRST_GROWTH, _GROWTH_PUSH)

    def likeness(self, position: Position, seconds: float, size: tuple[int, int], standing: bool = False) -> float:
        """Return the log likelihood ratio that a plate at `position` is this one, within ±6.

        Args:
            position: of the plate.
            seconds: time of the frame.
            size: width and height of the picture. Another plate could be anywhere in it; this one may have left it.
            standing: the plate may still be at its last position, however long ago it was seen.
        """
        expected, passed = self._predict(seconds)
        if not expected.within(size):
            return -_MOST
        spreads = self._position_spread.after(passed), self._size_spread.after(passed)
        moving = _compare(position, expected, *spreads, size)
        if not standing:
            return moving
        return max(moving, _compare(position, self.position, 2 * _JITTER**2, 2 * _SIZE_JITTER**2, size))

    def update(self, position: Position, seconds: float) -> None:
        """Add an observed position."""
        expected, passed = self._predict(seconds)
        self._seconds = seconds
        gain, push = self._position_spread.update(passed)
        size_gain, size_push = self._size_spread.update(passed)
        across, down = position.x - expected.x, position.y - expected.y
        grown = math.log(position.width / expected.width)
        self.position = Position(
            expected.x + gain * across, expected.y + gain * down, expected.width * math.exp(size_gain * grown)
        )
        vx, vy, growth = self._speed
        self._speed = (vx + push * across, vy + push * down, growth + size_push * grown)

    @property
    def slow(self) -> bool:
        """Whether it hardly moves."""
        return math.hypot(*self._speed[:2]) < _SLOW * self.position.width

    def rest(self, seconds: float) -> None:
        """Note that it has not moved until now."""
        self._seconds = max(self._seconds, seconds)
        self._speed = (0.0, 0.0, 0.0)

    def _predict(self, seconds: float) -> tuple[Position, float]:
        passed = max(0.0, seconds - self._seconds)
        vx, vy, growth = self._speed
        x, y, width = self.position
        bounded = max(-1.0, min(1.0, growth * passed))
        return Position(x + vx * passed, y + vy * passed, width * math.exp(bounded)), passed


def _compare(position: Position, expected: Position, where: float, growth: float, size: tuple[int, int]) -> float:
    """Compare a position with the expected one, given the variances of position and size."""
    near = 0.5 * expected.distance(position) ** 2 / where
    alike = 0.5 * math.log(position.width / expected.width) ** 2 / growth
    room = max(size[0] * size[1] / position.width**2, 4.0)
    score = math.log(room / (2 * math.pi * where)) - near
    score += math.log(_SIZES / math.sqrt(2 * math.pi * growth)) - alike
    return max(-_MOST, min(_MOST, score))


class _Spread:
    """Variances of a position and its speed, and their covariance."""

    def __init__(self, jitter: float, speed: float, push: float) -> None:
        self._jitter, self._push = jitter**2, push**2
        self._there, self._both, self._speed = self._jitter, 0.0, speed**2

    def after(self, passed: float) -> float:
        """Return the variance of the observed position `passed` seconds later."""
        return self._predicted(passed)[0] + self._jitter

    def update(self, passed: float) -> tuple[float, float]:
        """Add an observation; return the gains of position and speed for the innovation."""
        there, both, speed = self._predicted(passed)
        whole = there + self._jitter
        gain, push = there / whole, both / whole
        self._there, self._both, self._speed = (1 - gain) * there, (1 - gain) * both, speed - push * both
        return gain, push

    def _predicted(self, passed: float) -> tuple[float, float, float]:
        q = self._push * passed
        there = self._there + 2 * passed * self._both + passed**2 * self._speed + q * passed**2 / 3
        return there, self._both + passed * self._speed + q * passed / 2, self._speed + q
