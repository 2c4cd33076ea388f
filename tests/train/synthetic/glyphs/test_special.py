"""Special shapes and finishes of plate alphabets: each is there, and stays apart from what it resembles."""

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_train.synthetic.glyphs import special
from plate_train.synthetic.glyphs.families import FAMILIES, plate_strokes, special_strokes
from plate_train.synthetic.glyphs.finishes import FINISHES
from plate_train.synthetic.glyphs.letters import Style
from plate_train.synthetic.glyphs.strokes import render_letter

PLAIN = Style(0.6, 0.12, 0.45, False, False, 0.48, 0.0, 0.5, 0.2, 0.1, 1.1, (0.0,) * 36)
PICKS = [i / 8 + 0.01 for i in range(8)]


def picked(value: float, *special_shapes: str) -> Style:
    """A plain style with special shapes, all its numbers of one value."""
    return replace(PLAIN, shape=(value,) * 36, special_shapes=special_shapes)


def ink(character: str, style: Style) -> NDArray[np.bool_]:
    """The letter as bool, cut tight."""
    drawn = np.asarray(render_letter(character, style, 96)) > 127
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def parts(pixels: NDArray[np.bool_]) -> int:
    """Number of connected areas."""
    return int(cv2.connectedComponents(pixels.astype(np.uint8), connectivity=4)[0]) - 1


def counters(letter: NDArray[np.bool_]) -> int:
    """Number of areas without ink that ink shuts in."""
    return parts(np.pad(~letter, 1, constant_values=True)) - 1


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """What two letters have in common at one size, of what either covers: 0..1."""
    scaled = [cv2.resize(letter.astype(np.uint8), (48, 96)) > 0 for letter in (one, other)]
    return float((scaled[0] & scaled[1]).sum() / (scaled[0] | scaled[1]).sum())


@pytest.mark.parametrize("pick", PICKS)
@pytest.mark.parametrize("thickness", [0.08, 0.12, 0.16])
def test_a_slit_opens_the_ring_of_zero_once(pick: float, thickness: float) -> None:
    slit = replace(picked(pick, "slit zero"), thickness=thickness)
    zero, whole = ink("0", slit), ink("0", replace(slit, special_shapes=()))
    assert counters(ink("O", slit)) == 1
    assert counters(zero) == 0 and parts(zero) == 1
    assert 0.75 < zero.sum() / whole.sum() < 1 or counters(whole) == 2


@pytest.mark.parametrize("pick", PICKS)
def test_a_slash_divides_the_counter_and_a_dot_stands_free_in_it(pick: float) -> None:
    assert counters(ink("0", picked(pick, "slashed zero"))) in (1, 2)
    assert ink("0", picked(pick, "slashed zero"))[44:52].any(axis=0)[20:36].any()
    dotted = ink("0", replace(picked(pick, "dotted zero"), width=0.7))
    assert parts(dotted) == 2 and counters(dotted) == 1


@pytest.mark.parametrize("pick", PICKS)
@pytest.mark.parametrize("width", [0.36, 0.45, 0.6])
def test_a_short_two_has_a_short_hook_where_z_has_a_corner(pick: float, width: float) -> None:
    style = replace(picked(pick, "narrow", "short two"), width=width, thickness=0.1)
    two, zed = ink("2", style), ink("Z", style)
    height, wide = two.shape
    assert not two[0, 0], "the upper left of 2 is round or cut away"
    assert zed[1:5, 1:5].all(), "Z has a sharp corner and no hook"
    left = np.flatnonzero(two[: height // 2, : wide // 4].any(axis=1))
    assert left[-1] < 0.34 * height, "the hook ends high"
    assert not zed[round(0.14 * height) : round(0.3 * height), : wide // 4].any()
    assert two[round(0.06 * height) : round(0.3 * height), : wide // 4].any(), "yet it comes down"
    assert two[-4:].mean() > 0.9 and zed[-4:].mean() > 0.9, "both stand on a level foot"
    assert overlap(two, zed) < 0.85


@pytest.mark.parametrize("pick", PICKS)
def test_a_barred_d_reaches_out_at_the_left_of_its_stem(pick: float) -> None:
    barred, plain = ink("D", picked(pick, "barred d")), ink("D", picked(0.0))
    assert barred.shape[1] > 1.1 * plain.shape[1]
    beyond = np.flatnonzero(barred[:, 1])
    assert beyond.size and 0.3 * 96 < beyond[0] <= beyond[-1] < 0.65 * 96
    assert counters(barred) == 1


@pytest.mark.parametrize("form", ["narrow", "boxy"])
def test_d_and_0_hardly_differ_but_do(form: str) -> None:
    style = picked(0.05, form)
    alike = overlap(ink("D", style), ink("0", style))
    assert 0.85 < alike < 0.995
    assert alike > overlap(ink("D", picked(0.05)), ink("0", picked(0.05)))


@pytest.mark.parametrize("pick", PICKS)
@pytest.mark.parametrize("radius", [0.14, 0.2, 0.27])
def test_a_boxy_8_is_rounder_at_the_left_than_b(pick: float, radius: float) -> None:
    style = replace(picked(pick, "boxy"), radius=radius)
    eight, b = ink("8", style), ink("B", style)
    assert b[0, 0] and b[-1, 0] and not eight[:3, :3].any() and not eight[-3:, :3].any()
    assert overlap(eight, b) < 0.95


@pytest.mark.parametrize("form", ["", "narrow", "motorcycle"])
@pytest.mark.parametrize("pick", PICKS)
@pytest.mark.parametrize("width", [0.4, 0.6])
def test_the_stem_of_1_is_its_right_edge(form: str, pick: float, width: float) -> None:
    one = ink("1", replace(picked(pick, *[form] * bool(form)), width=width, thickness=0.1))
    if one[-4:].mean() > 0.9 and one[-1].sum() < 0.9 * one.shape[1]:  # without a foot
        assert np.flatnonzero(one[one.shape[0] // 2])[-1] >= one.shape[1] - 2


@pytest.mark.parametrize("pick", PICKS)
def test_a_motorcycle_1_has_a_flag_that_is_no_bar_of_7(pick: float) -> None:
    style = picked(pick, "motorcycle")
    one, seven = ink("1", style), ink("7", style)
    assert 1.2 * one[-1].sum() < one.shape[1] < 0.7 * seven.shape[1], "it has a short flag"
    assert overlap(one, seven) < 0.7


@pytest.mark.parametrize("form", list(special.SPECIAL_SHAPES))
@pytest.mark.parametrize("pick", PICKS[1::3])
def test_no_form_makes_two_characters_one(form: str, pick: float) -> None:
    """O and 0, and a bare 1 and I, are one shape on many plates."""
    letters = {character: ink(character, picked(pick, form)) for character in ALPHABET}
    for one, other in itertools.combinations(ALPHABET, 2):
        if one + other not in ("0O", "1I"):
            assert overlap(letters[one], letters[other]) < 0.995, one + other


@pytest.mark.parametrize("pick", PICKS)
def test_open_bowls_are_open(pick: float) -> None:
    for character, shut in {"P": 1, "R": 1, "6": 1, "B": 2}.items():
        assert counters(ink(character, picked(pick, "security"))) == shut - 1, character
        assert counters(ink(character, picked(pick))) == shut, character


@pytest.mark.parametrize("finish", ["outline", "embossed"])
def test_hollow_letters_are_open_inside_their_strokes_and_in_their_counters(finish: str) -> None:
    filled = replace(PLAIN, width=0.7, thickness=0.18, slit=0.04)
    for character in "0ADHI8":
        whole, hollow = ink(character, filled), ink(character, replace(filled, finish=finish))
        assert hollow.sum() < 0.65 * whole.sum(), character
        middle = hollow[hollow.shape[0] // 2]
        if character == "0":
            edge = round(0.09 * 96)
            assert not middle[edge - 2 : edge + 2].any(), "inside the left stroke"
            assert not middle[len(middle) // 2 - 4 : len(middle) // 2 + 4].any(), "the counter"


def test_slabs_widen_the_ends_of_stems() -> None:
    for character in "HIN1":
        slab, plain = ink(character, replace(PLAIN, finish="slab")), ink(character, PLAIN)
        assert slab[-3].sum() > 1.4 * plain[-3].sum(), character
        assert slab.shape[1] > plain.shape[1]


def test_a_brush_draws_strokes_of_changing_width_and_always_the_same() -> None:
    style = replace(PLAIN, finish="brush")
    widths = ink("I", style)[8:-8].sum(axis=1)
    assert np.ptp(widths) >= 3 and np.ptp(ink("I", PLAIN)[8:-8].sum(axis=1)) == 0
    assert np.array_equal(ink("S", style), ink("S", style))


@pytest.mark.parametrize("family", list(FAMILIES))
def test_families_draw_every_character_and_other_seeds_other_ones(family: str) -> None:
    alphabets, others = special_strokes(0, family, 6), special_strokes(1, family, 6)
    again = special_strokes(0, family, 6)
    for alphabet, same in zip(alphabets, again, strict=True):
        for character in ALPHABET:
            glyph = alphabet.glyph(character)
            assert np.array_equal(glyph.picture, same.glyph(character).picture)
            assert (np.asarray(glyph.picture) > 127).mean() > 0.03
            assert glyph.aspect < 1.9, (alphabet.family, character)
    pictures = [{alphabet.glyph("5").picture.tobytes() for alphabet in one} for one in (alphabets, others)]
    assert len(pictures[0]) == 6 and not pictures[0] & pictures[1]
    assert not {one.family for one in alphabets} & {one.family for one in others}


def test_every_form_and_finish_is_used_and_common_forms_stay_common() -> None:
    styles = [alphabet._style for family in FAMILIES for alphabet in special_strokes(0, family, 60)]
    assert {form for style in styles for form in style.special_shapes} == set(special.SPECIAL_SHAPES)
    assert {style.finish for style in styles} == set(FINISHES)
    plain = [alphabet._style for alphabet in plate_strokes(0, 480)]
    assert 0.6 < np.mean([not style.special_shapes for style in plain]) < 0.9
    assert 0.02 < np.mean(["slit zero" in style.special_shapes for style in plain]) < 0.1
