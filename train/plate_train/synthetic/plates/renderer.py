"""Synthetic crops of plates. Picture i depends on the seed and i only, so any process can render any of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..fonts import FontFile
from ..glyphs.alphabets import Alphabet
from ..random_source import NoiseFields, RandomSource
from .camera import photograph
from .face import relief, render_face
from .layouts import load_layouts
from .lettering import Lettering
from .wear import wear


class PlateRenderer:
    """Renders crops of plates.

    Args:
        fonts: every fetched font. seed: determines every picture.
        split: "train", or "measure": layouts, font families, alphabets and backgrounds that training never uses.
        regions: of the serials, see `layouts.toml`; they replace those of every layout.
        alphabet: of all serials, instead of those of the split.
    """

    def __init__(
        self,
        fonts: Sequence[FontFile],
        seed: int,
        split: str = "train",
        regions: tuple[str, ...] | None = None,
        alphabet: Alphabet | None = None,
    ) -> None:
        self.split, self._seed = split, seed
        layouts = load_layouts(split)
        self._layouts = [dataclasses.replace(one, regions=regions) for one in layouts] if regions else layouts
        self._weights = [layout.weight for layout in self._layouts]
        self._lettering, self._noise_fields = Lettering(fonts, seed, split, alphabet), NoiseFields(seed)

    def render(self, index: int) -> tuple[NDArray[np.uint8], str]:
        """Return picture number `index`: the crop, gray uint8 (h, w), and its text.

        Raises:
            DataError: a font cannot be opened, or the lists of layouts and formats are damaged.
        """
        rng = RandomSource(f"{self._seed} {self.split} {index}")
        layout = rng.choices(self._layouts, self._weights)[0]
        face = render_face(layout, self._lettering, self.split, rng, self._noise_fields)
        if rng.chance(0.4):
            relief(face, rng)
        wear(face, rng, self._noise_fields)
        return photograph(face, rng, self._noise_fields), face.text
