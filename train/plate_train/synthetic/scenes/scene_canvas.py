"""A scene that is being painted: its picture, light, and plates."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ..random_source import NoiseFields, RandomSource
from . import raster
from .raster import Gray, Points
from .spec import LEAST_WIDTH, Corners
from .texts import TextRenderer
from .textures import TextureBank

_MAX_HIDDEN = 0.12
"""Hidden fraction of a plate up to which it must be found."""
_FULLY_HIDDEN = 0.85
"""Hidden fraction above which a plate does not appear in the labels at all."""


@dataclass(frozen=True)
class Light:
    """Light of a scene.

    Attributes:
        kind: "day", "dusk", "night" or "infrared". ambient: factor of all tones, 0..1.
        retro: factor of plates, which are retroreflective. lamps: fraction of lamps that are on.
    """

    kind: str
    ambient: float
    retro: float
    lamps: float

    @staticmethod
    def random(rng: RandomSource) -> Light:
        """Day for 62 % of the scenes, otherwise dusk, night, or infrared light of the camera."""
        value = rng.random()
        if value < 0.62:
            return Light("day", rng.uniform(0.75, 1.1), rng.uniform(0.9, 1.2), 0.1)
        if value < 0.8:
            return Light("dusk", rng.uniform(0.3, 0.7), rng.uniform(0.9, 1.8), 0.6)
        if value < 0.95:
            return Light("night", rng.uniform(0.03, 0.3), rng.uniform(1.2, 6.0), 0.8)
        return Light("infrared", rng.uniform(0.05, 0.35), rng.uniform(2.0, 8.0), 0.5)


@dataclass
class PlacedPlate:
    """A plate in a scene. `hidden`: the fraction that objects cover. `visible`: whether it has enough contrast."""

    corners: Corners
    text: str
    hidden: float = 0.0
    visible: bool = True

    @property
    def width(self) -> float:
        """Pixels, of the mean of both long sides."""
        sides = self.corners[[1, 2]] - self.corners[[0, 3]]
        return float(np.hypot(sides[:, 0], sides[:, 1]).mean())

    @property
    def fully_hidden(self) -> bool:
        """Whether other objects cover it."""
        return self.hidden > _FULLY_HIDDEN

    def is_required(self, shape: tuple[int, ...]) -> bool:
        """Whether a detector must find it; otherwise it is ignored."""
        x, y = self.corners[:, 0], self.corners[:, 1]
        inside = x.min() > -1 and y.min() > -1 and x.max() < shape[1] and y.max() < shape[0]
        return bool(inside and self.visible and self.hidden <= _MAX_HIDDEN and self.width >= LEAST_WIDTH)


@dataclass
class SceneCanvas:
    """A scene that is being painted, with its light, textures, texts, and random source."""

    picture: Gray
    light: Light
    bank: TextureBank
    texts: TextRenderer
    noise_fields: NoiseFields
    rng: RandomSource
    split: str
    plates: list[PlacedPlate] = field(default_factory=list)
    glows: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Lamps that are on: x, y, radius in pixels, and power."""
    horizon: float = 0.0

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.picture.shape[0])

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.picture.shape[1])

    def cover(self, outline: Points, opacity: float = 1.0) -> None:
        """Record that an object with this outline hides earlier plates, with this opacity."""
        shape = cv2.convexHull(outline.astype(np.float32))
        for plate in self.plates:
            spots = _inner_spots(plate.corners)
            inside = [cv2.pointPolygonTest(shape, (float(x), float(y)), False) >= 0 for x, y in spots]
            plate.hidden = max(plate.hidden, opacity * sum(inside) / len(inside))

    def cover_mask(self, mask: Gray, left: int, top: int) -> None:
        """The same for a mask with its top left corner at (left, top)."""
        for plate in self.plates:
            spots = np.round(_inner_spots(plate.corners)).astype(int) - (left, top)
            inside = (spots >= 0).all(axis=1) & (spots < mask.shape[::-1]).all(axis=1)
            hit = mask[spots[inside, 1], spots[inside, 0]] > 100
            plate.hidden = max(plate.hidden, float(hit.sum()) / len(spots))

    def warp(self, over: Gray, mask: Gray | None, matrix: NDArray[np.float64], corners: Points) -> None:
        """Paint a picture transformed by a homography; `corners` bound the visible area of it."""
        box = raster.box_of(corners, self.picture.shape)
        if box is None:
            return
        left, top, right, bottom = box
        shifted = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ matrix
        size = (right - left, bottom - top)
        seen = cv2.warpPerspective(over, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if mask is None:
            shown = raster.stencil(corners, box)
        else:
            shown = np.asarray(cv2.warpPerspective(mask, shifted, size, flags=cv2.INTER_LINEAR), np.uint8)
            self.cover_mask(shown, left, top)
        raster.blend(self.picture[top:bottom, left:right], np.asarray(seen, np.uint8), shown)


def _inner_spots(corners: Corners) -> NDArray[np.float64]:
    """Points spread over a plate, (15, 2)."""
    u, v = np.meshgrid(np.linspace(0.08, 0.92, 5), np.linspace(0.15, 0.85, 3))
    u, v = u.reshape(-1, 1), v.reshape(-1, 1)
    upper = corners[0] + (corners[1] - corners[0]) * u
    lower = corners[3] + (corners[2] - corners[3]) * u
    return np.asarray(upper + (lower - upper) * v, np.float64)
