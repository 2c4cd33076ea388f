"""Rows of characters among the components of a picture: boxes of like height along one line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..median import median
from .components import BoolArray, Components

_HEIGHT_RATIO = 1.3
_OFF_LINE = 0.16
_STEEPEST = 0.35
_MOST_BOXES = 70


@dataclass(frozen=True, slots=True)
class Row:
    """A band of characters in a picture: its edges are ``y = top + slope * x`` and ``y = bottom + slope * x``.

    ``left`` and ``right`` are the outermost columns of the boxes that showed it, ``count`` how many they are.
    """

    slope: float
    top: float
    bottom: float
    left: float
    right: float
    count: int

    @property
    def height(self) -> float:
        """Height of the characters in pixels."""
        return self.bottom - self.top

    @property
    def weight(self) -> float:
        """The score as the main row: higher for many and for large characters."""
        return min(self.count, 8) * self.height


def like_characters(boxes: Components, shape: tuple[int, int]) -> BoolArray:
    """Which boxes could be one character of a picture of ``shape`` (h,w): neither dust nor frame."""
    height, width = shape
    tall = (boxes.height >= max(6, 0.14 * height)) & (boxes.height <= 0.95 * height)
    slim = (boxes.width <= 1.15 * boxes.height) & (boxes.width <= 0.4 * width) & (boxes.width >= 2)
    inked = boxes.area >= 0.12 * boxes.width * boxes.height
    return tall & slim & inked


def find_rows(boxes: Components, shape: tuple[int, int], most: int = 3, fewest: int = 3) -> list[Row]:
    """At most ``most`` rows of at least ``fewest`` boxes that share no box, the most character-like first."""
    boxes = boxes.take(like_characters(boxes, shape))
    if len(boxes) > _MOST_BOXES:
        boxes = boxes.take(np.argsort(-boxes.height, kind="stable")[:_MOST_BOXES])
    rows: list[Row] = []
    while len(rows) < most and len(boxes) >= max(fewest, 2):
        members = _best_alignment(boxes)
        if int(members.sum()) < fewest:
            break
        rows.append(_fit(boxes.take(members)))
        boxes = boxes.take(~members)
    return rows


def _best_alignment(boxes: Components) -> BoolArray:
    """The members of the best row: each pair of similar boxes gives a line, and the boxes along it count."""
    centre_x = (boxes.left + boxes.right) / 2
    centre_y = (boxes.top + boxes.bottom) / 2
    tall = boxes.height.astype(np.float64)
    first, second = np.nonzero(centre_x[:, None] < centre_x[None, :])
    run = centre_x[second] - centre_x[first]
    slope = (centre_y[second] - centre_y[first]) / np.maximum(run, 1e-6)
    size = (tall[first] + tall[second]) / 2
    like = np.maximum(tall[first], tall[second]) <= 1.2 * np.minimum(tall[first], tall[second])
    usable = like & (np.abs(slope) <= _STEEPEST) & (run >= 0.4 * size)
    first, slope, size = first[usable], slope[usable], size[usable]
    if first.size == 0:
        return np.zeros(len(boxes), dtype=np.bool_)
    line = centre_y[first][:, None] + slope[:, None] * (centre_x[None, :] - centre_x[first][:, None])
    off = np.abs(centre_y[None, :] - line) / size[:, None]
    ratio = tall[None, :] / size[:, None]
    inside = (off <= _OFF_LINE) & (ratio <= _HEIGHT_RATIO) & (ratio >= 1 / _HEIGHT_RATIO)
    support = (inside * (1 - off / (2 * _OFF_LINE))).sum(axis=1)
    score = np.minimum(support, 8) * size * (1 - np.abs(slope))
    members: BoolArray = inside[int(np.argmax(score))]
    return members


def _fit(boxes: Components) -> Row:
    """One slope through the tops and bottoms together, offsets by the median: one odd box moves nothing far."""
    centre_x = (boxes.left + boxes.right) / 2
    x = np.concatenate([centre_x, centre_x])
    y = np.concatenate([boxes.top, boxes.bottom]).astype(np.float64)
    first, second = np.nonzero(np.triu(np.ones((len(centre_x), len(centre_x)), dtype=np.bool_), 1))
    both_first = np.concatenate([first, first + len(centre_x)])
    both_second = np.concatenate([second, second + len(centre_x)])
    run = x[both_second] - x[both_first]
    far = np.abs(run) > 0.4 * median(boxes.height)
    slopes = (y[both_second] - y[both_first])[far] / run[far]
    slope = median(slopes) if slopes.size else 0.0
    return Row(
        slope=slope,
        top=median(boxes.top - slope * centre_x),
        bottom=median(boxes.bottom - slope * centre_x),
        left=float(boxes.left.min()),
        right=float(boxes.right.max()),
        count=len(boxes),
    )
