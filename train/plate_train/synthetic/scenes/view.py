"""Where a camera stands before an upright plane such as the front of a car, and where points of it appear."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .canvas import Points

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """A plane and what is behind it, seen by a camera. Lengths are in units of the plane: x right, y down, z away.

    Attributes:
        turn: rotation (3, 3). anchor: the point of the plane, x and y, that appears at `place` (pixels of the frame).
        scale: pixels of a unit there. distance: units from the camera to it.
    """

    turn: Matrix
    anchor: tuple[float, float]
    place: tuple[float, float]
    scale: float
    distance: float

    @property
    def matrix(self) -> Matrix:
        """Homography from the plane, (x, y, 1), to pixels."""
        x0, y0 = self.anchor
        shift = self.turn @ np.array([-x0, -y0, 0.0]) + np.array([0.0, 0.0, self.distance])
        lens = np.array([[self.scale * self.distance, 0, self.place[0]],
                         [0, self.scale * self.distance, self.place[1]], [0, 0, 1.0]])  # fmt: skip
        return np.asarray(lens @ np.stack([self.turn[:, 0], self.turn[:, 1], shift], axis=1), np.float64)

    def of(self, spots: Points) -> Points:
        """Return where points of the plane, (n, 2), appear."""
        return moved(self.matrix, spots)

    def of_space(self, spots: Points) -> Points | None:
        """Return where points (n, 3) in space appear; None if one is behind the camera."""
        x0, y0 = self.anchor
        seen = (spots - (x0, y0, 0.0)) @ self.turn.T + (0.0, 0.0, self.distance)
        if (seen[:, 2] < 0.05 * self.distance).any():
            return None
        far = self.scale * self.distance / seen[:, 2:]
        return np.asarray(seen[:, :2] * far + self.place, np.float64)


def look(
    scale: float,
    anchor: tuple[float, float],
    place: tuple[float, float],
    distance: float,
    angles: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> View:
    """Return a view; `angles` in degrees.

    They are yaw, which turns the plane's right side away, pitch, its upper side, and roll, clockwise.
    """
    a, b, c = (math.radians(angle) for angle in angles)
    about_y = np.array([[math.cos(a), 0, -math.sin(a)], [0, 1, 0], [math.sin(a), 0, math.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    return View(about_z @ about_x @ about_y, anchor, place, scale, distance)


def moved(matrix: Matrix, spots: Points) -> Points:
    """Send points (n, 2) through a homography."""
    raised = spots @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(raised[:, :2] / raised[:, 2:], np.float64)
