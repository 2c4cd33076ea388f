from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_export.network_outputs import (
    NOTHING,
    character_pairs,
    output_name,
    probabilities,
    read_texts,
    require_sound,
)
from plate_runtime.errors import ModelError
from plate_runtime.manifest import output_shape
from plate_train.networks.weights_file import ModelMeta

CHARACTER = ModelMeta(alphabet="AB")
PLATE = ModelMeta(alphabet="AB", kind="plate", decoding="ctc", steps=4)


def _shape(meta: ModelMeta) -> tuple[int, ...]:
    return output_shape(meta.kind, meta.input, meta.alphabet, meta.steps, meta.strides)


def test_every_kind_has_its_output() -> None:
    assert (_shape(CHARACTER), output_name(2)) == ((2,), "probabilities")
    assert (_shape(PLATE), output_name(3)) == ((4, 3), "logits")


def test_readings_are_those_of_the_runtime() -> None:
    steps = np.eye(3, dtype=np.float32)[[[0, 0, 1, 2]]] * 9
    assert read_texts(steps, PLATE) == ["AB"]
    assert read_texts(steps, dataclasses.replace(PLATE, decoding="slots")) == ["AAB"]
    assert read_texts(steps[0, :, :2], CHARACTER)[2] == "B"


@pytest.mark.parametrize("row", [[0.5, 0.6], [-1.0, 2.0], [float("nan"), 1.0], [3.0, 1.0]])
def test_what_is_no_softmax_is_refused(row: list[float]) -> None:
    require_sound(np.array([[0.25, 0.75]], np.float32), CHARACTER, Path("m.h5"))
    with pytest.raises(ModelError, match="softmax"):
        require_sound(np.array([row], np.float32), CHARACTER, Path("m.h5"))


def test_logits_have_to_be_numbers() -> None:
    require_sound(np.full((1, 4, 3), -50, np.float32), PLATE, Path("m.h5"))
    with pytest.raises(ModelError, match="not finite"):
        require_sound(np.full((1, 4, 3), np.inf, np.float32), PLATE, Path("m.h5"))


def test_outputs_become_probabilities() -> None:
    rows = np.array([[0.25, 0.75]], np.float32)
    assert probabilities(rows) is rows
    found = probabilities(np.array([[[0.0, np.log(3)], [900.0, 0.0]]], np.float32))
    assert found == pytest.approx(np.array([[[0.25, 0.75], [1.0, 0.0]]]))


@given(st.text("AB0", max_size=6), st.text("AB0", max_size=6))
def test_every_character_is_compared_once(text: str, label: str) -> None:
    pairs = character_pairs([text], [label])
    assert "".join(there for there, _ in pairs if there != NOTHING) == label
    assert "".join(read for _, read in pairs if read != NOTHING) == text
    assert (NOTHING, NOTHING) not in pairs


def test_a_missed_character_leaves_the_others_right() -> None:
    assert character_pairs(["B4CD", "A"], ["AB4CD", "B"]) == [
        ("A", NOTHING), ("B", "B"), ("4", "4"), ("C", "C"), ("D", "D"), ("B", "A"),
    ]  # fmt: skip
