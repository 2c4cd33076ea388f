"""Rows of characters are found where they were drawn, at their slope and in their polarity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tiny_models import draw_text

from plate_runtime.segment.bands import find_bands


@pytest.mark.parametrize("light_ink", [False, True])
def test_a_row_is_found_at_its_height_and_polarity(light_ink: bool) -> None:
    drawn = draw_text("AB123CD", size=40, margin=20)
    band = find_bands(Image.fromarray(255 - drawn if light_ink else drawn))[0]
    assert band.light_ink == light_ink
    assert band.row.top == pytest.approx(20, abs=3)
    assert band.row.bottom == pytest.approx(drawn.shape[0] - 20, abs=3)
    assert abs(band.row.slope) < 0.03


@settings(max_examples=20, deadline=None)
@given(st.floats(-11, 11))
def test_the_slope_of_a_rotated_row_is_found(degrees: float) -> None:
    drawn = Image.fromarray(draw_text("MKB29274", size=40, margin=50))
    rotated = drawn.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)
    assert find_bands(rotated)[0].row.slope == pytest.approx(math.tan(math.radians(degrees)), abs=0.05)


def test_the_large_print_comes_before_the_small() -> None:
    large, small = draw_text("KVB159", size=60, margin=10), draw_text("REPUBLICARGENTINA", size=18, margin=6)
    sheet = np.full((large.shape[0] + small.shape[0], max(large.shape[1], small.shape[1])), 255, np.uint8)
    sheet[: small.shape[0], : small.shape[1]] = small
    sheet[small.shape[0] :, : large.shape[1]] = large
    assert find_bands(Image.fromarray(sheet))[0].row.top > small.shape[0] - 4


@pytest.mark.parametrize("tone", [0, 127, 255])
def test_an_even_picture_has_no_rows(tone: int) -> None:
    assert find_bands(Image.new("L", (120, 40), tone)) == []
