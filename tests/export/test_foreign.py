"""Networks of other programs, in the forms that Keras 2 and 3 save them: loaded right, or refused with the reason."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import foreign_networks
import numpy as np
import pytest
from foreign_networks import VARIANTS, Variant

from plate_export import foreign
from plate_export.source import load_network, open_source
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import ModelError, PlateEdgeError, UsageError
from plate_train.networks import h5_copy, h5_file, network_file

BRITISH = "".join(character for character in ALPHABET if character not in "IQ")
CLASSES = {34: BRITISH, 36: None, 10: None}


@pytest.fixture(autouse=True)
def _copied_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """These files are sound: a process for each would take a minute of all tests."""
    monkeypatch.setattr(h5_file, "_run", lambda path, copy, _where: h5_copy.copy(str(path), str(copy)))


@pytest.mark.parametrize("name", VARIANTS)
def test_a_file_is_loaded_right_or_refused_with_the_reason(keras: Any, tmp_path: Path, name: str) -> None:
    variant = VARIANTS[name]
    path = tmp_path / f"network{variant.suffix}"
    network = foreign_networks.make(keras, variant, path)
    if variant.refused:
        with pytest.raises(PlateEdgeError, match=variant.refused) as refused:
            load_network(open_source(path, CLASSES[variant.classes]))
        assert "train it again" not in str(refused.value) and "may carry code" not in str(refused.value)
        return
    source = open_source(path, CLASSES[variant.classes])
    loaded = load_network(source)
    height, width, channels = source.meta.input.shape
    assert (loaded.input_shape[1:], channels) == ((height, width, 1), 1)
    assert len(source.meta.alphabet) == variant.classes == loaded.output_shape[-1]
    assert source.meta.input.scale == pytest.approx(variant.scale)
    pictures = np.random.default_rng(5).random((3, height, width, 1), np.float32) / variant.scale / 255
    expected = np.asarray(network(foreign_networks.given(pictures, variant.shape), training=False))
    if name.startswith("logits"):
        expected = np.exp(expected - expected.max(axis=1, keepdims=True))
        expected /= expected.sum(axis=1, keepdims=True)
    assert expected.std(axis=0).max() > 0, "these weights tell no pictures apart"
    np.testing.assert_allclose(np.asarray(loaded(pictures, training=False)), expected, rtol=2e-3, atol=2e-5)


def test_a_network_of_several_outputs_is_refused(keras: Any, tmp_path: Path) -> None:
    picture = keras.Input((28, 28, 1))
    flat = keras.layers.Flatten()(picture)
    outputs = [keras.layers.Dense(count, activation="softmax")(flat) for count in (36, 2)]
    keras.Model(picture, outputs).save(tmp_path / "two.h5")
    with pytest.raises(ModelError, match="several outputs"):
        open_source(tmp_path / "two.h5")


def test_there_are_thirty_variants() -> None:
    assert len(VARIANTS) >= 30


@pytest.mark.parametrize(
    ("count", "classes", "message"),
    [
        (34, None, "does not record its classes"),
        (36, BRITISH, "has 36 classes, --classes has 34"),
        (37, ALPHABET, "has 37 classes, --classes has 36"),
    ],
)
def test_classes_have_to_fit_the_output(
    keras: Any, tmp_path: Path, count: int, classes: str | None, message: str
) -> None:
    path = tmp_path / "n.h5"
    foreign_networks.make(keras, Variant(lambda layers: foreign_networks.small(layers, classes=count)), path)
    with pytest.raises(UsageError, match=message):
        open_source(path, classes)


def test_a_set_with_fewer_classes_does_not_name_the_classes_of_the_network(keras: Any, tmp_path: Path) -> None:
    path = tmp_path / "n.h5"
    foreign_networks.make(keras, Variant(foreign_networks.small), path)
    for character in BRITISH:
        (tmp_path / "data" / character).mkdir(parents=True)
    source = open_source(path, data=tmp_path / "data", polarity="light-on-dark")
    assert source.meta.alphabet == ALPHABET and "--classes" in source.notes[0]


def test_scale_and_polarity_are_as_the_user_says(keras: Any, tmp_path: Path, own_h5: Path) -> None:
    path = tmp_path / "n.h5"
    foreign_networks.make(keras, Variant(foreign_networks.small), path)
    spec = open_source(path, scale=1.0, polarity="dark-on-light").meta.input
    assert (spec.scale, spec.polarity) == (1.0, "dark-on-light")
    with pytest.raises(UsageError, match="leave out --scale"):
        open_source(own_h5, scale=1.0)


def _keras_file(keras: Any, folder: Path) -> dict[str, bytes]:
    path = folder / "sound.keras"
    foreign_networks.make(keras, VARIANTS[".keras"], path)
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_keras_files_are_held_to_the_same_checks(keras: Any, tmp_path: Path) -> None:
    entries = _keras_file(keras, tmp_path)
    config = json.loads(entries["config.json"])
    config["config"]["layers"][1] = {
        "class_name": "Lambda", "module": "keras.layers", "registered_name": None, "config": {"function": "os.system"}
    }  # fmt: skip
    changed = {
        "may carry code": entries | {"config.json": json.dumps(config).encode()},
        "not a complete .keras": {"config.json": entries["config.json"]},
        "claims": entries | {"config.json": b" " * (17 << 20)},
        "description is damaged": entries | {"config.json": b"[]"},
        "not a complete HDF5": entries | {"model.weights.h5": b"nothing"},
    }
    for reason, content in changed.items():
        path = tmp_path / "changed.keras"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, value in content.items():
                file.writestr(name, value)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(h5_file, "_run", _RUN)
            with pytest.raises(ModelError, match=reason) as refused:
                open_source(path)
        assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    path.write_bytes((tmp_path / "sound.keras").read_bytes()[:900])
    with pytest.raises(ModelError, match=r"not a complete \.keras"):
        open_source(path)


_RUN = h5_file._run


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_or_encrypted_entry_of_a_keras_file_is_refused(keras: Any, tmp_path: Path, method: int) -> None:
    path = tmp_path / "damaged.keras"
    with zipfile.ZipFile(path, "w", method) as file:
        for name, value in _keras_file(keras, tmp_path).items():
            file.writestr(name, value)
        first = file.infolist()[0]
    content = bytearray(path.read_bytes())
    begin = first.header_offset + 30 + len(first.filename)
    content[begin : begin + first.compress_size] = b"\xff" * first.compress_size
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"not a complete \.keras file"):
        open_source(path)
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"not a complete \.keras file"):
        open_source(path)


def test_other_entries_of_a_keras_file_are_not_unpacked(keras: Any, tmp_path: Path) -> None:
    entries = _keras_file(keras, tmp_path) | {"../../evil.txt": b"x", "assets/run.py": b"x"}
    path = tmp_path / "more.keras"
    with zipfile.ZipFile(path, "w") as file:
        for name, value in entries.items():
            file.writestr(name, value)
    with network_file.opened(path) as saved:
        assert sorted(one.name for one in saved.copy.parent.iterdir()) == ["model.h5"]
        assert saved.classes == ["InputLayer", "Conv2D", "Flatten", "Dense"]


def test_gray_goes_to_all_channels_without_a_difference(keras: Any) -> None:
    spread = foreign.adapt(
        keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Softmax()]), foreign.ModelMeta(
            alphabet=ALPHABET, input=foreign.InputSpec((4, 4, 1)))
    )  # fmt: skip
    pictures = np.random.default_rng(0).random((2, 4, 4, 1), np.float32)
    given = np.asarray(spread.layers[1](pictures))
    np.testing.assert_array_equal(given, np.repeat(pictures, 3, axis=3))
