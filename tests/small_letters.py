"""Characters of any script and plates with them, rendered with the strokes that captions are written with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plate_devices.imaging.letters import LetterStyle, draw_text, text_width


def render(text: str, number: int = 0, margin: int = 0) -> NDArray[np.uint8]:
    """Render text, light on dark, a little different for every number, uint8 (h, w)."""
    letters = LetterStyle(40 + number % 5, 4 + number % 4, 9)
    width = round(text_width(text, letters))
    canvas = Image.new("RGB", (width + 2 * margin, round(letters.height) + 2 * margin), (20, 20, 20))
    draw_text(canvas, text, (margin, margin), letters, (230, 230, 230))
    gray = np.asarray(canvas.convert("L"), np.int16)
    noise = np.random.default_rng([number, *map(ord, text)]).integers(-12, 13, gray.shape)
    return np.clip(gray + noise, 0, 255).astype(np.uint8)


def write_classes(folder: Path, alphabet: str, numbers: range) -> None:
    """Write a class folder for each character, one picture for each number."""
    for character in alphabet:
        where = folder / f"class_{character}"
        where.mkdir(parents=True)
        for number in numbers:
            Image.fromarray(render(character, number)).save(where / f"{number:02d}.png")


def write_plates(folder: Path, texts: list[str], size: tuple[int, int], first: int = 0) -> None:
    """Write crops of plates, stretched to a size, and their labels.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        Image.fromarray(render(text, first + number, 8)).resize(size).save(folder / f"{number:03d}.png")
    rows = [f"{number:03d}.png,{text}" for number, text in enumerate(texts)]
    (folder / "labels.csv").write_text("\n".join(["image,text", *rows]), "utf-8")
