"""Films that tests of sources read, and those that they damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from films import write_film


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("films") / "film.mp4")


@pytest.fixture
def copy(clip: Path, tmp_path: Path) -> Path:
    """A video that a test may damage."""
    path = tmp_path / "film.mp4"
    path.write_bytes(clip.read_bytes())
    return path
