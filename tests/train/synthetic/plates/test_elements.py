"""What drawn plates are made of: rows in reading order, emblems of any size, words that are never empty."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError
from plate_runtime.formats import find_region
from plate_train.synthetic.fonts import FontFile
from plate_train.synthetic.glyphs.alphabets import Alphabet, Glyph
from plate_train.synthetic.glyphs.families import heavy_strokes
from plate_train.synthetic.plates import emblems, other_scripts, separators, words
from plate_train.synthetic.plates.canvas import PlateFace
from plate_train.synthetic.plates.face import render_face
from plate_train.synthetic.plates.layouts import Layout, load_layouts
from plate_train.synthetic.plates.lettering import SERIAL_KINDS, SPLITS, Lettering
from plate_train.synthetic.plates.serials import random_serial
from plate_train.synthetic.random_source import NoiseFields, RandomSource

SEEDS = st.integers(0, 2**32)
LAYOUTS = load_layouts("train") + load_layouts("measure")
NAMED = {layout.name: layout for layout in LAYOUTS}


class Blocks:
    """An alphabet of plain blocks, each of a tone of its own, so that a picture tells which character stands where."""

    kind = family = "blocks"

    def __init__(self) -> None:
        self.characters: list[str] = []

    def glyph(self, character: str) -> Glyph:
        self.characters.append(character)
        return Glyph(Image.new("L", (32, 64), 10 + len(self.characters)), np.zeros((0, 2)))

    def boxes(self, ink: Image.Image) -> list[tuple[str, int, int, int, int]]:
        """Return character, left, top, width and height of everything that is read, in the order it was painted."""
        pixels, found = np.asarray(ink), []
        for number, character in enumerate(self.characters):
            ys, xs = np.nonzero(pixels == 11 + number)
            if len(ys):  # a column beside the serial may take its letters from the same alphabet
                found.append((character, int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1))
        return found

    def read(self, ink: Image.Image) -> list[str]:
        """Return the characters of every row, from top to bottom and from left to right."""
        rows: dict[int, list[tuple[int, str]]] = {}
        for character, left, top, _, _ in self.boxes(ink):
            near = next((other for other in rows if abs(other - top) <= 3), top)
            rows.setdefault(near, []).append((left, character))
        return ["".join(character for _, character in sorted(rows[top])) for top in sorted(rows)]


class BlockLettering(Lettering):
    """Serials in blocks, small print in the fonts of the split."""

    def __init__(self, fonts: list[FontFile], split: str) -> None:
        super().__init__(fonts, 0, split)
        self.blocks = Blocks()

    def alphabet(self, weights: dict[str, float], rng: RandomSource) -> Alphabet:
        return self.blocks


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_text_reads_from_top_left_to_bottom_right(fonts: list[FontFile], layout: Layout) -> None:
    layout = replace(layout, mixed=0.0, block=0.0)
    for seed in range(10):
        lettering = BlockLettering(fonts, layout.split)
        face = render_face(layout, lettering, layout.split, RandomSource(seed), NoiseFields(0))
        rows = lettering.blocks.read(face.ink)
        assert "".join(rows) == face.text
        assert len(rows) == (2 if layout.two_rows and len(face.text) > 2 else 1)


def one_face(
    fonts: list[FontFile], layout: Layout, seed: int
) -> tuple[PlateFace, list[tuple[str, int, int, int, int]]]:
    lettering = BlockLettering(fonts, layout.split)
    face = render_face(layout, lettering, layout.split, RandomSource(seed), NoiseFields(0))
    return face, lettering.blocks.boxes(face.ink)


def test_a_block_beside_large_digits_is_read_first_and_row_by_row(fonts: list[FontFile]) -> None:
    blocks = 0
    for seed in range(20):
        face, boxes = one_face(fonts, replace(NAMED["indian"], block=1.0, mixed=0.0, stacked=0.0), seed)
        assert "".join(box[0] for box in boxes) == face.text
        small = [box for box in boxes if box[4] < 0.6 * max(box[4] for box in boxes)]
        if small:
            blocks += 1
            assert small == boxes[: len(small)] and len(small) >= 4
            upper = [box for box in small if box[2] < small[-1][2]]
            assert 2 <= len(upper) <= len(small) - 2, "two rows of two characters or more"
            assert max(left + wide for _, left, _, wide, _ in small) <= boxes[len(small)][1] + 1
    assert blocks > 7


def test_the_groups_of_a_row_may_be_of_two_sizes(fonts: list[FontFile]) -> None:
    sizes = set()
    for seed in range(8):
        face, boxes = one_face(fonts, replace(NAMED["anything"], mixed=1.0, block=0.0, stacked=0.0), seed)
        assert "".join(box[0] for box in sorted(boxes, key=lambda box: box[1])) == face.text
        sizes.add(min(box[4] for box in boxes) / max(box[4] for box in boxes) < 0.87)
        assert face.letter == pytest.approx(min(box[4] for box in boxes), abs=2)
    assert True in sizes


@pytest.mark.parametrize("name", ["small over large", "measured: small row on top"])
def test_the_upper_row_of_unequal_rows_is_the_small_one(fonts: list[FontFile], name: str) -> None:
    compared = 0
    for seed in range(12):
        face, boxes = one_face(fonts, replace(NAMED[name], mixed=0.0), seed)
        tops = sorted({box[2] for box in boxes})
        upper, lower = ([box[4] for box in boxes if abs(box[2] - top) < 4] for top in (tops[0], tops[-1]))
        assert len(upper) + len(lower) == len(face.text)
        if len(lower) <= 5:  # a longer row is made smaller to fit
            assert max(upper) <= 0.75 * min(lower)
            compared += 1
    assert compared > 4


@pytest.mark.parametrize("kind", [*separators.WIDTHS, "("])
def test_no_mark_is_part_of_the_text(fonts: list[FontFile], kind: str) -> None:
    """What stands between groups, before and after a row reaches the picture, never the ink that is read."""
    plain = replace(
        NAMED["anything"], separators={kind: 1.0} if kind != "(" else {"none": 1.0}, foreign=(1.0, 1.0), ends=1.0
    )
    for seed in range(4):
        face, boxes = one_face(fonts, replace(plain, mixed=0.0, block=0.0, stacked=0.0), seed)
        assert "".join(box[0] for box in boxes) == face.text
        left, _, right, _ = face.serial_box
        assert face.row_box[0] < left and right < face.row_box[2], "another script at both ends"
        assert face.plate[0] - 2 <= face.row_box[0] and face.row_box[2] <= face.plate[2] + 2


@pytest.mark.parametrize("script", list(other_scripts.SCRIPTS))
def test_other_scripts_are_of_their_part_alone_and_full_of_ink(script: str) -> None:
    train, measure = (other_scripts._characters(split, script) for split in SPLITS)
    assert all(0.05 < np.asarray(one).mean() / 255 < 0.75 for one in train + measure)
    assert not {one.tobytes() for one in train} & {one.tobytes() for one in measure}
    assert other_scripts.line("train", script, 9.4, RandomSource(1)).height == 9


def test_chinese_texts_leave_the_province_out() -> None:
    rng, formats = RandomSource(4), find_region("cn").formats
    texts = [random_serial(["cn"], two_rows, rng).text for two_rows in (False, True) for _ in range(200)]
    fitting = [text for text in texts if any(form.matches(text) for form in formats)]
    assert len(fitting) > 320 and all(len(text) in (6, 7) and text[0].isalpha() for text in fitting)
    assert all(NAMED[name].foreign[0] == 1.0 for name in ("province at the left", "province above"))


def test_a_third_of_the_plates_is_light_on_dark() -> None:
    for split in SPLITS:
        layouts = [layout for layout in LAYOUTS if layout.split == split]
        share = sum(one.weight * one.light_ink for one in layouts) / sum(one.weight for one in layouts)
        assert 0.3 <= share <= 0.38


def test_no_plate_names_two_places(fonts: list[FontFile], monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []

    def place(rng: RandomSource) -> str:
        named.append(rng.choice(words.PLACES))
        return named[-1]

    monkeypatch.setattr(words, "place", place)
    busy = replace(NAMED["american"], head=1.0, foot=1.0, above=1.0, below=1.0, frame=1.0)
    lettering, counts = Lettering(fonts, 0), set()
    for seed in range(12):
        named.clear()
        render_face(busy, lettering, "train", RandomSource(seed), NoiseFields(0))
        counts.add(len(named))
    assert counts == {0, 1} or counts == {1}
    assert not set(words.PLACES) & {words.line(RandomSource(seed)).title() for seed in range(300)}


@pytest.mark.parametrize("layout", [one for one in LAYOUTS if one.two_rows], ids=lambda layout: layout.name)
@settings(deadline=None)
@given(seed=SEEDS)
def test_the_rows_of_a_serial_make_its_text(layout: Layout, seed: int) -> None:
    serial = random_serial(layout.regions, True, RandomSource(seed))
    assert "".join(group for row in serial.rows for group in row) == serial.text
    upper, lower = ("".join(row) for row in serial.rows) if len(serial.rows) == 2 else (serial.text, "")
    assert upper + lower == serial.text and (lower or len(serial.text) < 3)


@settings(deadline=None)
@given(
    left=st.floats(-20, 100), top=st.floats(-20, 60), wide=st.floats(0, 120), tall=st.floats(0, 80),
    tones=st.tuples(st.integers(0, 255), st.integers(0, 255)), seed=SEEDS,
)  # fmt: skip
def test_an_emblem_of_any_size_keeps_its_tones(
    left: float, top: float, wide: float, tall: float, tones: tuple[int, int], seed: int
) -> None:
    canvas = Image.new("L", (90, 50), 77)
    box = (left, top, left + wide, top + tall)
    emblems.emblem(canvas, box, tones, RandomSource(seed))
    emblems._figure(ImageDraw.Draw(canvas), box, tones[0], RandomSource(seed))
    emblems.bolt(ImageDraw.Draw(Image.new("L", (90, 50))), left, top, wide, RandomSource(seed))
    found = set(np.unique(np.asarray(canvas)).tolist()) - {77}
    assert all(min(tones) <= tone <= max(tones) for tone in found)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_an_emblem_of_a_few_pixels_is_no_error(size: int) -> None:
    for seed in range(200):
        canvas = Image.new("L", (5, 5), 0)
        emblems.emblem(canvas, (1, 1, 1 + size, 1 + size), (9, 9), RandomSource(seed))
        emblems._figure(ImageDraw.Draw(canvas), (1, 1, 1 + size, 1 + size), 9, RandomSource(seed))


@given(seed=SEEDS, longest=st.integers(2, 10))
def test_words_are_never_empty(seed: int, longest: int) -> None:
    rng = RandomSource(seed)
    vanity_text = words.vanity_text(rng, longest)
    assert 2 <= len(vanity_text) <= longest and set(vanity_text) <= set(ALPHABET)
    assert words.line(rng).strip() and words.tag(rng).strip()
    assert all(words.word(rng, syllables).islower() for syllables in (1, 2, 3))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_names_kinds_of_letters_that_exist(layout: Layout) -> None:
    assert set(layout.alphabets) <= set(SERIAL_KINDS)
    assert "strokes" in layout.alphabets, "needs no font, so a split without one of the other kinds still draws"


@pytest.mark.parametrize("text", ["layout = 3", "layout = ['long']", "[[layout]]\nseparators = 3", "x = 1", "[[["])
def test_a_damaged_list_of_layouts_is_named(text: str, tmp_path: Path) -> None:
    broken = tmp_path / "layouts.toml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"layouts\.toml"):
        load_layouts("train", broken)


def test_every_kind_of_emblem_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in emblems._KINDS:
        monkeypatch.setattr(emblems, "_KINDS", {kind: 1})
        canvas = Image.new("L", (60, 80), 255)
        emblems.emblem(canvas, (5, 5, 55, 75), (0, 90), RandomSource(3))
        assert canvas.getextrema()[0] < 100, kind


def test_a_ring_is_round_however_tall_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emblems, "_KINDS", {"ring": 1})
    canvas = Image.new("L", (60, 160), 0)
    emblems._shape(ImageDraw.Draw(canvas), (10, 10, 50, 150), 255, RandomSource(0))
    left, top, right, bottom = canvas.getbbox() or (0, 0, 0, 0)
    assert right - left == bottom - top > 30


def test_bars_stand_at_the_ends_of_rows_more_often_than_by_chance() -> None:
    rng = RandomSource(5)
    texts = [random_serial(["de"], False, rng).text for _ in range(1500)]
    assert sum(text[0] == "I" for text in texts) > 1500 * (1 / 26 + 0.01)
    assert all(set(text) <= set(ALPHABET) for text in texts)


def test_training_serials_have_similar_characters_where_formats_forbid_them() -> None:
    """At the length and with the kinds of neighbours that they have on plates; pictures that measure have none."""
    plain, confused = (
        [random_serial(["us-ny"], False, RandomSource(seed), confused) for seed in range(600)]
        for confused in (False, True)
    )
    changed = [(one.text, other.text) for one, other in zip(plain, confused, strict=True) if one.text != other.text]
    assert 20 < len(changed) < 120
    assert all(len(one) == len(other) for one, other in changed)
    assert sum(("Z" in other) > ("Z" in one) for one, other in changed) > 3


@pytest.mark.parametrize("character", "GS")
def test_heavy_alphabets_leave_a_slit_and_no_more(character: str) -> None:
    """At the right, where 0 and 8 are shut, and above the waist."""
    for alphabet in heavy_strokes(0, 40):
        ink = np.asarray(alphabet.glyph(character).picture) >= 128
        height, width = ink.shape
        edge = ink[: round(0.62 * height), round(0.8 * width) : round(0.9 * width)].any(axis=1)
        below_the_top = edge[int(edge.argmax()) :]
        assert 1 <= np.count_nonzero(~below_the_top) <= 0.19 * height, alphabet.family
