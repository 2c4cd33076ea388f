"""Sizes of drawn pictures, also of those of odd shapes."""

from __future__ import annotations

from PIL import Image

TALLEST = 4096
"""Most pixels of height to which a picture is enlarged: one that is a pixel wide would take gigabytes."""


def with_width(picture: Image.Image, least: int, colour: tuple[int, int, int]) -> Image.Image:
    """Return a picture that is at least so many pixels wide, with a strip of a colour beside it if needed."""
    if picture.width >= least:
        return picture
    wider = Image.new("RGB", (least, picture.height), colour)
    wider.paste(picture, (0, 0))
    return wider
