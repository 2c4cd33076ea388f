"""What everything that paints on a plate shares: the picture so far, its layout, its tones, and the dice."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from ..effects import Dice, Grain
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
        holder: box of the frame around the plate, if it has one.
    """

    picture: Image.Image
    ink: Image.Image
    plate: Rectangle
    text: str
    serial_box: Rectangle = field(default=(0.0, 0.0, 0.0, 0.0))
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
    """A plate being painted. `part` is "train" or "measure"."""

    face: Face
    layout: Layout
    tones: Tones
    lettering: Lettering
    part: str
    dice: Dice
    grain: Grain

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """Draws on the picture."""
        return ImageDraw.Draw(self.face.picture)

    def strip(self, text: str, height: float, script: float = 0.0) -> Image.Image:
        """Small print of about that height in pixels; see `Lettering.strip`."""
        return self.lettering.strip(text, max(4, round(height)), self.dice, script)

    def stamp(self, strip: Image.Image, tone: int, x: float, y: float) -> None:
        """Paint a strip in a tone, its top left corner at x, y."""
        self.face.picture.paste(tone, (round(x), round(y)), strip)

    def against(self, tone: int, least: int = 60, most: int = 220) -> int:
        """A tone that can be seen on `tone`: lighter on dark, darker on light."""
        apart = self.dice.randint(least, most)
        return min(255, tone + apart) if tone < 135 else max(0, tone - apart)
