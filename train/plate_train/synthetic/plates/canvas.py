"""A plate that is being painted: its picture, layout, tones, lettering and random source."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from ..random_source import NoiseFields, RandomSource
from . import words
from .layouts import Layout
from .lettering import Lettering

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass
class PlateFace:
    """A painted plate on a piece of vehicle.

    Attributes:
        picture: mode "L". ink: the serial alone, 255 on 0, of the same size.
        plate: box of the plate. serial_box: box of the serial. text: of the serial.
        row_box: box of the serial with the separators and characters of other scripts beside it.
        letter: height of the smallest characters of the serial, in pixels. longest: characters in its longest row.
        holder: box of the frame around the plate, if it has one.
    """

    picture: Image.Image
    ink: Image.Image
    plate: Rectangle
    text: str
    serial_box: Rectangle = field(default=(0.0, 0.0, 0.0, 0.0))
    row_box: Rectangle = field(default=(0.0, 0.0, 0.0, 0.0))
    letter: float = 0.0
    longest: int = 1
    holder: Rectangle | None = None

    @property
    def outer(self) -> Rectangle:
        """Box of the plate with its holder."""
        return self.holder or self.plate

    @property
    def height(self) -> float:
        """Pixels from the plate's upper to its lower edge."""
        return self.plate[3] - self.plate[1]

    @property
    def width(self) -> float:
        """Pixels from the plate's left to its right edge."""
        return self.plate[2] - self.plate[0]


@dataclass(frozen=True)
class Tones:
    """Gray levels of ground, letters and small print, 0..255."""

    ground: int
    ink: int
    accent: int

    @staticmethod
    def random(light_ink: float, rng: RandomSource) -> Tones:
        """Dark on light, or light on dark with the probability `light_ink`; at least 75 levels apart."""
        light = rng.choice((rng.randint(150, 255), rng.randint(205, 255)))
        dark = rng.choice((rng.randint(0, 50), rng.randint(0, 120)))
        if light - dark < 75:
            dark = max(0, light - 75 - rng.randint(0, 60))
        ground, ink = (dark, light) if rng.chance(light_ink) else (light, dark)
        return Tones(ground, ink, rng.randint(0, 255))


@dataclass
class PlateCanvas:
    """A plate being painted. `split` is "train" or "measure"; `place_named`: a place name is on it already."""

    face: PlateFace
    layout: Layout
    tones: Tones
    lettering: Lettering
    split: str
    rng: RandomSource
    noise_fields: NoiseFields
    place_named: bool = False
    _script: str = ""

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """Pillow's pen for the picture."""
        return ImageDraw.Draw(self.face.picture)

    def strip(self, text: str, height: float, script: float = 0.0) -> Image.Image:
        """Small print about `height` pixels high; see `Lettering.strip`."""
        return self.lettering.strip(text, max(4, round(height)), self.rng, script)

    def line(self) -> str:
        """A line of small print; only the first place name is used, as on real plates."""
        if not self.place_named and self.rng.chance(0.45):
            self.place_named = True
            return words.place(self.rng)
        return words.line(self.rng)

    def script(self) -> str:
        """One of the layout's scripts, the same everywhere on a plate."""
        scripts = self.layout.scripts
        self._script = self._script or self.rng.choices(list(scripts), list(scripts.values()))[0]
        return self._script

    def fitted(self, text: str, height: float, widest: float) -> Image.Image:
        """Small print as `strip` gives it, at most `widest` pixels wide."""
        strip = self.strip(text, height)
        return strip if strip.width <= widest else strip.resize((max(2, round(widest)), strip.height))

    def stamp(self, strip: Image.Image, tone: int, x: float, y: float) -> None:
        """Paint a strip in a tone, its top left corner at x, y."""
        self.face.picture.paste(tone, (round(x), round(y)), strip)

    def contrasting(self, tone: int, least: int = 60, most: int = 220) -> int:
        """A tone that is visible on `tone`: lighter on dark, darker on light."""
        apart = self.rng.randint(least, most)
        return min(255, tone + apart) if tone < 135 else max(0, tone - apart)
