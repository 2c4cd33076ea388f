"""Bounds in pixels, and the small rotations and slants of characters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..random_source import Gray, RandomSource


@dataclass(frozen=True)
class Bounds:
    """Edges in pixels, right and bottom exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    def scaled(self, factor: float) -> Bounds:
        """The bounds in a picture enlarged by `factor`."""
        return Bounds(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def crop(self, gray: Gray) -> Gray:
        """The part of a picture inside the bounds, at least one pixel."""
        left, top = max(0, round(self.left)), max(0, round(self.top))
        return gray[top : max(top + 1, round(self.bottom)), left : max(left + 1, round(self.right))]

    def ink_bounds(self, gray: Gray) -> Bounds:
        """Bounds of the pixels above one half within these bounds; these bounds if there are none."""
        ink = self.crop(gray) > 0.5
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        if rows.size == 0:
            return self
        left, top = max(0, round(self.left)), max(0, round(self.top))
        return Bounds(left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)


@dataclass(frozen=True)
class Tilt:
    """A rotation and a slant around a centre: x' = across . (x, y), y' = down . (x, y), in pixels from the centre."""

    across: tuple[float, float]
    down: tuple[float, float]
    centre: tuple[float, float]

    @staticmethod
    def random(rng: RandomSource, centre: tuple[float, float]) -> Tilt:
        """Mostly upright; one in three as steep as plates seen from the side."""
        strong = 1.0 if rng.chance(0.35) else 0.4
        rotation, slant, rise = (
            math.radians(rng.normal(3.0 * strong)),
            rng.normal(0.09 * strong),
            rng.normal(0.04 * strong),
        )
        cosine, sine = math.cos(rotation), math.sin(rotation)
        across = (cosine - sine * rise, cosine * slant - sine)
        return Tilt(across, (sine + cosine * rise, sine * slant + cosine), centre)

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the tilted picture in the same size; pixels from outside are black."""
        (a, b), (c, d), (x, y) = self.across, self.down, self.centre
        area = a * d - b * c
        a, b, c, d = d / area, -b / area, -c / area, a / area
        inverse = (a, b, x - a * x - b * y, c, d, y - c * x - d * y)
        return picture.transform(picture.size, Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR)

    def bounds_of(self, points: NDArray[np.float64]) -> Bounds:
        """Return the bounds of points (n, 2), x and y, after tilting."""
        x, y = points[:, 0] - self.centre[0], points[:, 1] - self.centre[1]
        moved_x = self.across[0] * x + self.across[1] * y + self.centre[0]
        moved_y = self.down[0] * x + self.down[1] * y + self.centre[1]
        return Bounds(float(moved_x.min()), float(moved_y.min()), float(moved_x.max()), float(moved_y.max()))
