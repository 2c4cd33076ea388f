"""Files that others wrote, read within a limit."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from plate_runtime.errors import InputError
from plate_runtime.files import read_whole


def test_a_small_file_takes_no_more_memory_than_it_has(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"x" * 1000)
    tracemalloc.start()
    try:
        assert read_whole(path, 1 << 28, InputError) == b"x" * 1000
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("most", "fits"), [(999, False), (1000, True), (1001, True)])
def test_a_limit_is_the_most_bytes_that_are_taken(tmp_path: Path, most: int, fits: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    if fits:
        assert len(read_whole(path, most, InputError)) == 1000
    else:
        with pytest.raises(InputError, match="more than"):
            read_whole(path, most, InputError)


def test_a_file_that_does_not_say_how_long_it_is_is_read() -> None:
    status = Path("/proc/self/status")
    if status.exists():
        assert b"VmRSS" in read_whole(status, 1 << 20, InputError)
