"""Gray textures: clouds, asphalt, leaves, bricks, windows, and random shapes.

A renderer computes its bank once; scenes take windows at random places and scales. Overlapping shapes with sizes of a
power law (the "dead leaves" model) have edges and statistics similar to those of photographs.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from ..random_source import RandomSource
from . import raster
from .raster import Gray

KINDS = {
    "train": ("clouds", "grit", "leaves", "heap", "bricks", "facade", "branches", "lamps"),
    "measure": ("clouds", "grit", "stones", "planks", "patches", "facade", "lamps"),
}
"""Kinds by split. A kind of both splits has different seeds, and therefore different pictures."""
_SIZE = 720
_EACH = 3


class TextureBank:
    """Textures uint8 of mean 128, three of each kind of a split."""

    def __init__(self, seed: int, split: str) -> None:
        self._kinds = KINDS[split]
        self._made = {
            (kind, place): _levelled(_GENERATORS[kind](RandomSource(f"{seed} {split} {kind} {place}")))
            for kind in self._kinds
            for place in range(_EACH)
        }

    def has(self, kind: str) -> bool:
        """Whether the split has textures of this kind."""
        return kind in self._kinds

    def any(self, rng: RandomSource, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """A window of any kind except lamps; see `window`."""
        return self.window(rng.choice([kind for kind in self._kinds if kind != "lamps"]), rng, shape, zoom)

    def green(self, rng: RandomSource, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """Leaves and branches, or the stones and patches of the other split."""
        wanted = [kind for kind in ("leaves", "leaves", "branches", "stones", "patches") if kind in self._kinds]
        return self.window(rng.choice(wanted), rng, shape, zoom)

    def wall(self, rng: RandomSource, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """Bricks, windows, planks."""
        wanted = [kind for kind in ("bricks", "facade", "facade", "planks", "heap") if kind in self._kinds]
        return self.window(rng.choice(wanted), rng, shape, zoom)

    def window(self, kind: str, rng: RandomSource, shape: tuple[int, int], zoom: float = 1.0) -> Gray:
        """Return a window of `shape` (h, w), uint8, enlarged by `zoom`; stretched if it exceeds the texture."""
        whole = self._made[kind, rng.randrange(_EACH)]
        height = max(4, min(_SIZE - 1, round(shape[0] / zoom)))
        width = max(4, min(_SIZE - 1, round(shape[1] / zoom)))
        top, left = rng.randrange(_SIZE - height), rng.randrange(_SIZE - width)
        patch = whole[top : top + height, left : left + width]
        if rng.chance(0.5):
            patch = patch[:, ::-1]
        if patch.shape == shape:
            return patch
        smaller = zoom < 1
        return np.asarray(
            cv2.resize(patch, shape[::-1], interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR), np.uint8
        )


def toned(texture: Gray, middle: float, spread: float) -> Gray:
    """Return the texture with mean `middle` and deviation `spread`."""
    table = np.clip(middle + (np.arange(256) - 128) * (spread / 50), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(texture, table), np.uint8)


def _levelled(texture: Gray) -> Gray:
    """Return the texture with mean 128 and deviation 50."""
    tones = texture.astype(np.float32)
    return raster.to_bytes(np.asarray(128 + (tones - tones.mean()) * (50 / max(1.0, float(tones.std()))), np.float32))


def _noise(rng: RandomSource, slope: float) -> Gray:
    """Noise whose power falls with frequency: 2 is clouds, 0.5 is grit."""
    random = np.random.default_rng(rng.randrange(1 << 30))
    across, down = np.fft.rfftfreq(_SIZE)[None, :], np.fft.fftfreq(_SIZE)[:, None]
    frequency = np.maximum(np.hypot(across, down), 1 / _SIZE)
    spectrum = np.fft.rfft2(random.standard_normal((_SIZE, _SIZE))) / frequency**slope
    tones = np.fft.irfft2(spectrum, s=(_SIZE, _SIZE))
    return raster.to_bytes(np.asarray(128 + tones * (40 / tones.std()), np.float32))


def _clouds(rng: RandomSource) -> Gray:
    return _noise(rng, rng.uniform(1.2, 2.0))


def _grit(rng: RandomSource) -> Gray:
    return _noise(rng, rng.uniform(0.2, 0.8))


def _heaped(rng: RandomSource, count: int, sizes: tuple[float, float], kinds: tuple[str, ...]) -> Gray:
    """Overlapping shapes with sizes of a power law."""
    picture = _noise(rng, 1.5)
    for _ in range(count):
        reach = min(sizes[1], sizes[0] * rng.random() ** -0.6)
        x, y, tone, kind = rng.uniform(0, _SIZE), rng.uniform(0, _SIZE), rng.gauss(128, 55), rng.choice(kinds)
        aspect = rng.log_uniform(0.3, 3)
        if kind == "leaf":
            outline = raster.oval(x, y, reach, reach * rng.uniform(0.25, 0.7), 8, rotation=rng.uniform(0, 6.3))
        elif kind == "stone":
            outline = raster.oval(x, y, reach * aspect, reach, 7, rotation=rng.uniform(0, 6.3))
            outline = outline + np.array([(rng.normal(reach * 0.2), rng.normal(reach * 0.2)) for _ in outline])
        elif kind == "box":
            outline = raster.rectangle(x - reach * aspect, y - reach, x + reach * aspect, y + reach)
        else:
            outline = raster.points(*((x + rng.normal(reach), y + rng.normal(reach)) for _ in range(rng.randint(3, 6))))
        raster.fill(picture, outline, tone)
        if rng.chance(0.3):
            raster.stroke(picture, outline, tone + rng.normal(60), rng.choice((1, 1, 2)), closed=True)
    return picture


def _leaves(rng: RandomSource) -> Gray:
    return _heaped(rng, 5000, (3, 22), ("leaf",))


def _heap(rng: RandomSource) -> Gray:
    return _heaped(rng, 1100, (6, 120), ("leaf", "box", "box", "patch"))


def _stones(rng: RandomSource) -> Gray:
    return _heaped(rng, 2200, (5, 60), ("stone",))


def _patches(rng: RandomSource) -> Gray:
    return _heaped(rng, 1100, (7, 130), ("patch", "box", "stone"))


def _bricks(rng: RandomSource) -> Gray:
    """Courses of bricks or slabs, each in its own tone."""
    tall = rng.uniform(8, 26)
    wide, gap, offset = tall * rng.uniform(1.0, 3.2), rng.uniform(1, 3), rng.choice((0.0, 0.5))
    picture, joint = _noise(rng, 0.8), rng.uniform(40, 220)
    raster.blend(picture, joint, np.full_like(picture, 255), 0.7)
    for row in range(int(_SIZE / tall) + 1):
        for column in range(-1, int(_SIZE / wide) + 1):
            x, y = (column + offset * (row % 2)) * wide, row * tall
            raster.fill(picture, raster.rectangle(x, y, x + wide - gap, y + tall - gap), 128 + rng.normal(22))
    raster.blend(picture, _noise(rng, 0.6), np.full_like(picture, 255), 0.4)
    return picture


def _planks(rng: RandomSource) -> Gray:
    picture, x = _noise(rng, 1.0), 0.0
    while x < _SIZE:
        wide = rng.uniform(6, 40)
        raster.fill(picture, raster.rectangle(x, 0, x + wide - 2, _SIZE), 128 + rng.normal(45))
        x += wide
    raster.blend(picture, _noise(rng, 0.7), np.full_like(picture, 255), 0.3)
    return picture


def _facade(rng: RandomSource) -> Gray:
    """Windows in rows, some lit, some with blinds, ledges between the floors."""
    tall, wide = rng.uniform(30, 80), rng.uniform(22, 80)
    size = (rng.uniform(0.35, 0.8), rng.uniform(0.4, 0.8))
    wall, glass = rng.uniform(60, 220), rng.uniform(10, 200)
    picture = np.full((_SIZE, _SIZE), round(wall), np.uint8)
    for row in range(int(_SIZE / tall) + 1):
        for column in range(int(_SIZE / wide) + 1):
            x, y = (column + 0.1) * wide, (row + 0.1) * tall
            pane = raster.rectangle(x, y, x + size[0] * wide, y + size[1] * tall)
            raster.fill(picture, pane, glass + rng.normal(35))
            if rng.chance(0.6):
                raster.stroke(picture, pane, wall + rng.normal(60), rng.choice((1, 2)), closed=True)
            if rng.chance(0.5):
                middle = x + size[0] * wide / 2
                raster.stroke(picture, raster.points((middle, y), (middle, y + size[1] * tall)), wall, 1)
        if rng.chance(0.7):
            raster.stroke(picture, raster.points((0, row * tall), (_SIZE, row * tall)), wall + rng.normal(50), 2)
    raster.blend(picture, _noise(rng, 1.2), np.full_like(picture, 255), 0.15)
    return picture


def _branches(rng: RandomSource) -> Gray:
    """Bare trees before the sky."""
    picture = np.full((_SIZE, _SIZE), 190, np.uint8)
    for _ in range(170):
        x, y, angle, width = rng.uniform(0, _SIZE), rng.uniform(0, _SIZE), rng.uniform(0, 6.3), rng.uniform(1, 6)
        spots = [(x, y)]
        for _ in range(rng.randint(3, 8)):
            angle += rng.normal(0.35)
            x, y = x + 35 * np.cos(angle), y + 35 * np.sin(angle)
            spots.append((x, y))
        raster.stroke(picture, raster.points(*spots), 60 + rng.normal(40), width)
    raster.blend(picture, _noise(rng, 1.0), np.full_like(picture, 255), 0.2)
    return picture


def _lamps(rng: RandomSource) -> Gray:
    """Lights of a town at night: dark, with spots."""
    picture = np.full((_SIZE, _SIZE), 40, np.uint8)
    for _ in range(500):
        x, y, reach = rng.uniform(0, _SIZE), rng.uniform(0, _SIZE), 0.8 * rng.random() ** -0.45
        raster.fill(picture, raster.oval(x, y, reach, reach * rng.uniform(0.6, 1.4), 10), rng.uniform(90, 255))
    return picture


_GENERATORS: dict[str, Callable[[RandomSource], Gray]] = {
    "clouds": _clouds, "grit": _grit, "leaves": _leaves, "heap": _heap, "bricks": _bricks, "facade": _facade,
    "branches": _branches, "lamps": _lamps, "stones": _stones, "planks": _planks, "patches": _patches,
}  # fmt: skip
