"""A model tried in a process of its own: what crashes or hangs there costs one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from crashing_models import crashing_model

from plate_runtime.errors import ModelError
from plate_runtime.trial import try_model

REFUSED = r"crashes over it \(SIG[A-Z]+\); this model is not used|is refused by|fails in"
"""A later interpreter may refuse what this one crashes over."""


@pytest.mark.parametrize("format_", ["tflite", "onnx"])
def test_sound_models_pass(format_: str, make_model_file: Callable[..., Path]) -> None:
    try_model(make_model_file(format_))


def test_a_crash_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=REFUSED) as refused:
        try_model(crashing_model(tmp_path))
    assert "\n" not in str(refused.value)


def test_what_takes_too_long_is_ended(make_model_file: Callable[..., Path]) -> None:
    with pytest.raises(ModelError, match=r"takes longer than 0\.001 s"):
        try_model(make_model_file(), seconds=0.001)


def test_a_damaged_file_is_refused_as_usual(make_model_file: Callable[..., Path]) -> None:
    path = make_model_file()
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ModelError, match="damaged"):
        try_model(path)


def test_a_missing_interpreter_is_named(make_model_file: Callable[..., Path]) -> None:
    with pytest.raises(ModelError, match=r"reads \.onnx files"):
        try_model(make_model_file("tflite"), "onnx")
