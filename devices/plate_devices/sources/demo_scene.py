"""The pictures of the demo drive: a yard with a gate, and cars seen from behind. 640x480, painted with Pillow alone."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from plate_devices.imaging.plate_picture import Colour

WIDTH, HEIGHT = 640, 480
HORIZON = 168

_OVERSIZE = 2
"""Painted larger and reduced, which gives smooth edges with every Pillow."""

_GLASS, _RUBBER, _BUMPER = (38, 46, 54), (22, 22, 24), (34, 36, 40)


def paint_place() -> Image.Image:
    """Paint the empty yard: sky, hills, a hedge, brick gateposts, and a drive that narrows towards the horizon."""
    chance = Random(7)
    scene = _graded((WIDTH, HEIGHT), (132, 170, 208), (222, 230, 232), HORIZON)
    pen = ImageDraw.Draw(scene)
    for base, tone, height in ((HORIZON, (134, 154, 164), 46), (HORIZON + 6, (104, 132, 112), 28)):
        hills = [(x, base - height * (0.55 + 0.45 * chance.random())) for x in range(-40, WIDTH + 80, 80)]
        pen.polygon([(-40, base + 20), *hills, (WIDTH + 40, base + 20)], fill=tone)
    _paint_ground(scene)
    _paint_hedge(scene, chance)
    for left in (38, 548):
        _paint_gatepost(scene, left)
    return scene.filter(ImageFilter.GaussianBlur(0.8))


def _graded(size: tuple[int, int], top: Colour, bottom: Colour, height: int) -> Image.Image:
    """Return a picture that fades from one colour to another over `height` rows."""
    fade = Image.linear_gradient("L").resize((size[0], height))
    mask = Image.new("L", size, 255)
    mask.paste(fade, (0, 0))
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), mask)


def _paint_ground(scene: Image.Image) -> None:
    """Grass, and the drive with its kerbs and joints."""
    grass = _graded((WIDTH, HEIGHT - HORIZON), (112, 138, 84), (74, 104, 58), HEIGHT - HORIZON)
    scene.paste(grass, (0, HORIZON))
    asphalt = _graded((WIDTH, HEIGHT - HORIZON), (128, 128, 130), (84, 85, 88), HEIGHT - HORIZON)
    mask = Image.new("L", (WIDTH, HEIGHT - HORIZON), 0)
    ImageDraw.Draw(mask).polygon([(236, 0), (404, 0), (690, HEIGHT), (-50, HEIGHT)], fill=255)
    scene.paste(asphalt, (0, HORIZON), mask)
    pen = ImageDraw.Draw(scene)
    for near, far in (((-50, HEIGHT + HORIZON), (236, HORIZON)), ((690, HEIGHT + HORIZON), (404, HORIZON))):
        pen.line((near, far), fill=(186, 184, 176), width=5)
    for number in range(1, 6):
        y = HORIZON + (HEIGHT - HORIZON) * (number / 6) ** 2
        reach = 84 + 202 * (y - HORIZON) / HEIGHT
        pen.line((320 - reach, y, 320 + reach, y), fill=(108, 108, 111), width=1 + number // 3)


def _paint_hedge(scene: Image.Image, chance: Random) -> None:
    pen = ImageDraw.Draw(scene)
    for left, right in ((0, 226), (414, WIDTH)):
        pen.rectangle((left, HORIZON - 28, right, HORIZON + 14), fill=(54, 84, 48))
        for _ in range(420):
            x, y = chance.uniform(left, right), chance.uniform(HORIZON - 36, HORIZON + 10)
            shade = chance.randint(-16, 22)
            leaf = chance.uniform(2, 5)
            pen.ellipse((x, y, x + leaf, y + leaf), fill=(62 + shade, 96 + shade, 54 + shade))


def _paint_gatepost(scene: Image.Image, left: int) -> None:
    """Bricks in courses, with a cap and a lamp."""
    pen = ImageDraw.Draw(scene)
    top, bottom, width = 84, 262, 54
    pen.rectangle((left, top, left + width, bottom), fill=(150, 92, 74))
    for row, y in enumerate(range(top, bottom, 11)):
        pen.line((left, y, left + width, y), fill=(190, 172, 158))
        for x in range(left + (row % 2) * 9, left + width, 18):
            pen.line((x, y, x, min(bottom, y + 11)), fill=(190, 172, 158))
    pen.rectangle((left + width - 12, top, left + width, bottom), fill=(126, 78, 64))
    pen.polygon([(left - 6, top), (left + width + 6, top), (left + width - 4, top - 14), (left + 4, top - 14)],
                fill=(196, 192, 184))  # fmt: skip
    pen.ellipse((left + 17, top - 36, left + 37, top - 14), fill=(250, 240, 206))


def paint_car(body: Colour) -> Image.Image:
    """Paint the rear of a car in a colour, on transparent RGBA 640x480; its plate is added later."""
    size = WIDTH * _OVERSIZE, HEIGHT * _OVERSIZE
    car = Image.new("RGBA", size, (0, 0, 0, 0))
    car.alpha_composite(_shadow(size))
    pen = ImageDraw.Draw(car)
    light, dark = _mixed(body, (255, 255, 255), 0.22), _mixed(body, (0, 0, 0), 0.35)
    for left in (112, 452):
        pen.rounded_rectangle(_scaled(left, 380, left + 76, 462), 18 * _OVERSIZE, fill=_RUBBER)
    pen.polygon(_points((168, 118), (472, 118), (528, 250), (112, 250)), fill=dark)
    pen.rounded_rectangle(_scaled(172, 104, 468, 160), 26 * _OVERSIZE, fill=body)
    pen.polygon(_points((190, 132), (450, 132), (494, 226), (146, 226)), fill=_GLASS)
    pen.polygon(_points((206, 138), (300, 138), (262, 220), (166, 220)), fill=(74, 88, 100))
    pen.rounded_rectangle(_scaled(92, 226, 548, 436), 34 * _OVERSIZE, fill=body)
    pen.rounded_rectangle(_scaled(104, 230, 536, 254), 12 * _OVERSIZE, fill=light)
    pen.rounded_rectangle(_scaled(92, 404, 548, 444), 20 * _OVERSIZE, fill=_BUMPER)
    pen.line(_points((120, 322), (520, 322)), fill=dark, width=2 * _OVERSIZE)
    for left, inner in ((100, 168), (472, 540)):
        pen.rounded_rectangle(_scaled(left, 262, inner, 306), 12 * _OVERSIZE, fill=(150, 22, 26))
        pen.rounded_rectangle(_scaled(left + 8, 268, inner - 8, 282), 6 * _OVERSIZE, fill=(232, 70, 62))
        pen.rounded_rectangle(_scaled(left + 8, 288, inner - 8, 300), 5 * _OVERSIZE, fill=(240, 176, 60))
    pen.ellipse(_scaled(310, 268, 330, 288), fill=(206, 208, 212))
    return car.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _shadow(size: tuple[int, int]) -> Image.Image:
    shadow = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(shadow).ellipse(_scaled(70, 428, 570, 478), fill=(10, 10, 14, 170))
    return shadow.filter(ImageFilter.GaussianBlur(8 * _OVERSIZE))


def _scaled(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return left * _OVERSIZE, top * _OVERSIZE, right * _OVERSIZE, bottom * _OVERSIZE


def _points(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [(x * _OVERSIZE, y * _OVERSIZE) for x, y in points]


def _mixed(colour: Colour, other: Colour, fraction: float) -> Colour:
    red, green, blue = (round(a + (b - a) * fraction) for a, b in zip(colour, other, strict=True))
    return red, green, blue
