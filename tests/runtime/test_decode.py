"""Probabilities -> characters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from plate_runtime.decode import apply_temperature, decode_softmax, logits
from plate_runtime.decode.segments import merge
from plate_runtime.script import LATIN, Script


def test_best_first_with_alternatives_worth_naming() -> None:
    (character,) = decode_softmax(np.array([[0.9, 0.08, 0.019, 0.001]], np.float32), Script("ABCD"))
    assert (character.text, character.confidence) == ("A", pytest.approx(0.9, abs=1e-3))
    assert [text for text, _ in character.alternatives] == ["B", "C"]


def test_temperature_softens_and_sharpens_without_changing_the_order() -> None:
    row = np.array([[0.7, 0.2, 0.1]], np.float32)
    soft, sharp = apply_temperature(row, 2.0), apply_temperature(row, 0.5)
    assert soft[0, 0] < 0.7 < sharp[0, 0]
    assert soft.argmax() == sharp.argmax() == 0
    assert np.allclose(soft.sum(), 1) and np.allclose(apply_temperature(row, 1.0), row, atol=1e-6)


def test_zeros_of_an_int8_output_do_not_rule() -> None:
    assert np.isfinite(apply_temperature(np.zeros((1, 4), np.float32), 1.0)).all()


def test_confusables_add_up_and_the_likelier_is_named() -> None:
    row = np.zeros((1, 36), np.float32)
    row[0, [0, 24, 13]] = 0.5, 0.4, 0.1  # 0, O and D
    (character,) = decode_softmax(row, LATIN)
    assert (character.text, character.confidence) == ("0", pytest.approx(0.9, abs=1e-3))
    assert [text for text, _ in character.alternatives] == ["O", "D"]


def test_probabilities_do_not_depend_on_how_numpy_computes_powers(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = np.random.default_rng(0).integers(-128, 128, (50, 37)).astype(np.float32) * np.float32(0.17)
    seen: list[NDArray[np.float32]] = []
    monkeypatch.setattr(logits, "merge", lambda found, script: seen.append(found) or merge(found, script))
    logits.find_candidates(steps[None], "ctc", LATIN)
    powers = [[math.exp(one - max(row)) for one in row] for row in steps.tolist()]
    exact = np.array([[one / math.fsum(row) for one in row] for row in powers]) @ logits._confusion(LATIN)
    assert seen[0].dtype == np.float32 and np.array_equal(seen[0][0], exact.astype(np.float32))
