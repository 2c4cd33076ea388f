from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plate_export.class_names import classes_of_folders, parse_classes
from plate_export.source import (
    find_models,
    kind_of_data,
    load_network,
    open_source,
)
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import DataError, ModelError, UsageError
from plate_train.networks import weights_file
from plate_train.networks.weights_file import ModelMeta

DENSE = {"class_name": "Dense", "module": "keras.layers", "registered_name": None, "config": {"activation": "softmax"}}


def _dense(**config: Any) -> dict[str, Any]:
    return {**DENSE, "config": {**DENSE["config"], **config}}  # type: ignore[dict-item]


def test_the_given_model_comes_before_runs_and_shipped_ones(tmp_path: Path) -> None:
    runs, shipped = tmp_path / "runs", tmp_path / "weights"
    for number, name in enumerate(("old", "new")):
        (runs / name).mkdir(parents=True)
        (runs / name / "model.h5").touch()
        os.utime(runs / name / "model.h5", (number, number))
    shipped.mkdir()
    assert find_models(Path("mine.h5"), None, runs, shipped) == [Path("mine.h5")]
    assert find_models(None, None, runs, shipped) == [runs / "new" / "model.h5"]
    with pytest.raises(UsageError, match=r"name a MODEL\.h5"):
        find_models(None, None, tmp_path / "none", shipped)
    assert find_models(Path("mine.keras"), None, runs, shipped) == [Path("mine.keras")]
    with pytest.raises(UsageError, match=r"not a \.h5 or \.keras file"):
        find_models(Path("mine.pt"), None, runs, shipped)


@pytest.mark.parametrize(
    ("kind", "labels", "names"),
    [
        (None, None, ["plate-character-1.0.0.h5", "plate-reader-2.1.0.h5"]),
        ("character", None, ["plate-character-1.0.0.h5"]),
        ("character", "image,text\na.png,A\nb.png,7\n", ["plate-character-1.0.0.h5"]),
        ("plate", "image,text\na.png,AB12\n", ["plate-reader-2.1.0.h5"]),
        ("detector", "image,text,corners\na.png,AB12,0 0 9 0 9 5 0 5\n", ["plate-detector-1.1.0.h5"]),
    ],
)
def test_without_a_run_the_shipped_model_fits_the_data(
    tmp_path: Path, kind: str | None, labels: str | None, names: list[str]
) -> None:
    shipped = tmp_path / "weights"
    shipped.mkdir()
    for name in ("plate-character-1.0.0", "plate-reader-2.1.0", "plate-reader-nano-1.2.0", "plate-detector-1.1.0"):
        (shipped / f"{name}.h5").touch()
    (tmp_path / "A").mkdir()
    if labels:
        (tmp_path / "labels.csv").write_text(labels, encoding="utf-8")
    assert kind is None or kind_of_data(tmp_path) == kind
    data = tmp_path if kind else None
    assert [path.name for path in find_models(None, data, tmp_path / "runs", shipped)] == names


@pytest.mark.parametrize("tokens", [["012AB"], ["0,1,2,A,B"], ["0", "1", "2", "A", "B"], ["class_0,class_1,2", "AB"]])
def test_classes_are_written_as_one_likes(tokens: list[str]) -> None:
    assert parse_classes(tokens) == "012AB"


@pytest.mark.parametrize("tokens", [["0"], ["001"], ["0a"], ["0", "1", "model.h5"], [","], ["-0"]])
def test_classes_that_make_no_alphabet_are_refused(tokens: list[str]) -> None:
    with pytest.raises(UsageError, match="--classes"):
        parse_classes(tokens)


def test_class_folders_in_sorted_order_are_the_alphabet(tmp_path: Path, data: Path) -> None:
    assert classes_of_folders(data) == ALPHABET
    for name in ("class_B", "class_A", "class_7"):
        (tmp_path / "few" / name).mkdir(parents=True)
    (tmp_path / "few" / "Class-c").mkdir()
    assert classes_of_folders(tmp_path / "few") == "C7AB"
    (tmp_path / "few" / "notes").mkdir()
    with pytest.raises(DataError, match="not classes"):
        classes_of_folders(tmp_path / "few")
    with pytest.raises(DataError, match="cannot be read"):
        classes_of_folders(tmp_path / "nowhere")


def test_a_file_of_plate_train_needs_no_options(own_h5: Path) -> None:
    source = open_source(own_h5)
    assert (source.meta.name, source.meta.version, source.meta.alphabet) == ("tiny", "2.1.0", ALPHABET)
    assert source.notes == ()
    assert open_source(own_h5, name="other", version="3").meta.name == "other"


def test_classes_may_not_contradict_the_file(own_h5: Path) -> None:
    assert open_source(own_h5, classes=ALPHABET).meta.alphabet == ALPHABET
    with pytest.raises(UsageError, match="leave --classes out"):
        open_source(own_h5, classes=ALPHABET[::-1])


def test_a_foreign_file_takes_its_classes_from_the_option_or_the_folders(foreign_h5: Path, data: Path) -> None:
    by_option = open_source(foreign_h5, classes=ALPHABET[::-1], data=data)
    assert by_option.meta.alphabet == ALPHABET[::-1]
    assert "--classes" in by_option.notes[0]
    by_folders = open_source(foreign_h5, data=data)
    assert by_folders.meta.alphabet == ALPHABET
    assert str(data) in by_folders.notes[0]
    assert by_folders.meta.name == "My-Notebook"
    by_number = open_source(foreign_h5)
    assert by_number.meta.alphabet == ALPHABET and "their number, 36" in by_number.notes[0]


def test_a_network_that_scales_its_pixels_gets_them_unscaled(described_h5: Callable[..., Path]) -> None:
    rescaling = {"class_name": "Rescaling", "module": "keras.layers", "config": {"scale": 1 / 255}}
    scaled = open_source(described_h5([rescaling, DENSE]), classes=ALPHABET)
    assert scaled.meta.input.scale == 1.0
    assert "the network scales them" in scaled.notes[1]
    assert open_source(described_h5([DENSE]), classes=ALPHABET).meta.input.scale == pytest.approx(1 / 255)


@pytest.mark.parametrize("name", ["../evil", "a/b", "", " ", "-x", "a\nb"])
def test_names_that_leave_the_folder_are_refused(own_h5: Path, name: str) -> None:
    if name:
        with pytest.raises(UsageError, match="file name"):
            open_source(own_h5, name=name)
        with pytest.raises(UsageError, match="file name"):
            open_source(own_h5, version=name)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.99])
def test_truncated_files_are_refused(own_h5: Path, tmp_path: Path, fraction: float) -> None:
    content = own_h5.read_bytes()
    broken = tmp_path / "broken.h5"
    broken.write_bytes(content[: int(len(content) * fraction)])
    with pytest.raises(ModelError, match="not a complete HDF5 file"):
        open_source(broken)


def test_missing_files_and_weights_alone_are_refused(tmp_path: Path, network: Any) -> None:
    with pytest.raises(ModelError, match="no such file"):
        open_source(tmp_path / "nothing.h5")
    network.save_weights(tmp_path / "only.weights.h5")
    with pytest.raises(ModelError, match="weights alone"):
        open_source(tmp_path / "only.weights.h5", classes=ALPHABET)


@pytest.mark.parametrize(
    "layer",
    [
        {"class_name": "Lambda", "module": "keras.layers", "config": {}},
        {"class_name": "TFOpLambda", "config": {"function": "math.multiply"}},
        {"class_name": "Mine", "module": "evil", "registered_name": "Custom>Mine", "config": {}},
        {"class_name": "Dense", "module": "evil.layers", "registered_name": "Dense", "config": {}},
        {"class_name": "Dense", "module": "keras.layers", "registered_name": "Custom>Dense", "config": {}},
        {"class_name": "Dense", "module": "keras.src.utils", "registered_name": None, "config": {}},
        _dense(activation={"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}),
        _dense(activation={"value": ["4wEAAAA=", None, None]}),
        _dense(activation={"module": "os", "class_name": "function", "config": "system"}),
        _dense(activation="my module>do"),
        _dense(kernel_initializer={"module": "subprocess", "class_name": "Popen", "config": {"args": "true"}}),
        _dense(kernel_regularizer={"class_name": "L2", "registered_name": "mine>L2", "config": {}}),
    ],
)
def test_descriptions_that_carry_code_are_refused_without_loading(
    described_h5: Callable[..., Path], layer: dict[str, Any]
) -> None:
    with pytest.raises(ModelError, match="may carry code"):
        open_source(described_h5([DENSE, layer]), classes=ALPHABET)


def test_objects_of_keras_pass(described_h5: Callable[..., Path], own_h5: Path) -> None:
    initializer = {"module": "keras.initializers", "class_name": "GlorotUniform", "config": {}, "registered_name": None}
    activation = {"module": "keras.layers", "class_name": "LeakyReLU", "config": {}, "registered_name": None}
    layers = [_dense(kernel_initializer=initializer), _dense(activation=activation), {**DENSE}]
    open_source(described_h5(layers), classes=ALPHABET)
    open_source(own_h5)


def test_keras_saved_lambdas_are_refused(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    for number, last in enumerate((layers.Lambda(abs), layers.Dense(36, activation=lambda x: x))):
        path = tmp_path / f"{number}.h5"
        keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), last]).save(path)
        with pytest.raises(ModelError, match="may carry code"):
            open_source(path, classes=ALPHABET)


@pytest.mark.parametrize(
    ("shape", "classes", "message"),
    [((28, 28, 1), 10, "does not fit its 36 classes"), ((32, 32, 1), 36, "28x28x1"), ((28, 28, 3), 36, "28x28x1")],
)
def test_networks_of_other_sizes_than_they_record_are_refused(
    keras: Any, tmp_path: Path, shape: tuple[int, ...], classes: int, message: str
) -> None:
    layers = keras.layers
    path = tmp_path / "other.h5"
    network = keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(classes, "softmax")])
    weights_file.save(network, path, ModelMeta(training={"kind": "none"}))
    with pytest.raises(ModelError, match=message):
        load_network(open_source(path))


def test_weights_that_are_not_finite_are_refused(own_h5: Path, tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "nan.h5"
    shutil.copy(own_h5, path)
    with h5py.File(path, "r+") as file:
        found: list[Any] = []
        file["model_weights"].visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
        found[0][...] = float("nan")
    with pytest.raises(ModelError, match="not finite"):
        load_network(open_source(path))
