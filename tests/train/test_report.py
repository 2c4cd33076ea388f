"""What a run reports."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_glyphs import seed_result as result

from plate_train.characters import report
from plate_train.characters.datasets import CharacterSet
from plate_train.characters.protocol import Scored
from plate_train.characters.search import SearchResult, Trial


@pytest.fixture
def found(small_val: CharacterSet) -> report.RunReport:
    scored = Scored(small_val, np.arange(36) < 4, np.arange(36) < 4)
    results = [result(small_val, 3, [2, 10, 30]), result(small_val, 4, [5])]
    return report.RunReport("honest", results, scored, {"kind": "folders"}, elapsed_seconds=3.14159)


def test_summary_has_mean_minimum_and_maximum_with_and_without_copies(found: report.RunReport) -> None:
    summary = found.to_json()["summary"]
    assert summary["val"]["right"] == {"mean": 34.0, "min": 33, "max": 35}
    assert summary["val"]["count"] == 36
    assert summary["val_without_copies"]["right"] == {"mean": 30.5, "min": 30, "max": 31}
    assert summary["robustness"]["clean"]["right"]["max"] == 35
    assert summary["last_epoch"] is None


def test_errors_of_the_saved_network_most_confident_first(found: report.RunReport) -> None:
    errors = found.to_json()["errors"]
    assert [error["label"] for error in errors] == ["U", "A", "2"]
    assert [error["read"] for error in errors] == ["V", "B", "3"]
    assert [error["copy_in_train"] for error in errors] == [False, False, True]
    assert errors[0]["confidence"] == pytest.approx(0.83)
    assert found.to_json()["confusions"][0] == {"label": "2", "read": "3", "count": 1}


def test_lines_say_counts_protocol_and_table(found: report.RunReport) -> None:
    text = "\n".join(found.lines())
    assert "protocol: honest: epochs chosen on a part of train/" in text
    assert "seed 3, 3 epochs: 33 of 36 (91.67 %)" in text
    assert "without copies of train/: 30 of 32" in text
    assert "2 seeds, all of val: mean 34.0 of 36, 33 to 35" in text
    assert "2 seeds, without copies: mean 30.5 of 32, 30 to 31" in text
    assert "inverted" in text


def test_a_search_is_part_of_the_report(found: report.RunReport) -> None:
    from plate_train.characters.architectures import Hyperparameters

    trials = [Trial("0", Hyperparameters(16), 0.5), Trial("1", Hyperparameters(48), 0.75)]
    told = report.search_json(SearchResult(trials, trials[1], 1))
    assert told is not None
    assert told["best"]["hyper"]["first_filters"] == 48
    assert told["resumed_after"] == 1
    assert json.loads(json.dumps(told)) == told
