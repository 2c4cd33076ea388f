"""A second look at the crop of a plate that is read with doubt: cut and rotated in other ways, and all looks combined.

Each look is evidence for texts. The likelihoods of each text are averaged over the looks, and the prior weighs the
average once. Steps of the network are not averaged, because they do not line up. The most confident look is not taken
either: a tight cut that loses a character is often read with confidence, and an average holds it to its share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .decode import Candidate, choose
from .decode.prior import Prior
from .preprocess import border_tone
from .results import Reading

BELOW = 0.8
"""Confidence of the first look below which a crop is looked at again, where a model does not say `second_look`.

`benchmarks/crop_looks.py` measures it. A network that reads only exact cuts says 0: it reads nothing from other looks.
"""

CUTS = ((0.0, 0.14), (0.06, 0.06), (-0.04, -0.04))
"""Fractions of width and height cut off at each side: print above and below, edges of the plate; below 0 adds there."""
TURNS = (-4.0, 4.0)
"""Degrees that the crop is rotated by, counterclockwise."""

_MOST_ACROSS = 640
"""Pixels of a crop's longer side from which on it is reduced first: a large crop costs no more time than this."""


def read_looks(
    first: Sequence[Candidate],
    others: Callable[[], Sequence[Sequence[Candidate]]],
    prior: Prior,
    below: float = BELOW,
    least: float = 0.0,
) -> Reading:
    """Return the reading of a crop from the texts of its first look, and of the others if it leaves doubt.

    It does if its confidence is below `below`, and at least `least`. `others` gives the texts of each of `other_looks`;
    it is called only where they are needed.
    """
    found = choose(first, prior)
    return choose(average([first, *others()]), prior) if least <= found.confidence < below else found


def other_looks(crop: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the crop of a plate, gray uint8 (h, w), in each of `CUTS` and then `TURNS`, uint8 of other sizes."""
    picture = Image.fromarray(np.ascontiguousarray(crop))
    factor = max(crop.shape) // _MOST_ACROSS
    if factor > 1:
        picture = picture.reduce(factor)
    gray = np.asarray(picture)
    looks = [_cut(gray, *parts) for parts in CUTS]
    tone = border_tone(gray)
    return looks + [np.asarray(picture.rotate(turn, Image.Resampling.BILINEAR, fillcolor=tone)) for turn in TURNS]


def _cut(gray: NDArray[np.uint8], of_width: float, of_height: float) -> NDArray[np.uint8]:
    height, width = gray.shape
    across, down = round(of_width * width), round(of_height * height)
    if across < 0 or down < 0:
        return np.pad(gray, ((-down, -down), (-across, -across)), mode="edge")
    return gray[down : height - down, across : width - across]


def average(looks: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Return the texts of several looks at one plate, most likely first, each with its mean likelihood.

    How likely each of a group of confusables is comes from the look that finds the text most likely.
    """
    sums: dict[str, float] = {}
    clearest: dict[str, Candidate] = {}
    for one in (one for candidates in looks for one in candidates):
        sums[one.text] = sums.get(one.text, 0.0) + one.likelihood
        if one.text not in clearest or one.likelihood > clearest[one.text].likelihood:
            clearest[one.text] = one
    found = [Candidate(text, total / len(looks), clearest[text].others) for text, total in sums.items()]
    return sorted(found, key=lambda one: (-one.likelihood, one.text))
