"""The rows of characters in a crop, by consensus of several thresholds for ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..median import median
from .box_mean import BoolArray, FloatArray, box_mean
from .components import drop_long_runs, find_runs, label_runs, measure
from .rows import Row, find_rows

_WORK_AREA = 26_000
_LONGEST_SIDE = 640
_WINDOWS = (0.3, 0.6)
_OFFSETS = (0.15, 0.4)


@dataclass(frozen=True, slots=True)
class Band:
    """A row in pixels of its picture, whether its ink is light, and its score, higher if more thresholds agree."""

    row: Row
    light_ink: bool
    score: float


def find_bands(gray: Image.Image, most: int = 3, fewest: int = 3) -> list[Band]:
    """At most ``most`` bands of an "L" picture, the most likely first, in its coordinates.

    A band shows at least ``fewest`` pieces that could be characters.
    """
    work, scale_x, scale_y = _working_size(gray)
    brightness = np.asarray(work, dtype=np.float32)
    bands = _consensus(_propose(brightness, fewest))[:most]
    return [Band(_scale(band.row, scale_x, scale_y), band.light_ink, band.score) for band in bands]


def _working_size(gray: Image.Image) -> tuple[Image.Image, float, float]:
    scale = float(np.sqrt(_WORK_AREA / (gray.width * gray.height)))
    width = int(min(_LONGEST_SIDE, max(1, round(gray.width * scale))))
    height = int(min(_LONGEST_SIDE, max(1, round(gray.height * scale))))
    work = gray.resize((width, height), Image.Resampling.BICUBIC)
    return work, width / gray.width, height / gray.height


def _propose(brightness: FloatArray, fewest: int) -> list[tuple[bool, Row]]:
    """Return rows of dark and of light ink, relative to the pixels around them, for every window and offset."""
    height = brightness.shape[0]
    spread = float(brightness.std())
    beyond = [brightness - box_mean(brightness, int(window * height), int(window * height)) for window in _WINDOWS]
    proposals: list[tuple[bool, Row]] = []
    for light_ink in (False, True):
        for difference in beyond:
            for offset in _OFFSETS:
                mask = difference > offset * spread if light_ink else -difference > offset * spread
                proposals += [(light_ink, row) for row in _rows_of(mask, fewest)]
    return proposals


def _rows_of(mask: BoolArray, fewest: int) -> list[Row]:
    """Rows in a mask, with and without the long bars that join characters to a frame."""
    runs = find_runs(mask)
    without_bars = drop_long_runs(runs, int(0.22 * mask.shape[1]))
    rows: list[Row] = []
    for chosen in (runs, without_bars) if len(without_bars) < len(runs) else (runs,):
        rows += find_rows(measure(chosen, label_runs(chosen)), (mask.shape[0], mask.shape[1]), 2, fewest)
    return rows


def _consensus(proposals: list[tuple[bool, Row]]) -> list[Band]:
    """Return one band for rows that agree, their median; ordered by size, count and agreement."""
    waiting = sorted(proposals, key=lambda proposal: -proposal[1].weight)
    bands: list[Band] = []
    while waiting:
        light_ink, leader = waiting[0]
        agreeing = [row for light, row in waiting if light == light_ink and _agree(leader, row)]
        waiting = [item for item in waiting if item[0] != light_ink or not _agree(leader, item[1])]
        row = _middle(agreeing)
        bands.append(Band(row, light_ink, row.weight * (1 + 0.15 * len(agreeing))))
    return sorted(bands, key=lambda band: -band.score)


def _agree(one: Row, other: Row) -> bool:
    reach = 0.15 * one.height
    return all(
        abs((one.top + one.slope * x) - (other.top + other.slope * x)) < reach
        and abs((one.bottom + one.slope * x) - (other.bottom + other.slope * x)) < reach
        for x in (one.left, one.right)
    )


def _middle(rows: list[Row]) -> Row:
    slope = median([row.slope for row in rows])
    centre = median([(row.left + row.right) / 2 for row in rows])
    top = median([row.top + row.slope * centre for row in rows])
    bottom = median([row.bottom + row.slope * centre for row in rows])
    return Row(
        slope=slope,
        top=top - slope * centre,
        bottom=bottom - slope * centre,
        left=median([row.left for row in rows]),
        right=median([row.right for row in rows]),
        count=int(median([row.count for row in rows])),
    )


def _scale(row: Row, scale_x: float, scale_y: float) -> Row:
    return Row(
        slope=row.slope * scale_x / scale_y,
        top=row.top / scale_y,
        bottom=row.bottom / scale_y,
        left=row.left / scale_x,
        right=row.right / scale_x,
        count=row.count,
    )
