"""The temperature is fitted by what the command reads, and written into whole files."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_plates import CELLS, draw_cells

from plate_runtime.alphabet import ALPHABET
from plate_runtime.decode import find_prior
from plate_runtime.labels import read_labels
from plate_runtime.manifest import Manifest
from plate_runtime.model import open_model
from plate_runtime.model_file import read_model_file
from plate_runtime.pictures.open_picture import Picture, open_picture
from plate_runtime.recognise import NetworkRecogniser, read_plate


@pytest.fixture
def load(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """load("temperature") imports a script of benchmarks/, which is no package."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    return importlib.import_module


@pytest.mark.parametrize("name", ["plate-reader", "plate-reader-nano"])
def test_benchmarks_score_what_the_command_reads(
    load: Callable[[str], ModuleType], repository: Path, name: str
) -> None:
    crops = load("crops")
    samples = repository / "devices" / "plate_devices" / "samples" / "labels.csv"
    grays = [open_picture(entry.path).gray() for entry in read_labels(samples)]
    pictures = [Picture(np.repeat(one[::step, ::step, None], 3, axis=2), "crop") for one in grays for step in (1, 4, 8)]
    doubtful = 0
    with open_model(name, "plate") as model:
        for picture in pictures:
            (crop,) = crops.look([crops.Picture(picture.gray(), "", False)], model)
            plate = read_plate(picture, NetworkRecogniser(model, second_look=0.0))
            for reading in (crop.read(find_prior()), crop.read_at(model.manifest.temperature, find_prior())):
                found = (plate.text, plate.raw_text, plate.confidence) if plate else ("", reading.raw_text, 0.0)
                assert (reading.text, reading.raw_text, reading.confidence if plate else 0.0) == found
            doubtful += "others" in vars(crop)
    assert doubtful, "no crop got a second look"


class Echo:
    """A model with these logits for every look, float32 (1, steps, classes and blank)."""

    def __init__(self, manifest: Manifest, logits: NDArray[np.float32]) -> None:
        self.manifest, self._logits = manifest, logits

    def predict_pictures(self, pictures: Sequence[Any]) -> NDArray[np.float32]:
        """Give them, one for each picture."""
        return np.repeat(self._logits, len(pictures), axis=0)


@pytest.mark.parametrize("sharpness", [5.0, 9.0])
def test_a_network_too_certain_gets_a_higher_temperature_than_one_too_modest(
    load: Callable[[str], ModuleType], make_plate_model: Callable[..., Path], sharpness: float
) -> None:
    """Both are wrong in one of five, in a character that no format asks for."""
    crops, temperature = load("crops"), load("temperature")
    manifest = read_model_file(make_plate_model(decoding="slots", thresholds={})).manifest
    seen = []
    for number in range(60):
        text = f"{ALPHABET[number % 36]}{ALPHABET[number * 7 % 36]}"
        logits = np.zeros((1, CELLS, len(ALPHABET) + 1), np.float32)
        for step in range(CELLS):
            logits[0, step, ALPHABET.index(text[step]) if step < len(text) else len(ALPHABET)] = sharpness
        label = text if number % 5 else text[0] + "W"
        picture = crops.Picture(draw_cells("AB"), label, False)
        seen.append(crops.Crop(picture, Echo(manifest, logits), logits))
    fitted = temperature.fit(seen)
    before, after = temperature.score(seen, {"before": 1.0, "fitted": fitted})
    assert after["log_loss"] <= before["log_loss"]
    assert (fitted < 1) == (sharpness == 5.0)


@pytest.mark.parametrize("format_", ["tflite", "onnx"])
def test_a_file_gets_another_temperature_and_stays_the_same_network(
    load: Callable[[str], ModuleType], make_plate_model: Callable[..., Path], format_: str
) -> None:
    temperature = load("temperature")
    path = make_plate_model(format_)
    before, content = read_model_file(path), path.read_bytes()
    assert temperature.files_of(path) == [path]
    temperature.write(path, 1.25)
    after = read_model_file(path)
    assert after.manifest.temperature == 1.25 != before.manifest.temperature
    temperature.write(path, before.manifest.temperature)
    assert path.read_bytes() == content
    assert [one.name for one in path.parent.iterdir()] == [path.name]
