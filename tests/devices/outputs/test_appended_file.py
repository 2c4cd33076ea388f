"""A file to which lines are appended: what of it is ours, what is known of it, what a damaged first line means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plate_devices.outputs import appended_file
from plate_devices.outputs.appended_file import AppendedFile, Line
from plate_devices.outputs.csv import CsvOutput, CsvSettings
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.table_rows import COLUMNS

HEADER = ",".join(COLUMNS)
OLD_ID = "019de4f1-4c00-7abc-8def-0123456789ab"
BEFORE = datetime(2026, 5, 10, tzinfo=UTC)


def row(id_: str = OLD_ID) -> str:
    """An old row without a time, which is in its id."""
    return id_ + "," * (len(COLUMNS) - 1)


def csv_file(path: Path) -> CsvOutput:
    return CsvOutput(CsvSettings(path=path))


@pytest.mark.parametrize("first", [HEADER[1:], "\x00" + HEADER, row() + "x", '"' + OLD_ID + '",'])
def test_a_damaged_first_line_of_our_file_is_written_again(tmp_path: Path, first: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"{first}\n{row()}\n")
    path.chmod(0o640)
    with pytest.raises(OutputError, match="its first line was damaged; it is written again"):
        csv_file(path).open()
    lines = path.read_text().splitlines()
    assert lines[0] == HEADER and lines[-1] == row()
    assert (first in lines) == (OLD_ID in first), "a row in place of the header stays"
    assert path.stat().st_mode & 0o777 == 0o640
    csv_file(path).open()


def test_a_line_that_is_no_utf_8_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    content = f"{HEADER}\n".encode() + b"\xff\xfe\n" + f"{row()}\n".encode()
    path.write_bytes(content)
    csv_file(path).open()
    assert path.read_bytes() == content


@pytest.mark.parametrize("rest", ["", "{other}\n" * 3])
def test_old_lines_of_a_file_with_foreign_columns_are_left_alone(tmp_path: Path, rest: str) -> None:
    path = tmp_path / "p.csv"
    half = ",".join([*COLUMNS[: len(COLUMNS) // 2], *["x"] * (len(COLUMNS) - len(COLUMNS) // 2)])
    path.write_text(half + "\n2026-05-01T12:00:00.000Z,alien\n" + rest)
    assert csv_file(path).delete_before(BEFORE, print) == 0
    assert path.read_text().startswith(half)
    # With one more of our columns, or one of our rows, it is ours.
    most = ",".join([*COLUMNS[: len(COLUMNS) // 2 + 1], *["x"] * (len(COLUMNS) - len(COLUMNS) // 2 - 1)])
    path.write_text(f"{most}\n{row()}\n")
    assert csv_file(path).delete_before(BEFORE, print) == 2
    path.write_text(f"{half}\n" + "x\n" * 10 + f"{row()}\n")
    assert csv_file(path).delete_before(BEFORE, print) >= 1


def test_a_file_is_searched_for_our_rows_in_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appended_file, "LONGEST_LINE", 100)
    asked: list[int] = []

    class Watched:
        def __init__(self, lines: list[bytes]) -> None:
            self._lines = lines

        def readline(self, _most: int) -> bytes:
            return b"alien\n"

        def readlines(self, most: int) -> list[bytes]:
            asked.append(most)
            return [self._lines.pop(0)] if self._lines else []

        def seek(self, _place: int) -> None: ...

    file = AppendedFile(tmp_path / "p.csv", "never", str, HEADER)
    assert file._is_ours(Watched([b"x\n"] * 5 + [row().encode()]))  # type: ignore[arg-type]
    assert not file._is_ours(Watched([b"x\n"] * 5))  # type: ignore[arg-type]
    assert set(asked) == {100}


def test_the_last_ten_thousand_keys_are_known_and_of_long_files_those_of_the_last_4_mb(tmp_path: Path) -> None:
    file = AppendedFile(tmp_path / "a.txt", "never", str)
    file.append([Line(f"{number:05}", None, f"{number:05}") for number in range(10_001)])
    assert (len(file._known), "00000" in file._known, "00001" in file._known) == (10_000, False, True)
    long = tmp_path / "long.txt"
    long.write_text("first\n" + "x" * (4 << 20) + "\nlast\n")
    file = AppendedFile(long, "never", str)
    file.append([Line("last", None, "last"), Line("first", None, "first")])
    assert long.read_text().endswith("x\nlast\nfirst\n")
