"""Synthetic frames of vehicles with one trouble each: the plate is small, blurred, dark, cut off, and so on."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_devices.sources.source import Roi
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.plates.canvas import PlateFace
from plate_train.synthetic.plates.face import render_face
from plate_train.synthetic.plates.layouts import load_layouts
from plate_train.synthetic.plates.lettering import Lettering
from plate_train.synthetic.random_source import NoiseFields, RandomSource
from plate_train.synthetic.scenes.backdrops import paint_backdrop
from plate_train.synthetic.scenes.scene_canvas import Light, SceneCanvas
from plate_train.synthetic.scenes.texts import TextRenderer
from plate_train.synthetic.scenes.textures import TextureBank
from plate_train.synthetic.scenes.vehicles.vehicle import add_vehicle

Gray = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
KINDS = (
    "none", "small", "focus", "motion", "dark", "bright", "tilted", "cut off", "low contrast", "no plate",
    "outside the ROI",
)  # fmt: skip
"""Names of `plate_devices.explain` for the causes, and "none"."""


@dataclass(frozen=True)
class TroubledScene:
    """A frame, RGB uint8 (h, w, 3), with its trouble.

    Attributes:
        kind: one of `KINDS`. text: of its plate, "" without one. roi: that the reader is given.
        clean: the same vehicle without the trouble.
    """

    rgb: NDArray[np.uint8]
    kind: str
    text: str
    roi: Roi | None
    clean: NDArray[np.uint8]


class TroubledScenes:
    """Renders frames: number i of a kind depends on the seed, the kind and i only.

    Args:
        seed: determines every picture. split: "train" or "measure", which have different fonts, layouts and textures.
    """

    def __init__(self, seed: int, split: str) -> None:
        self._seed, self._split = seed, split
        self._layouts = load_layouts(split)
        self._lettering, self._noise_fields = Lettering(installed_fonts(), seed, split), NoiseFields(seed)
        self._bank = TextureBank(seed, split)

    def render(self, kind: str, index: int) -> TroubledScene:
        """Return frame number `index` of a kind."""
        name = f"{self._seed} {self._split} {kind} {index}"
        rng = RandomSource(name)
        layout = rng.choices(self._layouts, [one.weight for one in self._layouts])[0]
        face = render_face(layout, self._lettering, self._split, rng, self._noise_fields)
        wide, roll = rng.log_uniform(95, 230), rng.normal(1.5)
        at = rng.uniform(0.2, 0.8) * WIDTH, rng.uniform(0.4, 0.8) * HEIGHT
        clean = self._paint(name, None if kind == "no plate" else face, wide, at, roll)
        painted = clean
        if kind == "small":
            painted = self._paint(name, face, rng.uniform(16, 32), at, roll)
        elif kind == "tilted":
            painted = self._paint(name, face, wide, at, rng.choice((-1, 1)) * rng.uniform(30, 60))
        elif kind == "cut off":
            painted = self._paint(name, face, wide, _across_an_edge(rng, wide, wide * face.height / face.width), roll)
        elif kind in _SPOILT:
            painted = _SPOILT[kind](clean, rng, wide)
        roi = _beside(at, wide) if kind == "outside the ROI" else None
        noise = rng.uniform(0.8, 2.0)
        shown, before = (_rgb(_photographed(one, RandomSource(name), noise)) for one in (painted, clean))
        return TroubledScene(shown, kind, "" if kind == "no plate" else face.text, roi, before)

    def _paint(self, name: str, plate: PlateFace | None, wide: float, at: tuple[float, float], roll: float) -> Gray:
        """Paint a vehicle with a plate; the same name gives the same place, vehicle and light."""
        rng = RandomSource(name)
        light = Light("day", rng.uniform(0.8, 1.0), rng.uniform(0.95, 1.1), 0.0)
        picture, texts = np.zeros((HEIGHT, WIDTH), np.uint8), TextRenderer(self._lettering, rng)
        canvas = SceneCanvas(picture, light, self._bank, texts, self._noise_fields, rng, self._split)
        paint_backdrop(canvas)
        add_vehicle(canvas, plate, wide, at, (rng.normal(8), rng.uniform(-10, 2), roll))
        return canvas.picture


def _across_an_edge(rng: RandomSource, wide: float, tall: float) -> tuple[float, float]:
    """Return the middle of a plate that loses 20 to 50 % at the left or right edge, or 20 to 40 % below."""
    side = rng.choice(("left", "left", "right", "right", "below"))
    if side == "below":
        return rng.uniform(0.2, 0.8) * WIDTH, HEIGHT + (rng.uniform(0.2, 0.4) - 0.5) * tall
    lost, y = rng.uniform(0.2, 0.5) * wide, rng.uniform(0.4, 0.8) * HEIGHT
    return (wide / 2 - lost, y) if side == "left" else (WIDTH - wide / 2 + lost, y)


def _beside(at: tuple[float, float], wide: float) -> Roi:
    """Return an ROI that does not hold the plate: the part of the frame on its left or right."""
    margin = 0.6 * wide
    if at[0] > WIDTH / 2:
        return 0, 0, round(at[0] - margin), HEIGHT
    left = round(at[0] + margin)
    return left, 0, WIDTH - left, HEIGHT


def _out_of_focus(tones: Gray, rng: RandomSource, wide: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(tones, (0, 0), rng.uniform(0.025, 0.05) * wide), np.uint8)


def _in_motion(tones: Gray, rng: RandomSource, wide: float) -> Gray:
    long = rng.uniform(0.1, 0.22) * wide
    size = int(long) // 2 * 2 + 3
    kernel, angle = np.zeros((size, size), np.float32), rng.normal(0.12)
    reach, middle = long / 2, (size - 1) / 2
    dx, dy = reach * np.cos(angle), reach * np.sin(angle)
    ends = [(round((middle + sign * dx) * 16), round((middle + sign * dy) * 16)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    return np.asarray(cv2.filter2D(tones, -1, kernel / kernel.sum()), np.uint8)


def _dark(tones: Gray, rng: RandomSource, _wide: float) -> Gray:
    return _scaled(tones, rng.log_uniform(0.015, 0.06), 0)


def _bright(tones: Gray, rng: RandomSource, _wide: float) -> Gray:
    return _scaled(tones, rng.log_uniform(4, 14), rng.uniform(40, 160))


def _hazy(tones: Gray, rng: RandomSource, _wide: float) -> Gray:
    left = rng.uniform(0.03, 0.09)
    return _scaled(tones, left, (1 - left) * rng.uniform(90, 190))


def _scaled(tones: Gray, factor: float, offset: float) -> Gray:
    return np.clip(tones * np.float32(factor) + np.float32(offset), 0, 255).astype(np.uint8)


_SPOILT: dict[str, Callable[[Gray, RandomSource, float], Gray]] = {
    "focus": _out_of_focus, "motion": _in_motion, "dark": _dark, "bright": _bright, "low contrast": _hazy,
}  # fmt: skip
"""Kinds of which the painted frame is spoilt. The others are painted so."""


def _photographed(tones: Gray, rng: RandomSource, noise: float) -> Gray:
    """Return a frame as a camera gives it: slightly soft, with noise of this deviation, as JPEG."""
    soft = np.asarray(cv2.GaussianBlur(tones, (0, 0), rng.uniform(0.4, 0.7)), np.float32)
    grain = np.random.default_rng(rng.getrandbits(32)).standard_normal(tones.shape, np.float32)
    noisy = np.clip(soft + grain * np.float32(noise), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noisy).save(stream, "JPEG", quality=rng.randint(85, 95))
    return np.asarray(Image.open(stream))


def _rgb(tones: Gray) -> NDArray[np.uint8]:
    return np.repeat(tones[:, :, None], 3, axis=2)
