"""Scenes without end: the picture of index i depends on the seed and i alone, so any part can be drawn anywhere."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..effects import Dice, Grain
from ..fonts import FontFile
from ..plates.easel import Face
from ..plates.face import paint_face, relief
from ..plates.layouts import load_layouts
from ..plates.lettering import Lettering
from ..plates.wear import wear
from . import places, weather
from .backdrops import backdrop
from .canvas import Gray
from .spec import SCENE_SPEC, Corners
from .stage import Light, Placed, Stage
from .texts import Texts
from .textures import Bank

_SIZES = ((640, 360), (640, 360), (640, 384), (512, 384), (512, 384), (640, 480), (288, 384), (576, 384), (384, 384))
"""Shapes of pictures, width and height; they are painted to fit into the input."""
_BLOCK, _FACES = 8, 5
"""Scenes of a block share a few faces of plates: each is seen from another side, in another light and size."""
_FAINTEST = 5.0
"""Deviation of gray levels inside a plate below which nobody is asked to see it."""


@dataclass(frozen=True)
class Scene:
    """A drawn picture, gray uint8 (h, w), with the plates that have to be found and those that are to be ignored."""

    picture: Gray
    plates: list[tuple[Corners, str]]
    ignored: list[tuple[Corners, str]]


class ScenePainter:
    """Draws scenes.

    Args:
        fonts: every fetched font. seed: fixes every picture.
        part: "train", or "measure": layouts, families of fonts and textures that training never draws.
    """

    def __init__(self, fonts: Sequence[FontFile], seed: int, part: str = "train") -> None:
        self.part, self._seed = part, seed
        self._layouts = load_layouts(part)
        self._weights = [layout.weight for layout in self._layouts]
        self._lettering, self._grain, self._bank = Lettering(fonts, seed, part), Grain(seed), Bank(seed, part)
        self._block = functools.lru_cache(maxsize=2)(self._paint_faces)

    def paint(self, index: int) -> tuple[NDArray[np.uint8], list[tuple[Corners, str]]]:
        """Draw picture number `index`: gray uint8 (h, w), with corners and text of each plate that can be found."""
        scene = self.scene(index)
        return scene.picture, scene.plates

    def scene(self, index: int) -> Scene:
        """Draw picture number `index` with all that is known of it."""
        dice = Dice(f"{self._seed} {self.part} scene {index}")
        stage = self.stage(dice)
        places.fill_place(stage, backdrop(stage), self._block(index // _BLOCK))
        picture = weather.expose(stage)
        for plate in stage.plates:
            plate.seen = plate.seen and _spread(picture, plate) >= _FAINTEST
        left = [plate for plate in stage.plates if not plate.gone]
        counted = [(plate.corners, plate.text) for plate in left if plate.counts(picture.shape)]
        others = [(plate.corners, plate.text) for plate in left if not plate.counts(picture.shape)]
        return Scene(picture, counted, others)

    def stage(self, dice: Dice) -> Stage:
        """An empty picture to paint on, with what all its painters share."""
        wide, tall = dice.choice(_SIZES)
        factor = min(SCENE_SPEC.shape[1] / wide, SCENE_SPEC.shape[0] / tall)
        picture = np.zeros((round(tall * factor), round(wide * factor)), np.uint8)
        texts = Texts(self._lettering, dice)
        return Stage(picture, Light.draw(dice), self._bank, texts, self._grain, dice, self.part)

    def _paint_faces(self, block: int) -> list[Face]:
        dice = Dice(f"{self._seed} {self.part} faces {block}")
        faces = []
        for _ in range(_FACES):
            layout = dice.choices(self._layouts, self._weights)[0]
            face = paint_face(layout, self._lettering, self.part, dice, self._grain)
            if dice.chance(0.4):
                relief(face, dice)
            wear(face, dice, self._grain)
            faces.append(face)
        return faces


def _spread(picture: Gray, plate: Placed) -> float:
    """Deviation of gray levels around the middle of a plate, along its length."""
    upper, lower = (plate.corners[[0, 1]] + plate.corners[[3, 2]]) / 2, plate.corners[[3, 2]] - plate.corners[[0, 1]]
    spots = [
        upper[0] + (upper[1] - upper[0]) * u + lower.mean(axis=0) * v
        for v in (-0.2, 0.0, 0.2)
        for u in np.linspace(0.1, 0.9, 24)
    ]
    at = np.round(np.array(spots)).astype(int)
    inside = (at[:, 0] >= 0) & (at[:, 1] >= 0) & (at[:, 0] < picture.shape[1]) & (at[:, 1] < picture.shape[0])
    return float(picture[at[inside, 1], at[inside, 0]].std()) if inside.sum() > 8 else 0.0
