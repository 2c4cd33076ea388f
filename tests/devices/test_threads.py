"""No thread dies unseen: it is said, counted, shown in /health and /metrics, and begun again."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from plate_devices.health.metrics import render
from plate_devices.health.state import Health
from plate_devices.privacy.retention import Retention
from plate_devices.threads import BOARD, Board, ThreadState, Worker

THREADS = re.compile(r"(?<!def )\b(Thread|Timer|ThreadPoolExecutor|start_new_thread)\(")
ALLOWED = {
    "threads.py": 1,  # here they are made
    "outputs/webhook.py": 1,  # a timer that hangs up, and whose end is no loss
}


def until(happened: Callable[[], object], within: float = 30.0) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def board() -> Board:
    found = Board()
    found.said = []  # type: ignore[attr-defined]
    found.remark = lambda word, sentence: found.said.append(f"{word}: {sentence}")  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("error", [ValueError("a bad\nbyte"), RecursionError("deep"), SystemExit(3), MemoryError()])
def test_work_that_fails_is_said_and_begun_again(board: Board, error: BaseException) -> None:
    begun: list[int] = []
    enough = threading.Event()

    def work() -> None:
        begun.append(1)
        if len(begun) < 3:
            raise error
        enough.wait(60.0)

    worker = Worker(work, "retention", board=board, pause=0.02)
    worker.start()
    until(lambda: len(begun) == 3)
    until(lambda: board.states()[0].running)
    (state,) = board.states()
    assert (state.name, state.failures) == ("retention", 2)
    assert state.last_error.startswith(f"internal error: {type(error).__name__}: {' '.join(str(error).split())}")
    assert "test_threads.py:" in state.last_error
    said = board.said  # type: ignore[attr-defined]
    assert [line.rpartition("; ")[2] for line in said] == ["it begins again in 0.02 s", "it begins again in 0.04 s"]
    enough.set()
    worker.join(30.0)
    assert not worker.is_alive()
    assert board.states() == [ThreadState("retention", False, 2, state.last_error)]


def test_one_that_waits_to_begin_again_shows_as_not_running_and_can_be_ended(board: Board) -> None:
    def work() -> None:
        raise OSError("gone")

    worker = Worker(work, "outputs", board=board, pause=60.0)
    worker.start()
    until(lambda: board.states() and board.states()[0].failures)
    until(lambda: not board.states()[0].running)
    worker.join(30.0)
    assert not worker.is_alive()


def test_work_for_one_client_is_not_begun_again(board: Board) -> None:
    worker = Worker(lambda: next(iter(())), "socket client", again=False, board=board)
    worker.start()
    worker.join(30.0)
    until(lambda: not board.states()[0].running)
    assert board.said[0].endswith("; it has ended")  # type: ignore[attr-defined]


def test_work_that_ends_leaves_no_trace(board: Board) -> None:
    worker = Worker(lambda: None, "done", board=board)
    worker.start()
    worker.join(30.0)
    assert board.states() == []


def test_health_and_metrics_name_each_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BOARD, "remark", lambda *_: None)
    asked: list[int] = []

    def clock() -> bool:
        asked.append(1)
        raise KeyError("no clock")

    retention = Retention(30, [], clock_set=clock)
    retention.start()
    try:
        until(lambda: [one for one in BOARD.states() if one.name == "retention" and one.failures])
        health = Health(retention_error="p.csv cannot be shortened")
        (told,) = [one for one in health.as_dict()["threads"] if one["name"] == "retention"]
        assert told["failures"] >= 1
        assert "KeyError: 'no clock'" in told["last_error"]
        page = render(health)
        assert 'plate_edge_thread_failures_total{thread="retention"}' in page
        assert 'plate_edge_thread_up{thread="retention"}' in page
        assert "plate_edge_retention_up 0\n" in page
    finally:
        retention.close()


def test_every_thread_of_a_device_is_made_in_one_place(repository: Path) -> None:
    for package in ("runtime/plate_runtime", "devices/plate_devices"):
        for path in sorted((repository / package).rglob("*.py")):
            name = path.relative_to(repository / package).as_posix()
            assert len(THREADS.findall(path.read_text("utf-8"))) == ALLOWED.get(name, 0), path
