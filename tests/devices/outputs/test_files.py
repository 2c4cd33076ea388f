"""JSON lines, CSV and SQLite: each event whole and once, while other programs read and move the files."""

from __future__ import annotations

import csv
import json
import sqlite3
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_times import BOOT, FakeTimes, text

from plate_devices.events.clock import Clock
from plate_devices.outputs import sqlite
from plate_devices.outputs.csv import CsvOutput, CsvSettings
from plate_devices.outputs.json_lines import LinesOutput, LinesSettings
from plate_devices.outputs.output import Event, Output, OutputError
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queue_database import PAGES_KB, QueueDatabase
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.outputs.table_rows import COLUMNS


def event(number: int, moment: str = "2026-05-01T12:00:00.000Z", **more: Any) -> Event:
    plate = {"text": f"AB{number}", "confidence": 0.9, "region": None}
    base = {"schema": 1, "type": "vehicle", "id": f"id-{number}", "source": "demo", "plates": [plate]}
    return base | {"first_time": moment, "last_time": moment} | more


def lines(path: Path, **more: Any) -> LinesOutput:
    return LinesOutput(LinesSettings(path=path, **more))


def csv_file(path: Path, **more: Any) -> CsvOutput:
    return CsvOutput(CsvSettings(path=path, **more))


def ids(path: Path) -> list[str]:
    if path.suffix == ".jsonl":
        return [json.loads(line)["id"] for line in path.read_text().splitlines()]
    with path.open(newline="") as stream:
        return [row["id"] for row in csv.DictReader(stream)]


KINDS = pytest.mark.parametrize(("make", "name"), [(lines, "p.jsonl"), (csv_file, "p.csv")], ids=["lines", "csv"])
Make = Callable[..., Any]


@KINDS
def test_repeated_events_are_written_once(tmp_path: Path, make: Make, name: str) -> None:
    path = tmp_path / "sub" / name
    first = make(path)
    first.open()
    assert first.send([event(1), event(2)]) == 2
    assert first.send([event(2), event(2)]) == 2
    first.close()
    second = make(path)
    second.open()
    assert second.send([event(1), event(2), event(3)]) == 3
    assert ids(path) == ["id-1", "id-2", "id-3"]


@KINDS
@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_partial_line_is_removed_and_written_again(tmp_path: Path, make: Make, name: str, cut: int) -> None:
    path = tmp_path / name
    output = make(path)
    output.open()
    output.send([event(1), event(2)])
    output.close()
    path.write_bytes(path.read_bytes()[:-cut])
    output.open()
    output.send([event(2)])
    assert ids(path) == ["id-1", "id-2"]
    assert path.read_text().endswith("\n")


@KINDS
def test_a_file_that_is_moved_away_is_made_again(tmp_path: Path, make: Make, name: str) -> None:
    path = tmp_path / name
    output = make(path)
    output.open()
    output.send([event(1)])
    path.rename(tmp_path / f"old-{name}")
    output.send([event(2)])
    assert ids(path) == ["id-2"]
    assert ids(tmp_path / f"old-{name}") == ["id-1"]


@KINDS
def test_a_file_for_each_day(tmp_path: Path, make: Make, name: str) -> None:
    output = make(tmp_path / name, rotate="day")
    output.open()
    days = ["2026-05-01T23:59:59.000Z", "2026-05-02T00:00:01.000Z", "2026-05-02T10:00:00.000Z"]
    output.send([event(number, day) for number, day in enumerate(days)])
    stem, suffix = name.split(".")
    assert ids(tmp_path / f"{stem}-2026-05-01.{suffix}") == ["id-0"]
    assert ids(tmp_path / f"{stem}-2026-05-02.{suffix}") == ["id-1", "id-2"]
    assert output.delete_before(datetime(2026, 5, 2, tzinfo=UTC), print) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{stem}-2026-05-02.{suffix}"]


@KINDS
def test_old_lines_are_deleted_and_the_rest_is_kept(tmp_path: Path, make: Make, name: str) -> None:
    path = tmp_path / name
    output = make(path)
    output.open()
    output.send([event(day, f"2026-05-0{day}T12:00:00.000Z") for day in (1, 2, 3)])
    assert output.delete_before(datetime(2026, 5, 3, tzinfo=UTC), print) == 2
    output.send([event(4)])
    assert ids(path) == ["id-3", "id-4"]


@KINDS
def test_a_path_that_is_not_a_file_is_an_outage(tmp_path: Path, make: Make, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / "plain").write_text("x")
    for path in (tmp_path / name, tmp_path / "plain" / name, Path("/dev/full")):
        with pytest.raises(OutputError, match="cannot be made"):
            make(path).check()


def test_a_csv_file_of_other_columns_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("plate,when\nAB1,today\n")
    with pytest.raises(OutputError, match="it has other columns; move it away"):
        csv_file(path).open()


def test_a_row(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    output = csv_file(path)
    output.open()
    lists = [{"name": "family", "match": "exact"}, {"name": "all", "match": "fuzzy"}]
    output.send([event(1, source='a,"b\nc', watchlists=lists, time_set=False, boot_id="b", monotonic=1.5)])
    with path.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert tuple(row) == COLUMNS
    assert (row["source"], row["watchlists"], row["time_set"], row["text"]) == ('a,"b c', "family;all", "0", "AB1")


def sqlite_file(path: Path) -> SqliteOutput:
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    return output


def rows(path: Path, columns: str = "id") -> list[tuple[Any, ...]]:
    return sqlite3.connect(path).execute(f"SELECT {columns} FROM events ORDER BY rowid").fetchall()


def test_rows_once_each_while_another_program_reads(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    output = sqlite_file(path)
    output.send([event(1), event(2)])
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM events").fetchone() == (2,)
    output.send([event(2), event(3)])
    assert reader.execute("SELECT count(*) FROM events").fetchone() == (2,)
    reader.close()
    assert rows(path) == [("id-1",), ("id-2",), ("id-3",)]
    assert json.loads(rows(path, "record")[0][0]) == event(1)


def test_rows_are_corrected_when_the_clock_is_set(tmp_path: Path) -> None:
    times = FakeTimes()
    clock, output = Clock(times), sqlite_file(tmp_path / "p.sqlite")
    times.now = 60.0
    early = event(1, text(times.wall()))
    clock.stamp(early)
    output.send([early])
    times.set_right()
    clock.look()
    output.send([clock.announcement()])
    first, second = rows(tmp_path / "p.sqlite", "type, last_time, time_set, record")
    assert first[:3] == ("vehicle", text(BOOT + 60), 1)
    assert json.loads(first[3])["first_time"] == text(BOOT + 60)
    assert second[0] == "clock"


WILD = ["NULL", "5", "x'ff'", "'[1]'", """'{"id": "a", "plates": 3}'""", """'{"id": "b", "plates": [{"text": {}}]}'""",
        """'{"id": "c", "source": [1]}'""", """'{"id": "d", "frames": 99999999999999999999}'""", "'['"]  # fmt: skip


def test_invalid_records_do_not_stop_the_rescue(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (id TEXT, record)")
        for number, record in enumerate([*WILD, f"'{json.dumps(event(1))}'"]):
            connection.execute(f"INSERT INTO events VALUES ('id-{number}', {record})")
    connection.close()
    output = SqliteOutput(SqliteSettings(path=path))
    output._damaged = True
    with pytest.raises(OutputError, match="a new file holds the 1 rows read of it"):
        output.open()
    output.open()
    output.close()
    assert rows(path, "id") == [("id-1",)]


@pytest.mark.parametrize("record", WILD)
def test_an_invalid_record_keeps_its_time(tmp_path: Path, record: str) -> None:
    times = FakeTimes()
    clock, output = Clock(times), sqlite_file(tmp_path / "p.sqlite")
    times.now = 60.0
    early = event(1, text(times.wall()))
    clock.stamp(early)
    output.send([early])
    with sqlite3.connect(tmp_path / "p.sqlite") as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'record TEXT NOT NULL', 'record TEXT')")
    connection.close()
    output.close()
    with sqlite3.connect(tmp_path / "p.sqlite") as connection:
        connection.execute(f"UPDATE events SET record = {record}")
    connection.close()
    output.open()
    times.set_right()
    clock.look()
    assert output.send([clock.announcement()]) == 1
    output.close()


def test_deleted_rows_are_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    output = sqlite_file(path)
    output.send([event(day, f"2026-05-0{day}T12:00:00.000Z", source="SECRET" * day) for day in (1, 2, 3)])
    assert output.delete_before(datetime(2026, 5, 4, tzinfo=UTC), print) == 3
    output.close()
    assert all(b"SECRET" not in file.read_bytes() for file in tmp_path.iterdir())


def test_lines_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    for output in (sqlite_file(tmp_path / "p.sqlite"), csv_file(tmp_path / "p.csv"), lines(tmp_path / "p.jsonl")):
        output.open()
        output.send([event(1)])
    EventQueue(tmp_path / "queue.sqlite", 1 << 20).set_outputs(["a"])
    assert {file.stat().st_mode & 0o007 for file in tmp_path.iterdir()} == {0}


def test_columns_are_added_to_an_older_file(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    sqlite3.connect(path).execute("CREATE TABLE events (id TEXT PRIMARY KEY, type, last_time, text, record)")
    output = sqlite_file(path)
    assert output.send([event(1)]) == 1
    assert rows(path, "id, source") == [("id-1", "demo")]


def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    path.write_text("plain text " * 500)
    with pytest.raises(OutputError, match="cannot be written: file is not a database"):
        sqlite_file(path)


def test_a_locked_table_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WAIT", 0.2)
    path = tmp_path / "p.sqlite"
    output: Output = sqlite_file(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutputError, match="locked"):
        output.send([event(1)])
    other.execute("ROLLBACK")
    assert output.send([event(1)]) == 1


def test_pages_that_a_database_keeps_in_memory_are_bounded(tmp_path: Path) -> None:
    output = sqlite_file(tmp_path / "p.sqlite")
    assert output._connection is not None
    for connection in (output._connection, QueueDatabase(tmp_path / "queue.sqlite")):
        assert connection.execute("PRAGMA cache_size").fetchone() == (-PAGES_KB,)
        connection.close()


@KINDS
def test_a_file_that_has_grown_is_opened_in_little_memory(tmp_path: Path, make: Make, name: str) -> None:
    """A full disk closes the file often; opening it must not read all of it."""
    path = tmp_path / name
    first = make(path)
    first.open()
    first.send([event(number, crop="x" * 3000) for number in range(1000)])
    first.close()
    again = make(path)
    tracemalloc.start()
    try:
        again.open()
        stays, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 3_000_000
    assert most - stays < 300_000
    assert again.send([event(0), event(999), event(1000)]) == 3
    assert len(ids(path)) == 1001


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+4123", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", '=HYPERLINK("http://x")', "=1,2"],
)
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.csv"
    output = csv_file(path)
    output.open()
    lists = [{"name": text, "match": "exact"}]
    output.send([event(1, source=text, watchlists=lists, crop=text, boot_id=text, confidence=-0.5), event(2, id=text)])
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    for cell in (rows[0]["source"], rows[0]["watchlists"], rows[0]["crop"], rows[0]["boot_id"], rows[1]["id"]):
        assert cell == "'" + " ".join(text.split())
    # What comes again is known also by such an id.
    again = csv_file(path)
    again.open()
    again.send([event(2, id=text)])
    with path.open(newline="", encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 2


def test_other_cells_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    output = csv_file(path)
    output.open()
    output.send([event(1, source="a=b", monotonic=-1.5), event(2, source="'gate")])
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["source"] for row in rows] == ["a=b", "'gate"]
    assert rows[0]["monotonic"] == "-1.5"
