"""Surfaces of the world as tones: clouds, asphalt, leaves, bricks, windows, and heaps of things.

A bank of them is made once for each painter; scenes take windows of them at random places and scales. Heaps of shapes
whose sizes follow a power law ("dead leaves") have edges and statistics much like those of photographs.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..effects import Dice
from . import canvas
from .canvas import Gray

KINDS = {
    "train": ("clouds", "grit", "leaves", "heap", "bricks", "facade", "branches", "lamps"),
    "measure": ("clouds", "grit", "stones", "planks", "patches", "facade", "lamps"),
}
"""Kinds by part. Those of one name have other seeds in either part, and so other pictures."""
_SIZE = 720
_EACH = 3


class Bank:
    """Textures uint8 of mean 128, a few of each kind of a part."""

    def __init__(self, seed: int, part: str) -> None:
        self._kinds = KINDS[part]
        self._made = {
            (kind, place): _levelled(_MAKERS[kind](Dice(f"{seed} {part} {kind} {place}")))
            for kind in self._kinds
            for place in range(_EACH)
        }

    def has(self, kind: str) -> bool:
        """Whether the part has textures of that kind."""
        return kind in self._kinds

    def any(self, dice: Dice, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """A window of any kind but lamps; see `window`."""
        return self.window(dice.choice([kind for kind in self._kinds if kind != "lamps"]), dice, shape, zoom)

    def green(self, dice: Dice, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """Leaves, branches or what the part has in their place."""
        wanted = [kind for kind in ("leaves", "leaves", "branches", "stones", "patches") if kind in self._kinds]
        return self.window(dice.choice(wanted), dice, shape, zoom)

    def wall(self, dice: Dice, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """Bricks, windows, planks."""
        wanted = [kind for kind in ("bricks", "facade", "facade", "planks", "heap") if kind in self._kinds]
        return self.window(dice.choice(wanted), dice, shape, zoom)

    def window(self, kind: str, dice: Dice, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """Return uint8 of `shape` (h, w), a window enlarged by `zoom`; larger than the texture it is stretched."""
        whole = self._made[kind, dice.randrange(_EACH)]
        height = max(4, min(_SIZE - 1, round(shape[0] / zoom)))
        width = max(4, min(_SIZE - 1, round(shape[1] / zoom)))
        top, left = dice.randrange(_SIZE - height), dice.randrange(_SIZE - width)
        part = whole[top : top + height, left : left + width]
        if dice.chance(0.5):
            part = part[:, ::-1]
        if part.shape == shape:
            return part
        smaller = zoom < 1
        return np.asarray(
            cv2.resize(part, shape[::-1], interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR), np.uint8
        )


def toned(texture: Gray, middle: float, spread: float) -> Gray:
    """Bring a texture to tones about `spread` around `middle`."""
    table = np.clip(middle + (np.arange(256) - 128) * (spread / 50), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(texture, table), np.uint8)


def _levelled(texture: Gray) -> Gray:
    """Give a texture mean 128 and deviation 50."""
    tones = texture.astype(np.float32)
    return canvas.to_bytes(np.asarray(128 + (tones - tones.mean()) * (50 / max(1.0, float(tones.std()))), np.float32))


def _noise(dice: Dice, slope: float) -> Gray:
    """Noise whose power falls with frequency: 2 is clouds, 0.5 is grit."""
    random = np.random.default_rng(dice.randrange(1 << 30))
    across, down = np.fft.rfftfreq(_SIZE)[None, :], np.fft.fftfreq(_SIZE)[:, None]
    frequency = np.maximum(np.hypot(across, down), 1 / _SIZE)
    spectrum = np.fft.rfft2(random.standard_normal((_SIZE, _SIZE))) / frequency**slope
    tones = np.fft.irfft2(spectrum, s=(_SIZE, _SIZE))
    return canvas.to_bytes(np.asarray(128 + tones * (40 / tones.std()), np.float32))


def _clouds(dice: Dice) -> Gray:
    return _noise(dice, dice.uniform(1.2, 2.0))


def _grit(dice: Dice) -> Gray:
    return _noise(dice, dice.uniform(0.2, 0.8))


def _heaped(dice: Dice, count: int, sizes: tuple[float, float], kinds: tuple[str, ...]) -> Gray:
    """Shapes on shapes, sizes by a power law; light from above on each."""
    picture = _noise(dice, 1.5)
    for _ in range(count):
        reach = min(sizes[1], sizes[0] * dice.random() ** -0.6)
        x, y, tone, kind = dice.uniform(0, _SIZE), dice.uniform(0, _SIZE), dice.gauss(128, 55), dice.choice(kinds)
        aspect = dice.log_uniform(0.3, 3)
        if kind == "leaf":
            outline = canvas.oval(x, y, reach, reach * dice.uniform(0.25, 0.7), 8, turn=dice.uniform(0, 6.3))
        elif kind == "stone":
            outline = canvas.oval(x, y, reach * aspect, reach, 7, turn=dice.uniform(0, 6.3))
            outline = outline + np.array([(dice.bell(reach * 0.2), dice.bell(reach * 0.2)) for _ in outline])
        elif kind == "box":
            outline = canvas.rectangle(x - reach * aspect, y - reach, x + reach * aspect, y + reach)
        else:
            outline = canvas.points(*((x + dice.bell(reach), y + dice.bell(reach)) for _ in range(dice.randint(3, 6))))
        canvas.fill(picture, outline, tone)
        if dice.chance(0.3):
            canvas.stroke(picture, outline, tone + dice.bell(60), dice.choice((1, 1, 2)), closed=True)
    return picture


def _leaves(dice: Dice) -> Gray:
    return _heaped(dice, 5000, (3, 22), ("leaf",))


def _heap(dice: Dice) -> Gray:
    return _heaped(dice, 1100, (6, 120), ("leaf", "box", "box", "patch"))


def _stones(dice: Dice) -> Gray:
    return _heaped(dice, 2200, (5, 60), ("stone",))


def _patches(dice: Dice) -> Gray:
    return _heaped(dice, 1100, (7, 130), ("patch", "box", "stone"))


def _bricks(dice: Dice) -> Gray:
    """Courses of bricks or slabs, each of a tone of its own."""
    tall = dice.uniform(8, 26)
    wide, gap, offset = tall * dice.uniform(1.0, 3.2), dice.uniform(1, 3), dice.choice((0.0, 0.5))
    picture, joint = _noise(dice, 0.8), dice.uniform(40, 220)
    canvas.blend(picture, joint, np.full_like(picture, 255), 0.7)
    for row in range(int(_SIZE / tall) + 1):
        for column in range(-1, int(_SIZE / wide) + 1):
            x, y = (column + offset * (row % 2)) * wide, row * tall
            canvas.fill(picture, canvas.rectangle(x, y, x + wide - gap, y + tall - gap), 128 + dice.bell(22))
    canvas.blend(picture, _noise(dice, 0.6), np.full_like(picture, 255), 0.4)
    return picture


def _planks(dice: Dice) -> Gray:
    picture, x = _noise(dice, 1.0), 0.0
    while x < _SIZE:
        wide = dice.uniform(6, 40)
        canvas.fill(picture, canvas.rectangle(x, 0, x + wide - 2, _SIZE), 128 + dice.bell(45))
        x += wide
    canvas.blend(picture, _noise(dice, 0.7), np.full_like(picture, 255), 0.3)
    return picture


def _facade(dice: Dice) -> Gray:
    """Windows in rows, some lit, some with blinds, ledges between the floors."""
    tall, wide = dice.uniform(30, 80), dice.uniform(22, 80)
    share = (dice.uniform(0.35, 0.8), dice.uniform(0.4, 0.8))
    wall, glass = dice.uniform(60, 220), dice.uniform(10, 200)
    picture = np.full((_SIZE, _SIZE), round(wall), np.uint8)
    for row in range(int(_SIZE / tall) + 1):
        for column in range(int(_SIZE / wide) + 1):
            x, y = (column + 0.1) * wide, (row + 0.1) * tall
            pane = canvas.rectangle(x, y, x + share[0] * wide, y + share[1] * tall)
            canvas.fill(picture, pane, glass + dice.bell(35))
            if dice.chance(0.6):
                canvas.stroke(picture, pane, wall + dice.bell(60), dice.choice((1, 2)), closed=True)
            if dice.chance(0.5):
                middle = x + share[0] * wide / 2
                canvas.stroke(picture, canvas.points((middle, y), (middle, y + share[1] * tall)), wall, 1)
        if dice.chance(0.7):
            canvas.stroke(picture, canvas.points((0, row * tall), (_SIZE, row * tall)), wall + dice.bell(50), 2)
    canvas.blend(picture, _noise(dice, 1.2), np.full_like(picture, 255), 0.15)
    return picture


def _branches(dice: Dice) -> Gray:
    """Bare trees before the sky."""
    picture = np.full((_SIZE, _SIZE), 190, np.uint8)
    for _ in range(170):
        x, y, turn, width = dice.uniform(0, _SIZE), dice.uniform(0, _SIZE), dice.uniform(0, 6.3), dice.uniform(1, 6)
        spots = [(x, y)]
        for _ in range(dice.randint(3, 8)):
            turn += dice.bell(0.35)
            x, y = x + 35 * np.cos(turn), y + 35 * np.sin(turn)
            spots.append((x, y))
        canvas.stroke(picture, canvas.points(*spots), 60 + dice.bell(40), width)
    canvas.blend(picture, _noise(dice, 1.0), np.full_like(picture, 255), 0.2)
    return picture


def _lamps(dice: Dice) -> Gray:
    """Lights of a town at night: dark, with spots."""
    picture = np.full((_SIZE, _SIZE), 40, np.uint8)
    for _ in range(500):
        x, y, reach = dice.uniform(0, _SIZE), dice.uniform(0, _SIZE), 0.8 * dice.random() ** -0.45
        canvas.fill(picture, canvas.oval(x, y, reach, reach * dice.uniform(0.6, 1.4), 10), dice.uniform(90, 255))
    return picture


_MAKERS: dict[str, Callable[[Dice], Gray]] = {
    "clouds": _clouds, "grit": _grit, "leaves": _leaves, "heap": _heap, "bricks": _bricks, "facade": _facade,
    "branches": _branches, "lamps": _lamps, "stones": _stones, "planks": _planks, "patches": _patches,
}  # fmt: skip
