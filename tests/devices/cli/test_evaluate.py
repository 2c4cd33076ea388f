"""plate-eval: what is printed, and how it ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from device_helpers import process
from PIL import Image
from tiny_models import draw_character

from plate_devices.cli.evaluate import command
from plate_devices.cli.evaluate_options import parse_eval
from plate_runtime.errors import AccuracyError, DataError, DeviceError, UsageError
from plate_runtime.labels import read_class_folders, set_digest
from plate_runtime.manifest import Score


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three characters in class folders, and a fourth in a folder where it does not belong."""
    for character, folder in zip("AB7K", "AB7O", strict=True):
        path = tmp_path / "data" / folder / f"{character}.png"
        path.parent.mkdir(parents=True)
        Image.fromarray(draw_character(character)).save(path)
    return tmp_path / "data"


def test_scores_in_json(model: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["--data", str(data), "--model", model, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert (found["count"], found["exact"], found["folded"], found["cer"]) == (4, 3, 3, 0.25)
    assert (found["exact_rate"], found["folded_rate"]) == (0.75, 0.75)
    assert (found["as"], found["model"], found["backend"]) == ("character", "tiny@1.0.0", "litert")
    assert {"ece", "cpu_ms_median", "bins", "unreadable"} <= set(found)
    (failure,) = found["failures"]
    assert (failure["text"], failure["reading"]) == ("O", "K")
    assert failure["image"] == str(data / "O" / "K.png")


def test_scores_for_people(model: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(["--data", str(data), "--model", model])
    shown = capsys.readouterr()
    assert "4 pictures read as character by tiny@1.0.0 in litert" in shown.out
    assert "75.00%" in shown.out
    assert "1 failures" in shown.out
    assert "O\tK\t" in shown.out
    assert shown.err == ""


def test_labels_csv_is_read_as_plates_unless_all_are_characters(
    model: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = data / "labels.csv"
    labels.write_text("image,text\nA/A.png,A\nB/B.png,B\n")
    command(["--labels", str(labels), "--model", model, "--json"])
    assert json.loads(capsys.readouterr().out)["as"] == "character"
    command(["--labels", str(labels), "--model", model, "--backend", "fake:A", "--as", "character", "--json"])
    assert json.loads(capsys.readouterr().out)["exact"] == 1


def test_the_sheet_shows_the_failures(model: str, data: Path, tmp_path: Path) -> None:
    command(["--data", str(data), "--model", model, "--sheet", str(tmp_path / "sheet.png")])
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 100


def test_a_sheet_that_cannot_be_saved_ends_with_4(model: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="cannot be saved"):
        command(["--data", str(data), "--model", model, "--sheet", str(tmp_path / "gone" / "sheet.png")])


def test_an_unreadable_picture_is_named_and_ends_with_1(
    model: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "A" / "A.png").write_bytes(b"")
    assert command(["--data", str(data), "--model", model, "--json"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["count"] == 3
    assert shown.err.count("\n") == 1
    assert "A.png is empty" in shown.err


class TestVerify:
    @pytest.fixture
    def scored(self, make_model_file: Callable[..., Path], data: Path) -> Callable[[int], str]:
        """A model file that claims so many right."""
        digest = set_digest(read_class_folders(data))
        return lambda right: str(make_model_file(scores=(Score("own", digest, 4, right, right, "litert", "1"),)))

    def test_the_truth(self, scored: Callable[[int], str], data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert command(["--verify", scored(3), "--data", str(data)]) == 0
        assert "recorded 3 of 4 (3 folded), found 3 of 4 (3 folded): the same" in capsys.readouterr().out
        assert command(["--verify", scored(3), "--data", str(data), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["verified"] is True

    def test_wrong_recorded_scores_end_with_3(
        self, scored: Callable[[int], str], data: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(AccuracyError, match="has other scores"):
            command(["--verify", scored(4), "--data", str(data), "--json"])
        assert json.loads(capsys.readouterr().out)["verified"] is False

    def test_as_a_process(self, scored: Callable[[int], str], data: Path) -> None:
        for right, changed, code in ((4, False, 3), (3, True, 2)):
            if changed:
                (data / "A" / "A.png").write_bytes((data / "B" / "B.png").read_bytes())
            line = [*process("evaluate"), "--verify", scored(right), "--data", str(data)]
            ended = subprocess.run(line, check=False, capture_output=True, text=True)
            assert ended.returncode == code
            assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "either --labels"),
        ("--labels a.csv --data b", "either --labels"),
        ("--verify m.tflite", "needs --data"),
        ("--verify m.tflite --data d --labels a.csv", "needs --data"),
        ("--verify m.tflite --data d --model n.tflite", "leave --model out"),
        ("--verify m.tflite --data d --sheet s.png", "cannot be used with"),
        ("some/folder", "is not an option"),
        ("--data d --sheet s.pdf", "has to end in"),
        ("--data d --as scene", "is not frame or plate or character"),
    ],
)
def test_nonsense_is_refused_with_its_reason(line: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        parse_eval(line.split())


def test_data_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a folder"):
        command(["--data", str(tmp_path / "gone")])
