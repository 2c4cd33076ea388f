"""The camera of drawn plates: how far they are turned, how hard they are compressed, where crops end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from plate_train.synthetic.effects import Dice, Grain, jpeg
from plate_train.synthetic.fonts import FontFile
from plate_train.synthetic.plates import camera
from plate_train.synthetic.plates.easel import Face
from plate_train.synthetic.plates.face import paint_face
from plate_train.synthetic.plates.layouts import load_layouts
from plate_train.synthetic.plates.lettering import Lettering


@pytest.fixture(scope="module")
def faces(fonts: list[FontFile]) -> list[Face]:
    """One plate of every layout to train with."""
    lettering = Lettering(fonts, 0)
    return [paint_face(one, lettering, "train", Dice(5), Grain(0)) for one in load_layouts("train")]


def test_plates_are_turned_by_up_to_15_degrees_and_mostly_by_few() -> None:
    dice = Dice(0)
    turns = np.abs([camera._degrees(dice.choice((0.0, 0.4, 0.4, 1.0, 3.0)), dice) for _ in range(4000)])
    assert turns.max() <= camera.STEEPEST == 15
    assert 0.08 < np.mean(turns > 6) < 0.2 and np.median(turns) < 3


@pytest.mark.parametrize("degrees", [-15.0, 0.0, 15.0])
def test_the_crop_holds_the_whole_serial_however_it_is_turned(
    faces: list[Face], degrees: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_degrees", lambda strong, dice: degrees)
    for seed, face in enumerate(faces * 3):
        shot = camera._shot(face, camera.Conditions(0.3, 0.0, 0.8, 0.01), False, Dice(seed))
        ys, xs = np.nonzero(np.asarray(face.ink))
        moved = camera._moved(shot.matrix, np.stack([xs, ys], axis=1).astype(np.float64))
        slack = 2 + 2 * camera.CUT * face.letter * shot.size[0] / face.width
        assert moved.min() >= -slack and (moved <= np.array(shot.size) + slack).all()


def test_some_crops_end_at_the_first_or_last_character(faces: list[Face]) -> None:
    at_ends, cut = 0, []
    for seed in range(60):
        for face in faces:
            left, _, right, _ = camera._region(face, Dice(seed))
            inside = max(left - face.serial_box[0], face.serial_box[2] - right) / face.letter
            at_ends += inside > -0.035
            cut.append(inside)
    assert 0.08 < at_ends / len(cut) < 0.3
    assert 0.0 < max(cut) <= max(camera.CUT, 0.016 * max(face.height / face.letter for face in faces))


def test_far_plates_are_compressed_before_they_are_scaled_up(
    faces: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[int] = []
    qualities: list[int] = []

    def coarsened(pixels: NDArray[np.uint8], dice: Dice) -> NDArray[np.uint8]:
        widths.append(pixels.shape[1])
        monkeypatch.setattr(camera, "jpeg", lambda gray, quality: (qualities.append(quality), jpeg(gray, quality))[1])
        done = original(pixels, dice)
        monkeypatch.setattr(camera, "jpeg", jpeg)
        assert done.shape == pixels.shape and done.dtype == np.uint8
        return done

    original = camera.coarsened
    monkeypatch.setattr(camera, "coarsened", coarsened)
    monkeypatch.setattr(camera, "_COARSE_SHARE", 1.0)
    for seed, face in enumerate(faces * 2):
        crop = camera.photograph(face, Dice(seed), Grain(0))
        assert 60 <= crop.shape[1] <= 341 and 16 <= crop.shape[0] <= 300
    low, high = camera.COARSE_WIDTHS
    assert (low, high) == (45, 120) and low <= min(widths) < 90 and max(widths) <= high
    assert camera.COARSE_QUALITIES == (8, 20) and len(qualities) > 10
    assert 8 <= min(qualities) <= 12 and 16 <= max(qualities) <= 20


@settings(deadline=None)
@given(
    size=st.tuples(st.integers(9, 70), st.integers(45, 120)), least=st.floats(0, 300), seed=st.integers(0, 99),
    offset=st.tuples(st.integers(0, 7), st.integers(0, 7)),
)  # fmt: skip
def test_a_video_flattens_quiet_blocks_and_leaves_the_others(
    size: tuple[int, int], least: float, seed: int, offset: tuple[int, int]
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, size).astype(np.uint8)
    done = camera.video_blocks(pixels, least, offset)
    assert done.shape == size
    if least == 0:
        assert np.array_equal(done, pixels)
    if least > 255:
        assert done.std() < 0.7 * pixels.std()
