"""Synthetic characters, 28x28, of two domains.

"sheet": glyphs of fonts, cropped tight and stretched to the square, as data sets of rendered fonts hold them. "cutout":
characters cropped from photographs of plates with what surrounds them, gray or binarised. `CharacterRenderer` renders
one domain or both; the same fonts and seed give the same pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import UsageError
from plate_runtime.manifest import InputSpec

from ..fonts import FontFile
from ..glyphs.alphabets import Alphabet, font_alphabet, stroke_alphabets
from ..random_source import NoiseFields, RandomSource
from . import cutout, sheet

DOMAINS = ("mixed", "sheet", "cutout")
CHARACTER_SPEC = InputSpec(polarity="any", resize="stretch")
"""The input of a network trained on synthetic characters: both polarities, the whole picture stretched."""

_STROKE_ALPHABETS = 24
_SHEET_PROBABILITY = 0.33
_SHEET_PROBABILITIES = dict.fromkeys("0123456789", 0.27) | {"B": 0.5, "D": 0.58, "Q": 0.5, "O": 0.65, "I": 0.55}
"""Probability that a class comes from the sheet domain where both are mixed. Half of the characters of plates are
digits, so a digit is more likely in a cut-out than the letter that it is confusable with. 0 and O, or 1 and I, can have
the same shape: with equal probabilities both would lose to D, or to T."""
_BARE_BARS = 0.6
"""Probability that 1 and I of a cut-out come from stroke alphabets, where most are bars as on British plates."""


class CharacterRenderer:
    """Renders any number of characters.

    Args:
        fonts: to render with; without any, only stroke alphabets are used.
        seed: determines every picture. domain: one of `DOMAINS`.
        spec: input of the network the pictures are for; they pass through its `resize_picture`.

    Raises:
        UsageError: the domain is unknown.
    """

    def __init__(
        self, fonts: Sequence[FontFile], seed: int, domain: str = "mixed", spec: InputSpec = CHARACTER_SPEC
    ) -> None:
        if domain not in DOMAINS:
            raise UsageError(f"the domain {domain!r} is unknown; use one of {', '.join(DOMAINS)}")
        self._domain, self._spec = domain, spec
        self._rng, self._order, self._noise_fields = (
            RandomSource(seed),
            np.random.default_rng([seed, 0x0D]),
            NoiseFields(seed),
        )
        alphabets: list[Alphabet] = [font_alphabet(font) for font in fonts]
        self._alphabets_by_kind = _alphabets_by_kind([*alphabets, *stroke_alphabets(seed, _STROKE_ALPHABETS)])

    def render(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Render the next `count` characters, every class equally often (to within one).

        Returns:
            Pictures uint8 (count, height, width) of the spec, and classes int64 (count,) in the order of `ALPHABET`.

        Raises:
            DataError: a font cannot be opened, or lacks a character.
        """
        rounds = -(-count // len(ALPHABET))
        order = [self._order.permutation(len(ALPHABET)) for _ in range(rounds)]
        labels = np.concatenate([np.zeros(0, np.int64), *order])[:count].astype(np.int64)
        height, width, _ = self._spec.shape
        pictures = np.empty((count, height, width), np.uint8)
        for index, label in enumerate(labels.tolist()):
            pictures[index] = self._render(ALPHABET[label])
        return pictures, labels

    def _render(self, character: str) -> NDArray[np.uint8]:
        probability = {"sheet": 1.0, "cutout": 0.0}.get(
            self._domain, _SHEET_PROBABILITIES.get(character, _SHEET_PROBABILITY)
        )
        if self._rng.chance(probability):
            glyph = self._alphabet(sheet.KINDS).glyph(character)
            return sheet.render(glyph, self._spec, self._rng, self._noise_fields)
        bar = character in "1I" and self._rng.chance(_BARE_BARS)
        alphabet = self._alphabet({"strokes": 1.0} if bar else cutout.KINDS)
        return cutout.render(character, alphabet, self._spec, self._rng, self._noise_fields)

    def _alphabet(self, weights: Mapping[str, float]) -> Alphabet:
        kinds = [kind for kind in self._alphabets_by_kind if kind in weights]
        kind = self._rng.choices(kinds, [weights[kind] for kind in kinds])[0]
        return self._rng.choice(self._rng.choice(self._alphabets_by_kind[kind]))


def _alphabets_by_kind(alphabets: Sequence[Alphabet]) -> dict[str, list[list[Alphabet]]]:
    """Group by kind and family: a family of four weights is chosen no more often than a family of one."""
    by_kind: dict[str, dict[str, list[Alphabet]]] = {}
    for alphabet in alphabets:
        by_kind.setdefault(alphabet.kind, {}).setdefault(alphabet.family, []).append(alphabet)
    return {kind: list(families.values()) for kind, families in by_kind.items()}
