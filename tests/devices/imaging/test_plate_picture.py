"""Drawn plates."""

from __future__ import annotations

import numpy as np
import pytest

from plate_devices.imaging.plate_picture import BLUE, DARK_ON_LIGHT, LIGHT_ON_DARK, YELLOW, Style, draw_plate


@pytest.mark.parametrize("style", [DARK_ON_LIGHT, LIGHT_ON_DARK, YELLOW, BLUE])
def test_paint_and_ink_are_those_of_the_style(style: Style) -> None:
    plate = np.asarray(draw_plate("AB 123", 96, style)).reshape(-1, 3).astype(int)
    for colour in (style.paint, style.ink):
        near = np.abs(plate - colour).max(axis=1) <= 8
        assert near.mean() > 0.1


def test_size_is_what_was_asked_for() -> None:
    assert draw_plate("AB 123", 50, width=300).size == (300, 50)
    assert draw_plate("AB12CD3456", 50, width=120).size == (120, 50)
    assert draw_plate("W" * 10, 50).width > draw_plate("I" * 10, 50).width


def test_a_slash_makes_two_rows() -> None:
    ink = np.asarray(draw_plate("KA25/MH67", 120, DARK_ON_LIGHT._replace(border=0)).convert("L")) < 100
    rows = ink.any(axis=1).astype(int)
    assert (np.diff(rows) == 1).sum() == 2


def test_long_texts_keep_clear_of_the_edge() -> None:
    ink = np.asarray(draw_plate("MH12WW7788", 60, DARK_ON_LIGHT._replace(border=0), 150).convert("L")) < 128
    assert not ink[:, 0].any()
    assert not ink[:, -1].any()
