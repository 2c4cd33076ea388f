"""Characters drawn as strokes, without a font file: Latin, Cyrillic and Greek capitals.

The demo, the sample pictures and the captions of annotated pictures use them. So these do not depend on fonts or on the
version of Pillow. Every glyph is a set of strokes on a grid 6 units high. `x,y` draws a line to that point, and
`a,b~x,y` a curve to (x, y) that bends towards (a, b).
"""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.alphabet import LATIN_LIKE

if TYPE_CHECKING:
    from PIL import Image

Point = tuple[float, float]

GRID_HEIGHT = 6.0

_SIX = "2.9,0 0.5,2.6 0,3.4~0,4.1 0,6~2,6 4,6~4,4.2 4,2.4~2,2.4 0.8,2.4~0.3,3.1"
_OVAL = "2,0 4,0~4,2 4,4 4,6~2,6 0,6~0,4 0,2 0,0~2,0"
_BOWL = "0,6 0,0 2.2,0 4,0~4,1.7 4,3.4~2.2,3.4 0,3.4"
_GATE = "0,6 0,0 4,0 4,6"
_WHEEL = "2.4,0 2.4,6 | 2.4,1 4.8,1~4.8,2.8 4.8,4.6~2.4,4.6 0,4.6~0,2.8 0,1~2.4,1"

STROKES: dict[str, str] = {
    "0": "1.7,0 3.4,0~3.4,2 3.4,4 3.4,6~1.7,6 0,6~0,4 0,2 0,0~1.7,0",
    "1": "0,1.6 1.6,0 1.6,6",
    "2": "0,1.7 0,0~1.9,0 3.8,0~3.8,1.8 3.8,2.7~3,3.5 0,6 3.9,6",
    "3": "0.1,1.4 0.1,0~1.9,0 3.6,0~3.6,1.5 3.6,2.9~1.7,2.9 3.9,2.9~3.9,4.4 3.9,6~1.9,6 0,6~0,4.5",
    "4": "2.6,0 0,4.4 4,4.4 | 2.9,2.8 2.9,6",
    "5": "3.6,0 0.4,0 0.2,2.9 0.9,2.3~2,2.3 3.9,2.3~3.9,4.1 3.9,6~1.9,6 0,6~0,4.7",
    "6": _SIX,
    "7": "0,0 3.9,0 1.4,6",
    "8": "2,2.8 0.3,2.8~0.3,1.4 0.3,0~2,0 3.7,0~3.7,1.4 3.7,2.8~2,2.8 0,2.8~0,4.4 0,6~2,6 4,6~4,4.4 4,2.8~2,2.8",
    "9": "1.1,6 3.5,3.4 4,2.6~4,1.9 4,0~2,0 0,0~0,1.8 0,3.6~2,3.6 3.2,3.6~3.7,2.9",
    "A": "0,6 2,0 4,6 | 0.7,4 3.3,4",
    "B": "0,3 2.4,3 4,3~4,4.5 4,6~2.4,6 0,6 0,0 2.2,0 3.7,0~3.7,1.5 3.7,3~2.2,3",
    "C": "4,1.7 4,0~2,0 0,0~0,2 0,4 0,6~2,6 4,6~4,4.3",
    "D": "0,0 1.8,0 4,0~4,2.2 4,3.8 4,6~1.8,6 0,6 0,0",
    "E": "3.6,0 0,0 0,6 3.6,6 | 0,3 3,3",
    "F": "3.6,0 0,0 0,6 | 0,3 3,3",
    "G": "4,1.7 4,0~2,0 0,0~0,2 0,4 0,6~2,6 4,6~4,4 4,3.2 2.3,3.2",
    "H": "0,0 0,6 | 4,0 4,6 | 0,3 4,3",
    "I": "0,0 0,6",
    "J": "3,0 3,4.2 3,6~1.5,6 0,6~0,4.4",
    "K": "0,0 0,6 | 4,0 0,3.6 | 1.4,2.4 4,6",
    "L": "0,0 0,6 3.6,6",
    "M": "0,6 0,0 2.2,4 4.4,0 4.4,6",
    "N": "0,6 0,0 4,6 4,0",
    "O": _OVAL,
    "P": _BOWL,
    "Q": _OVAL + " | 2.6,4.4 4.2,6.3",
    "R": _BOWL + " | 2,3.4 4,6",
    "S": "3.8,1.5 3.8,0~2,0 0.1,0~0.1,1.6 0.1,3~2,3 4,3~4,4.4 4,6~2,6 0,6~0,4.5",
    "T": "0,0 4,0 | 2,0 2,6",
    "U": "0,0 0,4 0,6~2,6 4,6~4,4 4,0",
    "V": "0,0 2,6 4,0",
    "W": "0,0 1.3,6 2.6,1 3.9,6 5.2,0",
    "X": "0,0 4,6 | 4,0 0,6",
    "Y": "0,0 2,3 4,0 | 2,3 2,6",
    "Z": "0,0 4,0 0,6 4,6",
    "Б": "3.6,0 0,0 0,6 2.2,6 4,6~4,4.4 4,2.8~2.2,2.8 0,2.8",
    "Г": "3.4,0 0,0 0,6",
    "Ґ": "0,6 0,1 3.2,1 3.2,0",
    "Д": "0,6 0,4.9 4.4,4.9 4.4,6 | 0.7,4.9 1.1,0 3.7,0 3.7,4.9",
    "Є": "4,1.7 4,0~2,0 0,0~0,2 0,4 0,6~2,6 4,6~4,4.3 | 0,3 2.6,3",
    "Ж": "0,0 4.8,6 | 4.8,0 0,6 | 2.4,0 2.4,6",
    "З": "0,0.9 0.4,0~1.9,0 3.6,0~3.6,1.5 3.6,2.9~1.7,2.9 3.9,2.9~3.9,4.4 3.9,6~1.9,6 0.4,6~0,5.1",
    "И": "0,0 0,6 4,0 4,6",
    "Л": "0,6 0.8,6~1,4.5 1.3,0 3.8,0 3.8,6",
    "П": _GATE,
    "Ф": _WHEEL,
    "Ц": "0,0 0,5 3.6,5 3.6,0 | 3.6,5 4.3,5 4.3,6",
    "Ч": "0,0 0,2 0,3.4~1.8,3.4 3.8,3.2 | 3.8,0 3.8,6",
    "Ш": "0,0 0,6 4.8,6 4.8,0 | 2.4,0 2.4,6",
    "Щ": "0,0 0,5 4.8,5 4.8,0 | 2.4,0 2.4,5 | 4.8,5 5.5,5 5.5,6",
    "Ъ": "0,0 1.2,0 1.2,6 2.8,6 4.4,6~4.4,4.4 4.4,2.9~2.8,2.9 1.2,2.9",
    "Ы": "0,0 0,6 1.5,6 2.9,6~2.9,4.5 2.9,3~1.5,3 0,3 | 4.4,0 4.4,6",
    "Ь": "0,0 0,6 2,6 3.8,6~3.8,4.4 3.8,2.9~2,2.9 0,2.9",
    "Э": "0,1.7 0,0~2,0 4,0~4,2 4,4 4,6~2,6 0,6~0,4.3 | 1.4,3 4,3",
    "Ю": "0,0 0,6 | 0,3 1.4,3 | 3,0 4.6,0~4.6,2 4.6,4 4.6,6~3,6 1.4,6~1.4,4 1.4,2 1.4,0~3,0",
    "Я": "4,6 4,0 1.8,0 0,0~0,1.7 0,3.4~1.8,3.4 4,3.4 | 2,3.4 0,6",
    "Γ": "3.4,0 0,0 0,6",
    "Δ": "0,6 2,0 4,6 0,6",
    "Θ": _OVAL + " | 1.2,3 2.8,3",
    "Λ": "0,6 2,0 4,6",
    "Ξ": "0,0 4,0 | 0.6,3 3.4,3 | 0,6 4,6",
    "Π": _GATE,
    "Σ": "3.8,0 0,0 2,3 0,6 3.8,6",
    "Φ": _WHEEL,
    "Ψ": "0,0 0,2 0,3.6~2.2,3.6 4.4,3.6~4.4,2 4.4,0 | 2.2,0 2.2,6",
    "Ω": "0,6 1.2,6 1.2,5 0,4.2~0,2.4 0,0~2.2,0 4.4,0~4.4,2.4 4.4,4.2~3.2,5 3.2,6 4.4,6",
    "-": "0,3 1.6,3",
    ".": "0,6 0,6",
    ",": "0.6,5 0,6.3",
    "'": "0,0 0,1.5",
    ":": "0,2 0,2 | 0,5.4 0,5.4",
    "(": "1.2,-0.2 0,1.4~0,3 0,4.6~1.2,6.2",
    ")": "0,-0.2 1.2,1.4~1.2,3 1.2,4.6~0,6.2",
    "%": "0.8,0.2 0,0.2~0,1.2 0,2.2~0.8,2.2 1.6,2.2~1.6,1.2 1.6,0.2~0.8,0.2 | 4,0 0.6,6"
    " | 3.8,3.8 3,3.8~3,4.8 3,5.8~3.8,5.8 4.6,5.8~4.6,4.8 4.6,3.8~3.8,3.8",
}

# Characters of other scripts that look like a Latin one have its strokes.
STROKES |= {one: STROKES[like] for one, like in LATIN_LIKE.items()}

SPACE_WIDTH = 1.6

# Of captions, as fractions of their height.
_STROKE, _GAP, _OVERSIZE = 0.13, 0.2, 4


class LetterStyle(NamedTuple):
    """Total height, thickness of strokes, and gap between characters, in pixels."""

    height: float
    stroke: float
    gap: float

    @property
    def unit(self) -> float:
        """Pixels per unit of the grid."""
        return (self.height - self.stroke) / GRID_HEIGHT


def strokes(character: str) -> list[list[Point]]:
    """Return the strokes of one character as polylines on the grid. Raises KeyError for an unknown character."""
    if character == " ":
        return []
    return [_polyline(stroke) for stroke in STROKES[character].split("|")]


def text_width(text: str, letters: LetterStyle) -> float:
    """Return the width of `text` in pixels, including the thickness of the strokes."""
    widths = [_grid_width(character) * letters.unit + letters.stroke for character in text]
    return sum(widths) + letters.gap * max(0, len(text) - 1)


def draw_text(
    canvas: Image.Image, text: str, corner: Point, letters: LetterStyle, colour: tuple[int, int, int]
) -> None:
    """Draw `text` onto an RGB canvas; `corner` is its top left corner."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(canvas)
    left, top = corner
    unit, half = letters.unit, letters.stroke / 2
    for character in text:
        for line in strokes(character):
            points = [(left + half + x * unit, top + half + y * unit) for x, y in line]
            pen.line(points, fill=colour, width=max(1, round(letters.stroke)))
            for x, y in points:
                pen.ellipse((x - half, y - half, x + half, y + half), fill=colour)
        left += _grid_width(character) * unit + letters.stroke + letters.gap


def write_caption(
    canvas: Image.Image, text: str, corner: tuple[int, int], room: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    """Write small smooth text onto an RGB canvas, no larger than `room`, width and height in pixels.

    A character without strokes is written as a dash.
    """
    from PIL import Image

    text = _writable(text)
    size = caption_size(text, room)
    if not text or min(size) < 1:
        return
    # Drawn large and reduced: strokes one or two pixels wide would be stairs.
    letters = LetterStyle(size[1] * _OVERSIZE, _STROKE * size[1] * _OVERSIZE, _GAP * size[1] * _OVERSIZE)
    mask = Image.new("RGB", (size[0] * _OVERSIZE, size[1] * _OVERSIZE))
    draw_text(mask, text, (0, 0), letters, (255, 255, 255))
    canvas.paste(colour, corner, mask.convert("L").resize(size, Image.Resampling.BOX))


def caption_size(text: str, room: tuple[int, int]) -> tuple[int, int]:
    """Return width and height in pixels of what `write_caption` writes."""
    wide = text_width(_writable(text), LetterStyle(1.0, _STROKE, _GAP))
    letter = max(1, min(room[1], int(room[0] / max(wide, 1e-9))))
    return min(room[0], math.ceil(wide * letter)), letter


def _writable(text: str) -> str:
    return "".join(map(_drawable, text.upper()))


def _drawable(character: str) -> str:
    """Return the character, or without its accent, or a dash where there are no strokes for it."""
    plain = unicodedata.normalize("NFD", character)[:1]
    return next((one for one in (character, plain) if one in STROKES or one == " "), "-")


def _grid_width(character: str) -> float:
    if character == " ":
        return SPACE_WIDTH
    return max(x for line in strokes(character) for x, _ in line)


def _polyline(stroke: str) -> list[Point]:
    points: list[Point] = []
    for step in stroke.split():
        bend, _, end = step.rpartition("~")
        target = _point(end)
        if bend:
            points += _curve(points[-1], _point(bend), target)
        else:
            points.append(target)
    return points


def _curve(start: Point, bend: Point, end: Point, pieces: int = 8) -> list[Point]:
    """A quadratic Bezier curve without its start."""
    points = []
    for piece in range(1, pieces + 1):
        t = piece / pieces
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        points.append((a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]))
    return points


def _point(pair: str) -> Point:
    x, y = pair.split(",")
    return float(x), float(y)
