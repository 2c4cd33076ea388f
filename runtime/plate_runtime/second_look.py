"""A second look at a plate that is read with doubt: it is cropped and rotated again, and all looks are combined.

The likelihoods of each text are averaged over the looks, and the prior weighs the average once. Steps of the network
are not averaged, because they are not aligned. The most confident look does not decide alone: a tight crop that loses a
character is often read with confidence.
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
"""Confidence of the first look below which there are others, where a model's manifest does not give `second_look`.

`benchmarks/crop_looks.py` measures it. A network that reads only exact crops has 0 there: it has no other looks.
"""

LEAST_OF_BATCH = 0.3
"""Least confidence of a crop of a frame that a second network reads too: what is read with less is seldom a plate."""

CROPS = ((0.0, 0.14), (0.06, 0.06), (-0.04, -0.04))
"""Fractions of width and height removed at each side: small print, the plate's edges. Negative ones add a margin."""
ROTATIONS = (-4.0, 4.0)
"""Degrees, counterclockwise."""

_LONGEST_SIDE = 640
"""Pixels; a larger crop is reduced first, so that it costs no more time."""


def read_looks(
    first: Sequence[Candidate],
    others: Callable[[], Sequence[Sequence[Candidate]]],
    prior: Prior,
    below: float = BELOW,
    least: float = 0.0,
) -> Reading:
    """Return the reading of a crop from the texts of its first look, combined with the others if it is in doubt.

    It is in doubt if its confidence is below `below` and at least `least`. `others` returns the texts of each of
    `other_looks`; it is called only if they are needed.
    """
    found = choose(first, prior)
    return choose(average([first, *others()]), prior) if least <= found.confidence < below else found


def other_looks(crop: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return the crop of a plate, gray uint8 (h, w), in each of `CROPS` and then `ROTATIONS`, uint8 of other sizes."""
    picture = Image.fromarray(np.ascontiguousarray(crop))
    factor = max(crop.shape) // _LONGEST_SIDE
    if factor > 1:
        picture = picture.reduce(factor)
    gray = np.asarray(picture)
    looks = [_crop(gray, *parts) for parts in CROPS]
    tone = border_tone(gray)
    return looks + [np.asarray(picture.rotate(angle, Image.Resampling.BILINEAR, fillcolor=tone)) for angle in ROTATIONS]


def _crop(gray: NDArray[np.uint8], of_width: float, of_height: float) -> NDArray[np.uint8]:
    height, width = gray.shape
    across, down = round(of_width * width), round(of_height * height)
    if across < 0 or down < 0:
        return np.pad(gray, ((-down, -down), (-across, -across)), mode="edge")
    return gray[down : height - down, across : width - across]


def average(looks: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Return the texts of several looks at one plate, most likely first, each with its mean likelihood.

    The probabilities of confusables are those of the look with the highest likelihood of the text.
    """
    sums: dict[str, float] = {}
    clearest: dict[str, Candidate] = {}
    for one in (one for candidates in looks for one in candidates):
        sums[one.text] = sums.get(one.text, 0.0) + one.likelihood
        if one.text not in clearest or one.likelihood > clearest[one.text].likelihood:
            clearest[one.text] = one
    found = [Candidate(text, total / len(looks), clearest[text].others) for text, total in sums.items()]
    return sorted(found, key=lambda one: (-one.likelihood, one.text))
