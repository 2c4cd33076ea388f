"""Synthetic scenes. Picture i depends on the seed and i only, so any process can render any of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..fonts import FontFile
from ..plates.canvas import PlateFace
from ..plates.face import relief, render_face
from ..plates.layouts import load_layouts
from ..plates.lettering import Lettering
from ..plates.wear import wear
from ..random_source import NoiseFields, RandomSource
from . import camera, placement
from .backdrops import paint_backdrop
from .raster import Gray
from .scene_canvas import Light, PlacedPlate, SceneCanvas
from .spec import SCENE_SPEC, Corners
from .texts import TextRenderer
from .textures import TextureBank

_SIZES = ((640, 360), (640, 360), (640, 384), (512, 384), (512, 384), (640, 480), (288, 384), (576, 384), (384, 384))
"""Sizes of pictures, width and height; they are scaled to fit into the input."""
_BLOCK, _FACES = 8, 5
"""Scenes of a block share a few plate faces, each with another view, light and size."""
_MIN_DEVIATION = 5.0
"""Deviation of gray levels inside a plate below which it is ignored."""


@dataclass(frozen=True)
class Scene:
    """A picture, gray uint8 (h, w), with the plates that must be found and those that are ignored."""

    picture: Gray
    plates: list[tuple[Corners, str]]
    ignored: list[tuple[Corners, str]]


class SceneRenderer:
    """Renders scenes.

    Args:
        fonts: every fetched font. seed: determines every picture.
        split: "train", or "measure": layouts, font families and textures that training never uses.
    """

    def __init__(self, fonts: Sequence[FontFile], seed: int, split: str = "train") -> None:
        self.split, self._seed = split, seed
        self._layouts = load_layouts(split)
        self._weights = [layout.weight for layout in self._layouts]
        self._lettering, self._noise_fields, self._bank = (
            Lettering(fonts, seed, split),
            NoiseFields(seed),
            TextureBank(seed, split),
        )
        self._block = functools.lru_cache(maxsize=2)(self._paint_faces)

    def render(self, index: int) -> Scene:
        """Return picture number `index` with its plates."""
        rng = RandomSource(f"{self._seed} {self.split} scene {index}")
        canvas = self.new_canvas(rng)
        placement.place_vehicles(canvas, paint_backdrop(canvas), self._block(index // _BLOCK))
        picture = camera.apply_camera(canvas)
        for plate in canvas.plates:
            plate.visible = plate.visible and _spread(picture, plate) >= _MIN_DEVIATION
        left = [plate for plate in canvas.plates if not plate.fully_hidden]
        required = [(plate.corners, plate.text) for plate in left if plate.is_required(picture.shape)]
        ignored = [(plate.corners, plate.text) for plate in left if not plate.is_required(picture.shape)]
        return Scene(picture, required, ignored)

    def new_canvas(self, rng: RandomSource) -> SceneCanvas:
        """Return an empty picture to paint on, with light, textures and texts."""
        wide, tall = rng.choice(_SIZES)
        factor = min(SCENE_SPEC.shape[1] / wide, SCENE_SPEC.shape[0] / tall)
        picture = np.zeros((round(tall * factor), round(wide * factor)), np.uint8)
        texts = TextRenderer(self._lettering, rng)
        return SceneCanvas(picture, Light.random(rng), self._bank, texts, self._noise_fields, rng, self.split)

    def _paint_faces(self, block: int) -> list[PlateFace]:
        rng = RandomSource(f"{self._seed} {self.split} faces {block}")
        faces = []
        for _ in range(_FACES):
            layout = rng.choices(self._layouts, self._weights)[0]
            face = render_face(layout, self._lettering, self.split, rng, self._noise_fields)
            if rng.chance(0.4):
                relief(face, rng)
            wear(face, rng, self._noise_fields)
            faces.append(face)
        return faces


def _spread(picture: Gray, plate: PlacedPlate) -> float:
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
