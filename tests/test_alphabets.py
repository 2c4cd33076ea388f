"""Models of other alphabets by the commands that users run: training, export, picture, camera, watch list, scores.

One reads single Cyrillic characters, the other plates with digits alone. Both are trained here within seconds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image
from small_letters import render, write_classes, write_plates

from plate_devices.cli import evaluate, infer
from plate_devices.cli.infer_options import parse_infer
from plate_devices.health.machine_checks import check_samples
from plate_export.command import export_command
from plate_runtime.errors import DataError, UsageError
from plate_runtime.labels import read_labels
from plate_runtime.model_file import read_model_file
from plate_runtime.preprocess import scale_pixels
from plate_runtime.script import Script
from plate_train import command as train
from plate_train.characters.datasets import load_folder
from plate_train.networks import tensorflow_setup, weights_file
from plate_train.networks.weights_file import ModelMeta
from plate_train.plates.architectures import PLATE_SPEC, Size, build
from plate_train.plates.losses import ctc_loss, encode
from plate_train.plates.score import crops

CYRILLIC, DIGITS = "12347АБГЖОУ", "0123456789"
CROP = (160, 48)
_SMALL = ["--first-filters", "8", "--second-filters", "16", "--first-dense", "48", "--second-dense", "24"]
_FAST = ["--epochs", "30", "--augment", "0.4", "--learning-rate", "0.004", "--batch", "16"]


class Case(NamedTuple):
    """A model, where its files are, the set it was checked on, and a plate that it reads.

    listed: the plate as a watch list has it; foreign: a text that its alphabet lacks; region: one with such letters.
    """

    alphabet: str
    out: Path
    data: Path
    read_as: str
    plate: str
    listed: str
    foreign: str
    region: str = "de"

    @property
    def model(self) -> str:
        """The int8 TFLite file."""
        (path,) = self.out.glob("*-int8.tflite")
        return str(path)


@pytest.fixture(scope="module")
def cyrillic(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A character model of Cyrillic letters, trained and exported by commands."""
    folder = tmp_path_factory.mktemp("cyrillic")
    data, run = folder / "data", folder / "run"
    write_classes(data / "train", CYRILLIC, range(12))
    write_classes(data / "val", CYRILLIC, range(20, 24))
    asked = ["character", "--data", str(data), "--alphabet", CYRILLIC, "--model-name", "cyrillic", "--out", str(run)]
    assert train.command([*asked, *_FAST, *_SMALL]) == 0
    asked = [str(run / "model.h5"), "--data", str(data), "--int8", "--onnx", "--out", str(folder / "out")]
    assert export_command(asked) == 0
    return Case(CYRILLIC, folder / "out", data, "character", "А123ОЖ", "a 123 oж, Мама", "АЩ1")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A plate model of digits alone, trained as docs/train/plates.md shows."""
    folder = tmp_path_factory.mktemp("digits")
    data, script, chance = folder / "data", Script(DIGITS), random.Random(5)
    texts = ["".join(chance.choices(DIGITS, k=chance.choice((5, 6, 7)))) for _ in range(440)]
    write_plates(data / "train", texts[:400], CROP)
    write_plates(data / "val", texts[400:], CROP, 1000)
    tensorflow_setup.fix(seed=1, threads=1)
    keras, tf = tensorflow_setup.import_keras(), tensorflow_setup.import_tensorflow()
    rows = read_labels(data / "train" / "labels.csv", script)
    inputs = scale_pixels(crops(rows, PLATE_SPEC), PLATE_SPEC)
    network = build("ctc", Size(width=0.2, depth=1, dropout=0.0), script)
    rate = keras.optimizers.schedules.CosineDecay(4e-3, decay_steps=300)  # 12 epochs of 25 batches
    network.compile(keras.optimizers.Adam(rate), lambda codes, logits: ctc_loss(tf.cast(codes, tf.int32), logits))
    network.fit(inputs, encode([row.text for row in rows], script), batch_size=16, epochs=12, verbose=0)
    meta = ModelMeta(DIGITS, PLATE_SPEC, "digits", kind="plate", decoding="ctc", steps=40)
    weights_file.save(network, folder / "digits.h5", meta)
    asked = [str(folder / "digits.h5"), "--data", str(data), "--int8", "--onnx", "--calibration", "100"]
    assert export_command([*asked, "--out", str(folder / "out")]) == 0
    return Case(DIGITS, folder / "out", data, "plate", "4073126", "407-31.26, Neighbour", "AB123")


@pytest.fixture(params=["cyrillic", "digits"])
def case(request: pytest.FixtureRequest) -> Case:
    """Either model."""
    found: Case = request.getfixturevalue(request.param)
    return found


def _read(capsys: pytest.CaptureFixture[str], asked: Sequence[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert infer.command([*asked, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def street(case: Case, tmp_path: Path) -> Path:
    """A folder of pictures as a camera at a gate takes them: nothing, one plate for nine pictures, nothing."""
    folder = tmp_path / "street"
    folder.mkdir()
    for number in range(20):
        picture = render(case.plate, number, 8) if 3 <= number < 12 else np.full((60, 200), 20, np.uint8)
        Image.fromarray(picture).resize((320, 96)).save(folder / f"{number:02d}.png")
    return folder


def test_published_files_score_the_same_by_the_command(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(path for path in case.out.iterdir() if path.suffix in (".tflite", ".onnx"))
    assert len(files) == 2
    for path in files:
        manifest = read_model_file(path).manifest
        assert manifest.alphabet == case.alphabet
        assert evaluate.command(["--verify", str(path), "--data", str(case.data)]) == 0
        capsys.readouterr()
        assert evaluate.command(["--data", str(case.data), "--model", str(path), "--as", case.read_as, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        recorded = next(score for score in manifest.scores if score.backend == found["backend"])
        assert (found["count"], found["exact"]) == (recorded.count, recorded.right)
        assert found["exact"] >= 0.95 * found["count"] and found["count"] >= 40


def test_pictures_of_plates_are_read(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_plates(tmp_path / "plates", [case.plate], (320, 96))
    (record,) = _read(capsys, [str(tmp_path / "plates"), "--as", "plate", "--model", case.model])
    (plate,) = record["plates"]
    assert plate["text"] == plate["raw_text"] == case.plate and plate["confidence"] > 0.8
    assert evaluate.command(["--labels", str(tmp_path / "plates" / "labels.csv"), "--model", case.model]) == 0


@pytest.mark.parametrize("mode", ["clear", "hash"])
def test_a_camera_reports_the_vehicle_and_the_list_it_is_on(
    case: Case, mode: str, street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.txt").write_text(f"plate,name\n{case.listed}\n", "utf-8")
    (tmp_path / "gate.toml").write_text(
        f'[[watchlist]]\nname = "family"\nfile = "{tmp_path}/list.txt"\nfuzzy = true\n'
        f'[privacy]\nmode = "{mode}"\n' + (f'key_file = "{tmp_path}/key"\n' if mode == "hash" else "")
    )
    watched = ["--camera", str(street), "--as", "plate", "--model", case.model, "--config", str(tmp_path / "gate.toml")]
    (record,) = _read(capsys, watched)
    (hit,) = record["watchlists"]
    assert record["type"] == "vehicle" and (hit["name"], hit["match"]) == ("family", "exact")
    if mode == "clear":
        assert record["plates"][0]["text"] == hit["listed"] == case.plate and record["frames"] >= 7
        assert hit["plate_name"] == case.listed.partition(", ")[2]
    else:
        assert record["plates"][0]["text"] == "" and ":" in record["plates"][0]["text_hash"]


def test_plates_in_frames_of_a_camera_are_followed(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    found = _read(capsys, ["--camera", "demo:1", "--as", "frame", "--min-confidence", "0", "--model", case.model])
    assert all(set(plate["text"]) <= set(case.alphabet) for record in found for plate in record["plates"])


def test_what_the_alphabet_lacks_is_named(case: Case, street: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{case.listed}\n{case.foreign}\n", "utf-8")
    (tmp_path / "gate.toml").write_text(f'[[watchlist]]\nname = "family"\nfile = "{tmp_path}/list.txt"\n')
    model = ["--as", "plate", "--model", case.model]
    with pytest.raises(DataError, match=f"list.txt, line 2: .* write one of {case.alphabet}"):
        infer.command(["--camera", str(street), "--config", str(tmp_path / "gate.toml"), *model])
    (tmp_path / "labels.csv").write_text(f"image,text\na.png,{case.foreign}\n", "utf-8")
    with pytest.raises(DataError, match=f"labels.csv, line 2: .* write one of {case.alphabet}"):
        evaluate.command(["--labels", str(tmp_path / "labels.csv"), *model])


def test_a_region_of_other_characters_is_refused(case: Case, street: Path) -> None:
    asked = ["--as", "plate", "--model", case.model, "--region", case.region]
    for where in ([str(street)], ["--camera", str(street)]):
        with pytest.raises(UsageError, match=f"'{case.region}' has plates with other characters"):
            infer.command([*where, *asked])
    with pytest.raises(UsageError, match="other characters"):
        evaluate.command(["--data", str(case.data), *asked])


def test_a_region_of_digits_alone_is_known_for_plates_of_digits(
    digits: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_plates(tmp_path / "plates", [digits.plate], CROP)
    asked = [str(tmp_path / "plates"), "--as", "plate", "--model", digits.model, "--region", "il"]
    (record,) = _read(capsys, asked)
    assert [(plate["text"], plate["region"]) for plate in record["plates"]] == [(digits.plate, "il")]


def test_the_doctor_does_not_blame_a_model_for_characters_that_it_lacks(case: Case, tmp_path: Path) -> None:
    options = parse_infer(["--camera", "demo", "--as", "plate", "--model", case.model])
    (found,) = check_samples(options)
    assert (found.state, "no sample plate has its characters" in found.message) == ("note", True)


def test_training_names_classes_that_it_leaves_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_classes(tmp_path / "data", "АБ", range(2))
    with pytest.raises(DataError, match="--alphabet АБ"):
        train.command(["character", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run")])
    for part in ("train", "val"):
        write_classes(tmp_path / "more" / part, "АБ12", range(2))
    assert load_folder(tmp_path / "more").train.characters.alphabet == "12"
    assert "add --alphabet 12АБ" in capsys.readouterr().err
    with pytest.raises(UsageError, match="use --alphabet with --data"):
        train.command(["character", "--alphabet", "АБ", "--out", str(tmp_path / "run")])
    with pytest.raises(UsageError, match="each once"):
        train.command(["character", "--alphabet", "АА", "--data", str(tmp_path / "data")])
