"""Drawn plates: fixed by seed and index, legible, and measured with what training never saw."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError
from plate_train.synthetic.fonts import FontFile, listed_packages
from plate_train.synthetic.glyphs.families import FAMILIES
from plate_train.synthetic.plates import backgrounds, camera
from plate_train.synthetic.plates.camera import _detector_crop, visibility
from plate_train.synthetic.plates.face import render_face
from plate_train.synthetic.plates.layouts import Layout, load_layouts
from plate_train.synthetic.plates.lettering import Lettering, split_of_family
from plate_train.synthetic.plates.renderer import PlateRenderer
from plate_train.synthetic.plates.serials import LONGEST, random_serial
from plate_train.synthetic.random_source import NoiseFields, RandomSource


def test_a_picture_depends_on_seed_and_index_alone(fonts: list[FontFile]) -> None:
    first, second = PlateRenderer(fonts, 3), PlateRenderer(fonts, 3)
    for index in (5, 0, 17):
        first.render(index)
    one, text = first.render(9)
    other, same_text = second.render(9)
    assert text == same_text
    assert np.array_equal(one, other)
    assert PlateRenderer(fonts, 4).render(9)[1] != text


@pytest.mark.parametrize("split", ["train", "measure"])
def test_crops_look_like_crops(fonts: list[FontFile], split: str) -> None:
    renderer = PlateRenderer(fonts, 0, split)
    for index in range(60):
        crop, text = renderer.render(index)
        assert crop.dtype == np.uint8
        assert 16 <= crop.shape[0] <= 300 and 60 <= crop.shape[1] <= 341
        assert 1 < len(text) <= LONGEST and set(text) <= set(ALPHABET)


def test_pictures_that_measure_share_nothing_with_training(fonts: list[FontFile]) -> None:
    train, measure = load_layouts("train"), load_layouts("measure")
    assert train and measure and not {one.name for one in train} & {one.name for one in measure}
    assert not set(backgrounds.KINDS["train"]) & set(backgrounds.KINDS["measure"])
    trained, measured = Lettering(fonts, 0, "train"), Lettering(fonts, 0, "measure")
    assert trained.families and measured.families and not trained.families & measured.families
    strokes = [
        {alphabet.family for family in one._by_kind["strokes"] for alphabet in family} for one in (trained, measured)
    ]
    assert not strokes[0] & strokes[1]
    for family in FAMILIES:
        own = [sum(name.startswith(f"{family} strokes") for name in names) for names in strokes]
        assert own[1] >= 8 and own[0] >= 3 * own[1], family
    texts = [{PlateRenderer(fonts, 0, split).render(index)[1] for index in range(40)} for split in ("train", "measure")]
    assert not texts[0] & texts[1]


def test_both_parts_have_enough_listed_families() -> None:
    families = {package.family for package in listed_packages()}
    assert sum(split_of_family(family) == "measure" for family in families) >= 12
    assert sum(split_of_family(family) == "train" for family in families) >= 120


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    two_rows=st.booleans(),
    region=st.sampled_from(["eu", "us", "in", "mercosur", "gb", "any", "vanity", "world"]),
)
def test_serials_are_of_the_alphabet_and_have_the_rows_asked_for(seed: int, two_rows: bool, region: str) -> None:
    serial = random_serial([region], two_rows, RandomSource(seed))
    assert 0 < len(serial.text) <= LONGEST and set(serial.text) <= set(ALPHABET)
    assert all(group for row in serial.rows for group in row)
    assert len(serial.rows) == (2 if two_rows and len(serial.text) > 2 else 1)


@pytest.mark.parametrize("layout", load_layouts("train") + load_layouts("measure"), ids=lambda layout: layout.name)
def test_the_serial_stands_on_the_plate(fonts: list[FontFile], layout: Layout) -> None:
    for seed in range(12):
        rng, noise_fields = RandomSource(seed), NoiseFields(0)
        split = layout.split
        face = render_face(layout, Lettering(fonts, 0, split), split, rng, noise_fields)
        left, top, right, bottom = face.plate
        box = face.serial_box
        assert left - 1 <= box[0] < box[2] <= right + 1
        assert top - 1 <= box[1] < box[3] <= bottom + 1
        ink = face.ink.getbbox()
        assert ink is not None
        assert np.allclose(ink, box, atol=3)


@pytest.mark.parametrize("layout", load_layouts("train"), ids=lambda layout: layout.name)
def test_no_detector_cuts_into_the_serial(fonts: list[FontFile], layout: Layout) -> None:
    for seed in range(25):
        face = render_face(layout, Lettering(fonts, 0), "train", RandomSource(seed), NoiseFields(0))
        slack = max(0.016 * face.height, camera.MAX_CUT * face.letter + 1)
        left, top, right, bottom = _detector_crop(face, RandomSource(seed))
        assert left <= face.serial_box[0] + slack and top <= face.serial_box[1] + slack
        assert right >= face.serial_box[2] - slack and bottom >= face.serial_box[3] - slack


def test_a_damaged_list_of_layouts_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "layouts.toml"
    broken.write_text("[[layout]]\nname = 'half'\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"layouts\.toml"):
        load_layouts("train", broken)


def test_without_opencv_the_extra_is_named(
    tmp_path: Path, plate_train: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = plate_train(["plate", "--preview", "sheet.png"], before="import sys; sys.modules['cv2'] = None")
    assert done.returncode == 2
    assert done.stderr.startswith("plate-train: rendering plates needs OpenCV; in the checkout: pip install '.[train]'")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_visibility_falls_with_contrast_and_with_what_covers_a_part() -> None:
    ink = np.zeros((40, 120), np.float32)
    for left in range(8, 112, 16):
        ink[8:32, left : left + 6] = 1
    noise = np.random.default_rng(0).normal(0, 4, ink.shape)
    clear = np.clip(200 - 120 * ink + noise, 0, 255).astype(np.uint8)
    faint = np.clip(200 - 3 * ink + noise, 0, 255).astype(np.uint8)
    covered = clear.copy()
    covered[:, :40] = 90
    assert visibility(clear, ink) > 0.9
    assert visibility(255 - clear, ink) == pytest.approx(visibility(clear, ink))
    assert visibility(faint, ink) < 0.5
    assert visibility(covered, ink) == 0
    assert visibility(clear, np.zeros_like(ink)) == 0


def test_a_row_that_is_hidden_counts_though_the_other_is_seen() -> None:
    ink = np.zeros((60, 90), np.float32)
    for left in range(8, 82, 12):
        ink[4:24, left : left + 5] = ink[32:56, left : left + 5] = 1
    noise = np.random.default_rng(0).normal(0, 4, ink.shape)
    pixels = np.clip(200 - 120 * ink + noise, 0, 255).astype(np.uint8)
    assert visibility(pixels, ink, two_rows=True) > 0.9
    pixels[:28] = np.clip(90 + noise[:28], 0, 255).astype(np.uint8)
    assert visibility(pixels, ink, two_rows=True) < 0.3


@pytest.mark.parametrize("split", ["train", "measure"])
def test_serials_can_be_seen(fonts: list[FontFile], split: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def noted(pixels: NDArray[np.uint8], ink: NDArray[np.float32], two_rows: bool) -> float:
        seen.append(visibility(pixels, ink, two_rows))
        return seen[-1]

    monkeypatch.setattr(camera, "visibility", noted)
    renderer = PlateRenderer(fonts, 1, split)
    kept = []
    for index in range(60):
        renderer.render(index)
        kept.append(seen[-1])
    assert np.mean(np.array(kept) >= 0.5) > 0.95
