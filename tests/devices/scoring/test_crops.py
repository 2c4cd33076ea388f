"""Scores of a reader with known outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from device_helpers import make_plate
from PIL import Image

from plate_devices.scoring.crops import describe, evaluate
from plate_runtime.errors import DataError
from plate_runtime.labels import LabelledPicture
from plate_runtime.pictures.open_picture import Picture

ANSWERS = {"a": ("AB12", 0.9), "b": ("A0", 0.8), "c": ("XX", 0.95), "d": None}
LABELS = {"a": "AB12", "b": "AO", "c": "XYZ", "d": "Q7"}


class Reader:
    """Knows what to answer to each picture."""

    def read(self, image: Picture, as_: str, region: str | None, min_confidence: float) -> list[Any]:
        assert (as_, region, min_confidence) == ("plate", None, 0.0)
        answer = ANSWERS[Path(image.name).stem]
        return [make_plate(*answer)] if answer else []


@pytest.fixture
def pictures(tmp_path: Path) -> list[LabelledPicture]:
    made = []
    for name, text in LABELS.items():
        Image.new("L", (5, 5)).save(tmp_path / f"{name}.png")
        made.append(LabelledPicture(tmp_path / f"{name}.png", text))
    return made


def test_every_figure(pictures: list[LabelledPicture]) -> None:
    found = evaluate(Reader(), pictures, "plate")  # type: ignore[arg-type]
    described = describe(found)
    assert (described["count"], described["exact"], described["folded"]) == (4, 1, 2)
    assert (described["exact_rate"], described["folded_rate"]) == (0.25, 0.5)
    assert described["cer"] == pytest.approx((0 + 1 + 2 + 2) / 11, abs=1e-6)
    # A bin each: 0.9 right and 0.95 wrong, 0.8 right with O=0, and 0 for the one not read.
    assert described["ece"] == pytest.approx((abs(0 - 0.95) + abs(1 - 0.9) + abs(1 - 0.8) + 0) / 4, abs=1e-5)
    assert [(round(15 * one["low"]), one["count"], one["accuracy"]) for one in described["bins"]] == [
        (0, 1, 0.0), (12, 1, 1.0), (13, 1, 1.0), (14, 1, 0.0),
    ]  # fmt: skip
    assert described["cpu_ms_median"] >= 0
    assert sum(one["count"] for one in described["bins"]) == 4


def test_failures_come_most_confident_first_and_confusables_last(pictures: list[LabelledPicture]) -> None:
    failures = describe(evaluate(Reader(), pictures, "plate"))["failures"]  # type: ignore[arg-type]
    assert [(one["text"], one["reading"], one["folded"]) for one in failures] == [
        ("XYZ", "XX", False), ("Q7", "", False), ("AO", "A0", True),
    ]  # fmt: skip


def test_an_unreadable_picture_is_named_and_not_counted(pictures: list[LabelledPicture]) -> None:
    pictures[0].path.write_bytes(b"")
    found = evaluate(Reader(), pictures, "plate")  # type: ignore[arg-type]
    assert found.score.count == 3
    assert describe(found)["unreadable"][0]["image"] == str(pictures[0].path)


def test_nothing_readable_is_an_error(pictures: list[LabelledPicture]) -> None:
    pictures[0].path.write_bytes(b"")
    with pytest.raises(DataError, match="no picture of the set"):
        evaluate(Reader(), pictures[:1], "plate")  # type: ignore[arg-type]
