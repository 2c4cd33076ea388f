"""Plates without end: the picture of index i depends on the seed and i alone, so any part can be drawn anywhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plate_runtime.manifest import InputSpec

from ..effects import Dice, Grain
from ..fonts import FontFile
from .camera import photograph
from .face import paint_face, relief
from .layouts import load_layouts
from .lettering import Lettering
from .wear import wear

PLATE_SPEC = InputSpec(shape=(48, 160, 1), polarity="any", resize="stretch", contrast="standardise")
"""The input of a network that reads whole plates."""


class PlatePainter:
    """Draws crops of plates.

    Args:
        fonts: every fetched font. seed: fixes every picture.
        part: "train", or "measure": layouts, families of fonts, alphabets and grounds that training never draws.
        regions: what is written on all layouts, see `layouts.toml`, in place of their own.
    """

    def __init__(
        self, fonts: Sequence[FontFile], seed: int, part: str = "train", regions: tuple[str, ...] | None = None
    ) -> None:
        self.part, self._seed = part, seed
        layouts = load_layouts(part)
        self._layouts = [dataclasses.replace(one, regions=regions) for one in layouts] if regions else layouts
        self._weights = [layout.weight for layout in self._layouts]
        self._lettering, self._grain = Lettering(fonts, seed, part), Grain(seed)

    def paint(self, index: int) -> tuple[NDArray[np.uint8], str]:
        """Draw picture number `index`: the crop, gray uint8 (h, w), and its text.

        Raises:
            DataError: a font cannot be opened, or the lists of layouts and formats are damaged.
        """
        dice = Dice(f"{self._seed} {self.part} {index}")
        layout = dice.choices(self._layouts, self._weights)[0]
        face = paint_face(layout, self._lettering, self.part, dice, self._grain)
        if dice.chance(0.4):
            relief(face, dice)
        wear(face, dice, self._grain)
        return photograph(face, dice, self._grain), face.text
