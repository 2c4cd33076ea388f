"""Scores in a model file, read again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_models import draw_character

from plate_devices.scoring import verify as module
from plate_devices.scoring.verify import verify
from plate_runtime.errors import DataError, MissingPartError
from plate_runtime.labels import read_class_folders, set_digest
from plate_runtime.manifest import Score

CHARACTERS = "ABC7"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four characters that the tiny model reads, in class folders below val/, one of them in the wrong one."""
    for character, folder in zip(CHARACTERS, "ABCK", strict=True):
        path = tmp_path / "data" / "val" / folder / "1.png"
        path.parent.mkdir(parents=True)
        Image.fromarray(draw_character(character)).save(path)
    return tmp_path / "data"


def score(data: Path, **changes: Any) -> Score:
    digest = set_digest(read_class_folders(data / "val"))
    return replace(Score("own/val", digest, 4, 3, 3, "litert", "1.0"), **changes)


Make = Callable[..., Path]


def test_true_scores_are_confirmed(make_model_file: Make, data: Path) -> None:
    (one,) = verify(make_model_file(scores=(score(data),)), data)
    assert one.same
    described = one.describe()
    assert described["recorded"] == {"count": 4, "right": 3, "folded": 3, "backend_version": "1.0"}
    assert described["recomputed"] == described["recorded"] | {"backend_version": one.version}
    assert described["same"] is True


@pytest.mark.parametrize("change", [{"right": 4}, {"folded": 4}, {"count": 5}])
def test_any_other_figure_is_found_out(make_model_file: Make, data: Path, change: dict[str, int]) -> None:
    (one,) = verify(make_model_file(scores=(score(data, **change),)), data)
    assert not one.same


def test_other_pictures_are_refused(make_model_file: Make, data: Path) -> None:
    model = make_model_file(scores=(score(data),))
    (data / "val" / "A" / "1.png").write_bytes((data / "val" / "B" / "1.png").read_bytes())
    with pytest.raises(DataError, match=r"has digest .* records scores on own/val"):
        verify(model, data)


def test_each_backend_is_checked_by_itself(make_model_file: Make, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model_file(scores=(score(data), score(data, backend="tflite")))
    monkeypatch.setattr(module, "installed", lambda: {"litert": "9.9", "tflite": None, "onnx": None})
    ran, missing = verify(model, data)
    assert ran.same
    assert missing.found is None
    assert missing.describe()["same"] is None
    assert [one.recorded.backend for one in verify(model, data, "litert")] == ["litert"]
    with pytest.raises(MissingPartError, match="tflite"):
        verify(model, data, "tflite")


def test_a_model_without_scores_or_of_another_kind_is_refused(make_model_file: Make, data: Path) -> None:
    with pytest.raises(DataError, match="records no scores"):
        verify(make_model_file(), data)
    with pytest.raises(DataError, match="records no scores in onnx"):
        verify(make_model_file(scores=(score(data),)), data, "onnx")
