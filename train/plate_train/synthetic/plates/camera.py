"""What a camera and a detector make of a plate: view, cut, size, lens, light, noise and compression."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.errors import missing_extra

from ..effects import Dice, Grain, Gray, full_range, jpeg, shade, to_bytes
from .easel import Face, Rectangle

try:
    import cv2
except ImportError as error:
    raise missing_extra("drawing plates needs OpenCV", "train") from error

cv2.setNumThreads(1)

INPUT_WIDTH = 160
"""Width that blur is measured for: a reader sees the crop at about this width, whatever its own size."""

COARSE_WIDTHS, COARSE_QUALITIES = (45, 120), (8, 20)
"""Pixels across and JPEG quality of plates that are far away or come out of a video, before they are scaled up."""
STEEPEST = 15.0
"""Degrees that a plate is turned at most."""
CUT = 0.02
"""Heights of a character that the crop's edge takes from the first or last one at most: less than half a stroke."""
_COARSE_SHARE = 0.14
_COARSE_PITCH = 7.5
"""Pixels from character to character below which compression leaves nothing to read."""
_ATTEMPTS = 4
_VISIBLE = 0.5
"""Visibility below which people guess."""
_COARSE_VISIBLE = 0.68
"""The same where compression draws shapes of its own."""
_FAINTEST = 1.2
"""Deviation of gray levels below which a display shows nothing."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Conditions:
    """How bad a picture is, drawn once a picture so that bad things come together as they do at night.

    Attributes:
        lens: sigma of the blur at `INPUT_WIDTH`, in pixels. motion: length of the smear there, 0 for none.
        contrast: share of the full range between dark and light. noise: deviation, as a share of the contrast.
    """

    lens: float
    motion: float
    contrast: float
    noise: float

    @staticmethod
    def draw(dice: Dice) -> Conditions:
        """Good, fair and poor pictures, 45, 37 and 18 of 100."""
        throw = dice.random()
        if throw < 0.45:
            return Conditions(dice.uniform(0, 0.7), 0.0, dice.uniform(0.45, 1.05), dice.uniform(0, 0.02))
        motion = dice.uniform(1, 3.5) if dice.chance(0.2) else 0.0
        if throw < 0.82:
            return Conditions(dice.uniform(0.2, 1.1), motion, dice.uniform(0.25, 1.15), dice.uniform(0, 0.05))
        motion *= dice.uniform(1, 1.5)
        return Conditions(dice.uniform(0.5, 1.5), motion, dice.log_uniform(0.1, 1.2), dice.uniform(0.01, 0.08))


@dataclass(frozen=True)
class Shot:
    """Where the camera stands and what the detector cuts: painted pixels to pixels of the crop.

    Attributes:
        matrix: homography from the painted picture to one of `size`. size, crop: (width, height) before and after
            pixels are averaged.
    """

    matrix: Matrix
    size: tuple[int, int]
    crop: tuple[int, int]

    def take(self, painted: Image.Image) -> Gray:
        """The crop as float32 (h, w), 0..1."""
        flat = np.asarray(painted)
        warped = cv2.warpPerspective(
            flat, self.matrix, self.size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        # Painted pixels shrink by averaging, as on a sensor; a warp alone would skip some of them.
        shrunk = cv2.resize(warped, self.crop, interpolation=cv2.INTER_AREA) if self.size != self.crop else warped
        return np.asarray(shrunk, np.float32) * np.float32(1 / 255)


def photograph(face: Face, dice: Dice, grain: Grain) -> NDArray[np.uint8]:
    """Return the crop, gray uint8 (h, w), that a detector would cut of a plate; 60 to 340 pixels wide.

    What nobody could read is taken again, at last under good conditions: it would teach a network to guess.
    """
    coarse = dice.chance(_COARSE_SHARE)
    for attempt in range(_ATTEMPTS):
        last = attempt == _ATTEMPTS - 1
        conditions = Conditions(0.3, 0.0, 0.8, 0.01) if last else Conditions.draw(dice)
        coarse = coarse and not last
        if coarse:
            conditions = replace(conditions, lens=min(conditions.lens, 0.8), motion=0.0)
        shot = _shot(face, conditions, coarse, dice)
        pixels, ink = _exposed(shot.take(face.picture), conditions, dice, grain), shot.take(face.ink)
        if coarse:
            pixels = coarsened(pixels, dice)
            size = _enlarged(shot.crop, dice)
            way = dice.choice((cv2.INTER_LINEAR, cv2.INTER_CUBIC))
            pixels, ink = cv2.resize(pixels, size, interpolation=way), cv2.resize(ink, size)
        elif dice.chance(0.6):
            pixels = jpeg(pixels, round(dice.uniform(22, 95)))
        if visibility(pixels, ink, two_rows=face.longest < len(face.text)) >= (_COARSE_VISIBLE if coarse else _VISIBLE):
            break
    return np.asarray(255 - pixels if dice.chance(0.02) else pixels, np.uint8)


def visibility(pixels: NDArray[np.uint8], ink: Gray, two_rows: bool = False) -> float:
    """Return how well the ink of the serial can be seen, 0..1, in the part of the crop where it is seen worst.

    Args:
        pixels: gray (h, w). ink: the share of ink in every pixel, (h, w), 0..1.
        two_rows: look at nine parts, three above each other, in place of four beside each other.

    It is the correlation between both, without its sign, among the pixels near ink.
    """
    found = 1.0
    near = cv2.dilate(ink, np.ones((3, 5), np.uint8)) > 0.2
    columns = np.flatnonzero(near.any(axis=0))
    if columns.size < 8:
        return 0.0
    lines = np.flatnonzero(near.any(axis=1))
    bands = np.array_split(np.arange(lines[0], lines[-1] + 1), 3 if two_rows else 1)
    strips = np.array_split(np.arange(columns[0], columns[-1] + 1), 3 if two_rows else 4)
    for part in (np.s_[band[0] : band[-1] + 1, strip[0] : strip[-1] + 1] for band in bands for strip in strips):
        chosen = near[part]
        inked, seen = ink[part][chosen], pixels[part][chosen].astype(np.float32)
        if inked.size < 20 or inked.std() < 0.1:
            continue
        spread = float(seen.std())
        found = min(found, abs(float(np.corrcoef(inked, seen)[0, 1])) if spread > _FAINTEST else 0.0)
    return found


def coarsened(pixels: NDArray[np.uint8], dice: Dice) -> NDArray[np.uint8]:
    """Compress gray (h, w) hard: as a JPEG of low quality, or as a video that drops what moves little in a block."""
    if dice.chance(0.4):
        pixels = video_blocks(pixels, dice.uniform(2, 8), (dice.randrange(8), dice.randrange(8)))
        if dice.chance(0.5):
            return pixels
    return jpeg(pixels, round(dice.uniform(*COARSE_QUALITIES)))


def video_blocks(pixels: NDArray[np.uint8], least: float, offset: tuple[int, int]) -> NDArray[np.uint8]:
    """Flatten blocks of 8x8 pixels that differ from a coarse picture of themselves by less than `least` levels.

    Args:
        pixels: gray (h, w). offset: pixels of the first block that lie outside, (down, right).
    """
    height, width = pixels.shape
    down, right = offset
    below, beyond = -(height + down) % 8, -(width + right) % 8
    padded = cv2.copyMakeBorder(pixels, down, below, right, beyond, cv2.BORDER_REPLICATE)
    size = (padded.shape[1], padded.shape[0])
    coarse = cv2.resize(padded, (size[0] // 4, size[1] // 4), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    apart = cv2.absdiff(padded, coarse).astype(np.float32)
    per_block = cv2.resize(apart, (size[0] // 8, size[1] // 8), interpolation=cv2.INTER_AREA)
    flat = cv2.resize(per_block, size, interpolation=cv2.INTER_NEAREST) < least
    whole = np.where(flat, coarse, padded)
    return np.asarray(whole[down : down + height, right : right + width], np.uint8)


def _enlarged(size: tuple[int, int], dice: Dice) -> tuple[int, int]:
    """A coarse crop as its reader gets it: scaled up, 60 to 340 pixels wide."""
    factor = min(max(dice.uniform(1.0, 3.0), 60 / size[0], 16 / size[1]), 340 / size[0], max(1.0, 300 / size[1]))
    return round(size[0] * factor), round(size[1] * factor)


def _exposed(gray: Gray, conditions: Conditions, dice: Dice, grain: Grain) -> NDArray[np.uint8]:
    """Lens, light and noise, uint8 (h, w)."""
    scale = gray.shape[1] / INPUT_WIDTH
    if conditions.lens * scale > 0.2:
        gray = cv2.GaussianBlur(gray, (0, 0), conditions.lens * scale)
    if conditions.motion:
        gray = _smeared(gray, conditions.motion * scale, dice)
    gray = _lit(gray, conditions, dice)
    noise = grain.window((gray.shape[0], gray.shape[1]), dice, dice.choice((0, 0, 1, 1, 2)))
    gray = gray + np.float32(conditions.noise * conditions.contrast + dice.uniform(0, 0.01)) * noise
    if dice.chance(0.2):
        gray = gray + np.float32(dice.uniform(0.3, 1.5)) * (gray - cv2.GaussianBlur(gray, (0, 0), 0.5 + scale * 0.5))
    return to_bytes(np.asarray(gray, np.float32))


def _shot(face: Face, conditions: Conditions, coarse: bool, dice: Dice) -> Shot:
    """Choose view, cut and size."""
    region = _region(face, dice)
    view = _view(face, dice)
    corners = _moved(view, _corners(region))
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    wide, tall = right - left, bottom - top
    width = round(dice.log_uniform(70, 340) if conditions.lens < 0.9 else dice.log_uniform(60, 220))
    if wide / tall < 2.4:
        width = max(60, round(width * dice.uniform(0.6, 1.0)))
    if coarse:
        letters = (face.serial_box[2] - face.serial_box[0]) / wide
        narrowest = min(COARSE_WIDTHS[1], max(COARSE_WIDTHS[0], _COARSE_PITCH * face.longest / letters))
        width = round(dice.log_uniform(narrowest, COARSE_WIDTHS[1]))
    height = max(16, round(width * tall / wide * dice.uniform(0.84, 1.2)))
    height = min(height, 300)
    drawn = (max(width, round(wide)), max(height, round(tall)))
    fit = np.array(
        [[drawn[0] / wide, 0, -left * drawn[0] / wide], [0, drawn[1] / tall, -top * drawn[1] / tall], [0, 0, 1]]
    )
    return Shot(np.asarray(fit @ view, np.float64), drawn, (width, height))


def _region(face: Face, dice: Dice) -> Rectangle:
    """What the detector takes for the plate, on some pictures with the edge at the first or last character."""
    left, top, right, bottom = _whole_region(face, dice)
    if dice.chance(0.06):
        left = face.serial_box[0] + dice.uniform(-0.03, CUT) * face.letter
    elif dice.chance(0.06):
        right = face.serial_box[2] - dice.uniform(-0.03, CUT) * face.letter
    return left, top, right, bottom


def _whole_region(face: Face, dice: Dice) -> Rectangle:
    """About the plate, too loose, or tight around the letters."""
    left, top, right, bottom = face.plate
    wide, tall = right - left, bottom - top
    throw = dice.random()
    if throw < 0.5:
        low, across, down = -0.25, 0.03, 0.07
    elif throw < 0.8:
        low, across, down = 0.0, dice.uniform(0.03, 0.24), dice.uniform(0.07, 0.45)
    else:
        left, top, right, bottom = face.marked_box if dice.chance(0.7) else face.serial_box
        margins = [dice.uniform(-0.015, 0.12) * tall for _ in range(4)]
        return left - margins[0], top - margins[1], right + margins[2], bottom + margins[3]
    first, second = (dice.uniform(low, 1) * across * wide for _ in range(2))
    upper, lower = (dice.uniform(low, 1) * down * tall for _ in range(2))
    x0, y0, x1, y1 = face.serial_box
    # A detector may cut into the plate, but a character that is cut away nobody can read.
    return min(left - first, x0), min(top - upper, y0), max(right + second, x1), max(bottom + lower, y1)


def _view(face: Face, dice: Dice) -> Matrix:
    """A homography around the plate's centre: turn, slant and perspective, mostly slight."""
    strong = dice.choices((0.0, 0.4, 1.0, 2.0, 3.0), (20, 48, 36, 12, 5))[0]
    turn, slant = math.radians(_degrees(strong, dice)), dice.bell(0.07 * min(2.0, strong))
    x, y = (face.plate[0] + face.plate[2]) / 2, (face.plate[1] + face.plate[3]) / 2
    cosine, sine = math.cos(turn), math.sin(turn)
    lean = np.array([[cosine, -sine + slant, 0], [sine, cosine, 0], [0, 0, 1]])
    far = np.array([[1, 0, 0], [0, 1, 0], [dice.bell(2.5e-4 * strong), dice.bell(5e-4 * strong), 1]])
    centre = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]])
    back = np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])
    return np.asarray(back @ far @ lean @ centre, np.float64)


def _degrees(strong: float, dice: Dice) -> float:
    """How far a plate is turned: slightly, or on one of nine well beyond that, as from a hand or beside a road."""
    if dice.chance(0.11):
        return dice.uniform(4, STEEPEST) * dice.choice((-1, 1))
    return max(-STEEPEST, min(STEEPEST, dice.bell(2.6 * strong)))


def _corners(box: Rectangle) -> Matrix:
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def _moved(matrix: Matrix, points: Matrix) -> Matrix:
    """Send points (n, 2) through a homography."""
    raised = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return np.asarray(raised[:, :2] / raised[:, 2:], np.float64)


def _smeared(gray: Gray, length: float, dice: Dice) -> Gray:
    size = max(3, round(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    angle = dice.bell(0.3) if dice.chance(0.75) else math.pi / 2 + dice.bell(0.3)
    half = size // 2
    end = (round(half + half * math.cos(angle)), round(half + half * math.sin(angle)))
    cv2.line(kernel, (2 * half - end[0], 2 * half - end[1]), end, 1.0)
    return np.asarray(cv2.filter2D(gray, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def _lit(gray: Gray, conditions: Conditions, dice: Dice) -> Gray:
    """Contrast and brightness, light from aside, shadows, lamps that dazzle, and a sensor that overflows."""
    if dice.chance(0.25):
        gray = np.asarray(np.power(np.maximum(gray, 1e-4), dice.log_uniform(0.5, 1.9)), np.float32)
    gray = gray * np.float32(conditions.contrast)
    spare = 1.0 - conditions.contrast
    gray = gray + np.float32(dice.uniform(0, spare) if spare > 0 else dice.uniform(-0.15, 0.2))
    if dice.chance(0.12):
        gray = _bloomed(gray, dice)
    if dice.chance(0.4):
        gray = shade(gray, dice, dice.uniform(0.05, 0.5) * conditions.contrast)
    if dice.chance(0.1):
        gray = gray + _lamp(gray.shape[:2], dice) * np.float32(dice.uniform(0.2, 0.9))
    if dice.chance(0.06):
        gray = full_range(gray, dice)
    return np.asarray(gray, np.float32)


def _bloomed(gray: Gray, dice: Dice) -> Gray:
    """Let what is bright swell and overflow into its surroundings, as reflecting paint does under a flash."""
    size = dice.choice((3, 3, 5))
    swollen = cv2.dilate(gray, np.ones((size, size), np.uint8)) if dice.chance(0.5) else gray
    halo = cv2.GaussianBlur(swollen, (0, 0), dice.uniform(0.8, 5))
    strength = dice.uniform(0.1, 0.7)
    bright = np.maximum(gray, swollen) + np.float32(strength) * halo
    return np.asarray(bright / np.float32(1 + strength * dice.uniform(0.3, 1)), np.float32)


def _lamp(shape: tuple[int, ...], dice: Dice) -> Gray:
    """A soft spot of light, 0..1."""
    height, width = shape[0], shape[1]
    x = (np.arange(width, dtype=np.float32)[None, :] - dice.uniform(0, width)) / (height * dice.uniform(0.15, 0.8))
    y = (np.arange(height, dtype=np.float32)[:, None] - dice.uniform(-0.2, 1.2) * height) / (
        height * dice.uniform(0.15, 0.7)
    )
    return np.asarray(np.exp(-x * x - y * y), np.float32)
