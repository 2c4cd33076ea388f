"""Reading a plate crop segmented into characters, with a network that classifies single characters.

The rows of a crop are found and rectified. Everything in them that may be a character is classified in one batch. The
cheapest path through these pieces is the reading. Several rows and thresholds compete.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image

from ..decode import apply_temperature, decode_softmax
from ..errors import UsageError
from ..results import Box, Character, Corners
from .bands import Band, find_bands
from .cells import Atoms, Cell, cut_out, find_atoms, find_cells
from .costs import CostArray, cheapest_path, shape_costs, width_costs
from .strip import CHARACTER_HEIGHT, MARGIN, Strip, estimate_slant, ink_mask, rectify_row, soft_ink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..manifest import Manifest

_LONGEST_SIDE = 480
# A wide crop holds one row, dark or light; a squarer one has room for two, and for small print.
_WIDE, _MOST_BANDS_IF_WIDE, _MOST_BANDS = 2.8, 2, 4
# Any two specks lie on a line: they are a row only if nothing longer can be read.
_FEWEST_PIECES = (3, 2)
_OFFSETS = (0.1, 0.4)
_MARGINS = (0, 1)
_FEWEST_IN_A_ROW = 2
_LIKE_HEIGHT = 0.72
_MOST_CHARACTERS = 10


class CharacterModel(Protocol):
    """What reading needs of a classifier; `plate_runtime.model.Model` is one."""

    @property
    def manifest(self) -> Manifest:
        """Alphabet, input and temperature."""

    def predict_pictures(
        self, pictures: Sequence[NDArray[np.uint8]], picture_polarity: str = "auto"
    ) -> NDArray[np.float32]:
        """Classify gray pictures, uint8 (h, w) -> probabilities float32 (n, classes)."""


@dataclass(frozen=True)
class SegmentedPlate:
    """A plate crop read character by character, in pixels of the crop.

    Attributes:
        characters: from left to right, the upper row first.
        probabilities: of each character, calibrated, float32 (n, classes). boxes: of each character.
        confidence: 0..1, that the whole text is right: the product of the characters'.
        box: upright box around all characters; corners: the tilted one, from top left clockwise.
    """

    characters: tuple[Character, ...]
    probabilities: NDArray[np.float32]
    boxes: tuple[Box, ...]
    confidence: float
    box: Box
    corners: Corners


@dataclass(frozen=True)
class _Attempt:
    """One row under one threshold, with everything in it that may be a character."""

    band: Band
    strip: Strip
    atoms: Atoms
    cells: list[Cell]
    pictures: list[NDArray[np.uint8]]
    shape: CostArray


@dataclass(frozen=True)
class _Reading:
    """The cheapest path through an attempt: `chosen` cells, their probabilities (n, classes), and its cost in nats.

    A negative cost means that its characters gain more than they cost.
    """

    attempt: _Attempt
    chosen: list[int]
    probabilities: NDArray[np.float32]
    cost: float

    @property
    def gain(self) -> float:
        """The gain of the reading, more for larger print: the main serial is the largest on a plate."""
        return -self.cost * self.attempt.band.row.height


def segment_plate(rgb: NDArray[np.uint8], model: CharacterModel) -> SegmentedPlate | None:
    """Read the crop of one plate, uint8 (h, w, 3) RGB of any size, with a character model.

    Returns:
        None where nothing looks like a row of characters.

    Raises:
        UsageError: the array is not uint8 (h, w, 3).
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise UsageError(f"expected a colour picture, uint8 (h, w, 3), not {rgb.dtype} {rgb.shape}")
    picture = _bounded(rgb)
    gray = picture.convert("L")
    most = _MOST_BANDS_IF_WIDE if picture.width > _WIDE * picture.height else _MOST_BANDS
    for fewest in _FEWEST_PIECES:
        bands = find_bands(gray, most, fewest)
        readings = _classify([attempt for band in bands for attempt in _attempts(picture, band)], model)
        likely = [reading for reading in readings if reading.chosen and reading.cost < 0]
        if likely:
            rows = [_averaged(reading, model) for reading in _rows_of_plate(likely)]
            return _segmented(rows, model.manifest, picture, rgb.shape)
    return None


def _bounded(rgb: NDArray[np.uint8]) -> Image.Image:
    """The crop at a size that bounds the work; small crops stay as they are, rows are enlarged one by one."""
    height, width = rgb.shape[:2]
    picture = Image.fromarray(rgb)
    scale = _LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return picture.resize(size, Image.Resampling.BOX)


def _attempts(picture: Image.Image, band: Band) -> list[_Attempt]:
    upright = _rectified(picture, band)
    attempts = []
    for offset in _OFFSETS:
        soft = soft_ink(upright, offset)
        atoms = find_atoms(ink_mask(soft))
        cells = find_cells(atoms)
        if not cells:
            continue
        pictures = [cut_out(soft, atoms, cell) for cell in cells]
        shape = shape_costs(upright, soft, atoms, cells, pictures)
        attempts.append(_Attempt(band, upright, atoms, cells, pictures, shape))
    return attempts


def _rectified(picture: Image.Image, band: Band) -> Strip:
    """Return the strip of a band, with leaning strokes made upright."""
    strip = rectify_row(picture, band.row, band.light_ink)
    inside = slice(max(0, int(band.row.left * strip.scale)), int(band.row.right * strip.scale) + 1)
    slant = estimate_slant(ink_mask(soft_ink(strip, _OFFSETS[0]))[:, inside])
    return rectify_row(picture, band.row, band.light_ink, slant) if slant else strip


def _classify(attempts: list[_Attempt], model: CharacterModel) -> list[_Reading]:
    """All cells of all attempts in one batch, then the cheapest path of each."""
    pictures = [picture for attempt in attempts for picture in attempt.pictures]
    if not pictures:
        return []
    manifest = model.manifest
    outputs = model.predict_pictures(pictures, "light-on-dark")
    calibrated = apply_temperature(outputs, manifest.temperature)
    readings = []
    done = 0
    for attempt in attempts:
        rows = slice(done, done + len(attempt.cells))
        done = rows.stop
        characters = [manifest.alphabet[best] for best in calibrated[rows].argmax(axis=1)]
        surprise = -np.log(calibrated[rows].max(axis=1).astype(np.float64) + 1e-3)
        costs = surprise + attempt.shape + width_costs(attempt.cells, characters)
        cost, chosen = cheapest_path(attempt.atoms, attempt.cells, costs)
        readings.append(_Reading(attempt, chosen, outputs[rows][chosen], cost))
    return readings


def _averaged(reading: _Reading, model: CharacterModel) -> _Reading:
    """The reading with each character's classes averaged over several views of it.

    One view depends on its threshold and its box; the mean over several is right more often.
    """
    attempt = reading.attempt
    views = []
    for offset in _OFFSETS:
        soft = soft_ink(attempt.strip, offset)
        for margin in _MARGINS:
            views += [cut_out(soft, attempt.atoms, attempt.cells[k], margin) for k in reading.chosen]
    outputs = model.predict_pictures(views, "light-on-dark")
    means = outputs.reshape(len(views) // len(reading.chosen), len(reading.chosen), -1).mean(axis=0)
    return replace(reading, probabilities=means.astype(np.float32))


def _rows_of_plate(readings: list[_Reading]) -> list[_Reading]:
    """The best reading, and with it a second row of like print above or below it, the upper one first."""
    best = max(readings, key=lambda reading: reading.gain)
    partners = [reading for reading in readings if _makes_two_rows(best, reading)]
    if not partners:
        return [best]
    partner = max(partners, key=lambda reading: reading.gain)
    return sorted([best, partner], key=lambda reading: _middle_height(reading.attempt.band))


def _makes_two_rows(one: _Reading, other: _Reading) -> bool:
    band, candidate = one.attempt.band, other.attempt.band
    if band.light_ink != candidate.light_ink:
        return False
    heights = sorted((band.row.height, candidate.row.height))
    apart = abs(_middle_height(band) - _middle_height(candidate))
    beside = min(band.row.right, candidate.row.right) - max(band.row.left, candidate.row.left)
    narrower = min(band.row.right - band.row.left, candidate.row.right - candidate.row.left)
    count = len(one.chosen) + len(other.chosen)
    return (
        heights[0] >= _LIKE_HEIGHT * heights[1]
        and 0.9 * heights[1] <= apart <= 2 * heights[1]
        and beside >= 0.5 * narrower
        and len(other.chosen) >= _FEWEST_IN_A_ROW
        and count <= _MOST_CHARACTERS
    )


def _middle_height(band: Band) -> float:
    """The height in the picture of a band's middle, taken at the middle of its width."""
    return (band.row.top + band.row.bottom) / 2 + band.row.slope * (band.row.left + band.row.right) / 2


def _segmented(
    rows: list[_Reading], manifest: Manifest, picture: Image.Image, shape: tuple[int, ...]
) -> SegmentedPlate:
    height, width = shape[0], shape[1]
    scale = np.array([width / picture.width, height / picture.height])
    limit = np.array([width, height], dtype=np.float64)
    probabilities = np.concatenate([reading.probabilities for reading in rows])
    quads = [_quad(reading.attempt.strip, reading.attempt.cells[k]) for reading in rows for k in reading.chosen]
    boxes = [_upright_box(np.clip(quad * scale, 0, limit), width, height) for quad in quads]
    outline = np.clip(_outline(rows) * scale, 0, limit)
    characters = decode_softmax(probabilities, manifest.script, manifest.temperature)
    return SegmentedPlate(
        characters=tuple(characters),
        probabilities=apply_temperature(probabilities, manifest.temperature),
        boxes=tuple(boxes),
        confidence=round(math.prod(character.confidence for character in characters), 4),
        box=_upright_box(outline, width, height),
        corners=tuple((round(float(x), 1), round(float(y), 1)) for x, y in outline),
    )


def _quad(strip: Strip, cell: Cell) -> NDArray[np.float64]:
    """The corners of a cell in the picture, float64 (4, 2), from top left clockwise."""
    edges = ((cell.left, cell.top), (cell.right, cell.top), (cell.right, cell.bottom), (cell.left, cell.bottom))
    return np.array([strip.to_picture(x, y) for x, y in edges])


def _outline(rows: list[_Reading]) -> NDArray[np.float64]:
    """The corners of all rows together in the picture: top of the first, bottom of the last; float64 (4, 2)."""
    upper, lower = rows[0].attempt.strip, rows[-1].attempt.strip
    top, bottom = MARGIN, MARGIN + CHARACTER_HEIGHT
    sides = [(row.attempt.strip, row.attempt.cells[row.chosen[0]].left) for row in rows]
    sides += [(row.attempt.strip, row.attempt.cells[row.chosen[-1]].right) for row in rows]
    ends = [strip.to_picture(x, (top + bottom) / 2)[0] for strip, x in sides]
    corners = [
        strip.to_picture(strip.scale * across, y)
        for strip, across, y in (
            (upper, min(ends), top),
            (upper, max(ends), top),
            (lower, max(ends), bottom),
            (lower, min(ends), bottom),
        )
    ]
    return np.array(corners)


def _upright_box(points: NDArray[np.float64], width: int, height: int) -> Box:
    """The smallest whole-pixel box around points (n, 2) inside a picture of that size, at least one pixel large."""
    left, top = np.floor(points.min(axis=0)).astype(int)
    right, bottom = np.ceil(points.max(axis=0)).astype(int)
    left, top = min(int(left), width - 1), min(int(top), height - 1)
    return left, top, max(1, int(right) - left), max(1, int(bottom) - top)
