"""Shapes of plate alphabets, and the strokes they are drawn with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from plate_runtime.alphabet import ALPHABET
from plate_train.synthetic.glyphs.letters import Style, random_style, shapes
from plate_train.synthetic.glyphs.strokes import render_letter


def style(**changes: object) -> Style:
    """A plain alphabet: every character drawn with the first of its known shapes."""
    plain = Style(0.6, 0.14, 0.35, False, False, 0.48, 0.0, 0.5, 0.2, 0.1, 1.1, (0.0,) * 36)
    return dataclasses.replace(plain, **changes)


def ink(character: str, chosen: Style) -> np.ndarray:
    """The letter as bool, cut tight."""
    drawn = np.asarray(render_letter(character, chosen, 64)) > 127
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def common(*letters: np.ndarray) -> list[np.ndarray]:
    """Cut letters that differ by a row or column of rounding to one size."""
    height, width = (min(letter.shape[axis] for letter in letters) for axis in (0, 1))
    assert all(np.subtract(letter.shape, (height, width)).max() <= 1 for letter in letters)
    return [letter[:height, :width] for letter in letters]


@pytest.mark.parametrize("seed", range(30))
def test_every_style_draws_every_sign_at_its_height(seed: int) -> None:
    chosen = random_style(np.random.default_rng(seed))
    assert sorted(shapes(chosen)) == sorted(ALPHABET)
    for character in ALPHABET:
        drawn = ink(character, chosen)
        tall = 64 * 1.15 if character == "Q" else 64
        assert 0.85 * 64 <= drawn.shape[0] <= tall + 4, character
        assert drawn.shape[1] <= 64 * chosen.width * 1.6 + 4, character


def test_nine_is_a_turned_six() -> None:
    six, nine = common(ink("6", style())[::-1, ::-1], ink("9", style()))
    assert (six == nine).mean() > 0.9


def test_all_known_shapes_of_a_sign_differ() -> None:
    for character, expected in {"1": 6, "2": 4, "4": 4, "A": 3, "D": 2, "G": 5, "Q": 4}.items():
        found = set()
        for choice in np.linspace(0, 0.999, 36):
            picks = [0.0] * 36
            picks[ALPHABET.index(character)] = float(choice)
            found.add(ink(character, style(shape=tuple(picks))).tobytes())
        assert len(found) == expected, character


def test_bar_stays_a_bar_and_thickness_counts() -> None:
    thin, thick = ink("1", style(thickness=0.1)), ink("1", style(thickness=0.2))
    assert thin.mean() > 0.97 and thick.mean() > 0.97, "the plain 1 is a bare bar"
    assert thick.shape[1] == pytest.approx(2 * thin.shape[1], abs=1)


def test_zero_is_round_where_d_has_corners() -> None:
    zero, dee = ink("0", style()), ink("D", style())
    assert not zero[:3, :3].any() and not zero[-3:, :3].any()
    assert dee[1:-1, 1].all(), "the stem of D runs from corner to corner"
    for character in "BEFHLMNPR":
        assert ink(character, style())[1:-1, 1].all(), character


def test_wide_styles_widen_m_and_w_alone() -> None:
    narrow, wide = style(wide=1.0), style(wide=1.3)
    assert ink("M", wide).shape[1] > ink("M", narrow).shape[1] * 1.15
    assert ink("N", wide).shape == ink("N", narrow).shape


def test_chamfered_corners_are_straight() -> None:
    cut, rounded = common(ink("O", style(chamfered=True)), ink("O", style()))
    assert (cut != rounded).any() and cut.sum() < rounded.sum()


def test_slanted_ends_are_cut_level() -> None:
    for character in "AVXK":
        letter = ink(character, style())
        row = letter[-2] if character == "A" else letter[1]
        assert row[:2].any(), f"the foot of {character} is level and reaches the corner"


def test_round_ends_round_them() -> None:
    level, rounded = ink("I", style()), ink("I", style(round_ends=True))
    assert level.mean() > rounded.mean() and not rounded[0, 0]
