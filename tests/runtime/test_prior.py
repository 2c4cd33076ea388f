"""The prior of all regions as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_runtime.decode.prior import FILE, make_prior, read_prior
from plate_runtime.errors import DataError
from plate_runtime.formats import load_prior


def test_the_file_is_what_the_formats_make() -> None:
    made = make_prior(None, load_prior())
    assert FILE.read_text("utf-8") == made.write() + "\n", "run python tools/write_formats.py"
    read = read_prior()
    assert read.write() == made.write()
    for text in ("CJ12ABC", "B123XYZ", "7ABC123", "HELLO", "1", ""):
        assert read.weigh(text) == made.weigh(text) and read.weigh_foreign(text) == made.weigh_foreign(text)


@pytest.mark.parametrize("text", ["A", "7", "A7"])
@pytest.mark.parametrize("times", [33, 99, 199, 5000])
def test_no_length_of_a_text_overflows(text: str, times: int) -> None:
    prior = read_prior()
    long = text * times
    assert 0 < prior.density(long) < 1
    assert 0 < prior.weigh(long) <= prior.weigh(text * 8)
    assert prior.weigh_foreign(long) == 0
    assert 0 < prior.weigh_other(len(long)) <= prior.weigh_other(8)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"settings": 1, "choices": [], "tables": []}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "prior.json"
    path.write_text(content)
    with pytest.raises(DataError, match="damaged"):
        read_prior(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it belongs beside"):
        read_prior(tmp_path / "prior.json")
