"""Searches in the table of events: they agree with reading all rows, in blocks and outside of them."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fake_times import FakeTimes, text

from plate_devices.events.clock import Clock
from plate_devices.events.records import timestamp
from plate_devices.history import sqlite_search
from plate_devices.history.event_search import EventQuery, QueryError, SearchError
from plate_devices.history.sqlite_search import SqliteSearch
from plate_devices.history.text_pattern import TextPattern
from plate_devices.outputs import search_blocks
from plate_devices.outputs.output import Event
from plate_devices.outputs.search_blocks import milliseconds
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings

ROWS = 64
BEGIN = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def small_blocks() -> Iterator[None]:
    """Blocks of 64 rows, for speed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_blocks, "BITS", ROWS.bit_length() - 1)
        yield


def event(number: int, written: str = "AB123", seconds: float | None = None, **more: Any) -> Event:
    moment = timestamp(BEGIN + timedelta(seconds=number if seconds is None else seconds))
    plate = {"text": written, "confidence": 0.9}
    return {
        "type": "vehicle", "id": f"id-{number}", "first_time": moment, "last_time": moment, "plates": [plate], **more
    }  # fmt: skip


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


def found(path: Path, query: EventQuery, limit: int = 50) -> list[str]:
    """Ids of all pages; no page is longer than asked, none but the last is shorter."""
    ids: list[str] = []
    after = ""
    while True:
        page = SqliteSearch(path).find(query, limit, after, 60.0)
        assert page.complete and (len(page.events) == limit or not page.next)
        ids += [one["id"] for one in page.events]
        after = page.next
        if not after:
            return ids


def pattern(written: str, fuzzy: bool = False) -> EventQuery:
    return EventQuery(TextPattern(written, fuzzy))


def expected(events: list[Event], query: EventQuery) -> list[str]:
    order = sorted(
        range(len(events)), key=lambda place: (milliseconds(events[place].get("last_time")), place), reverse=True
    )
    return [events[place]["id"] for place in order if query.meets(events[place])]


@pytest.fixture(scope="module")
def many(small_blocks: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """Three blocks and a half, not in the order of time, with undated and hashed events and clock records."""
    chance = Random(7)
    events = []
    for number in range(30 * ROWS + ROWS // 2):
        written = "".join(chance.choice("AB8301") for _ in range(chance.choice((0, 4, 5, 6, 6))))
        one = event(number, written, number + chance.randrange(300), camera=chance.choice(("gate", "yard", "")))
        one["plates"][0]["confidence"] = chance.choice((0.5, 0.75, 0.9, None))
        if chance.random() < 0.1:
            one["watchlists"] = [
                {"name": name, "match": "exact"} for name in ("family", "post")[: chance.choice((1, 2))]
            ]
        if chance.random() < 0.05:
            one |= {"first_time": None, "last_time": None}
        if chance.random() < 0.1:
            one["plates"][0] |= {"text": "", "text_hash": f"key1:{chance.randrange(9):032x}"}
        if chance.random() < 0.02:
            one["type"] = chance.choice(("clock_", "seen", "frame"))
        events.append(one)
    path = tmp_path_factory.mktemp("many") / "p.sqlite"
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    for begin in range(0, len(events), 50):
        output.send(events[begin : begin + 50])
    output.close()
    assert rows(path, "SELECT count(*) FROM search_blocks") == [30]
    return path, [one for one in events if one["type"] == "vehicle"]


MOMENT = int(BEGIN.timestamp() * 1000)
QUERIES = [
    EventQuery(),
    pattern("AB8301"),
    pattern("*AB8*"),
    pattern("A?8*1"),
    pattern("AB8301", fuzzy=True),
    pattern("????"),
    pattern("*X*"),
    EventQuery(text_hash=f"key1:{3:032x}"),
    EventQuery(text_hash=f"key2:{3:032x}"),
    EventQuery(camera="yard"),
    EventQuery(camera=""),
    EventQuery(camera="hall"),
    EventQuery(watchlist="post"),
    EventQuery(since=MOMENT + 500_000, until=MOMENT + 560_000),
    EventQuery(since=MOMENT + 10**12),
    EventQuery(until=MOMENT - 1),
    EventQuery(least=0.75, most=0.8),
    EventQuery(TextPattern("*B8*"), camera="gate", watchlist="family", least=0.6, since=MOMENT + 300_000),
]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_search_agrees_with_reading_all_rows(many: tuple[Path, list[Event]], query: EventQuery) -> None:
    path, events = many
    assert found(path, query, 97) == expected(events, query)


def test_without_blocks_the_same_is_found(many: tuple[Path, list[Event]], tmp_path: Path) -> None:
    """A file of an earlier version, that was not opened by the output since."""
    path, events = many
    old = tmp_path / "old.sqlite"
    old.write_bytes(path.read_bytes())
    rows(old, "DROP TABLE search_blocks")
    for query in QUERIES[1:5]:
        assert found(old, query) == expected(events, query)


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
    assert found(old, pattern("NEW1")) == ["id-99999"]
    assert found(old, QUERIES[2]) == expected(events, QUERIES[2])


def test_a_block_is_built_when_its_rows_are_complete(output: SqliteOutput, path: Path) -> None:
    output.send([event(number) for number in range(ROWS - 1)])
    assert rows(path, "SELECT number FROM search_blocks") == []
    output.send([event(ROWS)])
    assert rows(path, "SELECT number FROM search_blocks") == [0]
    output.send([event(ROWS + number) for number in range(1, ROWS + 1)])
    assert rows(path, "SELECT number FROM search_blocks") == [0, 1]


@pytest.fixture
def filled(output: SqliteOutput) -> SqliteOutput:
    output.send([event(number, f"Q{number:05}") for number in range(2 * ROWS + 30)])
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
    assert found(path, pattern("Q00005")) == ([] if gone or statement.startswith("UPDATE") else ["id-5"])
    assert found(path, pattern("Q00006")) == ["id-6"]


def test_an_event_that_comes_again_keeps_the_block(filled: SqliteOutput, path: Path) -> None:
    filled.send([event(5, "Q00005")])
    assert rows(path, "SELECT number FROM search_blocks") == [0, 1]


def test_corrected_times_order_the_events(output: SqliteOutput, path: Path) -> None:
    times = FakeTimes()
    clock = Clock(times)
    times.now = 60.0
    early = event(1, "EARLY") | {"first_time": text(times.wall()), "last_time": text(times.wall())}
    clock.stamp(early)
    output.send([early, *(event(2 + number, "OTHER") for number in range(ROWS + 9))])
    times.set_right()
    clock.look()
    output.send([clock.announcement()])
    assert rows(path, "SELECT number FROM search_blocks") == [0], "it is built again"
    (event_,) = SqliteSearch(path).find(pattern("EARLY"), 9).events
    moment = milliseconds(event_["last_time"])
    assert found(path, EventQuery(since=moment, until=moment)) == ["id-1"]
    assert moment > milliseconds(early["last_time"])


def test_nothing_is_left_of_deleted_texts(output: SqliteOutput, path: Path) -> None:
    """A text of one character shows in the file as a run of its code."""
    old = [event(number, "QQQQQQQ") for number in range(ROWS)]
    new = [event(number, "KKKKKKK", 10**6 + number) for number in range(ROWS, 2 * ROWS + 9)]
    output.send([*old, *new])
    run = search_blocks.encode("Q") * ROWS
    kept = search_blocks.encode("K") * ROWS
    output._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert run in path.read_bytes() and b"QQQQQQQ" in path.read_bytes()
    half = BEGIN + timedelta(seconds=ROWS // 2)
    assert output.delete_before(half, print) == ROWS // 2
    assert len(found(path, pattern("QQQQQQQ"), 1000)) == ROWS // 2, "the rest of the block is found"
    assert rows(path, "SELECT number FROM search_blocks") == [0, 1]
    assert output.delete_before(BEGIN + timedelta(seconds=10**6), print) == ROWS // 2
    files = [one for one in path.parent.iterdir() if one.name.startswith(path.name)]
    content = b"".join(one.read_bytes() for one in files)
    assert run not in content and b"QQQQQQQ" not in content
    assert kept in content and found(path, pattern("QQQQQQQ")) == []


def test_a_rescued_file_is_searched(filled: SqliteOutput, path: Path) -> None:
    filled.close()
    content = path.read_bytes()
    page = content.find(b'"id": "id-50"') // 4096 * 4096
    path.write_bytes(content[:page] + b"\xff" * 4096 + content[page + 4096 :])
    filled.delete_before(BEGIN - timedelta(days=1), print)
    filled.open()
    assert found(path, pattern("Q00005")) == ["id-5"] and found(path, pattern("*Q0008*"))
    assert rows(path, "SELECT count(*) FROM search_blocks")[0] >= 1


def test_equal_times_are_paged_without_gaps(output: SqliteOutput, path: Path) -> None:
    output.send([event(number, "SAME", 0) for number in range(2 * ROWS + 100)])
    assert found(path, pattern("S?ME"), 301) == [f"id-{number}" for number in reversed(range(2 * ROWS + 100))]


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
    assert ids == [f"id-{number}" for number in reversed(range(10))] and pages > 1


def test_a_search_beside_a_writer_that_locks_the_file(filled: SqliteOutput, path: Path) -> None:
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert found(path, pattern("Q00007")) == ["id-7"]
    blocker.execute("ROLLBACK")
    blocker.close()


def test_searches_change_nothing(filled: SqliteOutput, path: Path) -> None:
    connection = SqliteSearch(path)._connect(time.monotonic() + 9)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM events")
    connection.close()


def test_a_closed_file_a_missing_one_and_others(filled: SqliteOutput, path: Path, tmp_path: Path) -> None:
    filled.close()
    assert found(path, pattern("Q00007")) == ["id-7"]
    assert found(tmp_path / "missing.sqlite", EventQuery()) == []
    assert not (tmp_path / "missing.sqlite").exists()
    (tmp_path / "other").write_bytes(b"no database" * 100)
    with pytest.raises(SearchError, match="cannot be searched"):
        SqliteSearch(tmp_path / "other").find(EventQuery(), 9)
    rows(tmp_path / "empty.sqlite", "CREATE TABLE other (x)")
    with pytest.raises(SearchError, match="no such table: events"):
        SqliteSearch(tmp_path / "empty.sqlite").find(EventQuery(), 9)


@pytest.mark.parametrize("key", ["x", "1", "1.x", ".", "9" * 400])
def test_what_is_no_key(filled: SqliteOutput, path: Path, key: str) -> None:
    with pytest.raises(QueryError, match="is not the key of a page"):
        SqliteSearch(path).find(EventQuery(), 9, key)


def test_a_damaged_row_is_left_out(filled: SqliteOutput, path: Path) -> None:
    rows(path, "UPDATE events SET record = '{' WHERE text = 'Q00005'")
    rows(path, "UPDATE events SET record = '[1]' WHERE text = 'Q00006'")
    assert found(path, pattern("Q0000?")) == [f"id-{number}" for number in (9, 8, 7, 4, 3, 2, 1, 0)]


def test_searches_of_several_threads(filled: SqliteOutput, path: Path) -> None:
    search, results = SqliteSearch(path), []
    threads = [
        threading.Thread(target=lambda: results.append(len(search.find(pattern("*Q*"), 50).events))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for number in range(50):
        filled.send([event(10**5 + number, "WRITTEN", 10**6)])
    for thread in threads:
        thread.join()
    assert results == [50] * 4


def test_more_cameras_than_codes(output: SqliteOutput, path: Path) -> None:
    output.send([event(number, camera=f"camera {number % 400}") for number in range(ROWS + 1)])
    for name in ("camera 3", "camera 399"):
        assert len(found(path, EventQuery(camera=name))) == len(range(int(name[7:]), ROWS + 1, 400))


def test_a_record_is_returned_whole(output: SqliteOutput, path: Path) -> None:
    sent = event(1, "AB", models={"reader": "x"})
    output.send([sent])
    assert SqliteSearch(path).find(EventQuery(), 1).events == [json.loads(json.dumps(sent))]
