"""Crops that are read with doubt are looked at again, and all looks are combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tiny_plates import CELLS, draw_cells

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import Candidate
from plate_runtime.model import Model
from plate_runtime.model_file import read_model_file
from plate_runtime.pictures.open_picture import Picture
from plate_runtime.reader import PlateReader
from plate_runtime.recognise import NetworkRecogniser, read_plate
from plate_runtime.second_look import CROPS, ROTATIONS, average, other_looks

LOOKS = len(CROPS) + len(ROTATIONS)
CROP = Picture(np.repeat(draw_cells("AB")[:, :, None], 3, axis=2), "crop")


class Scripted:
    """A backend that gives each picture the next of these logits, and counts them."""

    name, version = "scripted", "1"
    input_dtype = output_dtype = "float32"

    def __init__(self, logits: Sequence[NDArray[np.float32]]) -> None:
        self._logits, self.seen = logits, 0

    def run(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give (n, steps, classes and blank)."""
        given = self._logits[self.seen : self.seen + len(inputs)]
        self.seen += len(inputs)
        return np.stack(given)

    def close(self) -> None:
        """Nothing to free."""


def _logits(text: str, **doubts: float) -> NDArray[np.float32]:
    """A character a step, and nothing in the steps that are left; `doubts` are what is certain to less than 1."""
    probabilities = np.full((CELLS, len(ALPHABET) + 1), 1e-7)
    for step in range(CELLS):
        place = ALPHABET.index(text[step]) if step < len(text) else len(ALPHABET)
        probabilities[step, place] = 1.0
        if step < len(text) and text[step] in doubts:
            probabilities[step, [place, ALPHABET.index("W")]] = doubts[text[step]], 1 - doubts[text[step]]
    return np.log(probabilities).astype(np.float32)


def _reader(make_plate_model: Callable[..., Path], logits: Sequence[NDArray[np.float32]]) -> tuple[Model, Scripted]:
    backend = Scripted(logits)
    return Model(read_model_file(make_plate_model("tflite", "float32", "ctc", thresholds={})), backend), backend


@pytest.mark.parametrize(("certain", "looks"), [(0.95, 1), (0.85, 1), (0.6, 1 + LOOKS)])
def test_only_a_doubtful_crop_is_looked_at_again(
    certain: float, looks: int, make_plate_model: Callable[..., Path]
) -> None:
    model, backend = _reader(make_plate_model, [_logits("XQZ3KV", Q=certain)] * (1 + LOOKS))
    plate = read_plate(CROP, NetworkRecogniser(model, second_look=0.0))
    assert plate is not None and plate.text == "XQZ3KV" and backend.seen == looks
    assert plate.confidence == pytest.approx(certain, abs=0.04)


def test_a_model_says_when_it_is_asked_again(make_plate_model: Callable[..., Path]) -> None:
    for threshold, looks in ((0.0, 1), (0.5, 1), (0.7, 1 + LOOKS)):
        backend = Scripted([_logits("XQZ3KV", Q=0.6)] * (1 + LOOKS))
        model = Model(read_model_file(make_plate_model(thresholds={"second_look": threshold})), backend)
        assert read_plate(CROP, NetworkRecogniser(model, second_look=0.0)) is not None
        assert backend.seen == looks


def test_looks_that_agree_outweigh_the_first_one(make_plate_model: Callable[..., Path]) -> None:
    model, _ = _reader(make_plate_model, [_logits("XQZ3KV", Q=0.4), *[_logits("XQZ3KV", Q=0.9)] * LOOKS])
    plate = read_plate(CROP, NetworkRecogniser(model, second_look=0.0))
    assert plate is not None and plate.text == plate.raw_text == "XQZ3KV"
    assert plate.confidence == pytest.approx((0.4 + 0.9 * LOOKS) / (1 + LOOKS), abs=0.05)
    assert (plate.box, plate.corners[2]) == ((0, 0, CROP.width, CROP.height), (CROP.width, CROP.height))


def test_a_confident_look_that_loses_a_character_does_not_win(make_plate_model: Callable[..., Path]) -> None:
    doubtful, tight = _logits("XQZ3KV", Q=0.7), _logits("QZ3KV")
    model, _ = _reader(make_plate_model, [doubtful, doubtful, tight, *[doubtful] * (LOOKS - 2)])
    plate = read_plate(CROP, NetworkRecogniser(model, second_look=0.0))
    assert plate is not None and plate.text == "XQZ3KV"


@pytest.mark.parametrize(("certain", "looks"), [(0.95, 0), (0.6, 1 + LOOKS)])
def test_a_second_network_takes_every_look_at_a_doubtful_crop(
    certain: float, looks: int, make_plate_model: Callable[..., Path]
) -> None:
    first, _ = _reader(make_plate_model, [_logits("XQZ3KV", Q=certain)] * (1 + LOOKS))
    second, backend = _reader(make_plate_model, [_logits("XWZ3KV")] * (1 + LOOKS))
    opened = []
    plate = read_plate(CROP, NetworkRecogniser(first, 0.0, lambda: opened.append("second") or second))
    assert (backend.seen, opened) == (looks, ["second"] * bool(looks))
    assert plate is not None and plate.text == ("XWZ3KV" if looks else "XQZ3KV")
    if looks:
        assert plate.confidence == pytest.approx((1 - certain + 1) / 2, abs=0.05)


def test_of_a_batch_a_second_network_reads_what_is_read_with_doubt(make_plate_model: Callable[..., Path]) -> None:
    texts = [_logits("XQZ3KV"), _logits("XQZ3KV", Q=0.6), _logits("XQZ3KV", X=0.5, Q=0.5, Z=0.5)]
    second, backend = _reader(make_plate_model, [_logits("XWZ3KV")] * 3)
    first, _ = _reader(make_plate_model, texts)
    sure, doubtful, faint = NetworkRecogniser(first, second=lambda: second).recognise([CROP.gray()] * 3, None)
    assert (sure.text, doubtful.text, backend.seen) == ("XQZ3KV", "XWZ3KV", 1)
    assert faint.confidence < 0.3 < doubtful.confidence < 0.9 < sure.confidence


def test_a_crop_without_text_stays_without(make_plate_model: Callable[..., Path]) -> None:
    model, _ = _reader(make_plate_model, [_logits("X", X=0.6), *[_logits("")] * LOOKS])
    assert read_plate(CROP, NetworkRecogniser(model, second_look=0.0)) is None


def test_likelihoods_are_averaged_and_confusables_taken_from_the_clearest_look() -> None:
    looks = [[Candidate("A0", 0.6, ((), (0.2,))), Candidate("AD", 0.4, ((), ()))], [Candidate("A0", 0.9, ((), (0.7,)))]]
    found = average(looks)
    assert [(one.text, one.others) for one in found] == [("A0", ((), (0.7,))), ("AD", ((), ()))]
    assert [one.likelihood for one in found] == pytest.approx([0.75, 0.2])
    assert average([looks[0]]) == looks[0]


@given(st.integers(1, 60), st.integers(1, 60))
def test_every_crop_has_the_same_looks(height: int, width: int) -> None:
    looks = other_looks(np.arange(height * width, dtype=np.uint32).reshape(height, width).astype(np.uint8))
    assert len(looks) == LOOKS
    assert all(look.dtype == np.uint8 and look.ndim == 2 and look.size for look in looks)


def test_a_look_cuts_adds_and_rotates() -> None:
    crop = np.asarray(Image.linear_gradient("L").resize((200, 50)))
    low, tight, wide, *rotated = other_looks(crop)
    assert (low.shape, tight.shape, wide.shape) == ((36, 200), (44, 176), (54, 216))
    assert np.array_equal(low, crop[7:43]) and np.array_equal(wide[2:52, 8:208], crop)
    assert np.array_equal(wide[0, 8:208], crop[0])
    assert [look.shape for look in rotated] == [(50, 200)] * 2
    assert rotated[0][25, 20] > crop[25, 20] > rotated[1][25, 20]


def test_a_large_crop_is_reduced_first() -> None:
    assert other_looks(np.zeros((400, 2800), np.uint8))[0].shape == (72, 700)


def test_a_reader_looks_again_at_crops_and_not_at_each_plate_of_a_frame(
    make_plate_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, backend = _reader(make_plate_model, [_logits("XQZ3KV", Q=0.6)] * (2 + LOOKS))
    monkeypatch.setattr("plate_runtime.reader_models.open_model", lambda *_, **__: model)
    with PlateReader("any.tflite") as reader:
        (plate,) = reader.read(CROP.rgb, "plate")
        assert (plate.text, backend.seen) == ("XQZ3KV", 1 + LOOKS)
        reader._recogniser_for("plate").recognise([CROP.gray()], None)
        assert backend.seen == 2 + LOOKS


def test_a_second_network_stands_beside_the_shipped_one_alone(
    make_plate_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plate_runtime.reader.recogniser_of", lambda _model, _look, second: second)
    with PlateReader() as reader, PlateReader(make_plate_model()) as own:
        assert all(reader._recogniser_for(mode) is not None for mode in ("auto", "frame", "plate"))
        assert reader._recogniser_for("character") is own._recogniser_for("plate") is None
