"""Draw a number plate as a picture: for the demo, the samples and the tests, without any photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_devices.imaging.letters import LetterStyle, draw_text, text_width

if TYPE_CHECKING:
    from PIL import Image

Colour = tuple[int, int, int]

# Drawn large and reduced: that is what makes edges smooth with every Pillow.
OVERSIZE = 4


class Style(NamedTuple):
    """What a plate is painted like; colours are RGB, shares are of the plate's height."""

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
    """Draw a plate `height` pixels high as an RGB picture; `/` in the text starts a second row.

    Without `width` the plate is as wide as its text needs; a text too long for its width is drawn narrower.
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
    # Two rows move towards the middle so that both keep clear of the rim.
    pull = 0 if len(rows) == 1 else row_height * 0.06
    for number, (row, row_width) in enumerate(zip(rows, widths, strict=True)):
        top = row_height * number + (row_height - letter) / 2 + (pull if number == 0 else -pull)
        draw_text(plate, row, ((wide - row_width) / 2, top), letters, style.ink)
    return plate.resize((width or max(1, round(wide / OVERSIZE)), height), Image.Resampling.LANCZOS)
