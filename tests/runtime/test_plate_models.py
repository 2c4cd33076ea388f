"""Networks for whole plates in every backend: the same outputs, and errors for models that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_plates import CELLS, draw_cells

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import decode_logits
from plate_runtime.errors import ModelError, UsageError
from plate_runtime.manifest import InputSpec
from plate_runtime.model import Model, open_model
from plate_runtime.script import LATIN

MakeModel = Callable[..., Path]
KINDS = [("tflite", "float32"), ("tflite", "int8"), ("onnx", "float32"), ("onnx", "int8")]
TEXTS = ["AB12XYZ", "K7", "CD 456", "QRSTUVWX", ""]


def read(model: Model, texts: list[str]) -> list[str]:
    manifest = model.manifest
    logits = model.predict_pictures([draw_cells(text, scale=2) for text in texts])
    return [reading.text for reading in decode_logits(logits, manifest.decoding, manifest.script)]


@pytest.mark.parametrize("decoding", ["ctc", "slots"])
@pytest.mark.parametrize(("format_", "precision"), KINDS)
def test_every_format_reads_its_plates(
    format_: str, precision: str, decoding: str, make_plate_model: MakeModel
) -> None:
    with open_model(make_plate_model(format_, precision, decoding), "plate") as model:
        assert read(model, TEXTS) == [text.replace(" ", "") for text in TEXTS]
        assert read(model, ["AA"]) == ["A" if decoding == "ctc" else "AA"]
        assert model.predict_pictures([]).shape == (0, CELLS, len(ALPHABET) + 1)


def test_formats_agree(make_plate_model: MakeModel) -> None:
    pictures = [draw_cells(text) for text in TEXTS]
    outputs = [open_model(make_plate_model(*kind), "plate").predict_pictures(pictures) for kind in KINDS]
    assert np.abs(outputs[0] - outputs[2]).max() < 1e-3
    for other in outputs[1:]:
        assert np.abs(outputs[0] - other).max() < 0.05 * np.abs(outputs[0]).max()


def test_a_model_of_another_kind_is_refused(make_model_file: MakeModel, make_plate_model: MakeModel) -> None:
    with pytest.raises(ModelError, match="plate model where a character"):
        open_model(make_plate_model())
    with pytest.raises(ModelError, match="character model where a plate model is needed"):
        open_model(make_model_file(), "plate")
    assert open_model(make_plate_model(), None).manifest.kind == "plate"
    assert open_model(make_model_file(), None).manifest.kind == "character"


@pytest.mark.parametrize("format_", ["tflite", "onnx"])
@pytest.mark.parametrize(
    "changes", [{"alphabet": "0123"}, {"input": InputSpec(shape=(14, 14, 1))}, {"steps": 3}, {"steps": CELLS + 1}]
)
def test_a_manifest_that_does_not_fit_its_network_is_refused(
    format_: str, changes: dict[str, Any], make_plate_model: MakeModel
) -> None:
    with pytest.raises(ModelError, match="export the model again"):
        open_model(make_plate_model(format_, **changes), "plate")


def test_an_output_of_another_shape_is_refused(make_plate_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros((len(inputs), CELLS, 36), np.float32)

    model = open_model(make_plate_model(), "plate")
    monkeypatch.setattr(model.backend, "run", wrong)
    with pytest.raises(ModelError, match="its manifest says"):
        model.predict_pictures([draw_cells("A")])


@pytest.mark.parametrize("decoding", ["ctc", "slots"])
def test_the_fake_reads_its_whole_text_in_every_picture(decoding: str, make_plate_model: MakeModel) -> None:
    model = open_model(make_plate_model(decoding=decoding), "plate", backend="fake:AAB1")
    logits = model.predict_pictures([draw_cells("X"), draw_cells("Y")])
    for reading in decode_logits(logits, decoding, LATIN):
        assert reading.text == "AAB1"
        assert reading.confidence == pytest.approx(0.98**4, abs=0.03)
        assert [character.confidence for character in reading.characters] == pytest.approx([0.98] * 4, abs=0.01)


def test_the_fake_refuses_what_does_not_fit(make_plate_model: MakeModel) -> None:
    with pytest.raises(UsageError, match="room for 4"):
        open_model(make_plate_model(), "plate", backend="fake:ABCDE")
    with pytest.raises(UsageError, match="room for 8"):
        open_model(make_plate_model(decoding="slots"), "plate", backend="fake:ABCDEFGHI")
    with pytest.raises(UsageError, match="cannot read"):
        open_model(make_plate_model(), "plate", backend="fake:ä")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_output_that_is_no_number_is_refused(
    value: float, make_plate_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        outputs = np.zeros((len(inputs), CELLS, len(ALPHABET) + 1), np.float32)
        outputs[-1, 2, 3] = value
        return outputs

    model = open_model(make_plate_model(), "plate")
    monkeypatch.setattr(model.backend, "run", broken)
    with pytest.raises(ModelError, match="not finite"):
        model.predict_pictures([draw_cells("A")])
