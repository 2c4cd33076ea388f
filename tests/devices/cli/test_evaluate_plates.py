"""plate-eval on plates, with a model that reads them at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from shipped_labels import shipped_label
from tiny_plates import draw_cells

from plate_devices.cli.evaluate import command
from plate_devices.cli.infer import command as infer
from plate_runtime.errors import AccuracyError, DataError
from plate_runtime.labels import read_labels, set_digest
from plate_runtime.manifest import Score

PLATES = {"a.png": ("B123ABC", "B123ABC"), "b.png": ("CJ12A8C", "CJ12ASC"), "c.png": ("K70", "K7O")}


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Three plates: one read right, one that only its region's format settles, one right with O=0."""
    folder = tmp_path / "plates"
    folder.mkdir()
    rows = ["image,text"]
    for name, (drawn, label) in PLATES.items():
        Image.fromarray(draw_cells(drawn, 2)).save(folder / name)
        rows.append(f"{name},{label}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder / "labels.csv"


def test_scores_calibration_and_bins(
    make_plate_model: Callable[..., Path], labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for format_, precision in (("tflite", "float32"), ("tflite", "int8"), ("onnx", "int8")):
        model = make_plate_model(format_, precision)
        assert command(["--labels", str(labels), "--model", str(model), "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["as"], found["model"], found["precision"]) == ("auto", "tiny-plates@1.0.0", precision)
        assert (found["count"], found["exact"], found["folded"]) == (3, 1, 2)
        assert found["cer"] == pytest.approx(2 / 17, abs=1e-6)
        assert sum(one["count"] for one in found["bins"]) == 3
        assert found["ece"] == pytest.approx(
            sum(one["count"] * abs(one["accuracy"] - one["confidence"]) for one in found["bins"]) / 3, abs=1e-3
        )
        assert [one["folded"] for one in sorted(found["failures"], key=lambda one: one["text"])] == [False, True]


def test_pictures_are_read_as_plate_infer_reads_them(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = repository / "devices" / "plate_devices" / "samples"
    assert infer([str(samples), "--json"]) == 0
    read = [json.loads(line)["plates"][0]["text"] for line in capsys.readouterr().out.splitlines()]
    assert sorted(read) == sorted(one.text for one in read_labels(samples / "labels.csv"))
    assert command(["--data", str(samples), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["as"], found["model"], found["exact"]) == ("auto", shipped_label("frame"), 8)


def test_a_region_decides_before_scoring(
    make_plate_model: Callable[..., Path], labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(["--labels", str(labels), "--model", str(make_plate_model()), "--region", "ro", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["exact"], found["folded"], found["region"]) == (2, 3, "ro")


def test_the_pictures_of_a_run(make_plate_model: Callable[..., Path], labels: Path, tmp_path: Path) -> None:
    sheet, diagram = tmp_path / "sheet.png", tmp_path / "diagram.png"
    line = ["--labels", str(labels), "--model", str(make_plate_model())]
    assert command([*line, "--sheet", str(sheet), "--reliability", str(diagram)]) == 0
    for file in (sheet, diagram):
        with Image.open(file) as image:
            assert image.width > 100


def test_recorded_scores_of_plates_are_verified(
    make_plate_model: Callable[..., Path], labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = set_digest(read_labels(labels))

    def verify(right: int) -> int:
        scores = (Score("own", digest, 3, right, 2, "litert", "1"),)
        model = make_plate_model("tflite", "int8", scores=scores)
        return command(["--verify", str(model), "--data", str(labels.parent)])

    assert verify(1) == 0
    assert "recorded 1 of 3 (2 folded), found 1 of 3 (2 folded): the same" in capsys.readouterr().out
    with pytest.raises(AccuracyError):
        verify(2)


def test_pictures_of_another_set_are_refused(make_plate_model: Callable[..., Path], labels: Path) -> None:
    with pytest.raises(DataError, match="records no scores"):
        command(["--verify", str(make_plate_model()), "--data", str(labels.parent)])
