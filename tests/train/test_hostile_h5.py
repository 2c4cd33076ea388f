"""Files that try to run code, read other files or take all memory are refused in one sentence, and nothing runs."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import h5py
import hostile_h5
import numpy as np
import pytest

from plate_runtime.errors import ModelError
from plate_train.networks import allowed_objects, network_check, weights_file


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], Path]:
    folder = tmp_path_factory.mktemp("hostile")
    marker = folder / "code-has-run"
    return hostile_h5.write_all(folder, marker), marker


def test_the_sound_file_among_them_loads(tmp_path: Path) -> None:
    hostile_h5.write(tmp_path / "sound.h5", [hostile_h5.INPUT, hostile_h5.dense()]).close()
    loaded = weights_file.load(tmp_path / "sound.h5")
    np.testing.assert_array_equal(loaded.get_weights()[0], hostile_h5.WEIGHTS["dense/kernel"])


def _refuse(path: Path) -> None:
    """Refuse a file as `load` does; where HDF5 is sound, without the process that looks at that."""
    if path.name.startswith("structure-"):
        weights_file.load(path)
    with h5py.File(path) as file:
        network_check.check(network_check.parse(file.attrs["model_config"], str(path)), str(path))
    weights_file.load(path)


def test_each_is_refused_in_one_sentence_and_runs_nothing(hostile: tuple[list[Path], Path]) -> None:
    files, marker = hostile
    assert len(files) > 60
    for path in files:
        with pytest.raises(ModelError, match=path.stem.split("-")[0]) as refused:
            _refuse(path)
        said = str(refused.value)
        assert len(said) < 600 and "\n" not in said and said.isprintable(), said
        if path.name.startswith("code-"):
            assert "may carry code" in said, said
    assert not marker.exists()


def test_keras_itself_runs_none_of_them(hostile: tuple[list[Path], Path]) -> None:
    """The second line of defence, and what the least version in pyproject.toml is for."""
    files, marker = hostile
    assert hostile_h5.loaded_by_keras(files) == hostile_h5.IGNORED_BY_KERAS
    assert not marker.exists()


@pytest.mark.parametrize("number", range(8))
def test_a_damaged_file_is_refused_or_loads(number: int, tmp_path: Path) -> None:
    path = tmp_path / "damaged.h5"
    hostile_h5.write(path, [hostile_h5.INPUT, hostile_h5.dense()]).close()
    rng = random.Random(number)
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 4, 64))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)
    try:
        weights_file.layer_names(path)
    except ModelError as error:
        assert str(path) in str(error)


def test_a_crash_of_the_library_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sound.h5"
    hostile_h5.write(path, [hostile_h5.INPUT, hostile_h5.dense()]).close()
    crashing = tmp_path / "plate_train" / "networks"
    crashing.mkdir(parents=True)
    (crashing.parent / "__init__.py").touch()
    (crashing / "__init__.py").touch()
    (crashing / "h5_copy.py").write_text("import os; os.kill(os.getpid(), 11)")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModelError, match=r"crashes over it .*SIGSEGV"):
        weights_file.load(path)


def test_every_part_in_the_table_is_keras_own() -> None:
    from plate_train.networks.tensorflow_setup import import_keras

    keras = import_keras()
    old = {"OrthogonalInitializer", "IdentityInitializer", "Policy", "RandomHeight", "RandomWidth"}
    for part in (allowed_objects.LAYER, *allowed_objects.BY_SETTING.values()):
        modules = [getattr(keras, name.split(".")[1]) for name in part.modules if name.count(".") == 1]
        for name in part.classes - old:
            assert any(hasattr(module, name) for module in modules), name
    for word in allowed_objects.ACTIVATION.words - {"softmax_v2"}:
        assert callable(keras.activations.get(word)), word


def test_networks_of_keras_2_pass() -> None:
    initializer = {"class_name": "GlorotUniform", "config": {"seed": 2**31}}
    layers = [
        {"class_name": "Conv2D", "config": {"kernel_initializer": initializer, "dtype": "float32", "activation": "relu",
         "batch_input_shape": {"class_name": "__tuple__", "items": [None, 28, 28, 1]}}},
        {"class_name": "Model", "config": {"layers": [{"class_name": "Dense", "config": {"units": 3}}]}},
    ]  # fmt: skip
    for config in (layers, {"name": "sequential", "layers": layers}):
        assert network_check.check({"class_name": "Sequential", "config": config}, "x.h5") == ["Conv2D", "Dense"]


def test_optimizer_state_stays_behind(tmp_path: Path) -> None:
    path = tmp_path / "trained.h5"
    with hostile_h5.write(path, [hostile_h5.INPUT, hostile_h5.dense()]) as file:
        file.attrs["training_config"] = json.dumps({"loss": {"class_name": "function", "config": "system"}})
        file["optimizer_weights/adam/m"] = [1.0]
    from plate_train.networks import h5_file

    with h5_file.opened(path) as copied:
        assert "training_config" not in copied.attrs and list(copied) == ["model_weights"]


def test_attributes_are_held_against_the_manifest(tmp_path: Path) -> None:
    sound = tmp_path / "sound.h5"
    meta = weights_file.ModelMeta(training={"kind": "none"})
    values: dict[str, Any] = {
        "alphabet": 5, "kind": "cat", "temperature": 1e300, "steps": 2**62, "thresholds": '{"min_confidence": 1e999}',
        "name": "a\nb", "input.shape": [28, 28, 10**9], "input.scale": np.nan, "licence": "",
    }  # fmt: skip
    from plate_train.networks.tensorflow_setup import import_keras

    keras = import_keras()
    weights_file.save(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]), sound, meta)
    for name, value in values.items():
        path = tmp_path / "changed.h5"
        path.write_bytes(sound.read_bytes())
        with h5py.File(path, "r+") as file:
            file.attrs[f"plate_edge.{name}"] = value
        with pytest.raises(ModelError, match="damaged"):
            weights_file.read_meta(path)
