"""What everything that paints on a plate shares: the picture so far, its layout, its tones, and the dice."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from ..effects import Dice, Grain
from . import words
from .layouts import Layout
from .lettering import Lettering

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


@dataclass
class Face:
    """A painted plate with its surroundings.

    Attributes:
        picture: mode "L". ink: the serial alone, 255 on 0, of the same size.
        plate: box of the plate. serial_box: box of the serial. text: what is read.
        marked_box: the same with marks and characters of other scripts beside it.
        letter: height of the smallest characters that are read, in pixels; longest: how many stand in the longest row.
        holder: box of the frame around the plate, if it has one.
    """

    picture: Image.Image
    ink: Image.Image
    plate: Rectangle
    text: str
    serial_box: Rectangle = field(default=(0.0, 0.0, 0.0, 0.0))
    marked_box: Rectangle = field(default=(0.0, 0.0, 0.0, 0.0))
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
    def draw(light_ink: float, dice: Dice) -> Tones:
        """Dark on light, or the other way round with the given probability; at least 75 levels apart."""
        light = dice.choice((dice.randint(150, 255), dice.randint(205, 255)))
        dark = dice.choice((dice.randint(0, 50), dice.randint(0, 120)))
        if light - dark < 75:
            dark = max(0, light - 75 - dice.randint(0, 60))
        ground, ink = (dark, light) if dice.chance(light_ink) else (light, dark)
        return Tones(ground, ink, dice.randint(0, 255))


@dataclass
class Easel:
    """A plate being painted. `part` is "train" or "measure"; `named`: a place is named on it already."""

    face: Face
    layout: Layout
    tones: Tones
    lettering: Lettering
    part: str
    dice: Dice
    grain: Grain
    named: bool = False
    _script: str = ""

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """Draws on the picture."""
        return ImageDraw.Draw(self.face.picture)

    def strip(self, text: str, height: float, script: float = 0.0) -> Image.Image:
        """Small print of about that height in pixels; see `Lettering.strip`."""
        return self.lettering.strip(text, max(4, round(height)), self.dice, script)

    def line(self) -> str:
        """A line of small print; the first place that is named stays the only one, as on real plates."""
        if not self.named and self.dice.chance(0.45):
            self.named = True
            return words.place(self.dice)
        return words.line(self.dice)

    def script(self) -> str:
        """One of the layout's scripts, the same all over a plate."""
        scripts = self.layout.scripts
        self._script = self._script or self.dice.choices(list(scripts), list(scripts.values()))[0]
        return self._script

    def fitted(self, text: str, height: float, widest: float) -> Image.Image:
        """Small print as `strip` draws it, no wider than `widest` pixels."""
        strip = self.strip(text, height)
        return strip if strip.width <= widest else strip.resize((max(2, round(widest)), strip.height))

    def stamp(self, strip: Image.Image, tone: int, x: float, y: float) -> None:
        """Paint a strip in a tone, its top left corner at x, y."""
        self.face.picture.paste(tone, (round(x), round(y)), strip)

    def against(self, tone: int, least: int = 60, most: int = 220) -> int:
        """A tone that can be seen on `tone`: lighter on dark, darker on light."""
        apart = self.dice.randint(least, most)
        return min(255, tone + apart) if tone < 135 else max(0, tone - apart)
