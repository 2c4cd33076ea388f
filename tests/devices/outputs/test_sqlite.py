"""The table of events: which row counts, which rows are old, and what a damaged file leaves."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_times import FakeTimes, text

from plate_devices.events.clock import Clock
from plate_devices.outputs.output import Event, OutputError
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.outputs.sqlite_rescue import _events, is_ours

OLD_ID = "019de4f1-4c00-7abc-8def-0123456789ab"
"""Made on 2026-05-01."""


def event(number: int, moment: str = "2026-05-01T12:00:00.000Z", **more: Any) -> Event:
    plate = {"text": f"AB{number}", "confidence": 0.9}
    return {
        "type": "vehicle",
        "id": f"id-{number}",
        "plates": [plate],
        "first_time": moment,
        "last_time": moment,
    } | more


@pytest.fixture
def output(tmp_path: Path) -> Iterator[SqliteOutput]:
    made = SqliteOutput(SqliteSettings(path=tmp_path / "new" / "p.sqlite"))
    made.open()
    yield made
    made.close()


@pytest.fixture
def rows(output: SqliteOutput, tmp_path: Path) -> Callable[[str], list[Any]]:
    def read(query: str) -> list[Any]:
        connection = sqlite3.connect(tmp_path / "new" / "p.sqlite", isolation_level=None)
        try:
            return [row[0] if len(row) == 1 else row for row in connection.execute(query)]
        finally:
            connection.close()

    return read


def test_an_event_that_comes_again_changes_no_row(output: SqliteOutput, rows: Callable[[str], list[Any]]) -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now = 60.0
    early = event(1, text(times.wall()))
    clock.stamp(early)
    output.send([early])
    times.set_right()
    clock.look()
    output.send([clock.announcement()])
    corrected = rows("SELECT last_time FROM events WHERE id = 'id-1'")
    assert corrected != [early["last_time"]]
    output.send([early])
    assert rows("SELECT last_time FROM events WHERE id = 'id-1'") == corrected


def test_a_batch_is_written_as_a_whole_or_not(output: SqliteOutput, rows: Callable[[str], list[Any]]) -> None:
    assert output.send([]) == 0
    with pytest.raises(TypeError):
        output.send([event(1), event(2, plates=[{"text": object()}])])
    assert rows("SELECT id FROM events") == []
    assert output.send([event(1), event(2)]) == 2
    output.close()
    with pytest.raises(OutputError, match="is not open"):
        output.send([event(3)])


def test_times_are_those_of_rows_ids_or_neighbours(output: SqliteOutput, rows: Callable[[str], list[Any]]) -> None:
    moments = ("05-01", "05-20", "05-02", "05-21")
    output.send([event(number, f"2026-{moment}T12:00:00.000Z") for number, moment in enumerate(moments)])
    for number, moment in enumerate((None, "2999-01-01T00:00:00.000Z", "damaged"), 4):
        rows(f"INSERT INTO events (id, last_time, record) VALUES ('{number}', {json.dumps(moment)!s}, '')"
             .replace("null", "NULL").replace('"', "'"))  # fmt: skip
    rows(f"INSERT INTO events (id, record) VALUES ('{OLD_ID}', '')")
    assert output.delete_before(datetime(2026, 5, 10, tzinfo=UTC), print) == 3
    assert rows("SELECT id FROM events ORDER BY rowid") == ["id-1", "id-3", "4", "5", "6"]
    rows("DELETE FROM events WHERE id LIKE 'id-%'")
    assert output.delete_before(datetime(2030, 5, 10, tzinfo=UTC), print) == 0, "nothing says how old they are"
    output.send([event(9)])
    assert output.delete_before(datetime(2026, 5, 10, tzinfo=UTC), print) == 4, "as old as the row after them"


def test_a_missing_file_has_nothing_old_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    assert SqliteOutput(SqliteSettings(path=path)).delete_before(datetime(2026, 5, 10, tzinfo=UTC), print) == 0
    assert not path.exists()


def test_a_damaged_file_is_replaced_and_its_rows_are_read_from_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    output.send([event(number, f"2026-05-{1 + number % 28:02}T12:00:00.000Z", pad="x" * 500) for number in range(100)])
    output.close()
    content = path.read_bytes()
    place = content.find(b'"id": "id-50"')
    page = place // 4096 * 4096
    path.write_bytes(content[:page] + b"\xff" * 4096 + content[page + 4096 :])
    words: list[str] = []
    assert output.delete_before(datetime(2026, 5, 2, tzinfo=UTC), words.append) in (3, 4)
    (said,) = words
    assert f"{path} was damaged: it is kept as " in said
    read = int(said.split("holds the ")[1].split(" rows")[0])
    assert 85 <= read < 100
    connection = sqlite3.connect(path)
    kept = {row[0] for row in connection.execute("SELECT id FROM events")}
    connection.close()
    assert {"id-1", "id-2", "id-98", "id-99"} < kept and "id-50" not in kept
    (aside,) = [one for one in tmp_path.iterdir() if "damaged" in one.name]
    assert datetime.fromtimestamp(aside.stat().st_mtime, UTC) == datetime(2026, 5, 28, 12, tzinfo=UTC)


def test_a_file_is_ours_with_the_head_of_a_database_or_an_id_of_ours(tmp_path: Path) -> None:
    path, chunk = tmp_path / "p.sqlite", 1 << 20
    id_ = b'"id": "' + OLD_ID.encode() + b'"'
    for content in (b"SQLite format 3\0", id_, b"x" * (chunk - 20) + id_, b"x" * 3 * chunk + id_):
        path.write_bytes(content)
        assert is_ours(path)
    for content in (b"", b"text", b"x" * 2 * chunk):
        path.write_bytes(content)
        assert not is_ours(path)


def test_a_row_that_is_no_utf_8_does_not_end_the_rescue(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE events (id TEXT, record)")
    for number in range(5):
        record = json.dumps(event(number, source="gate")).encode()
        row = (record.replace(b"gate", b"g\xfft") if number == 2 else record,)
        connection.execute("INSERT INTO events (record) VALUES (CAST(? AS TEXT))", row)
    connection.commit()
    connection.close()
    assert [one["id"] for one in _events(path)] == [f"id-{number}" for number in range(5)]
