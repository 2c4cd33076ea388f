"""Crops rendered in Pillow's font are read by a model of that font, after all kinds of changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps
from tiny_models import draw_text

from plate_runtime.backends.fake import FakeBackend
from plate_runtime.errors import UsageError
from plate_runtime.model import Model, open_model
from plate_runtime.model_file import read_model_file
from plate_runtime.segment.segmented_reader import segment_plate

TEXT = "ECH574"


@pytest.fixture
def model(make_model_file: Callable[..., Path]) -> Iterator[Model]:
    """A model that reads Pillow's own font."""
    with open_model(make_model_file("tflite")) as opened:
        yield opened


def colour(gray: NDArray[np.uint8] | Image.Image) -> NDArray[np.uint8]:
    """Gray as RGB uint8 (h, w, 3)."""
    image = gray if isinstance(gray, Image.Image) else Image.fromarray(gray)
    return np.asarray(image.convert("RGB"))


def text_of(picture: NDArray[np.uint8], model: Model) -> str:
    """What is read in a crop."""
    found = segment_plate(picture, model)
    return "".join(character.text for character in found.characters) if found else ""


def test_dark_on_light_and_light_on_dark(model: Model) -> None:
    drawn = draw_text(TEXT, margin=20)
    assert text_of(colour(drawn), model) == TEXT
    assert text_of(colour(255 - drawn), model) == TEXT


def test_boxes_lie_on_the_characters(model: Model) -> None:
    drawn = draw_text(TEXT, margin=20)
    found = segment_plate(colour(drawn), model)
    assert found is not None
    columns = np.flatnonzero((drawn < 128).any(axis=0))
    rows = np.flatnonzero((drawn < 128).any(axis=1))
    x, y, width, height = found.box
    assert abs(x - columns[0]) <= 3
    assert abs(x + width - columns[-1]) <= 3
    assert abs(y - rows[0]) <= 3
    assert abs(y + height - rows[-1]) <= 4
    assert [box[0] for box in found.boxes] == sorted(box[0] for box in found.boxes)
    assert found.corners[0] == pytest.approx((x, y), abs=2)
    assert found.corners[2] == pytest.approx((x + width, y + height), abs=2)


@pytest.mark.parametrize("degrees", [-8, -4, 4, 8])
def test_rotated_crops(degrees: float, model: Model) -> None:
    rotated = Image.fromarray(draw_text(TEXT, margin=40)).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    assert text_of(colour(rotated), model) == TEXT


def test_a_light_frame_round_a_dark_field(model: Model) -> None:
    field = Image.fromarray(255 - draw_text(TEXT, margin=10))
    framed = ImageOps.expand(ImageOps.expand(field, border=10, fill=230), border=6, fill=60)
    assert text_of(colour(framed), model) == TEXT


def test_a_dark_frame_that_is_close(model: Model) -> None:
    framed = ImageOps.expand(Image.fromarray(draw_text(TEXT, margin=9)), border=6, fill=20)
    assert text_of(colour(ImageOps.expand(framed, border=8, fill=200)), model) == TEXT


def test_small_print_and_separators_are_left_out(model: Model) -> None:
    drawn = draw_text(TEXT, size=48, margin=40, gap=24)
    picture = Image.fromarray(drawn)
    draw = ImageDraw.Draw(picture)
    middle = picture.width // 2
    draw.rectangle((middle - 6, picture.height // 2 - 2, middle + 6, picture.height // 2 + 2), fill=0)
    small = Image.fromarray(draw_text("GARDENSTATE", size=14, margin=2, gap=2))
    picture.paste(small, ((picture.width - small.width) // 2, picture.height - small.height - 6))
    assert text_of(colour(picture), model) == TEXT


def test_two_rows_are_read_from_above(model: Model) -> None:
    upper, lower = draw_text("E7H", margin=10), draw_text("C54T", margin=10)
    sheet = np.full((upper.shape[0] + lower.shape[0] - 8, max(upper.shape[1], lower.shape[1]) + 10), 255, np.uint8)
    sheet[: upper.shape[0], 12 : 12 + upper.shape[1]] = upper
    sheet[-lower.shape[0] :, 5 : 5 + lower.shape[1]] = np.minimum(
        sheet[-lower.shape[0] :, 5 : 5 + lower.shape[1]], lower
    )
    found = segment_plate(colour(sheet), model)
    assert found is not None
    assert "".join(character.text for character in found.characters) == "E7HC54T"
    assert max(y for _, y, _, _ in found.boxes[:3]) < min(y for _, y, _, _ in found.boxes[3:])


def test_red_print_on_a_pink_field_of_low_contrast(model: Model) -> None:
    ink = (255 - draw_text(TEXT, margin=20).astype(np.float32))[..., None] / 255
    field, print_ = np.array([250.0, 150.0, 190.0]), np.array([205.0, 100.0, 150.0])
    assert text_of((field + ink * (print_ - field)).astype(np.uint8), model) == TEXT


@pytest.mark.parametrize("factor", [0.5, 4.0])
def test_small_and_large_crops(factor: float, model: Model) -> None:
    drawn = Image.fromarray(draw_text(TEXT, margin=20))
    size = round(drawn.width * factor), round(drawn.height * factor)
    found = segment_plate(colour(drawn.resize(size, Image.Resampling.BICUBIC)), model)
    assert found is not None
    assert "".join(character.text for character in found.characters) == TEXT
    assert found.box[3] == pytest.approx(factor * (drawn.height - 40), rel=0.25)


def test_the_confidence_of_a_plate_is_the_product_of_its_characters(model: Model) -> None:
    found = segment_plate(colour(draw_text(TEXT, margin=20)), model)
    assert found is not None
    product = math.prod(character.confidence for character in found.characters)
    assert found.confidence == pytest.approx(product, abs=1e-4)
    assert 0 < found.confidence < 1


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_an_even_crop_has_no_characters(tone: int, model: Model) -> None:
    assert segment_plate(np.full((40, 120, 3), tone, np.uint8), model) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 5000), (5000, 2)])
def test_slivers_have_no_characters(shape: tuple[int, int], model: Model) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    assert segment_plate(noise, model) is None


def test_foreign_arrays_are_refused(model: Model) -> None:
    with pytest.raises(UsageError, match="uint8"):
        segment_plate(np.zeros((10, 10), np.uint8), model)
    with pytest.raises(UsageError, match=r"expected a colour picture, uint8 .*\(10, 10, 4\)"):
        segment_plate(np.zeros((10, 10, 4), np.uint8), model)
    with pytest.raises(UsageError, match=r"\(0, 10, 3\)"):
        segment_plate(np.zeros((0, 10, 3), np.uint8), model)
    with pytest.raises(UsageError, match="float32"):
        segment_plate(np.zeros((10, 10, 3), np.float32), model)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    small=arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 16), st.just(3))),
    tall=st.integers(1, 400),
    wide=st.integers(1, 700),
)
def test_no_picture_raises_and_boxes_stay_inside(
    small: NDArray[np.uint8], tall: int, wide: int, make_model_file: Callable[..., Path]
) -> None:
    file = read_model_file(make_model_file("tflite"))
    picture = np.asarray(Image.fromarray(small).resize((wide, tall), Image.Resampling.NEAREST))
    found = segment_plate(picture, Model(file, FakeBackend(file)))
    if found is None:
        return
    assert len(found.characters) == len(found.boxes) > 0
    assert 0 <= found.confidence <= 1
    for x, y, width, height in (*found.boxes, found.box):
        assert 0 <= x < x + width <= wide
        assert 0 <= y < y + height <= tall
    assert all(0 <= x <= wide and 0 <= y <= tall for x, y in found.corners)
