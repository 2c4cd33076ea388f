"""Characters among their neighbours, and how they are cut out."""

from __future__ import annotations

import numpy as np
import pytest

from plate_runtime.manifest import InputSpec
from plate_train.synthetic import cutout, sheet
from plate_train.synthetic.effects import Dice, Grain
from plate_train.synthetic.geometry import Box
from plate_train.synthetic.glyphs import stroke_alphabets

ALPHABET_OF_STROKES = stroke_alphabets(1, 1)[0]
GRAIN = Grain(1)
SPEC = InputSpec(polarity="any")


@pytest.mark.parametrize("seed", range(25))
def test_scene_knows_where_its_character_is(seed: int) -> None:
    scene = cutout.compose("H", ALPHABET_OF_STROKES, Dice(seed))
    assert 11 <= scene.height <= 42
    assert scene.search.left <= scene.glyph.left and scene.glyph.right <= scene.search.right
    assert 0.6 < scene.glyph.height / scene.height < 1.5
    inside = scene.glyph.of(np.asarray(scene.picture, np.float32) / 255)
    assert inside.mean() > 0.2


def test_bars_are_known_as_bars() -> None:
    bars = [alphabet for alphabet in stroke_alphabets(2, 12) if alphabet.glyph("1").aspect < 0.25]
    assert bars and cutout.compose("1", bars[0], Dice(0)).bar
    wide = next(alphabet for alphabet in stroke_alphabets(2, 12) if alphabet.glyph("H").aspect > 0.6)
    assert not cutout.compose("H", wide, Dice(0)).bar


def test_cuts_stay_inside_and_never_empty() -> None:
    for seed in range(300):
        dice = Dice(seed)
        width, height = dice.randint(2, 60), dice.randint(2, 60)
        box = Box(dice.uniform(-5, width), dice.uniform(-5, height), dice.uniform(0, width + 9), dice.uniform(0, 70))
        left, top, right, bottom = cutout._cut(box, dice.chance(0.5), dice, width, height)
        assert 0 <= left < right <= width and 0 <= top < bottom <= height


def test_binarised_characters_keep_some_ground() -> None:
    for seed in range(60):
        scene = cutout.compose("B", ALPHABET_OF_STROKES, Dice(seed))
        gray, box = cutout._binarised(scene, Dice(seed), GRAIN)
        share = float((box.of(gray) > 0.5).mean())
        assert 0.15 < share < 0.9, seed


@pytest.mark.parametrize("draw", ["sheet", "cutout"])
def test_pictures_have_the_size_of_the_input(draw: str) -> None:
    glyph, dice = ALPHABET_OF_STROKES.glyph("K"), Dice(5)
    if draw == "sheet":
        picture = sheet.draw(glyph, SPEC, dice, GRAIN)
    else:
        picture = cutout.draw("K", ALPHABET_OF_STROKES, SPEC, dice, GRAIN)
    assert picture.shape == (28, 28) and picture.dtype == np.uint8


def test_sheet_gives_bars_some_ground() -> None:
    bars = [alphabet for alphabet in stroke_alphabets(2, 12) if alphabet.glyph("I").aspect < 0.25]
    spreads = [sheet.draw(bars[0].glyph("I"), SPEC, Dice(seed), GRAIN).std() for seed in range(40)]
    assert np.mean(np.array(spreads) > 30) > 0.9
