"""The small copy of a picture in the free part of a detector's input."""

from __future__ import annotations

import numpy as np
import pytest

from plate_runtime.manifest import InputSpec
from plate_runtime.preprocess import fit
from plate_runtime.thumbnail import add_thumbnail

SPEC = InputSpec(shape=(384, 640, 1), polarity="any", resize="fit")


def gradient(width: int, height: int) -> np.ndarray:
    return np.linspace(10, 250, width * height).reshape(height, width).astype(np.uint8)


def test_it_is_at_the_bottom_right_and_leaves_the_picture_as_it_is() -> None:
    gray = gradient(1280, 400)
    found = add_thumbnail(gray, SPEC)
    assert found is not None
    assert (found.left, found.top, found.width, found.height) == (544, 354, 96, 30)
    before = fit(gray, SPEC)
    assert np.array_equal(found.sheet[:200], before[:200])
    assert not found.sheet[200:354].any() and not found.sheet[354:, :544].any()
    copy = found.sheet[354:, 544:].astype(float)
    assert copy.mean() == pytest.approx(gray.mean(), abs=2)
    assert copy[0, 0] < copy[-1, -1]


@pytest.mark.parametrize(
    ("width", "height", "copy"),
    [
        (1280, 640, (96, 48)),  # as wide as may be
        (1280, 620, (96, 46)),
        (1280, 728, None),  # only 12 pixels are free below, and 4 of them beyond the gap
        (1280, 656, (93, 48)),  # half of the room that is left below
        (600, 600, (96, 96)),  # to the right
        (900, 600, (56, 37)),
        (920, 600, None),  # narrower than 48
        (330, 200, None),  # a plate that fills it is detected without a copy
        (331, 200, (96, 58)),
    ],
)
def test_it_is_as_large_as_the_room_allows(width: int, height: int, copy: tuple[int, int] | None) -> None:
    found = add_thumbnail(gradient(width, height), SPEC)
    assert (None if found is None else (found.width, found.height)) == copy
    if found is not None:
        assert (found.left + found.width, found.top + found.height) == (640, 384)
