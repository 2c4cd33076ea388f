from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plate_export.artefact import Artefact, describe
from plate_export.check_sets.labelled import CheckSet, Labelled
from plate_export.checks import text_check
from plate_export.checks.text_check import Check, Examples, Limits, TextResult
from plate_export.convert.calibrate import choose
from plate_export.convert.converted import Converted
from plate_export.report.changes_picture import draw_changes
from plate_export.report.export_report import to_table
from plate_export.report.text_report import TextReport as Report
from plate_export.source import Source
from plate_export.targets import find
from plate_runtime.alphabet import ALPHABET
from plate_train.networks.weights_file import ModelMeta

LABELS = "AAAABBBB8888"


def _check_set() -> CheckSet:
    pictures = np.random.default_rng(0).integers(0, 255, (len(LABELS), 28, 28)).astype(np.uint8)
    characters = Labelled(pictures, list(LABELS), [f"/data/val/{place}.png" for place in range(len(LABELS))])
    unseen = np.array([False] * 2 + [True] * 10)
    return CheckSet("set/val", "set/train", "d" * 64, characters, characters, False, unseen, ("a note",))


def _result(texts: str, check_set: CheckSet) -> TextResult:
    probabilities = np.eye(36, dtype=np.float32)[[ALPHABET.index(text) for text in texts]]
    inputs = np.zeros((len(texts), 28, 28, 1), np.float32)
    return text_check.count_right(list(texts), probabilities, Examples(inputs, LABELS, check_set.unseen))


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Two files, one as good as the `.h5`, one that reads two Bs as 8."""
    (tmp_path / "model.h5").write_bytes(b"x" * 2000)
    source = Source(tmp_path / "model.h5", "e" * 64, ModelMeta(name="tiny", version="1.2.0"), ("a foreign file",))
    check_set = _check_set()
    reference = _result("AAAABBBB8888", check_set)
    artefacts: list[Artefact] = []
    checks: list[Check] = []
    for precision, texts in (("float32", "AAAABBBB8888"), ("int8", "AAAABB888888")):
        record = {"rounding": "exact"} if precision == "int8" else {}
        artefact = describe(source, find("tflite", precision), Converted(b"model", {precision: 3}), record)
        artefacts.append(artefact)
        outputs = _result(texts, check_set)
        checks.append(
            text_check.compare(reference, outputs, LABELS, file=artefact.name, backend="litert", version="2.3")
        )
    installed = {"litert": "2.3", "tflite": None, "onnx": None}
    calibration = choose(check_set.train, 6, 7)
    return Report(source, check_set, Limits(), calibration, reference, artefacts, checks, installed, {"keras": "3.15"})


def test_json_holds_every_figure(report: Report) -> None:
    values = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert values["h5"] == {"right": 12, "folded": 12, "right_unseen": 10, "cer": 0}
    assert values["set"]["also_in_train"] == 2
    assert values["limits"]["may_lose"] == 1
    assert values["calibration"]["seed"] == 7
    assert values["not_run"] == ["tflite"]
    same, worse = values["artefacts"]
    assert (same["rounding"], worse["rounding"]) == (None, "exact")
    assert same["checks"][0]["changed"] == []
    check = worse["checks"][0]
    assert (check["right"], check["backend"], check["version"]) == (10, "litert", "2.3")
    assert check["agreement"] == pytest.approx(10 / 12, abs=1e-6)
    assert check["class_changes"] == {"B": {"h5": 4, "file": 2}}
    assert check["new_confusions"] == [{"label": "B", "read": "8", "more": 2}]
    assert [entry["picture"] for entry in check["changed"]] == ["/data/val/6.png", "/data/val/7.png"]


def test_text_says_what_matters(report: Report) -> None:
    text = report.to_text()
    for part in (
        "a foreign file", "a note", "set/val: 12 pictures", "12 of 12 right (95 %), at most 1 fewer", "seed 7",
        "2 of the pictures are also in the training split; without them the .h5 reads 10 of 10",
        "int8 is rounded exactly", "tiny-1.2.0-int8.tflite", "litert 2.3", "10/12", "83.33 %", "B 4->2", "B as 8 x2",
        "Not installed, so not run: tflite", "2 pictures are read differently",
    ):  # fmt: skip
        assert part in text
    widths = {len(line) for line in text.splitlines() if line.startswith("|")}
    assert len(widths) == 1
    widest = ["float32.tflite", "1812", "tflite-runtime 2.14.0", "2048/2048", "2048", "12.34 %", "100.00 %", "0.1234"]
    headers = "file", "KB", "interpreter", *Report.headers, "agrees", "diff."
    assert max(*widths, *map(len, to_table(headers, [widest]))) <= 100


def test_the_picture_shows_changed_characters(report: Report) -> None:
    (png,) = draw_changes(report.check_set, report.reference, report.checks)
    (unchanged,) = draw_changes(report.check_set, report.reference, report.checks[:1])
    with Image.open(io.BytesIO(png)) as changed, Image.open(io.BytesIO(unchanged)) as same:
        assert changed.size[0] == same.size[0]
        assert changed.size[1] > same.size[1]


def test_equal_exports_give_equal_pictures(report: Report) -> None:
    first, again = (draw_changes(report.check_set, report.reference, report.checks) for _ in range(2))
    assert first == again
