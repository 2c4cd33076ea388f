"""A small network trained in seconds on characters rendered in Pillow's font, and the set it was trained on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cell_plates import CELL, draw_cells, template_weights
from numpy.typing import NDArray
from PIL import Image
from small_glyphs import load_split
from tiny_models import draw_character

from plate_export.source import Source, open_source
from plate_runtime.alphabet import ALPHABET
from plate_runtime.preprocess import crop_to_ink, scale_pixels
from plate_train.loop.shards import VALIDATION_SPLIT, shard_digest
from plate_train.networks import tensorflow_setup, weights_file
from plate_train.networks.weights_file import ModelMeta
from plate_train.synthetic.plates.spec import PLATE_SPEC

TRAIN, VAL = 4, 2
PLATES = 240
_SURE = 8


def glyph(character: str, number: int) -> NDArray[np.uint8]:
    """Draw a character tight and stretched, a little different for every number, uint8 (28, 28)."""
    ink = crop_to_ink(draw_character(character, 28 + 2 * number))
    square = np.asarray(Image.fromarray(ink).resize((28, 28)), np.int16)
    noise = np.random.default_rng([ord(character), number]).integers(-25, 25, (28, 28))
    return np.clip(square + noise, 0, 255).astype(np.uint8)


def write_classes(folder: Path, numbers: range, characters: str = ALPHABET) -> Path:
    """Write a class folder for each character, one picture for each number."""
    for character in characters:
        where = folder / f"class_{character}"
        where.mkdir(parents=True)
        for number in numbers:
            Image.fromarray(glyph(character, number)).save(where / f"{number:02d}.png")
    return folder


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 4 training and 2 validation pictures a class; not to be changed."""
    folder = tmp_path_factory.mktemp("characters")
    write_classes(folder / "train", range(TRAIN))
    write_classes(folder / "val", range(20, 20 + VAL))
    return folder


@pytest.fixture(scope="session")
def keras() -> Any:
    """Keras with one thread, as all tests in this process have to fraction the setting."""
    tensorflow_setup.fix(seed=3, threads=1)
    return tensorflow_setup.import_keras()


@pytest.fixture(scope="session")
def network(keras: Any, data: Path) -> Any:
    """A convolutional network that reads all of `data` right."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(3),
            layers.Flatten(),
            layers.Dropout(0.1),
            layers.Dense(48, activation="relu"),
            layers.Dense(36, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
    train, _ = load_split(data)
    inputs = scale_pixels(train.pictures, ModelMeta().input)
    model.fit(inputs, train.labels, epochs=40, batch_size=36, verbose=0)
    return model


@pytest.fixture(scope="session")
def foreign_h5(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as a notebook saves it, with optimizer state and nothing of ours."""
    path = tmp_path_factory.mktemp("foreign") / "My Notebook.h5"
    network.save(path)
    return path


@pytest.fixture(scope="session")
def own_h5(network: Any, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as plate-train saves it, with its data recorded."""
    path = tmp_path_factory.mktemp("run") / "model.h5"
    train, val = load_split(data)
    sets = {"train": {"digest": train.digest}, "val": {"digest": val.digest}}
    training = {"kind": "folders", "path": str(data), "sets": sets}
    weights_file.save(network, path, ModelMeta(name="tiny", version="2.1.0", temperature=1.3, training=training))
    return path


@pytest.fixture(scope="session")
def own_source(own_h5: Path) -> Source:
    """`own_h5`, opened."""
    return open_source(own_h5)


@pytest.fixture
def described_h5(tmp_path: Path) -> Callable[..., Path]:
    """Write an `.h5` that holds a network's description alone: described_h5(layers after the input)."""
    import h5py

    pictures = {"class_name": "InputLayer", "module": "keras.layers", "config": {"batch_shape": [None, 28, 28, 1]}}

    def write(layers: list[dict[str, Any]]) -> Path:
        path = tmp_path / "described.h5"
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = json.dumps(
                {"class_name": "Sequential", "config": {"layers": [pictures, *layers]}}
            )
        return path

    return write


@pytest.fixture
def environment() -> dict[str, str]:
    """Environment of a child process that imports the packages of this checkout."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}


@pytest.fixture(scope="session")
def plate_network(keras: Any) -> Any:
    """A convolution that compares every cell of a `cell_plates` picture with the templates of all characters."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((48, 160, 1)),
            layers.Conv2D(len(ALPHABET) + 1, (48, CELL), strides=(48, CELL)),
            layers.Reshape((160 // CELL, len(ALPHABET) + 1)),
        ]
    )
    # Sure of what it reads: its texts are random, and the prior over texts would decide otherwise.
    model.set_weights([_SURE * weights for weights in template_weights()])
    return model


@pytest.fixture(scope="session")
def plate_meta() -> ModelMeta:
    """What `plate-train plate` would record of a network that was trained on `draw_cells`."""
    digest = shard_digest(*draw_cells(9, 0, PLATES, PLATE_SPEC, VALIDATION_SPLIT))
    training = {
        "kind": "drawn",
        "drawing_seed": 3,
        "generators": [{"digest": "g" * 64, "first_shard": 0}, {"digest": "h" * 64, "first_shard": 2}],
        "sets": {"val": {"seed": 9, "number": 0, "count": PLATES, "part": VALIDATION_SPLIT, "digest": digest}},
        "settings": {"shard": 100},
    }
    return ModelMeta(
        input=PLATE_SPEC, name="small-reader", kind="plate", decoding="ctc", steps=160 // CELL, training=training
    )


@pytest.fixture(scope="session")
def plate_h5(plate_network: Any, plate_meta: ModelMeta, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`plate_network` as plate-train saves it."""
    path = tmp_path_factory.mktemp("plates") / "model.h5"
    weights_file.save(plate_network, path, plate_meta)
    return path


@pytest.fixture
def cell_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renders the recorded plates with `draw_cells`."""
    monkeypatch.setattr("plate_train.plates.recorded.shard", draw_cells)
