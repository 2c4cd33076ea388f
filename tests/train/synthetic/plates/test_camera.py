"""The camera of drawn plates: how far they are turned, how hard they are compressed, where crops end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from plate_train.synthetic.effects import jpeg
from plate_train.synthetic.fonts import FontFile
from plate_train.synthetic.plates import camera, compression
from plate_train.synthetic.plates.canvas import PlateFace
from plate_train.synthetic.plates.face import render_face
from plate_train.synthetic.plates.layouts import load_layouts
from plate_train.synthetic.plates.lettering import Lettering
from plate_train.synthetic.random_source import NoiseFields, RandomSource


@pytest.fixture(scope="module")
def faces(fonts: list[FontFile]) -> list[PlateFace]:
    """One plate of every layout to train with."""
    lettering = Lettering(fonts, 0)
    return [render_face(one, lettering, "train", RandomSource(5), NoiseFields(0)) for one in load_layouts("train")]


def test_plates_are_turned_by_up_to_15_degrees_and_mostly_by_few() -> None:
    rng = RandomSource(0)
    turns = np.abs([camera._rotation_degrees(rng.choice((0.0, 0.4, 0.4, 1.0, 3.0)), rng) for _ in range(4000)])
    assert turns.max() <= camera.MAX_ROTATION == 15
    assert 0.08 < np.mean(turns > 6) < 0.2 and np.median(turns) < 3


@pytest.mark.parametrize("degrees", [-15.0, 0.0, 15.0])
def test_the_crop_holds_the_whole_serial_however_it_is_turned(
    faces: list[PlateFace], degrees: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "_rotation_degrees", lambda strong, rng: degrees)
    for seed, face in enumerate(faces * 3):
        shot = camera._crop_transform(face, camera.Conditions(0.3, 0.0, 0.8, 0.01), False, RandomSource(seed))
        ys, xs = np.nonzero(np.asarray(face.ink))
        moved = camera._apply_homography(shot.matrix, np.stack([xs, ys], axis=1).astype(np.float64))
        slack = 2 + 2 * camera.MAX_CUT * face.letter * shot.size[0] / face.width
        assert moved.min() >= -slack and (moved <= np.array(shot.size) + slack).all()


def test_some_crops_end_at_the_first_or_last_character(faces: list[PlateFace]) -> None:
    at_ends, cut = 0, []
    for seed in range(60):
        for face in faces:
            left, _, right, _ = camera._detector_crop(face, RandomSource(seed))
            inside = max(left - face.serial_box[0], face.serial_box[2] - right) / face.letter
            at_ends += inside > -0.035
            cut.append(inside)
    assert 0.08 < at_ends / len(cut) < 0.3
    assert 0.0 < max(cut) <= max(camera.MAX_CUT, 0.016 * max(face.height / face.letter for face in faces))


def test_far_plates_are_compressed_before_they_are_scaled_up(
    faces: list[PlateFace], monkeypatch: pytest.MonkeyPatch
) -> None:
    widths: list[int] = []
    qualities: list[int] = []

    def coarsened(pixels: NDArray[np.uint8], rng: RandomSource) -> NDArray[np.uint8]:
        widths.append(pixels.shape[1])
        monkeypatch.setattr(
            compression, "jpeg", lambda gray, quality: (qualities.append(quality), jpeg(gray, quality))[1]
        )
        done = original(pixels, rng)
        monkeypatch.setattr(compression, "jpeg", jpeg)
        assert done.shape == pixels.shape and done.dtype == np.uint8
        return done

    original = camera.coarsened
    monkeypatch.setattr(camera, "coarsened", coarsened)
    monkeypatch.setattr(camera, "_COARSE_PROBABILITY", 1.0)
    for seed, face in enumerate(faces * 2):
        crop = camera.photograph(face, RandomSource(seed), NoiseFields(0))
        assert 60 <= crop.shape[1] <= 341 and 16 <= crop.shape[0] <= 300
    low, high = camera.COARSE_WIDTHS
    assert (low, high) == (45, 120) and low <= min(widths) < 90 and max(widths) <= high
    assert compression.COARSE_QUALITIES == (8, 20) and len(qualities) > 10
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
    done = compression.video_blocks(pixels, least, offset)
    assert done.shape == size
    if least == 0:
        assert np.array_equal(done, pixels)
    if least > 255:
        assert done.std() < 0.7 * pixels.std()
