"""The reader as a device developer uses it."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_models import draw_character, draw_text

from plate_runtime import PlateReader
from plate_runtime.__main__ import command
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import InputError, UsageError

MakeModel = Callable[..., Path]


@pytest.mark.parametrize(("format_", "precision"), [("tflite", "float32"), ("tflite", "int8"), ("onnx", "float32")])
def test_it_reads_a_character(format_: str, precision: str, make_model_file: MakeModel) -> None:
    with PlateReader(make_model_file(format_, precision)) as reader:
        for character in ALPHABET:
            for picture in (draw_character(character), 255 - draw_character(character)):
                (plate,) = reader.read(picture, as_="character")
                assert plate.text == plate.raw_text == character
                assert plate.box == (0, 0, picture.shape[1], picture.shape[0])


def test_it_reads_a_plate(make_model_file: MakeModel) -> None:
    with PlateReader(make_model_file()) as reader:
        (plate,) = reader.read(draw_text("AB12XYZ"), as_="plate")
        assert plate.text == "AB12XYZ"
        assert len(plate.characters) == 7
        assert 0 < plate.confidence <= 1
        x, y, width, _ = plate.box
        assert min(x, y) >= 0 and x + width <= draw_text("AB12XYZ").shape[1]
        assert len(plate.corners) == 4


def test_every_kind_of_source_gives_the_same(tmp_path: Path, make_model_file: MakeModel) -> None:
    gray = draw_text("K7")
    rgb = np.repeat(gray[:, :, None], 3, axis=2)
    path = tmp_path / "k7.png"
    Image.fromarray(gray).save(path)
    with PlateReader(make_model_file()) as reader:
        readings = [
            reader.read(source, as_="plate", colour=colour)
            for source, colour in [
                (path, "rgb"), (str(path), "rgb"), (path.read_bytes(), "rgb"), (Image.open(path), "rgb"),
                (gray, "rgb"), (rgb, "rgb"), (rgb, "bgr"),
            ]
        ]  # fmt: skip
        assert {reading[0].text for reading in readings} == {"K7"}


def test_a_blank_picture_has_no_plate(make_model_file: MakeModel) -> None:
    with PlateReader(make_model_file()) as reader:
        assert reader.read(np.full((40, 120), 128, np.uint8)) == []


def test_min_confidence_leaves_doubtful_readings_out(make_model_file: MakeModel) -> None:
    with PlateReader(make_model_file()) as reader:
        doubtful = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
        (plate,) = reader.read(doubtful, as_="character", min_confidence=0)
        assert plate.confidence < 1
        assert reader.read(doubtful, as_="character", min_confidence=1) == []


@pytest.mark.parametrize("value", [float("nan"), -0.1, 1.01, 50])
def test_min_confidence_is_a_probability(value: float, make_model_file: MakeModel) -> None:
    with PlateReader(make_model_file()) as reader, pytest.raises(UsageError, match="from 0 to 1, not"):
        reader.read(draw_character("A"), as_="character", min_confidence=value)
    with PlateReader(as_="frame") as reader, pytest.raises(UsageError, match="from 0 to 1, not"):
        reader.find(draw_character("A"), min_confidence=value)


def test_threads_may_share_a_reader(make_model_file: MakeModel) -> None:
    read: list[str] = []
    with PlateReader(make_model_file()) as reader:

        def read_all() -> None:
            read.extend(plate.text for one in ALPHABET for plate in reader.read(draw_character(one), "character"))

        threads = [threading.Thread(target=read_all) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(read) == sorted(4 * ALPHABET)


def test_a_reader_is_neither_copied_nor_pickled(make_model_file: MakeModel) -> None:
    with PlateReader(make_model_file()) as reader:
        for copied in (pickle.dumps, copy.deepcopy):
            with pytest.raises(UsageError, match="open it in each process"):
                copied(reader)


def test_wrong_use_is_refused(make_model_file: MakeModel, tmp_path: Path) -> None:
    with PlateReader(make_model_file()) as reader:
        with pytest.raises(UsageError, match="'vehicle' is unknown; use 'auto', 'frame'"):
            reader.read(draw_character("A"), as_="vehicle")
        with pytest.raises(UsageError, match="region 'atlantis' is unknown"):
            reader.read(draw_character("A"), region="atlantis")
        with pytest.raises(UsageError, match="no meaning"):
            reader.read(draw_character("A"), as_="character", region="gb")
        with pytest.raises(InputError):
            reader.read(tmp_path / "missing.jpg")


@pytest.mark.parametrize(("arguments", "code"), [(["-h"], 0), (["a.png", "--help"], 0), ([], 2)])
def test_the_help_of_the_module_names_options_and_exit_codes(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(arguments) == code
    said = capsys.readouterr().out
    assert said.startswith("usage: python -m plate_runtime [options] PICTURE ...") and "Exit codes: " in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--debug"], "name a picture"), (["--model"], "--model needs a value"), (["--as=", "a"], "--as needs a value"),
     (["--nonsense", "a.png"], "--nonsense is unknown"), (["--as=plates", "a"], "--as plates is unknown; use auto, ")],
)  # fmt: skip
def test_the_module_refuses_what_it_does_not_know(arguments: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        command(arguments)


def test_the_module_reads_what_can_be_read(
    tmp_path: Path, make_model_file: MakeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "k7.png"
    Image.fromarray(draw_text("K7")).save(picture)
    options = [f"--model={make_model_file()}", "--as", "plate", "--backend", "litert"]
    assert command([*options, str(tmp_path / "missing.png"), str(picture)]) == 1
    ended = capsys.readouterr()
    text, confidence, source = ended.out.rstrip("\n").split("\t")
    assert (text, source) == ("K7", str(picture)) and len(confidence) == 5
    assert ended.err.startswith("plate_runtime: ") and "missing.png" in ended.err
    assert command([*options, str(picture)]) == 0
