"""Networks of whole plates: shapes, sizes, and nothing in them that a small device cannot run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from plate_runtime.errors import UsageError
from plate_train.networks import weights_file
from plate_train.networks.multiply_adds import multiply_adds
from plate_train.networks.tensorflow_setup import import_keras, import_tensorflow
from plate_train.plates import architectures
from plate_train.plates.architectures import ARCHITECTURES, Size, build
from plate_train.synthetic.plates.spec import PLATE_SPEC

SMALL = Size(width=0.1, depth=1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_logits_have_the_steps_that_are_told(name: str) -> None:
    network = build(name, SMALL)
    logits = network(np.zeros((2, 48, 160, 1), np.float32))
    assert logits.shape == (2, ARCHITECTURES[name].steps, 37)


def test_default_has_its_size_and_widths_span_what_is_to_be_compared() -> None:
    assert 80e6 <= multiply_adds(build(architectures.DEFAULT)) <= 100e6
    assert multiply_adds(build(architectures.DEFAULT, Size(width=0.2))) <= 6e6
    assert multiply_adds(build(architectures.DEFAULT, Size(width=1.5))) >= 200e6


def test_depth_adds_convolutions() -> None:
    assert multiply_adds(build("ctc", Size(depth=3))) > multiply_adds(build("ctc", Size(depth=2)))


def test_multiply_adds_are_those_of_the_textbook() -> None:
    layers = import_keras().layers
    picture = layers.Input((8, 10, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same")(picture)  # 4 x 5 places, 9 x 3 x 4 weights
    x = layers.Dense(7)(layers.Flatten()(x))  # 80 x 7
    left, right = layers.Reshape((7, 1))(x), layers.Reshape((1, 7))(x)
    network = import_keras().Model(picture, layers.Dot(axes=(2, 1))([left, right]))  # 7 x 7
    assert multiply_adds(network) == 4 * 5 * 9 * 3 * 4 + 80 * 7 + 7 * 7


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_networks_are_kept_and_read_back(name: str, tmp_path: Path) -> None:
    network = build(name, SMALL)
    chosen = ARCHITECTURES[name]
    meta = weights_file.ModelMeta(input=PLATE_SPEC, kind="plate", decoding=chosen.decoding, steps=chosen.steps)
    weights_file.save(network, tmp_path / "model.h5", meta)
    assert weights_file.read_meta(tmp_path / "model.h5") == meta
    again = weights_file.load(tmp_path / "model.h5")
    picture = np.random.default_rng(0).random((1, 48, 160, 1), np.float32)
    np.testing.assert_allclose(again(picture), network(picture), atol=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_operator_runs_in_int8(name: str, tmp_path: Path) -> None:
    tf = import_tensorflow()
    build(name, SMALL).export(tmp_path / "saved", verbose=False)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "saved"))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    pictures = np.random.default_rng(0).random((4, 1, 48, 160, 1), np.float32)
    converter.representative_dataset = lambda: ([picture] for picture in pictures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]  # anything else is an error
    converter.inference_input_type = converter.inference_output_type = tf.int8
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    kinds = {detail["dtype"] for detail in interpreter.get_tensor_details()}
    assert kinds <= {np.int8, np.int32}


@pytest.mark.parametrize("wrong", [{"width": 0}, {"depth": 0}, {"dropout": 1.0}])
def test_sizes_without_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Size(**wrong)  # type: ignore[arg-type]


def test_unknown_network_is_named() -> None:
    with pytest.raises(UsageError, match="ctc-rows"):
        build("transformer")
