"""Drawn characters, 28x28: the two worlds a character network has to live in.

"sheet": glyphs of fonts, cut tight and stretched to the square, as rendered data sets hold them. "cutout": characters
cut out of photographs of plates, with what surrounds them, gray or already binarised. `CharacterPainter` draws either
or both; the same fonts and seed give the same pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec

from . import cutout, sheet
from .effects import Dice, Grain
from .fonts import FontFile
from .glyphs import Alphabet, font_alphabet, stroke_alphabets

WORLDS = ("mixed", "sheet", "cutout")
DRAWN_SPEC = InputSpec(polarity="any", resize="stretch")
"""The input of a network trained on drawings: both polarities, the whole picture stretched."""

_STROKE_ALPHABETS = 24
_SHEET_SHARE = 0.33
_SHEET_SHARES = dict.fromkeys("0123456789", 0.27) | {"B": 0.5, "D": 0.58, "Q": 0.5, "O": 0.65, "I": 0.55}
"""How often a class is drawn for the sheet where worlds are mixed. Ten digits fill half of all plates: in a cut-out a
digit is more likely than the letter that looks like it. 0 and O, or 1 and I, may be the same shape: if they shared the
evidence evenly, both would lose to D, or to T."""
_BARE_BARS = 0.6
"""How often 1 and I of a cut-out come from our own alphabets, where most of them are bars as on British plates."""


class CharacterPainter:
    """Draws characters without end.

    Args:
        fonts: what to draw with; may be empty, then only alphabets of strokes are used.
        seed: fixes every picture. world: one of `WORLDS`.
        spec: input of the network the pictures are for; they pass through its `resize_picture`.

    Raises:
        UsageError: the world is unknown.
    """

    def __init__(
        self, fonts: Sequence[FontFile], seed: int, world: str = "mixed", spec: InputSpec = DRAWN_SPEC
    ) -> None:
        if world not in WORLDS:
            raise UsageError(f"the world {world!r} is unknown; use one of {', '.join(WORLDS)}")
        self._world, self._spec = world, spec
        self._dice, self._order, self._grain = Dice(seed), np.random.default_rng([seed, 0x0D]), Grain(seed)
        alphabets: list[Alphabet] = [font_alphabet(font) for font in fonts]
        self._shelves = _shelves([*alphabets, *stroke_alphabets(seed, _STROKE_ALPHABETS)])

    def paint(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Draw the next `count` characters, every class equally often (to within one).

        Returns:
            Pictures uint8 (count, height, width) of the spec, and classes int64 (count,) in the order of `ALPHABET`.

        Raises:
            DataError: a font cannot be opened or lacks a sign.
        """
        rounds = -(-count // len(ALPHABET))
        order = [self._order.permutation(len(ALPHABET)) for _ in range(rounds)]
        labels = np.concatenate([np.zeros(0, np.int64), *order])[:count].astype(np.int64)
        height, width, _ = self._spec.shape
        pictures = np.empty((count, height, width), np.uint8)
        for index, label in enumerate(labels.tolist()):
            pictures[index] = self._draw(ALPHABET[label])
        return pictures, labels

    def _draw(self, sign: str) -> NDArray[np.uint8]:
        share = {"sheet": 1.0, "cutout": 0.0}.get(self._world, _SHEET_SHARES.get(sign, _SHEET_SHARE))
        if self._dice.chance(share):
            glyph = self._alphabet(sheet.KINDS).glyph(sign)
            return sheet.draw(glyph, self._spec, self._dice, self._grain)
        bar = sign in "1I" and self._dice.chance(_BARE_BARS)
        alphabet = self._alphabet({"strokes": 1.0} if bar else cutout.KINDS)
        return cutout.draw(sign, alphabet, self._spec, self._dice, self._grain)

    def _alphabet(self, weights: Mapping[str, float]) -> Alphabet:
        kinds = [kind for kind in self._shelves if kind in weights]
        kind = self._dice.choices(kinds, [weights[kind] for kind in kinds])[0]
        return self._dice.choice(self._dice.choice(self._shelves[kind]))


def _shelves(alphabets: Sequence[Alphabet]) -> dict[str, list[list[Alphabet]]]:
    """Sort by kind and family: a family of four weights is drawn no more often than one of one."""
    shelves: dict[str, dict[str, list[Alphabet]]] = {}
    for alphabet in alphabets:
        shelves.setdefault(alphabet.kind, {}).setdefault(alphabet.family, []).append(alphabet)
    return {kind: list(families.values()) for kind, families in shelves.items()}
