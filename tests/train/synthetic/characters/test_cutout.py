"""Characters among their neighbours, and how they are cut out."""

from __future__ import annotations

import numpy as np
import pytest

from plate_runtime.manifest import InputSpec
from plate_train.synthetic.characters import cutout, sheet
from plate_train.synthetic.characters.geometry import Bounds
from plate_train.synthetic.glyphs.alphabets import stroke_alphabets
from plate_train.synthetic.random_source import NoiseFields, RandomSource

ALPHABET_OF_STROKES = stroke_alphabets(1, 1)[0]
NOISE = NoiseFields(1)
SPEC = InputSpec(polarity="any")


@pytest.mark.parametrize("seed", range(25))
def test_scene_knows_where_its_character_is(seed: int) -> None:
    scene = cutout.compose("H", ALPHABET_OF_STROKES, RandomSource(seed))
    assert 11 <= scene.height <= 42
    assert scene.search.left <= scene.glyph.left and scene.glyph.right <= scene.search.right
    assert 0.6 < scene.glyph.height / scene.height < 1.5
    inside = scene.glyph.crop(np.asarray(scene.picture, np.float32) / 255)
    assert inside.mean() > 0.2


def test_bars_are_known_as_bars() -> None:
    bars = [alphabet for alphabet in stroke_alphabets(2, 12) if alphabet.glyph("1").aspect < 0.25]
    assert bars and cutout.compose("1", bars[0], RandomSource(0)).bar
    wide = next(alphabet for alphabet in stroke_alphabets(2, 12) if alphabet.glyph("H").aspect > 0.6)
    assert not cutout.compose("H", wide, RandomSource(0)).bar


def test_cuts_stay_inside_and_never_empty() -> None:
    for seed in range(300):
        rng = RandomSource(seed)
        width, height = rng.randint(2, 60), rng.randint(2, 60)
        box = Bounds(rng.uniform(-5, width), rng.uniform(-5, height), rng.uniform(0, width + 9), rng.uniform(0, 70))
        left, top, right, bottom = cutout._crop_bounds(box, rng.chance(0.5), rng, width, height)
        assert 0 <= left < right <= width and 0 <= top < bottom <= height


def test_binarised_characters_keep_some_ground() -> None:
    for seed in range(60):
        scene = cutout.compose("B", ALPHABET_OF_STROKES, RandomSource(seed))
        gray, box = cutout._binarised(scene, RandomSource(seed), NOISE)
        share = float((box.crop(gray) > 0.5).mean())
        assert 0.15 < share < 0.9, seed


@pytest.mark.parametrize("draw", ["sheet", "cutout"])
def test_pictures_have_the_size_of_the_input(draw: str) -> None:
    glyph, rng = ALPHABET_OF_STROKES.glyph("K"), RandomSource(5)
    if draw == "sheet":
        picture = sheet.render(glyph, SPEC, rng, NOISE)
    else:
        picture = cutout.render("K", ALPHABET_OF_STROKES, SPEC, rng, NOISE)
    assert picture.shape == (28, 28) and picture.dtype == np.uint8


def test_sheet_gives_bars_some_ground() -> None:
    bars = [alphabet for alphabet in stroke_alphabets(2, 12) if alphabet.glyph("I").aspect < 0.25]
    spreads = [sheet.render(bars[0].glyph("I"), SPEC, RandomSource(seed), NOISE).std() for seed in range(40)]
    assert np.mean(np.array(spreads) > 30) > 0.9
