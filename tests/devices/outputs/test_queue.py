"""Events on disk: in order, until every output has them, within the size limit."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.queue_database import QueueError
from plate_devices.outputs.recovery import FILE, open_queue

MEGABYTE = 1 << 20


def event(number: int, padding: int = 0) -> dict[str, Any]:
    return {"type": "vehicle", "id": f"id-{number}", "padding": "." * padding}


def ids(queue: EventQueue, name: str, most: int = 100) -> list[str]:
    return [waiting.event["id"] for waiting in queue.take(name, most)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


def test_each_output_goes_at_its_own_pace(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["fast", "slow"])
    queue.put([event(1), event(2)])
    queue.put([event(3)])
    queue.acknowledge("fast", queue.take("fast"))
    queue.acknowledge("slow", queue.take("slow", 1))
    assert ids(queue, "fast") == []
    assert ids(queue, "slow") == ["id-2", "id-3"]
    assert ids(queue, "slow", 1) == ["id-2"]


def test_waiting_events_survive_and_delivered_ones_do_not_return(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a", "b"])
    queue.put(event(number) for number in range(10))
    queue.acknowledge("a", queue.take("a", 4))
    queue.close()

    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a", "b"])
    assert ids(queue, "a") == [f"id-{number}" for number in range(4, 10)]
    assert len(ids(queue, "b")) == 10
    assert queue.progress("a")[0].delivered == 4


def test_an_event_is_deleted_when_all_outputs_have_it(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a", "b"])
    queue.put([event(1)])
    queue.acknowledge("a", queue.take("a"))
    queue.acknowledge("b", queue.take("b"))
    queue.close()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_numbers_are_never_reused(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a"])
    queue.put([event(1)])
    queue.acknowledge("a", queue.take("a"))
    queue.close()
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a"])
    queue.put([event(2)])
    assert ids(queue, "a") == ["id-2"]


def test_a_new_output_gets_new_events_and_a_removed_one_is_reported(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["old"])
    queue.put([event(1), event(2)])
    queue.close()
    queue = EventQueue(path, MEGABYTE)
    assert queue.set_outputs(["new"]) == {"old": 2}
    queue.put([event(3)])
    assert ids(queue, "new") == ["id-3"]


def test_a_full_queue_drops_the_oldest_for_outputs_that_lack_it(path: Path) -> None:
    queue = EventQueue(path, 10_000)
    queue.set_outputs(["fast", "away"])
    dropped = 0
    for number in range(30):
        reported = queue.put([event(number, 900)])
        dropped += reported.get("away", 0)
        assert "fast" not in reported
        queue.acknowledge("fast", queue.take("fast"))
    left = ids(queue, "away")
    assert left == [f"id-{number}" for number in range(30 - len(left), 30)]
    assert 8 <= len(left) <= 10
    assert queue.progress("away")[0].dropped == dropped == 30 - len(left)
    assert queue.progress("fast")[0].dropped == 0


def test_one_event_larger_than_the_queue_is_kept(path: Path) -> None:
    queue = EventQueue(path, 1000)
    queue.set_outputs(["a"])
    queue.put([event(1), event(2, 5000)])
    assert ids(queue, "a") == ["id-2"]


def test_an_event_dropped_while_being_sent_counts_as_delivered(path: Path) -> None:
    queue = EventQueue(path, 3000)
    queue.set_outputs(["a"])
    queue.put([event(1, 1000), event(2, 1000)])
    on_their_way = queue.take("a")
    queue.put([event(3, 1000)])
    assert queue.progress("a")[0].dropped == 1
    queue.acknowledge("a", on_their_way)
    standing, waiting = queue.progress("a")
    assert (standing.delivered, standing.dropped, waiting) == (2, 0, 1)


def test_the_file_stays_near_its_bound(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["away"])
    for number in range(0, 3000, 10):
        queue.put(event(number + more, 900) for more in range(10))
    size = sum(file.stat().st_size for file in path.parent.iterdir())
    assert size < 1.3 * MEGABYTE + (5 << 20)  # SQLite's log is folded in at 4 MB


def test_a_batch_has_bounds_but_at_least_one_event(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a"])
    queue.put([event(1, 2000), event(2, 2000), event(3, 2000)])
    assert len(queue.take("a", most_bytes=100)) == 1
    assert len(queue.take("a", most_bytes=5000)) == 2


def test_two_processes_cannot_share_it(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a"])
    with pytest.raises(QueueError, match="another plate-infer uses it"):
        EventQueue(path, MEGABYTE)


def test_a_damaged_file_is_set_aside(path: Path) -> None:
    queue = EventQueue(path, MEGABYTE)
    queue.set_outputs(["a"])
    queue.put(event(number, 500) for number in range(100))
    queue.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    reported: list[str] = []
    queue = open_queue(path.parent, MEGABYTE, ["a"], lambda _, text: reported.append(text))
    queue.put([event(1)])
    assert ids(queue, "a") == ["id-1"]
    assert len(reported) == 1 and "was damaged" in reported[0]
    assert len(list(path.parent.glob(f"{FILE}.damaged-*"))) == 1


@pytest.mark.parametrize("content", [b"", b"plain text, and no database at all" * 100])
def test_other_files_at_its_path_are_replaced(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    queue = open_queue(path.parent, MEGABYTE, ["a"], lambda *_: None)
    queue.put([event(1)])
    assert ids(queue, "a") == ["id-1"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(QueueError, match="cannot be made"):
        open_queue(tmp_path / "file" / "folder", MEGABYTE, ["a"], print)
