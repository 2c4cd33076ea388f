"""The two networks are what their names promise."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from plate_runtime.errors import UsageError
from plate_train.characters import architectures
from plate_train.characters.architectures import Hyperparameters


def test_tuned_is_two_small_convolutions_each_pooled_then_dense() -> None:
    model = architectures.build("tuned", Hyperparameters(16, 32, 128, 64, 0.4))
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dropout", "Dense", "Dense",
    ]  # fmt: skip
    first, second = model.layers[0], model.layers[2]
    assert (first.filters, second.filters, first.kernel_size, second.kernel_size) == (16, 32, (3, 3), (3, 3))
    assert [model.layers[place].units for place in (5, 7, 8)] == [128, 64, 36]
    assert model.layers[6].rate == 0.4
    activations = [model.layers[place].activation.__name__ for place in (0, 2, 5, 7, 8)]
    assert activations == ["relu", "relu", "relu", "relu", "softmax"]


def test_baseline_has_several_large_kernels() -> None:
    kernels = [
        layer.kernel_size[0] for layer in architectures.build("baseline").layers if hasattr(layer, "kernel_size")
    ]
    assert len(kernels) >= 3
    assert min(kernels) >= 5


@pytest.mark.parametrize("name", architectures.NAMES)
def test_output_is_one_probability_a_class(name: str) -> None:
    told = np.asarray(architectures.build(name).predict_on_batch(np.zeros((2, 28, 28, 1), np.float32)))
    assert told.shape == (2, 36)
    np.testing.assert_allclose(told.sum(axis=1), 1, atol=1e-5)


def test_unknown_network_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="baseline, tuned"):
        architectures.build("huge")


@pytest.mark.parametrize("wrong", [{"dropout": 1.0}, {"first_filters": 0}, {"learning_rate": 0.0}])
def test_impossible_hyperparameters_are_wrong_use(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Hyperparameters(**wrong)  # type: ignore[arg-type]


def test_the_settings_of_keras_in_the_home_folder_change_nothing(tmp_path: Path) -> None:
    (tmp_path / ".keras").mkdir()
    theirs = {"image_data_format": "channels_first", "floatx": "float16", "epsilon": 0.5, "backend": "jax"}
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps(theirs))
    environment = {**os.environ, "HOME": str(tmp_path), "KERAS_BACKEND": "jax", "TF_USE_LEGACY_KERAS": "1"}
    environment.pop("KERAS_HOME", None)
    script = (
        "from plate_train.characters.architectures import Hyperparameters, build\n"
        "from plate_train.networks.tensorflow_setup import import_keras\n"
        "model = build('tuned', Hyperparameters(4, 4, 8, 8, 0.1))\nkeras = import_keras()\n"
        "print(keras.backend.backend(), keras.backend.epsilon(), model.weights[0].dtype, model.layers[0].data_format)"
    )
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["tensorflow", "1e-07", "float32", "channels_last"]
