"""A camera in front of a vertical plane, such as the front of a car, and the projection of its points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .raster import Points

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class View:
    """Projection of a plane and the space behind it. Lengths are in units of the plane: x right, y down, z away.

    Attributes:
        rotation: (3, 3). anchor: the point (x, y) of the plane that is projected to `place`, in pixels of the frame.
        scale: pixels of a unit there. distance: units from the camera to it.
    """

    rotation: Matrix
    anchor: tuple[float, float]
    place: tuple[float, float]
    scale: float
    distance: float

    @property
    def matrix(self) -> Matrix:
        """Homography from the plane, (x, y, 1), to pixels."""
        x0, y0 = self.anchor
        shift = self.rotation @ np.array([-x0, -y0, 0.0]) + np.array([0.0, 0.0, self.distance])
        lens = np.array([[self.scale * self.distance, 0, self.place[0]],
                         [0, self.scale * self.distance, self.place[1]], [0, 0, 1.0]])  # fmt: skip
        return np.asarray(lens @ np.stack([self.rotation[:, 0], self.rotation[:, 1], shift], axis=1), np.float64)

    def project(self, spots: Points) -> Points:
        """Return the pixels of points (n, 2) of the plane."""
        return apply_homography(self.matrix, spots)

    def project_3d(self, spots: Points) -> Points | None:
        """Return the pixels of points (n, 3) in space; None if one is behind the camera."""
        x0, y0 = self.anchor
        seen = (spots - (x0, y0, 0.0)) @ self.rotation.T + (0.0, 0.0, self.distance)
        if (seen[:, 2] < 0.05 * self.distance).any():
            return None
        far = self.scale * self.distance / seen[:, 2:]
        return np.asarray(seen[:, :2] * far + self.place, np.float64)


def camera_view(
    scale: float,
    anchor: tuple[float, float],
    place: tuple[float, float],
    distance: float,
    angles: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> View:
    """Return a view; `angles` in degrees.

    Yaw rotates the plane's right side away from the camera, pitch its upper side; roll is clockwise.
    """
    a, b, c = (math.radians(angle) for angle in angles)
    about_y = np.array([[math.cos(a), 0, -math.sin(a)], [0, 1, 0], [math.sin(a), 0, math.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    return View(about_z @ about_x @ about_y, anchor, place, scale, distance)


def apply_homography(matrix: Matrix, spots: Points) -> Points:
    """Return points (n, 2) transformed by a homography."""
    raised = spots @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(raised[:, :2] / raised[:, 2:], np.float64)
