"""The camera and the detector of synthetic plates: view, crop, size, lens, light, noise and compression."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.errors import missing_extra

from ..effects import jpeg, shade, stretch_contrast, to_bytes
from ..random_source import Gray, NoiseFields, RandomSource
from .canvas import PlateFace, Rectangle
from .compression import coarsened
from .spec import PLATE_SPEC

try:
    import cv2
except ImportError as error:
    raise missing_extra("rendering plates needs OpenCV", "train") from error

cv2.setNumThreads(1)

_INPUT_WIDTH = PLATE_SPEC.shape[1]
"""Width of the reader's input: blur is given in pixels of it, whatever the size of the crop."""

COARSE_WIDTHS = (45, 120)
"""Width in pixels of distant plates and plates of videos, before they are scaled up."""
MAX_ROTATION = 15.0
"""Largest rotation of a plate in degrees."""
MAX_CUT = 0.02
"""How far a crop's edge cuts into the first or last character at most, in heights: less than half a stroke."""
_COARSE_PROBABILITY = 0.14
_COARSE_PITCH = 7.5
"""Pixels from character to character below which compression makes the text illegible."""
_ATTEMPTS = 4
_VISIBLE = 0.5
"""Visibility below which people guess the text."""
_COARSE_VISIBLE = 0.68
"""The same for compressed crops, where artefacts resemble strokes."""
_MIN_DEVIATION = 1.2
"""Deviation of gray levels below which a display shows a uniform area."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Conditions:
    """Quality of a picture, chosen once for all effects, since bad conditions come together, for example at night.

    Attributes:
        lens: sigma of the blur at `_INPUT_WIDTH`, in pixels. motion: length of the motion_blur there, 0 for none.
        contrast: share of the full range between dark and light. noise: deviation, as a share of the contrast.
    """

    lens: float
    motion: float
    contrast: float
    noise: float

    @staticmethod
    def random(rng: RandomSource) -> Conditions:
        """Good, fair or poor conditions, with probabilities 0.45, 0.37 and 0.18."""
        value = rng.random()
        if value < 0.45:
            return Conditions(rng.uniform(0, 0.7), 0.0, rng.uniform(0.45, 1.05), rng.uniform(0, 0.02))
        motion = rng.uniform(1, 3.5) if rng.chance(0.2) else 0.0
        if value < 0.82:
            return Conditions(rng.uniform(0.2, 1.1), motion, rng.uniform(0.25, 1.15), rng.uniform(0, 0.05))
        motion *= rng.uniform(1, 1.5)
        return Conditions(rng.uniform(0.5, 1.5), motion, rng.log_uniform(0.1, 1.2), rng.uniform(0.01, 0.08))


@dataclass(frozen=True)
class CropTransform:
    """Geometry of camera and detector: from painted pixels to pixels of the crop.

    Attributes:
        matrix: homography from the painted picture to one of `size`. size, crop: (width, height) before and after
            pixels are averaged.
    """

    matrix: Matrix
    size: tuple[int, int]
    crop: tuple[int, int]

    def apply(self, painted: Image.Image) -> Gray:
        """The crop as float32 (h, w), 0..1."""
        flat = np.asarray(painted)
        warped = cv2.warpPerspective(
            flat, self.matrix, self.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        # Painted pixels shrink by averaging, as on a sensor; a warp alone would skip some of them.
        shrunk = cv2.resize(warped, self.crop, interpolation=cv2.INTER_AREA) if self.size != self.crop else warped
        return np.asarray(shrunk, np.float32) * np.float32(1 / 255)


def photograph(face: PlateFace, rng: RandomSource, noise_fields: NoiseFields) -> NDArray[np.uint8]:
    """Return the crop of a plate that a detector would give, gray uint8 (h, w), 60 to 340 pixels wide.

    An illegible picture is taken again, finally under good conditions: it would teach a network to guess.
    """
    coarse = rng.chance(_COARSE_PROBABILITY)
    for attempt in range(_ATTEMPTS):
        last = attempt == _ATTEMPTS - 1
        conditions = Conditions(0.3, 0.0, 0.8, 0.01) if last else Conditions.random(rng)
        coarse = coarse and not last
        if coarse:
            conditions = replace(conditions, lens=min(conditions.lens, 0.8), motion=0.0)
        transform = _crop_transform(face, conditions, coarse, rng)
        pixels, ink = _exposed(transform.apply(face.picture), conditions, rng, noise_fields), transform.apply(face.ink)
        if coarse:
            pixels = coarsened(pixels, rng)
            size = _enlarged(transform.crop, rng)
            interpolation = rng.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))
            pixels, ink = cv2.resize(pixels, size, interpolation=interpolation), cv2.resize(ink, size)
        elif rng.chance(0.6):
            pixels = jpeg(pixels, round(rng.uniform(22, 95)))
        if visibility(pixels, ink, two_rows=face.longest < len(face.text)) >= (_COARSE_VISIBLE if coarse else _VISIBLE):
            break
    return np.asarray(255 - pixels if rng.chance(0.02) else pixels, np.uint8)


def visibility(pixels: NDArray[np.uint8], ink: Gray, two_rows: bool = False) -> float:
    """Return the visibility of the serial's ink, 0..1, in the area of the crop where it is least visible.

    Args:
        pixels: gray (h, w). ink: the share of ink in every pixel, (h, w), 0..1.
        two_rows: look at nine parts, three above each other, in place of four beside each other.

    It is the correlation between both, without its character, among the pixels near ink.
    """
    found = 1.0
    near = cv2.dilate(ink, np.ones((3, 5), np.uint8)) > 0.2
    columns = np.flatnonzero(near.any(axis=0))
    if columns.size < 8:
        return 0.0
    lines = np.flatnonzero(near.any(axis=1))
    bands = np.array_split(np.arange(lines[0], lines[-1] + 1), 3 if two_rows else 1)
    strips = np.array_split(np.arange(columns[0], columns[-1] + 1), 3 if two_rows else 4)
    for area in (np.s_[band[0] : band[-1] + 1, strip[0] : strip[-1] + 1] for band in bands for strip in strips):
        chosen = near[area]
        inked, seen = ink[area][chosen], pixels[area][chosen].astype(np.float32)
        if inked.size < 20 or inked.std() < 0.1:
            continue
        spread = float(seen.std())
        found = min(found, abs(float(np.corrcoef(inked, seen)[0, 1])) if spread > _MIN_DEVIATION else 0.0)
    return found


def _enlarged(size: tuple[int, int], rng: RandomSource) -> tuple[int, int]:
    """Size of a coarse crop after scaling up: 60 to 340 pixels wide."""
    factor = min(max(rng.uniform(1.0, 3.0), 60 / size[0], 16 / size[1]), 340 / size[0], max(1.0, 300 / size[1]))
    return round(size[0] * factor), round(size[1] * factor)


def _exposed(gray: Gray, conditions: Conditions, rng: RandomSource, noise_fields: NoiseFields) -> NDArray[np.uint8]:
    """Lens, light and noise, uint8 (h, w)."""
    scale = gray.shape[1] / _INPUT_WIDTH
    if conditions.lens * scale > 0.2:
        gray = cv2.GaussianBlur(gray, (0, 0), conditions.lens * scale)
    if conditions.motion:
        gray = _motion_blurred(gray, conditions.motion * scale, rng)
    gray = _lit(gray, conditions, rng)
    noise = noise_fields.window((gray.shape[0], gray.shape[1]), rng, rng.choice((0, 0, 1, 1, 2)))
    gray = gray + np.float32(conditions.noise * conditions.contrast + rng.uniform(0, 0.01)) * noise
    if rng.chance(0.2):
        gray = gray + np.float32(rng.uniform(0.3, 1.5)) * (gray - cv2.GaussianBlur(gray, (0, 0), 0.5 + scale * 0.5))
    return to_bytes(np.asarray(gray, np.float32))


def _crop_transform(face: PlateFace, conditions: Conditions, coarse: bool, rng: RandomSource) -> CropTransform:
    """Choose view, crop and size."""
    box = _detector_crop(face, rng)
    view = _view(face, rng)
    corners = _apply_homography(view, _corners(box))
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    wide, tall = right - left, bottom - top
    width = round(rng.log_uniform(70, 340) if conditions.lens < 0.9 else rng.log_uniform(60, 220))
    if wide / tall < 2.4:
        width = max(60, round(width * rng.uniform(0.6, 1.0)))
    if coarse:
        letters = (face.serial_box[2] - face.serial_box[0]) / wide
        narrowest = min(COARSE_WIDTHS[1], max(COARSE_WIDTHS[0], _COARSE_PITCH * face.longest / letters))
        width = round(rng.log_uniform(narrowest, COARSE_WIDTHS[1]))
    height = max(16, round(width * tall / wide * rng.uniform(0.84, 1.2)))
    height = min(height, 300)
    size = (max(width, round(wide)), max(height, round(tall)))
    fit = np.array([[size[0] / wide, 0, -left * size[0] / wide], [0, size[1] / tall, -top * size[1] / tall], [0, 0, 1]])
    return CropTransform(np.asarray(fit @ view, np.float64), size, (width, height))


def _detector_crop(face: PlateFace, rng: RandomSource) -> Rectangle:
    """The box of the detector; on some pictures its edge is at the first or last character."""
    left, top, right, bottom = _loose_or_tight_crop(face, rng)
    if rng.chance(0.06):
        left = face.serial_box[0] + rng.uniform(-0.03, MAX_CUT) * face.letter
    elif rng.chance(0.06):
        right = face.serial_box[2] - rng.uniform(-0.03, MAX_CUT) * face.letter
    return left, top, right, bottom


def _loose_or_tight_crop(face: PlateFace, rng: RandomSource) -> Rectangle:
    """A box near the plate's edge, a loose one, or one tight around the letters."""
    left, top, right, bottom = face.plate
    wide, tall = right - left, bottom - top
    value = rng.random()
    if value < 0.5:
        low, across, down = -0.25, 0.03, 0.07
    elif value < 0.8:
        low, across, down = 0.0, rng.uniform(0.03, 0.24), rng.uniform(0.07, 0.45)
    else:
        left, top, right, bottom = face.row_box if rng.chance(0.7) else face.serial_box
        margins = [rng.uniform(-0.015, 0.12) * tall for _ in range(4)]
        return left - margins[0], top - margins[1], right + margins[2], bottom + margins[3]
    first, second = (rng.uniform(low, 1) * across * wide for _ in range(2))
    upper, lower = (rng.uniform(low, 1) * down * tall for _ in range(2))
    x0, y0, x1, y1 = face.serial_box
    # A detector may crop the plate, but never a character: it would be illegible.
    return min(left - first, x0), min(top - upper, y0), max(right + second, x1), max(bottom + lower, y1)


def _view(face: PlateFace, rng: RandomSource) -> Matrix:
    """A homography around the plate's centre: rotation, slant and perspective, mostly slight."""
    strong = rng.choices((0.0, 0.4, 1.0, 2.0, 3.0), (20, 48, 36, 12, 5))[0]
    rotation, slant = math.radians(_rotation_degrees(strong, rng)), rng.normal(0.07 * min(2.0, strong))
    x, y = (face.plate[0] + face.plate[2]) / 2, (face.plate[1] + face.plate[3]) / 2
    cosine, sine = math.cos(rotation), math.sin(rotation)
    lean = np.array([[cosine, -sine + slant, 0], [sine, cosine, 0], [0, 0, 1]])
    far = np.array([[1, 0, 0], [0, 1, 0], [rng.normal(2.5e-4 * strong), rng.normal(5e-4 * strong), 1]])
    centre = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])
    back = np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
    return np.asarray(back @ far @ lean @ centre, np.float64)


def _rotation_degrees(strong: float, rng: RandomSource) -> float:
    """Rotation of a plate: mostly slight; 11 % are rotated by 4 to 15 degrees, as in hand-held pictures."""
    if rng.chance(0.11):
        return rng.uniform(4, MAX_ROTATION) * rng.choice((-1, 1))
    return max(-MAX_ROTATION, min(MAX_ROTATION, rng.normal(2.6 * strong)))


def _corners(box: Rectangle) -> Matrix:
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def _apply_homography(matrix: Matrix, points: Matrix) -> Matrix:
    """Return points (n, 2) transformed by a homography."""
    raised = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return np.asarray(raised[:, :2] / raised[:, 2:], np.float64)


def _motion_blurred(gray: Gray, length: float, rng: RandomSource) -> Gray:
    size = max(3, round(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    angle = rng.normal(0.3) if rng.chance(0.75) else math.pi / 2 + rng.normal(0.3)
    half = size // 2
    end = (round(half + half * math.cos(angle)), round(half + half * math.sin(angle)))
    cv2.line(kernel, (2 * half - end[0], 2 * half - end[1]), end, 1.0)
    return np.asarray(cv2.filter2D(gray, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def _lit(gray: Gray, conditions: Conditions, rng: RandomSource) -> Gray:
    """Contrast and brightness, light from the side, shadows, glare, and an overexposed sensor."""
    if rng.chance(0.25):
        gray = np.asarray(np.power(np.maximum(gray, 1e-4), rng.log_uniform(0.5, 1.9)), np.float32)
    gray = gray * np.float32(conditions.contrast)
    spare = 1.0 - conditions.contrast
    gray = gray + np.float32(rng.uniform(0, spare) if spare > 0 else rng.uniform(-0.15, 0.2))
    if rng.chance(0.12):
        gray = _bloomed(gray, rng)
    if rng.chance(0.4):
        gray = shade(gray, rng, rng.uniform(0.05, 0.5) * conditions.contrast)
    if rng.chance(0.1):
        gray = gray + _lamp(gray.shape[:2], rng) * np.float32(rng.uniform(0.2, 0.9))
    if rng.chance(0.06):
        gray = stretch_contrast(gray, rng)
    return np.asarray(gray, np.float32)


def _bloomed(gray: Gray, rng: RandomSource) -> Gray:
    """Let bright areas spread into their surroundings, as reflective paint does under a flash."""
    size = rng.choice((3, 3, 5))
    spread = cv2.dilate(gray, np.ones((size, size), np.uint8)) if rng.chance(0.5) else gray
    halo = cv2.GaussianBlur(spread, (0, 0), rng.uniform(0.8, 5))
    strength = rng.uniform(0.1, 0.7)
    bright = np.maximum(gray, spread) + np.float32(strength) * halo
    return np.asarray(bright / np.float32(1 + strength * rng.uniform(0.3, 1)), np.float32)


def _lamp(shape: tuple[int, ...], rng: RandomSource) -> Gray:
    """A soft spot of light, 0..1."""
    height, width = shape[0], shape[1]
    x = (np.arange(width, dtype=np.float32)[None, :] - rng.uniform(0, width)) / (height * rng.uniform(0.15, 0.8))
    y = (np.arange(height, dtype=np.float32)[:, None] - rng.uniform(-0.2, 1.2) * height) / (
        height * rng.uniform(0.15, 0.7)
    )
    return np.asarray(np.exp(-x * x - y * y), np.float32)
