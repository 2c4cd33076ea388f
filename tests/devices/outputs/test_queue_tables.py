"""The rows of the queue: what a damaged queue gives back, which events are old, and what is noted of outputs."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plate_devices.events.records import to_line
from plate_devices.outputs.line_ages import format_time
from plate_devices.outputs.output import Event
from plate_devices.outputs.output_settings import Destination
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queue_database import QueueDatabase, QueueError
from plate_devices.outputs.queue_tables import OVERHEAD, QueueTables
from plate_devices.outputs.recovery import FILE, open_queue

ADDRESS = Destination("0123456789abcdef", "mqtt://gate:1883")


def event(number: int, **more: Any) -> Event:
    return {"type": "vehicle", "id": f"id-{number}", "last_time": f"2026-05-{number:02}T12:00:00.000Z", **more}


def size(number: int, **more: Any) -> int:
    return len(to_line(event(number, **more))) + OVERHEAD


@pytest.fixture
def database() -> Iterator[QueueDatabase]:
    opened = QueueDatabase(None)
    yield opened
    opened.close()


@pytest.fixture
def tables(database: QueueDatabase) -> QueueTables:
    made = QueueTables(database)
    made.repair_sizes()
    return made


class TestTables:
    def test_sizes_are_kept(self, database: QueueDatabase, tables: QueueTables) -> None:
        assert (tables.ends(), tables.size) == ((1, 0), 0)
        for number in (3, 5, 9):
            assert tables.insert(number, event(number))
        assert not tables.insert(5, event(6)), "the number is taken"
        assert (tables.ends(), tables.size) == ((3, 9), size(3) + size(5) + size(9))
        assert [tables.count_after(number) for number in (0, 3, 5, 9)] == [3, 2, 1, 0]
        tables.delete([3])
        assert (tables.ends(), tables.size) == ((5, 9), size(5) + size(9))
        tables.delete_up_to(8)
        assert (tables.ends(), tables.size) == ((9, 9), size(9))
        tables.delete_up_to(8)
        assert tables.size == size(9)
        database.execute("UPDATE events SET size = 5")
        tables.size = 0
        tables.repair_sizes()
        assert tables.size == size(9)
        tables.repair({9: to_line(event(9, more="x")).encode()})
        assert tables.size == size(9, more="x")
        assert tables.take(0, 5, 10_000) == ([(9, event(9, more="x"))], [])

    def test_a_batch_is_bounded_by_count_and_bytes(self, tables: QueueTables) -> None:
        for number in range(1, 8):
            tables.insert(number, event(number))
        assert [one.number for one in tables.take(2, 3, 10_000)[0]] == [3, 4, 5]
        assert [one.number for one in tables.take(0, 7, 3 * size(1))[0]] == [1, 2, 3]
        assert [one.number for one in tables.take(0, 7, 3 * size(1) - 1)[0]] == [1, 2]
        assert [one.number for one in tables.take(0, 7, 1)[0]] == [1]
        assert tables.take(7, 7, 10_000) == ([], [])

    def test_the_oldest_make_room_and_the_newest_stays(self, tables: QueueTables) -> None:
        for number in range(1, 6):
            tables.insert(number, event(number))
        assert tables.oldest(0, 9) == []
        assert tables.oldest(1, 9) == [1]
        assert tables.oldest(2 * size(1), 9) == [1, 2]
        assert tables.oldest(2 * size(1) + 1, 9) == [1, 2, 3]
        assert tables.oldest(100 * size(1), 5) == [1, 2, 3, 4]

    def test_an_event_is_as_old_as_its_time_or_as_its_neighbour(
        self, database: QueueDatabase, tables: QueueTables
    ) -> None:
        for number, day in enumerate((None, 1, None, 20, None, 2), 1):
            more = {"last_time": None} if day is None else {"last_time": f"2026-05-{day:02}T12:00:00.000Z"}
            tables.insert(number, event(number, **more))
        assert tables.older("2026-05-10T00:00:00.000Z") == [1, 2, 3, 6]
        database.execute("DELETE FROM events WHERE number IN (1, 2, 3)")
        assert tables.older("2026-05-10T00:00:00.000Z") == [6]

    def test_of_damaged_events_the_newest_hundred_are_set_aside_until_they_are_old(
        self, database: QueueDatabase, tables: QueueTables
    ) -> None:
        def aside() -> list[int]:
            return [number for (number,) in database.execute("SELECT number FROM set_aside ORDER BY number")]

        damaged = "INSERT INTO events (number, size, body) VALUES (?, 9, ?)"
        for number in range(1, 106):
            database.execute(damaged, (number, "{" + "2026-05-01T12:00:00.000Z" * (number == 105)))
        assert tables.take(0, 3, 10_000) == ([], [1, 2, 3])
        tables.keep_aside(range(1, 106))
        assert aside() == list(range(6, 106))
        tables.delete_aside("2026-05-02T00:00:00.000Z")
        assert aside() == list(range(6, 105)), "only this one says how old it is"
        tables.delete_aside(format_time(time.time() - 60))
        assert len(aside()) == 99
        tables.delete_aside(format_time(time.time() + 60))
        assert aside() == []

    def test_events_of_a_boot_are_changed_once_its_time_is_known(
        self, database: QueueDatabase, tables: QueueTables
    ) -> None:
        tables.insert(1, event(1, time_set=False, boot_id="b"))
        tables.insert(2, event(2, time_set=True, boot_id="b"))
        tables.insert(3, event(3, time_set=False, boot_id="c"))
        tables.insert(4, event(4, time_set=False, boot_id="b"))
        database.execute("UPDATE events SET body = '{' WHERE number = 4")

        def change(one: Event) -> None:
            one["last_time"] = "2026-06-01T12:00:00.000Z"
            if one["id"] == "id-3":
                raise TypeError

        assert not tables.rewrite("a", change)
        assert tables.rewrite("b", change) and tables.rewrite("c", change)
        assert not tables.rewrite("b", change), "it is known now"
        found, damaged = tables.take(0, 9, 10_000)
        assert [one.event["last_time"][:7] for one in found] == ["2026-06", "2026-05", "2026-06"]
        assert damaged == [4]

    def test_an_address_is_kept_unless_it_is_damaged(self, database: QueueDatabase, tables: QueueTables) -> None:
        assert tables.address("a") is None
        tables.set_address("a", ADDRESS)
        tables.set_address("b", ADDRESS._replace(shown="http://b:80"))
        assert tables.address("a") == ADDRESS
        tables.set_address("a", ADDRESS._replace(shown="mqtt://gate:1884"))
        assert tables.address("a") == ADDRESS._replace(shown="mqtt://gate:1884")
        database.execute("UPDATE addresses SET digest = 'damaged' WHERE name = 'a'")
        assert tables.address("a") is None


class TestRescue:
    @pytest.fixture
    def damaged(self, tmp_path: Path) -> Path:
        """A queue in which "a" has three events of five, and "b" one, with a damaged table of boots."""
        path = tmp_path / FILE
        queue = EventQueue(path, 1 << 20)
        queue.set_outputs(["a", "b"])
        queue.set_address("a", ADDRESS)
        queue.put([event(number) for number in range(1, 6)])
        queue.acknowledge("a", queue.take("a", 3))
        queue.acknowledge("b", queue.take("b", 1))
        queue.close()
        content = path.read_bytes()
        path.write_bytes(content.replace(b"CREATE TABLE unset_boots", b"CREATE TABLE unset_BOOTS", 1))
        return path

    def test_events_keep_their_numbers_and_outputs_their_progress_and_address(self, damaged: Path) -> None:
        said: list[str] = []
        queue = open_queue(damaged.parent, 1 << 20, ["a", "b"], lambda word, text: said.append(f"{word}: {text}"))
        assert [(one.number, one.event["id"]) for one in queue.take("a")] == [(4, "id-4"), (5, "id-5")]
        assert [one.number for one in queue.take("b")] == [2, 3, 4, 5]
        assert queue.progress("a")[0].delivered == 3
        assert (queue.address("a"), queue.address("b")) == (ADDRESS, None)
        queue.put([event(6)])
        assert queue.take("a")[-1].number == 6, "numbers go on"
        queue.close()
        (line,) = said
        (aside,) = [one.name for one in damaged.parent.iterdir() if "damaged" in one.name]
        assert line.startswith(f"queue_damaged: {damaged} was damaged, ")
        assert line.endswith(f"; it is kept as {aside}; a new queue holds the 4 events that could be read of it")

    def test_an_output_without_known_progress_gets_all_of_them(self, damaged: Path) -> None:
        with closing(sqlite3.connect(damaged)) as connection:
            connection.execute("UPDATE outputs SET acknowledged = 99 WHERE name = 'a'")
            connection.commit()
        queue = open_queue(damaged.parent, 1 << 20, ["a", "b"], lambda *_: None)
        assert [one.number for one in queue.take("a")] == [2, 3, 4, 5]
        queue.close()

    def test_events_with_impossible_numbers_follow_the_others_and_progress_is_kept(self, tmp_path: Path) -> None:
        path = tmp_path / FILE
        queue = EventQueue(path, 1 << 20)
        queue.set_outputs(["a"])
        queue.put([event(8), event(9)])
        queue.acknowledge("a", queue.take("a"))
        queue.close()
        with closing(sqlite3.connect(path)) as connection:
            for id_, number in enumerate((-5, 0, 3, (1 << 63) - 1), 1):
                row = (number, to_line(event(id_)))
                connection.execute("INSERT INTO events (number, size, body) VALUES (?, 9, ?)", row)
            connection.commit()
        queue = open_queue(tmp_path, 1 << 20, ["a"], lambda *_: None)
        assert [one.number for one in queue.take("a")] == [3, 4, 5, 6]
        assert queue.progress("a")[0].delivered == 2
        queue.close()


def test_a_replacement_that_a_kill_interrupted_is_finished(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / f"{FILE}.new", 1 << 20)
    queue.set_outputs(["a"])
    queue.put([event(1)])
    queue.close()
    (tmp_path / f"{FILE}-wal").write_bytes(b"of the old queue")
    queue = open_queue(tmp_path, 1 << 20, ["a"], lambda *_: None)
    assert [one.event["id"] for one in queue.take("a")] == ["id-1"]
    queue.close()
    (aside,) = [path for path in tmp_path.iterdir() if path.name.startswith(f"{FILE}-wal") and "damaged" in path.name]
    assert aside.read_bytes() == b"of the old queue"
    assert not (tmp_path / f"{FILE}.new").exists()


def test_what_waits_is_skipped_for_the_named_outputs_or_for_all(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / FILE, 1 << 20)
    queue.set_outputs(["a", "b"])
    queue.put([event(1), event(2)])
    queue.skip("a")
    assert (queue.take("a"), len(queue.take("b"))) == ([], 2)
    queue.skip()
    assert queue.take("b") == [] and not queue.has_events()
    queue.close()


def test_a_removed_output_is_reported_with_what_waited_for_it(tmp_path: Path) -> None:
    said: list[tuple[str, str]] = []
    queue = open_queue(tmp_path, 1 << 20, ["a", "b"], lambda *words: said.append(words))
    queue.put([event(1), event(2)])
    queue.close()
    queue = open_queue(tmp_path, 1 << 20, ["a"], lambda *words: said.append(words))
    queue.close()
    assert said == [("output_removed", "2 events waited for b, which is no longer an output; they are dropped")]


def test_an_error_is_temporary_or_damage_by_what_sqlite_says(tmp_path: Path) -> None:
    def kinds(code: int | None, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> tuple[bool, bool, str]:
        failed = kind("secret words")
        if code is not None:
            failed.sqlite_errorcode = code
        database = QueueDatabase(None)
        with pytest.raises(QueueError) as caught, closing(database), database.explained():
            raise failed
        return caught.value.temporary, caught.value.damaged, str(caught.value).partition(": ")[2]

    for code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM,
                 sqlite3.SQLITE_IOERR_WRITE):  # fmt: skip
        assert kinds(code) == (True, False, "secret words")
    for code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        assert kinds(code) == (False, False, "another plate-infer uses it")
    for code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_INTERRUPT):
        assert kinds(code) == (False, False, "secret words")
    for code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_SHORT_READ, None):
        assert kinds(code) == (False, True, "secret words")
    assert kinds(None, sqlite3.ProgrammingError) == (False, False, "secret words")
