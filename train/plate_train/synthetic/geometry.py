"""Boxes, and the small turns and slants that characters stand under."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .effects import Dice, Gray


@dataclass(frozen=True)
class Box:
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

    def scaled(self, factor: float) -> Box:
        """The box in a picture enlarged by `factor`."""
        return Box(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def of(self, gray: Gray) -> Gray:
        """The part of a picture inside the box, at least one pixel of it."""
        left, top = max(0, round(self.left)), max(0, round(self.top))
        return gray[top : max(top + 1, round(self.bottom)), left : max(left + 1, round(self.right))]

    def of_ink(self, gray: Gray) -> Box:
        """The box of what is above one half inside this box; this box itself where there is nothing."""
        ink = self.of(gray) > 0.5
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        if rows.size == 0:
            return self
        left, top = max(0, round(self.left)), max(0, round(self.top))
        return Box(left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1)


@dataclass(frozen=True)
class Lean:
    """A turn and a slant around a centre: x' = across . (x, y), y' = down . (x, y), in pixels from the centre."""

    across: tuple[float, float]
    down: tuple[float, float]
    centre: tuple[float, float]

    @staticmethod
    def random(dice: Dice, centre: tuple[float, float]) -> Lean:
        """Mostly upright; one in three as steep as plates seen from aside."""
        strong = 1.0 if dice.chance(0.35) else 0.4
        turn, slant, tilt = math.radians(dice.bell(3.0 * strong)), dice.bell(0.09 * strong), dice.bell(0.04 * strong)
        cosine, sine = math.cos(turn), math.sin(turn)
        across = (cosine - sine * tilt, cosine * slant - sine)
        return Lean(across, (sine + cosine * tilt, sine * slant + cosine), centre)

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture, of the same size, leaning; what comes in from outside is black."""
        (a, b), (c, d), (x, y) = self.across, self.down, self.centre
        area = a * d - b * c
        a, b, c, d = d / area, -b / area, -c / area, a / area
        inverse = (a, b, x - a * x - b * y, c, d, y - c * x - d * y)
        return picture.transform(picture.size, Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR)

    def box_of(self, points: NDArray[np.float64]) -> Box:
        """Return the box around points (n, 2), x and y, after leaning."""
        x, y = points[:, 0] - self.centre[0], points[:, 1] - self.centre[1]
        moved_x = self.across[0] * x + self.across[1] * y + self.centre[0]
        moved_y = self.down[0] * x + self.down[1] * y + self.centre[1]
        return Box(float(moved_x.min()), float(moved_y.min()), float(moved_x.max()), float(moved_y.max()))
