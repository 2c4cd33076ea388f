"""The face of a plate, seen from the front: background, bands, small print and serial."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ..random_source import NoiseFields, RandomSource
from . import backgrounds, emblems, words
from .attachments import add_attachments
from .bands import paint_bands
from .canvas import PlateCanvas, PlateFace, Tones
from .layouts import Layout
from .lettering import Lettering
from .rows import paint_serial
from .serials import random_serial
from .small_print import paint_print

WIDTH, TALL_WIDTH = 320, 230
"""Width of a painted plate in pixels, with one row and with two."""
MARGIN = 60
"""Pixels of vehicle around the plate."""
_TONE_DISTANCE = 38
"""Least difference in gray levels between the background's picture and the letters."""


def render_face(
    layout: Layout, lettering: Lettering, split: str, rng: RandomSource, noise_fields: NoiseFields
) -> PlateFace:
    """Render one plate of a layout."""
    serial = random_serial(layout.regions, layout.two_rows, rng, confused=split == "train")
    width = TALL_WIDTH if layout.two_rows else WIDTH
    height = round(width / rng.uniform(*layout.aspect))
    size = (width + 2 * MARGIN, height + 2 * MARGIN)
    plate = (float(MARGIN), float(MARGIN), float(MARGIN + width), float(MARGIN + height))
    face = PlateFace(_vehicle_part(size, rng, noise_fields), Image.new("L", size, 0), plate, serial.text)
    canvas = PlateCanvas(face, layout, Tones.random(layout.light_ink, rng), lettering, split, rng, noise_fields)
    _paint_background(canvas)
    paint_serial(canvas, paint_print(canvas, paint_bands(canvas)), serial)
    add_attachments(canvas)
    return face


def relief(face: PlateFace, rng: RandomSource) -> None:
    """Light raised letters from one side, in place: one edge becomes bright, the other dark."""
    strength, reach = rng.uniform(8, 60), rng.choice((1, 1, 2, 3))
    raised = np.asarray(face.ink, np.float32) / 255
    down, right = rng.choice((-reach, 0, reach, reach)), rng.choice((-reach, reach, 0))
    slope = np.roll(raised, (down, right), (0, 1)) - np.roll(raised, (-down, -right), (0, 1))
    lit = np.asarray(face.picture, np.float32) + np.float32(strength) * slope
    face.picture = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _vehicle_part(size: tuple[int, int], rng: RandomSource, noise_fields: NoiseFields) -> Image.Image:
    """A piece of vehicle: light from above, edges and grilles, sometimes flat."""
    tone = rng.choice((rng.randint(0, 60), rng.randint(0, 255), rng.randint(100, 255)))
    tones = backgrounds.ToneRange(tone, rng.randint(5, 50))
    picture = backgrounds.background(size, tones, "plain" if rng.chance(0.3) else "gradient", rng, noise_fields)
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        y, thick = rng.uniform(0, size[1]), rng.log_uniform(1, 25)
        box = (rng.uniform(-0.5, 0.3) * size[0], y, rng.uniform(0.7, 1.5) * size[0], y + thick)
        pen.rectangle(box, fill=rng.randint(0, 255))
    return picture


def _paint_background(canvas: PlateCanvas) -> None:
    """Paint the plate itself: its background, its edge, and a line around it."""
    face, layout, tones, rng = canvas.face, canvas.layout, canvas.tones, canvas.rng
    left, top, right, bottom = face.plate
    size = (round(face.width), round(face.height))
    radius = face.height * rng.choice((0.0, 0.05, 0.1, 0.14))
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius, fill=255)
    face.picture.paste(_background(canvas, size), (round(left), round(top)), mask)
    if rng.chance(layout.watermark):
        _watermark(canvas)
    if rng.chance(0.4):
        canvas.pen.rounded_rectangle(face.plate, radius, outline=rng.randint(0, 255), width=rng.choice((1, 1, 2, 3)))
    if rng.chance(layout.border):
        inset, thick = rng.uniform(0.01, 0.06) * face.height, max(1, round(rng.uniform(0.008, 0.035) * face.height))
        inner = (left + inset, top + inset, right - inset, bottom - inset)
        tone = tones.ink if rng.chance(0.7) else tones.accent
        canvas.pen.rounded_rectangle(inner, max(0.0, radius - inset), outline=tone, width=thick)


def _watermark(canvas: PlateCanvas) -> None:
    """Faint emblems or words under the letters."""
    (left, top, right, bottom), rng, tones = canvas.face.plate, canvas.rng, canvas.tones
    most = min(45, (abs(tones.ink - tones.ground) - _TONE_DISTANCE) // 2)
    tone = max(0, min(255, tones.ground + rng.choice((-1, 1)) * rng.randint(8, max(9, most))))
    reach, text = canvas.face.height * rng.uniform(0.06, 0.35), words.word(rng, 2).upper() if rng.chance(0.4) else ""
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        x, y = rng.uniform(left + reach, right - reach), rng.uniform(top + reach, bottom - reach)
        if text:
            canvas.stamp(canvas.strip(text, reach), tone, x - reach, y - reach / 2)
        else:
            emblems.emblem(canvas.face.picture, (x - reach, y - reach, x + reach, y + reach), (tone, tone), rng)


def _background(canvas: PlateCanvas, size: tuple[int, int]) -> Image.Image:
    """The background: plain paint, or a picture whose tones differ from that of the letters."""
    tones, rng = canvas.tones, canvas.rng
    if rng.chance(canvas.layout.picture):
        reach = round(min((abs(tones.ink - tones.ground) - _TONE_DISTANCE) / 2, rng.uniform(15, 110)))
        middle = tones.ground + (reach if tones.ground < tones.ink else -reach)
        kind = rng.choice(backgrounds.KINDS[canvas.split])
        return backgrounds.background(
            size, backgrounds.ToneRange(middle, max(2, reach)), kind, rng, canvas.noise_fields
        )
    tones_of_paint = backgrounds.ToneRange(tones.ground, round(rng.uniform(3, 25)))
    return backgrounds.background(
        size, tones_of_paint, "gradient" if rng.chance(0.3) else "plain", rng, canvas.noise_fields
    )
