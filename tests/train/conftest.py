"""Fixtures for the tests of training: small data, and the command in a process of its own."""

from __future__ import annotations

import os
import string
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import pytest
from character_runs import START, Start, train
from small_glyphs import glyph_set, write_folder

from plate_train.characters.datasets import CharacterSet
from plate_train.command import command
from plate_train.synthetic.fonts import FontFile
from plate_train.synthetic.plates.lettering import split_of_family

DEJAVU = Path(matplotlib.get_data_path()) / "fonts/ttf"


@pytest.fixture(scope="session")
def small_train() -> CharacterSet:
    """Four drawings of every class."""
    return glyph_set(0, 4)


@pytest.fixture(scope="session")
def small_val() -> CharacterSet:
    """One other drawing of every class."""
    return glyph_set(20, 1)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of 144 and 36 pictures; not to be changed."""
    return write_folder(tmp_path_factory.mktemp("glyphs"))


@pytest.fixture(scope="session")
def finished_run(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two seeds; not to be changed."""
    out = tmp_path_factory.mktemp("runs") / "first"
    assert command(train(small_folder, out, ["--seeds", "2", "--seed", "5"])) == 0
    return out


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    """A data folder that a test may damage."""
    return write_folder(tmp_path / "data", train=2)


@pytest.fixture
def environment() -> dict[str, str]:
    """Environment of a child process that imports the packages of this checkout."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}


@pytest.fixture
def plate_train(tmp_path: Path, environment: dict[str, str]) -> Start:
    """Run `plate-train` in a process of its own: plate_train(arguments, before="python lines")."""

    def start(arguments: Sequence[str | Path], before: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", f"{before}\n{START}", *map(str, arguments)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return start


@pytest.fixture(scope="session")
def fonts() -> list[FontFile]:
    """Files that matplotlib brings, under names of families of either part."""
    names = [f"family {letter}" for letter in string.ascii_letters]
    assert {split_of_family(name) for name in names} == {"train", "measure"}
    return [FontFile(DEJAVU / "DejaVuSans.ttf", name, 400, "Bitstream-Vera", f"{name}@1", "sans") for name in names]
