"""After any damage of the queue's file, readable events are delivered, and no output is blocked."""

from __future__ import annotations

import importlib
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from device_helpers import until
from fake_times import FakeTimes
from hypothesis import given, settings
from hypothesis import strategies as st

from plate_devices.events.clock import Clock
from plate_devices.events.records import to_line
from plate_devices.outputs.delivery import Delivery
from plate_devices.outputs.event_json import carve
from plate_devices.outputs.fake import FakeOutput
from plate_devices.outputs.output import Event
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queue_database import QueueDatabase, QueueError
from plate_devices.outputs.recovery import FILE, open_queue

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def damaging() -> Any:
    """Import the script of benchmarks/ that damages 600 queues."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[3] / "benchmarks"))
        return importlib.import_module("damaged_queues")


def test_damaged_at_random(damaging: Any) -> None:
    @settings(max_examples=30, derandomize=True)
    @given(kind=st.sampled_from(list(damaging.KINDS)), seed=st.integers(0, 1 << 30))
    def holds(kind: str, seed: int) -> None:
        counts = damaging.try_one(kind, seed)
        assert (counts["lost"], counts["blocked"]) == (0, 0)

    holds()


@pytest.mark.parametrize("place", [b"tableevents", b"tableoutputs", b"tableunset_boots", b"CREATE TABLE outputs"])
def test_a_name_that_is_no_utf_8_is_damage(tmp_path: Path, place: bytes) -> None:
    """`sqlite3` raises a UnicodeDecodeError if SQLite's message quotes such a name."""
    queue = EventQueue(tmp_path / FILE, MEGABYTE)
    queue.set_outputs(["a"])
    queue.put([event(1)])
    queue.close()
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content.replace(place, place[:8] + b"\xfa" + place[9:], 1))
    words: list[str] = []
    queue = open_queue(tmp_path, MEGABYTE, ["a"], lambda word, _: words.append(word))
    assert [waiting.event["id"] for waiting in queue.take("a")] == ["id-1"]
    assert "queue_damaged" in words
    queue.close()


def event(number: int, **more: Any) -> Event:
    return {"type": "vehicle", "id": f"id-{number}", "last_time": f"2026-05-{number:02}T12:00:00.000Z", **more}


def test_a_damaged_row_is_set_aside_counted_and_reported(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / FILE, MEGABYTE)
    queue.set_outputs(["a"])
    queue.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        row = "INSERT INTO events (number, size, body) VALUES (?, 9, ?)"
        connection.execute(row, (1, '{"type": "vehicle", "source": "'))
        connection.execute(row, (2, to_line(event(2))))
    connection.close()
    said: list[str] = []
    away = FakeOutput(name="a")
    away.failures = -1
    where = QueueSettings(folder=tmp_path)
    delivery = Delivery([away], where, Clock(FakeTimes()), lambda word, text: said.append(f"{word}: {text}"))
    until(lambda: delivery.state()[0].last_error)
    away.failures = 0
    until(lambda: away.events)
    assert [one["id"] for one in away.events] == ["id-2"]
    assert (delivery.unreadable, delivery.state()[0].dropped) == (1, 1)
    assert [line for line in said if line.startswith("event_unreadable: 1 events in the queue")]
    delivery.close(10.0)
    with sqlite3.connect(tmp_path / FILE) as connection:
        ((body,),) = connection.execute("SELECT body FROM set_aside").fetchall()
    connection.close()
    assert body.startswith(b'{"type": "vehicle"')


def test_a_queue_that_is_damaged_at_the_start_is_reported(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"damaged" * 1000)
    said: list[str] = []
    delivery = Delivery([FakeOutput(name="a")], QueueSettings(folder=tmp_path), Clock(FakeTimes()),
                        lambda word, text: said.append(f"{word}: {text}"))  # fmt: skip
    until(lambda: said)
    delivery.close(10.0)
    assert said[0].startswith(f"queue_damaged: {tmp_path / FILE} was damaged, ")


def test_damage_found_while_running_is_repaired_within_seconds(tmp_path: Path) -> None:
    words: list[str] = []
    there, away = FakeOutput(name="there"), FakeOutput(name="away")
    away.failures = -1
    where = QueueSettings(folder=tmp_path)
    delivery = Delivery([there, away], where, Clock(FakeTimes()), lambda word, _: words.append(word))
    for number in range(1, 20):
        delivery.put(event(number))
    until(lambda: len(there.events) == 19)
    queue = delivery._store._disk
    assert queue is not None

    def broken(*_: object) -> None:
        error = QueueError("database disk image is malformed")
        error.damaged = True
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "put", broken)
        delivery.put(event(20))
    until(lambda: "disk_back" in words)
    assert "queue_damaged" in words and delivery.disk_error == ""
    delivery.put(event(21))
    away.failures = 0
    until(lambda: len({one["id"] for one in away.events}) == 21)
    delivery.close(10.0)
    assert len(list(tmp_path.glob(f"{FILE}.damaged-*"))) >= 1


class Choosy(FakeOutput):
    """Fails over some events."""

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`."""
        for one in events:
            if "bad" in one:
                raise TypeError("'int' object is not iterable")
        return super().send(events)


def test_an_event_that_breaks_an_output_blocks_it_only_until_the_next_event(tmp_path: Path) -> None:
    said: list[str] = []
    choosy, other = Choosy(name="choosy"), FakeOutput(name="other")
    where = QueueSettings(folder=tmp_path)
    delivery = Delivery([choosy, other], where, Clock(FakeTimes()), lambda word, text: said.append(f"{word}: {text}"))
    delivery.put_all([event(1), event(2, bad=1), event(3, bad=1)])
    until(lambda: delivery.state()[0].last_error)
    assert "internal error: TypeError: 'int' object is not iterable" in delivery.state()[0].last_error
    delivery.put(event(4))
    until(lambda: delivery.state()[0].waiting == 0)
    assert {one["id"] for one in choosy.events} == {"id-1", "id-4"}
    assert delivery.state()[0][2:4] == (2, 2)
    assert [one for one in said if one.startswith("event_refused: choosy: 2 damaged events are left out")]
    assert len(other.events) == 4
    delivery.close(10.0)


def test_old_events_behind_one_from_the_future_are_deleted(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / FILE, MEGABYTE)
    queue.set_outputs(["a", "b"])
    queue.put([event(1, last_time="2199-01-01T00:00:00.000Z"), *(event(day) for day in range(2, 9))])
    queue.acknowledge("b", queue.take("b", 3))
    assert queue.delete_before("2026-05-06T00:00:00.000Z") == {"a": 5, "b": 2}
    assert [waiting.event["id"] for waiting in queue.take("a")] == ["id-6", "id-7", "id-8"]
    assert queue.progress("b")[1] == 3


def test_a_damaged_size_drops_nothing(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / FILE, 5000)
    queue.set_outputs(["a"])
    queue.put(event(number) for number in range(1, 9))
    queue.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE events SET size = 4611686018427387904 WHERE number = 3")
    connection.close()
    queue = EventQueue(tmp_path / FILE, 5000)
    queue.set_outputs(["a"])
    assert queue.put([event(9)]) == {}
    assert len(queue.take("a")) == 9


@pytest.mark.parametrize("steps", range(4))
def test_a_kill_during_the_replacement_loses_nothing(
    tmp_path: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill after each renaming, in turn."""
    queue = EventQueue(tmp_path / FILE, MEGABYTE)
    queue.set_outputs(["a"])
    queue.put(event(number, padding="." * 900) for number in range(1, 20))
    queue.close()
    content = bytearray((tmp_path / FILE).read_bytes())
    content[:4096] = bytes(4096)
    (tmp_path / FILE).write_bytes(content)
    (tmp_path / f"{FILE}-wal").write_bytes(b"foreign")
    done: list[int] = []
    replace = Path.replace

    def killed(path: Path, target: Path) -> Path:
        if len(done) == steps:
            raise KeyboardInterrupt
        done.append(1)
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        try:
            open_queue(tmp_path, MEGABYTE, ["a"], lambda *_: None).close()
        except KeyboardInterrupt:
            assert steps < 3
    queue = open_queue(tmp_path, MEGABYTE, ["a"], lambda *_: None)
    assert {waiting.event["id"] for waiting in queue.take("a")} == {f"id-{number}" for number in range(1, 20)}
    queue.close()
    assert not list(tmp_path.glob("*.new*"))


def test_a_damaged_queue_that_was_set_aside_is_deleted_when_it_is_old(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"plain text" * 900)
    delivery = Delivery([FakeOutput(name="a")], QueueSettings(folder=tmp_path), Clock(FakeTimes()), lambda *_: None)
    (aside,) = tmp_path.glob(f"{FILE}.damaged-*")
    from datetime import UTC, datetime, timedelta

    delivery.delete_before(datetime.now(UTC) - timedelta(days=1))
    assert aside.exists()
    delivery.delete_before(datetime.now(UTC) + timedelta(days=1))
    assert not aside.exists()
    delivery.close(5.0)


def test_numbers_are_found_in_the_bytes(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / FILE, MEGABYTE)
    queue.set_outputs(["a"])
    sizes = (0, 30, 60, 100, 1000, 3000, 3800)
    put = [
        event(number, padding="." * sizes[number % 7], time_set=bool(number % 2), boot_id="b" * 36)
        for number in range(300)
    ]
    queue.put(put)
    queue.close()
    found = dict(carve((tmp_path / FILE).read_bytes()))
    assert found == {number + 1: to_line(one).encode() for number, one in enumerate(put)}


def test_a_read_only_folder_is_a_temporary_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object) -> None:
        error = QueueError("unable to open database file")
        raise error

    class ReadOnly:
        f_flag = 1

    monkeypatch.setattr(QueueDatabase, "__init__", read_only)
    monkeypatch.setattr("os.statvfs", lambda _: ReadOnly())
    with pytest.raises(QueueError) as raised:
        open_queue(tmp_path, MEGABYTE, ["a"], lambda *_: None)
    assert raised.value.temporary
    shutil.rmtree(tmp_path)


def test_an_output_with_lost_progress_gets_all_events_again(tmp_path: Path) -> None:
    queue = EventQueue(tmp_path / FILE, MEGABYTE)
    queue.set_outputs(["a", "b"])
    queue.put([event(1), event(2)])
    queue.acknowledge("a", queue.take("a"))
    queue.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE outputs SET acknowledged = 2 WHERE name = 'b'")
    connection.close()
    said: list[str] = []
    queue = open_queue(tmp_path, MEGABYTE, ["a", "b"], lambda _, text: said.append(text))
    assert [len(queue.take(name)) for name in ("a", "b")] == [0, 2]
    assert said == [f"{tmp_path / FILE}: the progress of outputs was damaged; they get the waiting events again"]
    queue.close()
