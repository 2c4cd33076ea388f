"""Searches in the table of events, in blocks and outside of them; changes by other programs, damage and locks."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_times import FakeTimes, text
from stored_events import BEGIN, BLOCK_ROWS, QUERIES, event, expected, found, id_of, pattern, random_events

from plate_devices.events.clock import Clock
from plate_devices.history import sqlite_search
from plate_devices.history.event_search import EventQuery, SearchError
from plate_devices.history.sqlite_search import SqliteSearch
from plate_devices.outputs import search_blocks
from plate_devices.outputs.output import Event
from plate_devices.outputs.search_blocks import milliseconds
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p.sqlite"


@pytest.fixture
def output(path: Path) -> Iterator[SqliteOutput]:
    made = SqliteOutput(SqliteSettings(path=path))
    made.open()
    yield made
    made.close()


def rows(path: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return [row[0] if len(row) == 1 else row for row in connection.execute(query)]
    finally:
        connection.close()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A file of thirty blocks and a half."""
    events = random_events(30 * BLOCK_ROWS + BLOCK_ROWS // 2)
    path = tmp_path_factory.mktemp("many") / "p.sqlite"
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    for begin in range(0, len(events), 50):
        output.send(events[begin : begin + 50])
    output.close()
    assert rows(path, "SELECT count(*) FROM search_blocks") == [30]
    return path, events


def ids(path: Path, query: EventQuery, limit: int = 50) -> list[str]:
    return found(SqliteSearch(path), query, limit)


def test_without_blocks_the_same_is_found(many: tuple[Path, list[Event]], tmp_path: Path) -> None:
    """A file of an earlier version, that was not opened by the output since."""
    path, events = many
    old = tmp_path / "old.sqlite"
    old.write_bytes(path.read_bytes())
    rows(old, "DROP TABLE search_blocks")
    for query in QUERIES[1:5]:
        assert ids(old, query) == expected(events, query)


def test_an_old_file_is_prepared_in_place_while_events_are_written(
    many: tuple[Path, list[Event]], tmp_path: Path
) -> None:
    path, events = many
    old = tmp_path / "old.sqlite"
    old.write_bytes(path.read_bytes())
    for name in ("insert", "update", "delete"):
        rows(old, f"DROP TRIGGER search_blocks_{name}")
    rows(old, "DROP TABLE search_blocks")
    output = SqliteOutput(SqliteSettings(path=old))
    output.open()
    assert output.send([event(99_999, "NEW1", 10**6)]) == 1
    until = time.monotonic() + 60
    said = list(output.notices())
    while len(rows(old, "SELECT 1 FROM search_blocks")) < 30 or len(said) < 2:
        assert time.monotonic() < until
        said += output.notices()
        time.sleep(0.02)
    output.close()
    assert "rows are prepared for searches; events are written in between" in said[0]
    assert "are prepared for searches, in " in said[-1]
    assert ids(old, pattern("NEW1")) == [id_of(99999)]
    assert ids(old, QUERIES[2]) == expected(events, QUERIES[2])


def test_a_block_is_built_when_its_rows_are_complete(output: SqliteOutput, path: Path) -> None:
    output.send([event(number) for number in range(BLOCK_ROWS - 1)])
    assert rows(path, "SELECT number FROM search_blocks") == []
    output.send([event(BLOCK_ROWS)])
    assert rows(path, "SELECT number FROM search_blocks") == [0]
    output.send([event(BLOCK_ROWS + number) for number in range(1, BLOCK_ROWS + 1)])
    assert rows(path, "SELECT number FROM search_blocks") == [0, 1]


@pytest.fixture
def filled(output: SqliteOutput) -> SqliteOutput:
    output.send([event(number, f"Q{number:05}") for number in range(2 * BLOCK_ROWS + 30)])
    return output


@pytest.mark.parametrize(
    ("statement", "gone"),
    [("DELETE FROM events WHERE text = 'Q00005'", True), ("UPDATE events SET text = 'X' WHERE text = 'Q00005'", False),
     ("INSERT OR REPLACE INTO events (rowid, id, type, text, record) VALUES (6, 'x', 'vehicle', 'Y', '{}')", True)],
)  # fmt: skip
def test_a_change_by_any_program_deletes_the_block(
    filled: SqliteOutput, path: Path, statement: str, gone: bool
) -> None:
    assert rows(path, "SELECT number FROM search_blocks") == [0, 1]
    rows(path, statement)
    assert rows(path, "SELECT number FROM search_blocks") == [1]
    # A record that another program has not changed still names its text.
    assert ids(path, pattern("Q00005")) == ([] if gone or statement.startswith("UPDATE") else [id_of(5)])
    assert ids(path, pattern("Q00006")) == [id_of(6)]


def test_an_event_that_comes_again_keeps_the_block(filled: SqliteOutput, path: Path) -> None:
    filled.send([event(5, "Q00005")])
    assert rows(path, "SELECT number FROM search_blocks") == [0, 1]


def test_corrected_times_order_the_events(output: SqliteOutput, path: Path) -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now = 60.0
    early = event(1, "EARLY") | {"first_time": text(times.wall()), "last_time": text(times.wall())}
    clock.stamp(early)
    output.send([early, *(event(2 + number, "OTHER") for number in range(BLOCK_ROWS + 9))])
    times.set_right()
    clock.look()
    output.send([clock.announcement()])
    assert rows(path, "SELECT number FROM search_blocks") == [0], "it is built again"
    (event_,) = SqliteSearch(path).find(pattern("EARLY"), 9).events
    moment = milliseconds(event_["last_time"])
    assert ids(path, EventQuery(since=moment, until=moment)) == [id_of(1)]
    assert moment > milliseconds(early["last_time"])


def test_nothing_is_left_of_deleted_texts(output: SqliteOutput, path: Path) -> None:
    """A text of one character shows in the file as a run of its code."""
    old = [event(number, "QQQQQQQ") for number in range(BLOCK_ROWS)]
    new = [event(number, "KKKKKKK", 10**6 + number) for number in range(BLOCK_ROWS, 2 * BLOCK_ROWS + 9)]
    output.send([*old, *new])
    run = search_blocks.encode("Q") * BLOCK_ROWS
    kept = search_blocks.encode("K") * BLOCK_ROWS
    output._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert run in path.read_bytes() and b"QQQQQQQ" in path.read_bytes()
    half = BEGIN + timedelta(seconds=BLOCK_ROWS // 2)
    assert output.delete_before(half, print) == BLOCK_ROWS // 2
    assert len(ids(path, pattern("QQQQQQQ"), 1000)) == BLOCK_ROWS // 2, "the rest of the block is found"
    assert rows(path, "SELECT number FROM search_blocks") == [0, 1]
    assert output.delete_before(BEGIN + timedelta(seconds=10**6), print) == BLOCK_ROWS // 2
    files = [one for one in path.parent.iterdir() if one.name.startswith(path.name)]
    content = b"".join(one.read_bytes() for one in files)
    assert run not in content and b"QQQQQQQ" not in content
    assert kept in content and ids(path, pattern("QQQQQQQ")) == []


def test_a_rescued_file_is_searched(filled: SqliteOutput, path: Path) -> None:
    filled.close()
    content = path.read_bytes()
    page = content.find(b'"id": id_of(50)') // 4096 * 4096
    path.write_bytes(content[:page] + b"\xff" * 4096 + content[page + 4096 :])
    filled.delete_before(BEGIN - timedelta(days=1), print)
    filled.open()
    assert ids(path, pattern("Q00005")) == [id_of(5)] and ids(path, pattern("*Q0008*"))
    assert rows(path, "SELECT count(*) FROM search_blocks")[0] >= 1


def test_a_search_out_of_time_says_where_it_continues(filled: SqliteOutput, path: Path, monkeypatch: Any) -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            self.now += 0.4
            return self.now

    ids: list[str] = []
    after, pages = "", 0
    while True:
        monkeypatch.setattr(sqlite_search, "time", Clock())
        page = SqliteSearch(path).find(pattern("*Q0000*"), 50, after, 1.0)
        ids += [one["id"] for one in page.events]
        after, pages = page.next, pages + 1
        if not after:
            break
        assert not page.complete and pages < 50
    assert ids == [id_of(number) for number in reversed(range(10))] and pages > 1


def test_a_search_beside_a_writer_that_locks_the_file(filled: SqliteOutput, path: Path) -> None:
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert ids(path, pattern("Q00007")) == [id_of(7)]
    blocker.execute("ROLLBACK")
    blocker.close()


def test_searches_change_nothing(filled: SqliteOutput, path: Path) -> None:
    connection = SqliteSearch(path)._connect(time.monotonic() + 9)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM events")
    connection.close()


def test_a_closed_file_a_missing_one_and_others(filled: SqliteOutput, path: Path, tmp_path: Path) -> None:
    filled.close()
    assert ids(path, pattern("Q00007")) == [id_of(7)]
    assert ids(tmp_path / "missing.sqlite", EventQuery()) == []
    assert not (tmp_path / "missing.sqlite").exists()
    (tmp_path / "other").write_bytes(b"no database" * 100)
    with pytest.raises(SearchError, match="cannot be searched"):
        SqliteSearch(tmp_path / "other").find(EventQuery(), 9)
    rows(tmp_path / "empty.sqlite", "CREATE TABLE other (x)")
    with pytest.raises(SearchError, match="no such table: events"):
        SqliteSearch(tmp_path / "empty.sqlite").find(EventQuery(), 9)


def test_a_damaged_row_is_left_out(filled: SqliteOutput, path: Path) -> None:
    rows(path, "UPDATE events SET record = '{' WHERE text = 'Q00005'")
    rows(path, "UPDATE events SET record = '[1]' WHERE text = 'Q00006'")
    assert ids(path, pattern("Q0000?")) == [id_of(number) for number in (9, 8, 7, 4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    "damage",
    [
        "names = '{'", "names = '[]'", "texts = x'00'", "texts = 'abc'", "details = x'0011'", "details = 'text'",
        "details = zeroblob(176)", "newest = 'x'",
    ],
)  # fmt: skip
def test_rows_of_a_damaged_block_are_read(filled: SqliteOutput, path: Path, damage: str) -> None:
    queries = [EventQuery(), pattern("*Q*"), EventQuery(camera="no")]
    whole = [ids(path, query, 2000) for query in queries]
    rows(path, f"UPDATE search_blocks SET {damage} WHERE number = 0")
    assert [ids(path, query, 2000) for query in queries] == whole


def test_more_cameras_than_codes(output: SqliteOutput, path: Path) -> None:
    output.send([event(number, camera=f"camera {number % 400}") for number in range(BLOCK_ROWS + 1)])
    for name in ("camera 3", "camera 399"):
        assert len(ids(path, EventQuery(camera=name))) == len(range(int(name[7:]), BLOCK_ROWS + 1, 400))
