"""The face of a plate: ground, bands, small print, and the serial, painted flat and seen from the front."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..effects import Dice, Grain
from . import emblems, grounds, words
from .bands import paint_bands
from .easel import Easel, Face, Tones
from .fittings import fit_plate
from .layouts import Layout
from .lettering import Lettering
from .rows import paint_serial
from .serials import draw_serial
from .small_print import paint_print

WIDTH, TALL_WIDTH = 320, 230
"""Pixels that a plate is painted wide; those of two rows are narrower."""
MARGIN = 60
"""Pixels of car around the plate."""
_ROOM = 38
"""Levels that the ground's picture keeps away from the letters' tone."""


def paint_face(layout: Layout, lettering: Lettering, part: str, dice: Dice, grain: Grain) -> Face:
    """Paint one plate of a layout."""
    serial = draw_serial(layout.regions, layout.two_rows, dice)
    width = TALL_WIDTH if layout.two_rows else WIDTH
    height = round(width / dice.uniform(*layout.aspect))
    size = (width + 2 * MARGIN, height + 2 * MARGIN)
    plate = (float(MARGIN), float(MARGIN), float(MARGIN + width), float(MARGIN + height))
    face = Face(_surroundings(size, dice, grain), Image.new("L", size, 0), plate, serial.text)
    easel = Easel(face, layout, Tones.draw(layout.light_ink, dice), lettering, part, dice, grain)
    _paint_ground(easel)
    paint_serial(easel, paint_print(easel, paint_bands(easel)), serial)
    fit_plate(easel)
    return face


def relief(face: Face, dice: Dice) -> None:
    """Light raised letters from one side: one edge bright, the other dark, in place."""
    strength, reach = dice.uniform(8, 60), dice.choice((1, 1, 2, 3))
    raised = np.asarray(face.ink, np.float32) / 255
    down, right = dice.choice((-reach, 0, reach, reach)), dice.choice((-reach, reach, 0))
    slope = np.roll(raised, (down, right), (0, 1)) - np.roll(raised, (-down, -right), (0, 1))
    lit = np.asarray(face.picture, np.float32) + np.float32(strength) * slope
    face.picture = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _surroundings(size: tuple[int, int], dice: Dice, grain: Grain) -> Image.Image:
    """A bumper: light from above, edges and grilles, sometimes flat."""
    tone = dice.choice((dice.randint(0, 60), dice.randint(0, 255), dice.randint(100, 255)))
    tones = grounds.Range(tone, dice.randint(5, 50))
    picture = grounds.ground(size, tones, "plain" if dice.chance(0.3) else "gradient", dice, grain)
    pen = ImageDraw.Draw(picture)
    for _ in range(dice.choice((0, 1, 1, 2, 3, 6))):
        y, thick = dice.uniform(0, size[1]), dice.log_uniform(1, 25)
        box = (dice.uniform(-0.5, 0.3) * size[0], y, dice.uniform(0.7, 1.5) * size[0], y + thick)
        pen.rectangle(box, fill=dice.randint(0, 255))
    return picture


def _paint_ground(easel: Easel) -> None:
    """Paint the plate itself: its ground, its rim, and a line around it."""
    face, layout, tones, dice = easel.face, easel.layout, easel.tones, easel.dice
    left, top, right, bottom = face.plate
    size = (round(face.width), round(face.height))
    radius = face.height * dice.choice((0.0, 0.05, 0.1, 0.14))
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, fill=255)
    face.picture.paste(_ground(easel, size), (round(left), round(top)), mask)
    if dice.chance(layout.watermark):
        _watermark(easel)
    if dice.chance(0.4):
        easel.pen.rounded_rectangle(face.plate, radius, outline=dice.randint(0, 255), width=dice.choice((1, 1, 2, 3)))
    if dice.chance(layout.border):
        inset, thick = dice.uniform(0.01, 0.06) * face.height, max(1, round(dice.uniform(0.008, 0.035) * face.height))
        inner = (left + inset, top + inset, right - inset, bottom - inset)
        tone = tones.ink if dice.chance(0.7) else tones.accent
        easel.pen.rounded_rectangle(inner, max(0.0, radius - inset), outline=tone, width=thick)


def _watermark(easel: Easel) -> None:
    """Emblems or words under the letters, so faint that the letters stand out."""
    (left, top, right, bottom), dice, tones = easel.face.plate, easel.dice, easel.tones
    most = min(45, (abs(tones.ink - tones.ground) - _ROOM) // 2)
    tone = max(0, min(255, tones.ground + dice.choice((-1, 1)) * dice.randint(8, max(9, most))))
    reach, text = easel.face.height * dice.uniform(0.06, 0.35), words.word(dice, 2).upper() if dice.chance(0.4) else ""
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        x, y = dice.uniform(left + reach, right - reach), dice.uniform(top + reach, bottom - reach)
        if text:
            easel.stamp(easel.strip(text, reach), tone, x - reach, y - reach / 2)
        else:
            emblems.emblem(easel.face.picture, (x - reach, y - reach, x + reach, y + reach), (tone, tone), dice)


def _ground(easel: Easel, size: tuple[int, int]) -> Image.Image:
    """What lies under the letters: plain paint, or a picture whose tones keep away from theirs."""
    tones, dice = easel.tones, easel.dice
    if dice.chance(easel.layout.picture):
        reach = round(min((abs(tones.ink - tones.ground) - _ROOM) / 2, dice.uniform(15, 110)))
        middle = tones.ground + (reach if tones.ground < tones.ink else -reach)
        kind = dice.choice(grounds.KINDS[easel.part])
        return grounds.ground(size, grounds.Range(middle, max(2, reach)), kind, dice, easel.grain)
    tones_of_paint = grounds.Range(tones.ground, round(dice.uniform(3, 25)))
    return grounds.ground(size, tones_of_paint, "gradient" if dice.chance(0.3) else "plain", dice, easel.grain)
