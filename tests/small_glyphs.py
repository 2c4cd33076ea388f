"""Small labelled character sets for the tests of training, drawn here in Pillow's own font."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tiny_models import draw_character

from plate_runtime.alphabet import ALPHABET
from plate_runtime.preprocess import crop_to_ink
from plate_train.datasets import CharacterSet, character_set


def glyph(sign: str, number: int) -> NDArray[np.uint8]:
    """Draw a character tight and stretched to 28x28, a little different for every number."""
    ink = crop_to_ink(draw_character(sign, 30 + 3 * number))
    noise = np.random.default_rng([ord(sign), number]).integers(-30, 30, (28, 28))
    square = np.asarray(Image.fromarray(ink).resize((28, 28)), np.int16)
    return np.clip(square + noise, 0, 255).astype(np.uint8)


def glyph_set(first: int, count: int) -> CharacterSet:
    """Return `count` different drawings of every class, numbered from `first`."""
    labels = np.repeat(np.arange(36), count)
    pictures = np.stack([glyph(ALPHABET[label], first + place % count) for place, label in enumerate(labels)])
    return character_set(pictures, labels, [f"{ALPHABET[label]}-{place}" for place, label in enumerate(labels)])


def write_folder(folder: Path, train: int = 4, val: int = 1) -> Path:
    """Write `train/` and `val/` of class folders, all pictures different."""
    for split, numbers in (("train", range(train)), ("val", range(20, 20 + val))):
        for sign in ALPHABET:
            where = folder / split / f"class_{sign}"
            where.mkdir(parents=True)
            for number in numbers:
                Image.fromarray(glyph(sign, number)).save(where / f"{number:02d}.png")
    return folder
