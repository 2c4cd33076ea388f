"""Project a vehicle on a road into a picture: a pinhole camera that looks down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

# Metres.
_BODY_WIDTH, _BODY_HEIGHT, _BODY_LENGTH, _CLEARANCE = 1.76, 1.45, 4.1, 0.22
NEAREST = 1.0


@dataclass(frozen=True)
class Pose:
    """Position of a plate's centre on the road, in metres to the right and ahead of the camera, and its rotation."""

    x: float
    z: float
    yaw: float


@dataclass(frozen=True)
class Camera:
    """A camera `height` metres above the road that looks down by `pitch`; `focal` and its picture are in pixels."""

    focal: float
    height: float
    pitch: float
    size: tuple[int, int] = (1280, 720)

    def project(self, points: Points) -> Points:
        """Project points (n, 3), metres right, up and ahead, to pixels (n, 2)."""
        right, drop, ahead = points[:, 0], self.height - points[:, 1], points[:, 2]
        depth = ahead * math.cos(self.pitch) + drop * math.sin(self.pitch)
        down = drop * math.cos(self.pitch) - ahead * math.sin(self.pitch)
        depth = np.maximum(depth, 0.05)
        return np.stack(
            [self.size[0] / 2 + self.focal * right / depth, self.size[1] / 2 + self.focal * down / depth], axis=1
        )

    def reach(self, z: float) -> float:
        """Return how many metres to the side the picture shows `z` metres ahead."""
        return 0.5 * self.size[0] / self.focal * z


def plate_points(pose: Pose, size: tuple[float, float], up: float = 0.5) -> Points:
    """Return the corners (4, 3) of a plate of (width, height) metres, from top left clockwise as it is read."""
    across = np.array([math.cos(pose.yaw), 0.0, math.sin(pose.yaw)]) * size[0] / 2
    rise = np.array([0.0, size[1] / 2, 0.0])
    middle = np.array([pose.x, up, pose.z])
    return np.stack([middle - across + rise, middle + across + rise, middle + across - rise, middle - across - rise])


def body_points(pose: Pose, tall: float = 1.0) -> Points:
    """Return the corners (8, 3) of the box behind a plate: first the face with the plate, then the far one."""
    across = np.array([math.cos(pose.yaw), 0.0, math.sin(pose.yaw)]) * _BODY_WIDTH / 2
    back = np.array([-math.sin(pose.yaw), 0.0, math.cos(pose.yaw)])
    foot = np.array([pose.x, 0.0, pose.z]) + 0.03 * back
    up = np.array([0.0, 1.0, 0.0])
    top, bottom = up * _BODY_HEIGHT * tall, up * _CLEARANCE
    face = np.stack([foot - across + top, foot + across + top, foot + across + bottom, foot - across + bottom])
    return np.concatenate([face, face + back * _BODY_LENGTH])


def hull(points: Points) -> Points:
    """Return the convex hull (m, 2) of points (n, 2), clockwise on the screen (Andrew 1979, monotone chain)."""
    ordered = sorted(map(tuple, points.tolist()))

    def chain(rest: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        line: list[tuple[float, ...]] = []
        for point in rest:
            while len(line) > 1 and _turn(line[-2], line[-1], point) <= 0:
                line.pop()
            line.append(point)
        return line[:-1]

    return np.array(chain(ordered) + chain(ordered[::-1]))


def inside(points: Points, polygon: Points) -> NDArray[np.bool_]:
    """Return which points (n, 2) lie within a convex polygon, clockwise on the screen."""
    after = np.roll(polygon, -1, axis=0) - polygon
    towards = points[:, None, :] - polygon[None]
    return (after[None, :, 0] * towards[..., 1] - after[None, :, 1] * towards[..., 0] >= 0).all(axis=1)


def _turn(a: tuple[float, ...], b: tuple[float, ...], c: tuple[float, ...]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
