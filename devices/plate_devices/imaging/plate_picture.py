"""Renders number plates for the demo, the samples and the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_devices.imaging.letters import LetterStyle, draw_text, text_width

if TYPE_CHECKING:
    from PIL import Image

Colour = tuple[int, int, int]

# Drawn larger and reduced, for smooth edges with every version of Pillow.
OVERSIZE = 4


class Style(NamedTuple):
    """Colours in RGB, and sizes as fractions of the plate's height (`weight`: of the character's)."""

    ink: Colour = (24, 24, 28)
    paint: Colour = (238, 238, 232)
    border: float = 0.025
    letter: float = 0.62
    weight: float = 0.135


DARK_ON_LIGHT = Style()
LIGHT_ON_DARK = Style(ink=(236, 236, 230), paint=(28, 30, 36))
YELLOW = Style(paint=(240, 200, 40))
BLUE = Style(ink=(240, 240, 240), paint=(24, 60, 132))


def draw_plate(text: str, height: int = 96, style: Style = DARK_ON_LIGHT, width: int | None = None) -> Image.Image:
    """Return a plate as RGB picture, `height` pixels high; `/` in the text starts a second row.

    Without `width`, the plate is as wide as its text needs. A text that is too long for `width` is compressed.
    """
    from PIL import Image, ImageDraw

    rows = text.split("/")
    tall = height * OVERSIZE
    row_height = tall / len(rows)
    letter = row_height * (style.letter if len(rows) == 1 else 0.72)
    letters = LetterStyle(letter, letter * style.weight, letter * 0.17)
    widths = [text_width(row, letters) for row in rows]
    needed = round(max(widths) + 0.8 * letter)
    wide = max(needed, (width or 0) * OVERSIZE)

    plate = Image.new("RGB", (wide, tall), style.paint)
    rim = tall * style.border
    if rim:
        inset = tall * 0.02
        ImageDraw.Draw(plate).rectangle(
            (inset, inset, wide - 1 - inset, tall - 1 - inset), outline=style.ink, width=max(1, round(rim))
        )
    # Two rows are moved towards the middle, away from the border.
    pull = 0 if len(rows) == 1 else row_height * 0.06
    for number, (row, row_width) in enumerate(zip(rows, widths, strict=True)):
        top = row_height * number + (row_height - letter) / 2 + (pull if number == 0 else -pull)
        draw_text(plate, row, ((wide - row_width) / 2, top), letters, style.ink)
    return plate.resize((width or max(1, round(wide / OVERSIZE)), height), Image.Resampling.LANCZOS)
