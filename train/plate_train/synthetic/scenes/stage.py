"""A scene being painted: the picture so far, its light, and what was hung into it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ..effects import Dice, Grain
from . import canvas
from .canvas import Gray, Points
from .spec import LEAST_WIDTH, Corners
from .texts import Texts
from .textures import Bank

_MOST_HIDDEN = 0.12
_GONE = 0.85
"""Share of a plate that something stands before, from which nothing of it is to be ignored any more."""


@dataclass(frozen=True)
class Light:
    """Of a scene.

    Attributes:
        kind: "day", "dusk", "night" or "infrared". ambient: what it leaves of tones, 0..1.
        retro: how much brighter plates are than what is around them. lamps: share of lamps that shine.
    """

    kind: str
    ambient: float
    retro: float
    lamps: float

    @staticmethod
    def draw(dice: Dice) -> Light:
        """Day for six scenes in ten, else dusk, night, or a camera with lamps of its own."""
        throw = dice.random()
        if throw < 0.62:
            return Light("day", dice.uniform(0.75, 1.1), dice.uniform(0.9, 1.2), 0.1)
        if throw < 0.8:
            return Light("dusk", dice.uniform(0.3, 0.7), dice.uniform(0.9, 1.8), 0.6)
        if throw < 0.95:
            return Light("night", dice.uniform(0.03, 0.3), dice.uniform(1.2, 6.0), 0.8)
        return Light("infrared", dice.uniform(0.05, 0.35), dice.uniform(2.0, 8.0), 0.5)


@dataclass
class Placed:
    """A plate in a scene. `hidden`: share of it that something stands before; `seen` is False where nobody can tell."""

    corners: Corners
    text: str
    hidden: float = 0.0
    seen: bool = True

    @property
    def width(self) -> float:
        """Pixels, of the mean of both long sides."""
        sides = self.corners[[1, 2]] - self.corners[[0, 3]]
        return float(np.hypot(sides[:, 0], sides[:, 1]).mean())

    @property
    def gone(self) -> bool:
        """Whether nothing of it is left to be seen."""
        return self.hidden > _GONE

    def counts(self, shape: tuple[int, ...]) -> bool:
        """Whether a detector has to find it; otherwise it is ignored."""
        x, y = self.corners[:, 0], self.corners[:, 1]
        inside = x.min() > -1 and y.min() > -1 and x.max() < shape[1] and y.max() < shape[0]
        return bool(inside and self.seen and self.hidden <= _MOST_HIDDEN and self.width >= LEAST_WIDTH)


@dataclass
class Stage:
    """What everything that paints in a scene shares."""

    picture: Gray
    light: Light
    bank: Bank
    texts: Texts
    grain: Grain
    dice: Dice
    part: str
    plates: list[Placed] = field(default_factory=list)
    glows: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Lamps that shine: x, y, radius in pixels, and power."""
    horizon: float = 0.0

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.picture.shape[0])

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.picture.shape[1])

    def cover(self, outline: Points, share: float = 1.0) -> None:
        """Take note that something inside this outline now hides a share of what was painted earlier."""
        shape = cv2.convexHull(outline.astype(np.float32))
        for plate in self.plates:
            spots = _inner_spots(plate.corners)
            inside = [cv2.pointPolygonTest(shape, (float(x), float(y)), False) >= 0 for x, y in spots]
            plate.hidden = max(plate.hidden, share * sum(inside) / len(inside))

    def cover_mask(self, mask: Gray, left: int, top: int) -> None:
        """The same for a mask whose top left corner is at (left, top)."""
        for plate in self.plates:
            spots = np.round(_inner_spots(plate.corners)).astype(int) - (left, top)
            inside = (spots >= 0).all(axis=1) & (spots < mask.shape[::-1]).all(axis=1)
            hit = mask[spots[inside, 1], spots[inside, 0]] > 100
            plate.hidden = max(plate.hidden, float(hit.sum()) / len(spots))

    def warp(self, over: Gray, mask: Gray | None, matrix: NDArray[np.float64], corners: Points) -> None:
        """Lay a picture, sent through a homography, on the scene; `corners` are those of what is to be seen of it."""
        box = canvas.box_of(corners, self.picture.shape)
        if box is None:
            return
        left, top, right, bottom = box
        moved = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ matrix
        size = (right - left, bottom - top)
        seen = cv2.warpPerspective(over, moved, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if mask is None:
            shown = canvas.stencil(corners, box)
        else:
            shown = np.asarray(cv2.warpPerspective(mask, moved, size, flags=cv2.INTER_LINEAR), np.uint8)
            self.cover_mask(shown, left, top)
        canvas.blend(self.picture[top:bottom, left:right], np.asarray(seen, np.uint8), shown)


def _inner_spots(corners: Corners) -> NDArray[np.float64]:
    """Points spread over a plate, (15, 2)."""
    u, v = np.meshgrid(np.linspace(0.08, 0.92, 5), np.linspace(0.15, 0.85, 3))
    u, v = u.reshape(-1, 1), v.reshape(-1, 1)
    upper = corners[0] + (corners[1] - corners[0]) * u
    lower = corners[3] + (corners[2] - corners[3]) * u
    return np.asarray(upper + (lower - upper) * v, np.float64)
