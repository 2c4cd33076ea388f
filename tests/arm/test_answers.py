"""How answers of two machines are compared, and how results are kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from arm.answers import Answer, answers, apart, failures
from arm.record import keep

CORNERS = [[0, 0], [9, 0], [9, 4], [0, 4]]


def frame(source: str, *texts: str, confidence: float = 0.9) -> str:
    plate = {"confidence": confidence, "detection_confidence": None, "corners": CORNERS}
    plates = [{**plate, "text": text, "characters": [{"confidence": confidence}] * len(text)} for text in texts]
    return json.dumps({"type": "frame", "source": source, "plates": plates})


def test_the_same_answers_are_not_apart() -> None:
    said = answers(f"{frame('a', 'AB1', 'CD2')}\n{frame('b')}\n")
    assert [one.text for one in said] == ["AB1", "CD2", ""]
    assert apart(said, said) == (0, 0.0, 0.0)


def test_plates_of_a_frame_may_come_in_another_order() -> None:
    assert apart(answers(frame("a", "AB1", "CD2")), answers(frame("a", "CD2", "AB1"))) == (0, 0.0, 0.0)


def test_other_texts_missing_and_further_plates_are_counted_by_picture() -> None:
    ours = answers(f"{frame('a', 'AB1')}\n{frame('b', 'AB1')}\n{frame('c', 'AB1')}\n{frame('d', 'AB1')}")
    theirs = answers(f"{frame('a', 'AB7')}\n{frame('b', 'AB1', 'X1')}\n{frame('c')}\n{frame('d', 'AB1')}")
    assert apart(ours, theirs).texts == 3


def test_the_largest_difference_in_confidence_and_place_counts() -> None:
    ours, theirs = answers(frame("a", "AB1")), answers(frame("a", "AB1", confidence=0.8))
    assert round(apart(ours, theirs).confidence, 6) == 0.1
    moved = [one._replace(corners=(*one.corners[:-1], 7.0)) for one in ours]
    assert apart(ours, moved).pixels == 3


def test_a_failure_of_one_machine_alone_is_another_text() -> None:
    listed = {"failures": [{"image": "a", "text": "AB1", "reading": "AB7", "confidence": 0.5}]}
    assert failures(listed) == [Answer("a", "AB7", (0.5,), ())]
    assert apart(failures(listed), failures({"failures": []})).texts == 1


def test_a_result_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "arm.csv"
    row: dict[str, object] = {"architecture": "arm64", "release": "trixie", "processor": "cortex-a72"}
    row |= {"backend": "litert", "model": "plate-reader", "pictures": "samples", "right": 7}
    keep({**row, "release": "bookworm"}, file)
    keep(row, file)
    keep({**row, "right": 8}, file)
    with file.open(newline="") as stream:
        kept = list(csv.DictReader(stream))
    assert [(one["release"], one["right"]) for one in kept] == [("bookworm", "7"), ("trixie", "8")]
    assert all(one["date"].startswith("20") for one in kept)
