"""Files appear complete or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from plate_train.atomic import replacing, write_json


def test_json_comes_back(tmp_path: Path) -> None:
    write_json({"a": [1, 2.5, None]}, tmp_path / "deep/report.json")
    assert json.loads((tmp_path / "deep/report.json").read_text()) == {"a": [1, 2.5, None]}


@pytest.mark.parametrize("wrong", [{"a": float("nan")}, {"a": object()}])
def test_failed_write_leaves_the_old_file_alone(tmp_path: Path, wrong: object) -> None:
    path = tmp_path / "report.json"
    path.write_text("old")
    with pytest.raises((TypeError, ValueError)):
        write_json(wrong, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_text("old")
    with replacing(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
        assert unfinished.suffix == ".h5"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "a.png") as unfinished:
        unfinished.write_text("half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(OSError, match="it is a device, a pipe or a socket"), replacing(tmp_path / "a.png"):
        pass
    assert (tmp_path / "a.png").is_fifo()
