"""Drives and training data share nothing: no letter, layout, scene, serial or seed."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random

import numpy as np
import pytest
from drives import scenery, sheets, traffic
from drives.sheets import ALPHABETS, LAYOUTS
from numpy.typing import NDArray
from PIL import Image

from plate_runtime.alphabet import ALPHABET
from plate_runtime.formats import load_formats
from plate_train.synthetic.fonts import listed_packages
from plate_train.synthetic.glyphs.families import FAMILIES, heavy_strokes, plate_strokes, special_strokes
from plate_train.synthetic.glyphs.strokes import render_letter
from plate_train.synthetic.plates import backgrounds
from plate_train.synthetic.plates.layouts import load_layouts
from plate_train.synthetic.plates.lettering import SPLITS
from plate_train.synthetic.plates.serials import random_serial
from plate_train.synthetic.random_source import RandomSource
from plate_train.synthetic.scenes import backdrops, textures
from plate_train.synthetic.scenes.vehicles import shape

SIDE = 24


def imported(folder: Path) -> set[str]:
    """Return the top-level packages that the modules of a folder import."""
    found: set[str] = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found.add(str(node.module).split(".")[0])
    return found


def test_neither_side_imports_the_other(repository: Path) -> None:
    assert not imported(repository / "tests" / "drives") & {"plate_train", "plate_export"}
    assert not imported(repository / "train") & {"drives", "plate_devices"}


def test_no_family_of_letters_and_no_layout_has_a_namesake_in_training() -> None:
    families = {package.family for package in listed_packages()}
    families |= {
        alphabet.family for part in range(2) for alphabet in [*plate_strokes(part, 8), *heavy_strokes(part, 8)]
    }
    assert not set(ALPHABETS) & {family.lower() for family in families}
    assert not set(LAYOUTS) & {layout.name for part in SPLITS for layout in load_layouts(part)}


def test_no_place_is_a_ground_a_backdrop_or_a_texture_of_training() -> None:
    drawn = {*backdrops.KINDS, *shape.KINDS}
    for kinds in (backgrounds.KINDS, textures.KINDS):
        drawn |= {kind for part in kinds.values() for kind in part}
    assert not set(scenery.PLACES) & drawn


def test_no_alphabet_is_one_that_training_draws() -> None:
    """Training draws strokes at random: none of hundreds is within one pen's width of those of drives."""
    trained = [
        [normal(render_letter(letter, alphabet._style, 48)) for letter in ALPHABET]
        for part in range(2)
        for alphabet in [
            *plate_strokes(part, 60),
            *(one for family in FAMILIES for one in special_strokes(part, family, 6)),
        ]
    ]
    for name, alphabet in ALPHABETS.items():
        own = [normal(sheets.glyph(letter, alphabet, 48)) for letter in ALPHABET]
        nearest = max(float(np.mean([alike(a, b) for a, b in zip(own, other, strict=True)])) for other in trained)
        assert nearest < 0.9, f"{name}: {nearest:.3f}"
        assert np.mean([alike(a, a) for a in own]) == pytest.approx(1.0)


def test_no_serial_has_a_form_that_training_knows() -> None:
    chance = Random("drive serials")
    texts = [traffic.new_text(chance, set()) for _ in range(400)]
    formats = [format_ for region in load_formats().values() for format_ in region.formats]
    known = {text for text in texts for format_ in formats if format_.matches(text)}
    assert not known
    rng = RandomSource("serials of training")
    trained = {random_serial(["world", "vanity", "any"], False, rng).text for _ in range(3000)}
    assert not trained & set(texts)


def test_no_seed_of_a_drive_is_one_of_training(repository: Path) -> None:
    """Both use strings as seeds: those of drives begin with a name, those of training with a number."""
    for file in (repository / "tests" / "drives").glob("*.py"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if "Random(" in line and "chance: Random" not in line:
                assert 'Random(f"drive' in line or 'Random(f"guess' in line, f"{file.name}: {line.strip()}"
    one, other = Random("drive 0"), RandomSource("0 train 0")
    assert [one.random() for _ in range(8)] != [other.random() for _ in range(8)]


def normal(letter: Image.Image) -> NDArray[np.bool_]:
    """Return a letter, cropped and resized to (SIDE, SIDE)."""
    box = letter.point(lambda tone: 255 * (tone > 127)).getbbox()
    return np.asarray(letter.crop(box).resize((SIDE, SIDE), Image.Resampling.BOX)) > 127


def alike(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the intersection over union of two letters, 0..1."""
    return float((one & other).sum() / max(1, (one | other).sum()))
