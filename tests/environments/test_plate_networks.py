"""Networks for whole plates in all three interpreters: every operator runs, and they read the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cell_plates import CELL, draw_cells, template_weights
from numpy.typing import NDArray

from plate_export.artefact import describe
from plate_export.convert import exact_int8, onnx, tflite
from plate_export.convert.converted import Converted
from plate_export.source import Source
from plate_export.targets import find
from plate_runtime.alphabet import ALPHABET, fold
from plate_runtime.labels import read_labels
from plate_runtime.model import MODELS
from plate_runtime.preprocess import scale_pixels, standardise
from plate_train.networks import tensorflow_setup
from plate_train.networks.weights_file import ModelMeta
from plate_train.plates import architectures
from plate_train.synthetic.plates.spec import PLATE_SPEC

from .conftest import COPIED_AS, Environment

pytestmark = pytest.mark.system

PLATES = 40
SETS = ("plates-us", "plates-romania", "plates-argentina")
CELLS = """
import sys
from pathlib import Path
import numpy as np
from {package}.pictures.open_picture import open_picture
from {package}.model import open_model
model_file, backend, pictures, answers = sys.argv[1:]
frames = [open_picture(path).gray() for path in Path(pictures).read_text().splitlines()]
with open_model(model_file, "detector", backend) as model:
    np.save(answers, np.stack([model.predict_pictures([frame])[0] for frame in frames]))
"""
"""Answers of every cell of a detector for whole frames."""
ANSWERS = """
import sys
from pathlib import Path
import numpy as np
from {package}.decode import decode_logits
from {package}.pictures.open_picture import open_picture
from {package}.model import open_model
model_file, backend, pictures, answers = sys.argv[1:]
if pictures.endswith(".npy"):
    crops = list(np.load(pictures))
else:
    crops = [open_picture(path).gray() for path in Path(pictures).read_text().splitlines()]
with open_model(model_file, "plate", backend) as model:
    logits = model.predict_pictures(crops)
    about = model.manifest
np.save(answers, logits)
for reading in decode_logits(logits, about.decoding, about.script, about.temperature):
    print(reading.raw_text or "-")
"""
Answers = tuple[NDArray[np.float32], list[str]]
Ask = Callable[..., Answers]


@pytest.fixture(scope="session")
def ask(
    base: Environment,
    old_interpreter: Environment,
    onnx_interpreter: Environment,
    copied_runtime: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Ask:
    """ask(model file, backend, pictures[, program]) -> logits and readings, by an environment that has no other."""
    answers = tmp_path_factory.mktemp("answers") / "logits.npy"
    environments = {"litert": base, "tflite": old_interpreter, "onnx": onnx_interpreter}

    def run(model: Path, backend: str, pictures: Path, program: str = ANSWERS) -> Answers:
        package = "plate_runtime" if backend == "litert" else COPIED_AS
        variables = {} if backend == "litert" else {"PYTHONPATH": str(copied_runtime)}
        code = program.format(package=package)
        arguments = (str(model), backend, str(pictures), str(answers))
        said = environments[backend].run("-c", code, *arguments, variables=variables)
        return np.load(answers), said.split()

    return run


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every architecture as it begins, and a network of templates that reads `cell_plates`."""
    tensorflow_setup.fix(seed=1, threads=1)
    keras = tensorflow_setup.import_keras()
    folder = tmp_path_factory.mktemp("networks")
    for name, known in architectures.ARCHITECTURES.items():
        network = architectures.build(name, architectures.Size(width=0.3))
        _export(network, folder, name, known.decoding, known.steps)
    layers = [
        keras.Input((48, 160, 1)),
        keras.layers.Conv2D(len(ALPHABET) + 1, (48, CELL), strides=(48, CELL)),
        keras.layers.Reshape((160 // CELL, len(ALPHABET) + 1)),
    ]
    templates = keras.Sequential(layers)
    templates.set_weights(list(template_weights()))
    _export(templates, folder, "templates", "ctc", 160 // CELL)
    return folder


def _export(network: object, folder: Path, name: str, decoding: str, steps: int) -> None:
    meta = ModelMeta(input=PLATE_SPEC, name=name, kind="plate", decoding=decoding, steps=steps)
    drawn, _ = draw_cells(1, 0, 60, meta.input)
    inputs = scale_pixels(standardise(drawn), meta.input)
    int8 = exact_int8.rewrite(network, tflite.to_int8(network, inputs), inputs)
    converted: dict[tuple[str, str], Converted] = {
        ("tflite", "float32"): tflite.to_float(network),
        ("tflite", "int8"): int8,
        ("onnx", "float32"): onnx.to_float(network),
        ("onnx", "int8"): onnx.to_int8(int8.content),
    }
    for (format_, precision), one in converted.items():
        artefact = describe(Source(Path("none.h5"), "0" * 64, meta), find(format_, precision), one, {})
        (folder / f"{name}-{precision}.{format_}").write_bytes(artefact.build())


@pytest.fixture(scope="session")
def plates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Drawn plates in a file, and their texts."""
    pictures, texts = draw_cells(2, 0, PLATES, PLATE_SPEC)
    path = tmp_path_factory.mktemp("plates") / "plates.npy"
    np.save(path, pictures)
    return path, texts


@pytest.mark.parametrize("name", architectures.ARCHITECTURES)
def test_every_operator_runs_in_all_three_interpreters(
    name: str, networks: Path, plates: tuple[Path, list[str]], ask: Ask
) -> None:
    float_, old_float, onnx_float = (
        ask(networks / f"{name}-float32.{format_}", backend, plates[0])[0]
        for backend, format_ in (("litert", "tflite"), ("tflite", "tflite"), ("onnx", "onnx"))
    )
    spread = float(np.ptp(float_))
    assert np.abs(old_float - float_).max() < 1e-4 * spread
    assert np.abs(onnx_float - float_).max() < 1e-4 * spread
    same = []
    for backend, format_ in (("litert", "tflite"), ("tflite", "tflite"), ("onnx", "onnx")):
        int8 = ask(networks / f"{name}-int8.{format_}", backend, plates[0])[0]
        # A constant added to all logits changes no reading.
        difference = int8 - float_ - np.median(int8 - float_)
        assert np.abs(difference).max() < 0.2 * spread, backend
        assert np.abs(difference).mean() < 0.02 * spread, backend
        same.append(int8)
    if architectures.ARCHITECTURES[name].decoding == "ctc":
        assert all(np.array_equal(same[0], other) for other in same[1:])


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_all_three_interpreters_read_the_same(
    precision: str, networks: Path, plates: tuple[Path, list[str]], ask: Ask
) -> None:
    for backend, format_ in (("litert", "tflite"), ("tflite", "tflite"), ("onnx", "onnx")):
        _, texts = ask(networks / f"templates-{precision}.{format_}", backend, plates[0])
        assert texts == plates[1], backend


def test_the_shipped_readers_read_real_plates_alike_in_all_three(ask: Ask, shared_data: Path, tmp_path: Path) -> None:
    listed = [one for name in SETS for one in read_labels(shared_data / name / "labels.csv") if one.text]
    crops = tmp_path / "crops.txt"
    crops.write_text("\n".join(str(one.path) for one in listed))
    for model in sorted(MODELS.glob("plate-reader-*-int8.tflite")):
        texts, old, other = (
            ask(path, backend, crops)[1]
            for path, backend in ((model, "litert"), (model, "tflite"), (model.with_suffix(".onnx"), "onnx"))
        )
        assert texts == old == other, model.name
        right = sum(fold(text) == fold(one.text) for text, one in zip(texts, listed, strict=True))
        assert right >= 0.85 * len(listed), model.name


def test_the_shipped_detector_says_the_same_of_real_frames_in_all_three(
    ask: Ask, shared_data: Path, tmp_path: Path
) -> None:
    frames = tmp_path / "frames.txt"
    found = sorted((shared_data / "frames-romania" / "images").glob("*.jpg"))[::9]
    frames.write_text("\n".join(map(str, found)))
    (model,) = MODELS.glob("plate-detector-*-int8.tflite")
    cells, old, other = (
        ask(path, backend, frames, CELLS)[0]
        for path, backend in ((model, "litert"), (model, "tflite"), (model.with_suffix(".onnx"), "onnx"))
    )
    assert cells.shape == (len(found), 5040, 9) and len(found) >= 19
    assert np.array_equal(cells, old) and np.array_equal(cells, other)
