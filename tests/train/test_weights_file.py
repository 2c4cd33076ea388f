"""The `.h5` file: what goes in comes out, damage and foreign code are refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from plate_runtime.errors import ModelError
from plate_runtime.manifest import InputSpec
from plate_train.characters import architectures
from plate_train.networks import weights_file
from plate_train.networks.tensorflow_setup import import_keras
from plate_train.networks.weights_file import ModelMeta

META = ModelMeta(
    input=InputSpec(polarity="any", resize="pad", scale=1 / 128),
    name="mine",
    version="2.1.0",
    temperature=1.25,
    training={"kind": "drawn", "fonts": {f"@fonts/{number}": "OFL-1.1" for number in range(5000)}},
)
SMALL = architectures.Hyperparameters(2, 2, 8, 4)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "model.h5"
    weights_file.save(architectures.tuned(SMALL), path, META)
    return path


def test_meta_comes_back_even_when_longer_than_an_attribute_may_be(saved: Path) -> None:
    assert weights_file.read_meta(saved) == META


def test_class_order_scale_and_polarity_stand_in_plain_attributes(saved: Path) -> None:
    with h5py.File(saved) as file:
        assert file.attrs["plate_edge.alphabet"] == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        assert file.attrs["plate_edge.input.scale"] == 1 / 128
        assert file.attrs["plate_edge.input.polarity"] == "any"


def test_loaded_network_computes_the_same(tmp_path: Path) -> None:
    model = architectures.tuned(SMALL)
    weights_file.save(model, tmp_path / "model.h5", META)
    batch = np.random.default_rng(1).random((3, 28, 28, 1)).astype(np.float32)
    loaded = weights_file.load(tmp_path / "model.h5")
    np.testing.assert_array_equal(loaded.predict_on_batch(batch), model.predict_on_batch(batch))


def test_saving_leaves_out_the_optimizer_and_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = architectures.tuned(SMALL)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.train_on_batch(np.zeros((2, 28, 28, 1), np.float32), np.zeros(2, np.int64))
    capfd.readouterr()
    weights_file.save(model, tmp_path / "model.h5", META)
    with h5py.File(tmp_path / "model.h5") as file:
        assert "optimizer_weights" not in file
        assert "training_config" not in file.attrs
    assert capfd.readouterr() == ("", "")


def test_failed_save_keeps_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(b"old")
    unserialisable = ModelMeta(training={"a": object()})
    with pytest.raises(TypeError):
        weights_file.save(architectures.tuned(SMALL), path, unserialisable)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.h5"]


def test_meta_of_another_programs_file_is_none(tmp_path: Path) -> None:
    architectures.tuned(SMALL).save(tmp_path / "foreign.h5")
    assert weights_file.read_meta(tmp_path / "foreign.h5") is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_file_is_a_model_error(saved: Path, tmp_path: Path, share: float) -> None:
    content = saved.read_bytes()
    (tmp_path / "cut.h5").write_bytes(content[: int(share * len(content))])
    for read in (weights_file.read_meta, weights_file.layer_names, weights_file.load):
        with pytest.raises(ModelError, match=r"cut\.h5"):
            read(tmp_path / "cut.h5")


def test_missing_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        weights_file.read_meta(tmp_path / "none.h5")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("temperature", "warm"), ("input.polarity", "sideways"), ("input.shape", [28]), ("licence", None)],
)
def test_damaged_attribute_is_a_model_error(saved: Path, tmp_path: Path, attribute: str, value: object) -> None:
    path = tmp_path / "damaged.h5"
    path.write_bytes(saved.read_bytes())
    with h5py.File(path, "r+") as file:
        del file.attrs[f"plate_edge.{attribute}"]
        if value is not None:
            file.attrs[f"plate_edge.{attribute}"] = value
    with pytest.raises(ModelError, match="damaged"):
        weights_file.read_meta(path)


def test_lambda_layers_are_refused_before_loading(tmp_path: Path) -> None:
    keras = import_keras()
    inner = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Lambda(lambda x: x * 2)])
    model = keras.Sequential([keras.Input((28, 28, 1)), inner, keras.layers.Flatten(), keras.layers.Dense(36)])
    model.save(tmp_path / "lambda.h5")
    with pytest.raises(ModelError, match="Lambda"):
        weights_file.load(tmp_path / "lambda.h5")


def test_custom_layers_are_refused_before_loading(tmp_path: Path) -> None:
    keras = import_keras()

    class Dense(keras.layers.Layer):  # type: ignore[misc]
        """A stranger under the name of a layer of Keras."""

        def call(self, inputs: object) -> object:
            return inputs

    keras.Sequential([keras.Input((4,)), Dense()]).save(tmp_path / "custom.h5")
    with pytest.raises(ModelError, match="Dense"):
        weights_file.load(tmp_path / "custom.h5")


def test_weights_alone_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file["dense"] = [1.0]
    with pytest.raises(ModelError, match="weights alone"):
        weights_file.layer_names(tmp_path / "weights.h5")


def test_reading_meta_needs_no_tensorflow(saved: Path, environment: dict[str, str]) -> None:
    code = (
        "import sys, pathlib; sys.modules['tensorflow'] = None; sys.modules['keras'] = None\n"
        "from plate_train.networks import weights_file\n"
        f"path = pathlib.Path({str(saved)!r})\n"
        "print(weights_file.read_meta(path).name, len(weights_file.layer_names(path)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "mine 10\n"


def test_what_ships_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = weights_file.find("plate-reader")
    assert found.parent == weights_file.SHIPPED
    meta = weights_file.read_meta(found)
    assert meta is not None and f"{meta.name}-{meta.version}.h5" == found.name
    assert weights_file.find("nobody") == Path("nobody")
    assert weights_file.find("./plate-reader") == Path("plate-reader")
    Path("plate-reader").touch()
    assert weights_file.find("plate-reader") == Path("plate-reader")
