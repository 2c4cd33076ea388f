"""Strips are rectified, and their cells are the characters, even if these touch each other or a frame."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tiny_models import draw_character, draw_text

from plate_runtime.preprocess import crop_to_ink
from plate_runtime.segment.bands import find_bands
from plate_runtime.segment.cells import cut_out, find_atoms, find_cells
from plate_runtime.segment.costs import cheapest_path, shape_costs, width_costs
from plate_runtime.segment.rows import Row
from plate_runtime.segment.strip import (
    CHARACTER_HEIGHT,
    MARGIN,
    Strip,
    estimate_slant,
    ink_mask,
    rectify_row,
    soft_ink,
)

OFFSET = 0.25
HEIGHT = CHARACTER_HEIGHT + 2 * MARGIN


def strip_of(drawn: NDArray[np.uint8]) -> Strip:
    """The best row of a drawn text, black on white."""
    picture = Image.fromarray(drawn)
    return rectify_row(picture.convert("RGB"), find_bands(picture)[0].row, light_ink=False)


@pytest.mark.parametrize("gap", [8, 0])
def test_every_character_has_a_cell_apart_or_touching(gap: int) -> None:
    text, margin = "806389", 12
    strip = strip_of(draw_text(text, margin=margin, gap=gap))
    cells = find_cells(find_atoms(ink_mask(soft_ink(strip, OFFSET))))
    left = margin
    for character in text:
        width = crop_to_ink(draw_character(character)).shape[1]
        ends = np.array([left, left + width]) * strip.scale
        distances = [np.abs(np.array([cell.left, cell.right]) - ends).max() for cell in cells]
        best = cells[int(np.argmin(distances))]
        assert min(distances) <= 4
        assert abs(best.height - CHARACTER_HEIGHT) <= 4
        left += width + gap


def test_a_frame_round_the_row_does_not_join_the_characters() -> None:
    framed = np.asarray(ImageOps.expand(Image.fromarray(draw_text("ECH574", margin=0)), border=8, fill=0))
    framed = np.asarray(ImageOps.expand(Image.fromarray(framed), border=12, fill=255))
    picture = Image.fromarray(framed)
    row = Row(slope=0.0, top=20, bottom=framed.shape[0] - 20, left=20, right=framed.shape[1] - 20, count=6)
    atoms = find_atoms(ink_mask(soft_ink(rectify_row(picture.convert("RGB"), row, light_ink=False), OFFSET)))
    assert len(atoms) >= len("ECH574")
    assert int(atoms.boxes.width.max()) < 1.2 * CHARACTER_HEIGHT


def test_points_of_a_strip_come_back_to_the_picture() -> None:
    row = Row(slope=0.1, top=10, bottom=42, left=5, right=190, count=6)
    strip = rectify_row(Image.new("RGB", (200, 60)), row, light_ink=True, slant=0.2)
    x, y = strip.to_picture(50.0, float(MARGIN))
    assert y == pytest.approx(row.top + row.slope * x)
    x, y = strip.to_picture(50.0, float(MARGIN + CHARACTER_HEIGHT))
    assert y == pytest.approx(row.bottom + row.slope * x)


@pytest.mark.parametrize("slant", [-0.25, 0.0, 0.25])
def test_leaning_strokes_are_seen_and_set_upright(slant: float) -> None:
    upright = draw_text("HNTLIE", size=32, margin=MARGIN)
    tall = upright.shape[0]
    leaning = Image.fromarray(upright).transform(
        (upright.shape[1] + 20, tall),
        Image.Transform.AFFINE,
        (1, slant, -10 - slant * tall / 2, 0, 1, 0),
        Image.Resampling.BICUBIC,
        fillcolor=255,
    )
    row = Row(slope=0.0, top=MARGIN, bottom=tall - MARGIN, left=10, right=leaning.width - 10, count=6)
    strip = rectify_row(leaning.convert("RGB"), row, light_ink=False)
    found = estimate_slant(ink_mask(soft_ink(strip, OFFSET)))
    assert found == pytest.approx(slant, abs=0.08)
    again = rectify_row(leaning.convert("RGB"), row, light_ink=False, slant=found)
    assert abs(estimate_slant(ink_mask(soft_ink(again, OFFSET)))) <= 0.06


def test_a_cut_out_leaves_the_neighbours_out() -> None:
    numbers = np.full((HEIGHT, 12), -1, np.int32)
    mask = np.zeros((HEIGHT, 12), np.bool_)
    mask[8:38, 1:4] = True
    mask[8:38, 6:9] = True
    atoms = find_atoms(mask)
    assert atoms.numbers.shape == numbers.shape
    second = next(cell for cell in find_cells(atoms) if cell.first == cell.last == 1)
    around = cut_out(mask.astype(np.float32), atoms, second, margin=3)
    assert around[:, :1].max() == 0
    assert around[:, 3:6].max() == 255


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.bool_, st.tuples(st.just(HEIGHT), st.integers(1, 90))))
def test_cells_of_any_mask_stay_inside_it_and_a_path_never_overlaps(mask: NDArray[np.bool_]) -> None:
    atoms = find_atoms(mask)
    cells = find_cells(atoms)
    for cell in cells:
        assert 0 <= cell.left < cell.right <= mask.shape[1]
        assert 0 <= cell.top < cell.bottom <= mask.shape[0]
    soft = mask.astype(np.float32)
    _, path = cheapest_path(atoms, cells, width_costs(cells, ["A"] * len(cells)))
    chosen = [cells[index] for index in path]
    assert all(one.last < other.first for one, other in pairwise(chosen))
    if cells:
        row = Row(slope=0.0, top=0, bottom=CHARACTER_HEIGHT, left=0, right=mask.shape[1], count=3)
        strip = Strip(soft * 255, soft * 0, np.zeros((*mask.shape, 3), np.uint8), row, 1.0, 0.0)
        costs = shape_costs(strip, soft, atoms, cells, [cut_out(soft, atoms, cell) for cell in cells])
        assert np.isfinite(costs).all()
        assert (costs >= 0).all()


def test_the_cheapest_path_keeps_a_wide_letter_whole() -> None:
    mask = np.zeros((HEIGHT, 60), np.bool_)
    mask[MARGIN:-MARGIN, 10:14] = mask[MARGIN:-MARGIN, 30:34] = True
    mask[20:24, 10:34] = True
    atoms = find_atoms(mask)
    cells = find_cells(atoms)
    assert len(atoms) > 1
    _, path = cheapest_path(atoms, cells, np.full(len(cells), 0.1))
    assert [(cells[index].left, cells[index].right) for index in path] == [(10, 34)]
