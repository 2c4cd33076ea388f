"""Small labelled character sets for the tests of training, drawn here in Pillow's own font."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tiny_models import draw_character

from plate_runtime.alphabet import ALPHABET
from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import crop_to_ink
from plate_train.characters.datasets import CharacterSet, character_set, load_folder
from plate_train.characters.protocol import SeedResult
from plate_train.characters.score import score


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


def seed_result(small_val: CharacterSet, seed: int, wrong: list[int], sure: float = 0.8) -> SeedResult:
    """A seed whose network reads `wrong` as the class after it and everything else right."""
    told = np.full((36, 36), 0.2 / 35, np.float32)
    best = small_val.labels.copy()
    best[wrong] = (best[wrong] + 1) % 36
    told[np.arange(36), best] = sure + 0.001 * np.arange(36)
    copied = np.arange(36) < 4
    whole = score(told, small_val.labels)
    rows = [{"loss": 1.0, "accuracy": 0.5, "learning_rate": 1e-3}]
    apart = score(told[~copied], small_val.labels[~copied])
    table = {"clean": whole, "inverted": score(told[::-1], small_val.labels)}
    return SeedResult(seed, None, 3, 1.1, whole, apart, apart, None, table, told, rows, [])


def load_split(folder: Path, spec: InputSpec | None = None) -> tuple[CharacterSet, CharacterSet]:
    """Load (train, val) of a data folder; unreadable pictures are omitted."""
    data = load_folder(folder, spec)
    return data.train.characters, data.val.characters
