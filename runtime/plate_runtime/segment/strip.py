"""A rectified row of characters: of fixed height, without slope, ink light on dark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .box_mean import BoolArray, FloatArray, box_mean
from .rows import Row

CHARACTER_HEIGHT = 32
MARGIN = 7
_SOFTNESS = 2.2
_WIDEST = 640


@dataclass(frozen=True, slots=True)
class Strip:
    """A rectified row. ``ink`` float32 (h,w), larger is more ink; ``scale`` strip pixels per picture pixel.

    ``background`` float32 (h,w) is the mean ink around each pixel, two character heights wide.
    ``slant`` is the lean of the strokes before rectifying: pixels to the right per pixel upwards.
    """

    ink: FloatArray
    background: FloatArray
    colours: NDArray[np.uint8]
    row: Row
    scale: float
    slant: float

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """The point of the picture that lies at ``x``, ``y`` of the strip, in pixels."""
        middle = MARGIN + CHARACTER_HEIGHT / 2
        across = (x - self.slant * (y - middle)) / self.scale
        return across, self.row.top + self.row.slope * across + (y - MARGIN) / self.scale


def rectify_row(picture: Image.Image, row: Row, light_ink: bool, slant: float = 0.0) -> Strip:
    """Return the strip of ``row`` in a picture; the whole width of the picture is kept."""
    scale = min(CHARACTER_HEIGHT / max(row.height, 1.0), _WIDEST / max(picture.width, 1))
    width = max(1, round(picture.width * scale))
    middle = MARGIN + CHARACTER_HEIGHT / 2
    # PIL maps output to input: x_in = a x + b y + c, y_in = d x + e y + f, with the row's slope and slant inside.
    a, b, c = 1 / scale, -slant / scale, slant * middle / scale
    d, e, f = row.slope * a, row.slope * b + 1 / scale, row.top + row.slope * c - MARGIN / scale
    rectified = picture.transform(
        (width, CHARACTER_HEIGHT + 2 * MARGIN), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BICUBIC
    )
    gray = np.asarray(rectified.convert("L"), dtype=np.float32)
    ink = gray if light_ink else 255 - gray
    background = box_mean(ink, 2 * CHARACTER_HEIGHT, ink.shape[0])
    return Strip(ink, background, np.asarray(rectified), row, scale, slant)


def soft_ink(strip: Strip, offset: float) -> FloatArray:
    """Return the degree, 0..1, to which each pixel is ink, float32 (h,w).

    It is 0.5 where a pixel exceeds its background by ``offset`` spreads.
    """
    ink = strip.ink
    left = max(0, int(strip.row.left * strip.scale) - MARGIN)
    right = min(ink.shape[1], int(strip.row.right * strip.scale) + MARGIN + 1)
    inner = ink[MARGIN:-MARGIN, left:right]
    spread = max(1.0, float(inner.std()) if inner.size else 0.0)
    beyond = ink - strip.background - offset * spread
    soft: FloatArray = np.clip(0.5 + beyond / (_SOFTNESS * spread), 0.0, 1.0)
    return soft


def ink_mask(soft: FloatArray) -> BoolArray:
    """The pixels that count as ink, bool (h,w)."""
    mask: BoolArray = soft > 0.5
    return mask


def estimate_slant(mask: BoolArray) -> float:
    """The lean of the strokes in a mask (h,w): pixels to the right per pixel upwards, within 0.4 either way.

    Upright strokes make columns either full or empty, so the shear with the most uneven columns is chosen.
    """
    inner = mask[MARGIN:-MARGIN]
    rows, columns = np.nonzero(inner)
    if rows.size == 0:
        return 0.0
    up = (CHARACTER_HEIGHT - 1) / 2 - rows
    slants = np.linspace(-0.4, 0.4, 17)
    reach = CHARACTER_HEIGHT
    scores = []
    for slant in slants:
        sheared = np.rint(columns - slant * up).astype(np.intp) + reach
        counts = np.bincount(sheared, minlength=mask.shape[1] + 2 * reach).astype(np.float64)
        scores.append(float((counts * counts).sum()) * (1 - 0.05 * abs(slant)))
    return float(slants[int(np.argmax(scores))])
