"""Failures of threads are reported, counted, shown in /health and /metrics, and followed by a restart."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from device_helpers import until

from plate_devices.health.metrics import render
from plate_devices.health.state import Health
from plate_devices.privacy.retention import Retention
from plate_devices.threads import THREADS, BackgroundThread, ThreadRegistry, ThreadState

CREATIONS = re.compile(r"(?<!def )\b(Thread|Timer|ThreadPoolExecutor|start_new_thread)\(")
ALLOWED = {
    "threads.py": 1,  # creates them
    "outputs/call_limit.py": 1,  # a timer that closes a connection
}


@pytest.fixture
def registry() -> ThreadRegistry:
    found = ThreadRegistry()
    found.said = []  # type: ignore[attr-defined]
    found.report = lambda word, sentence: found.said.append(f"{word}: {sentence}")  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("error", [ValueError("a bad\nbyte"), RecursionError("deep"), SystemExit(3), MemoryError()])
def test_a_failed_thread_is_reported_and_restarts(registry: ThreadRegistry, error: BaseException) -> None:
    begun: list[int] = []
    enough = threading.Event()

    def work() -> None:
        begun.append(1)
        if len(begun) < 3:
            raise error
        enough.wait(60.0)

    worker = BackgroundThread(work, "retention", registry=registry, pause=0.02)
    worker.start()
    until(lambda: len(begun) == 3)
    until(lambda: registry.states()[0].running)
    (state,) = registry.states()
    assert (state.name, state.failures) == ("retention", 2)
    assert state.last_error.startswith(f"internal error: {type(error).__name__}: {' '.join(str(error).split())}")
    assert "test_threads.py:" in state.last_error
    said = registry.said  # type: ignore[attr-defined]
    assert [line.rpartition("; ")[2] for line in said] == ["it restarts in 0.02 s", "it restarts in 0.04 s"]
    enough.set()
    worker.join(30.0)
    assert not worker.is_alive()
    assert registry.states() == [ThreadState("retention", False, 2, state.last_error)]


def test_a_thread_that_waits_to_restart_is_not_running_and_can_be_ended(registry: ThreadRegistry) -> None:
    def work() -> None:
        raise OSError("gone")

    worker = BackgroundThread(work, "outputs", registry=registry, pause=60.0)
    worker.start()
    until(lambda: registry.states() and registry.states()[0].failures)
    until(lambda: not registry.states()[0].running)
    worker.join(30.0)
    assert not worker.is_alive()


def test_a_thread_for_one_client_does_not_restart(registry: ThreadRegistry) -> None:
    worker = BackgroundThread(lambda: next(iter(())), "socket client", restarts=False, registry=registry)
    worker.start()
    worker.join(30.0)
    until(lambda: not registry.states()[0].running)
    assert registry.said[0].endswith("; it has ended")  # type: ignore[attr-defined]


def test_a_thread_that_was_not_started_can_be_joined(registry: ThreadRegistry) -> None:
    BackgroundThread(lambda: None, "late", registry=registry).join(1.0)


def test_a_thread_that_ends_is_not_listed(registry: ThreadRegistry) -> None:
    worker = BackgroundThread(lambda: None, "done", registry=registry)
    worker.start()
    worker.join(30.0)
    assert registry.states() == []


def test_health_and_metrics_name_each_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(THREADS, "report", lambda *_: None)
    asked: list[int] = []

    def clock() -> bool:
        asked.append(1)
        raise KeyError("no clock")

    retention = Retention(30, [], clock_set=clock)
    retention.start()
    try:
        until(lambda: [one for one in THREADS.states() if one.name == "retention" and one.failures])
        health = Health(retention_error="p.csv cannot be shortened")
        (described,) = [one for one in health.as_dict()["threads"] if one["name"] == "retention"]
        assert described["failures"] >= 1
        assert "KeyError: 'no clock'" in described["last_error"]
        page = render(health)
        assert 'plate_edge_thread_failures_total{thread="retention"}' in page
        assert 'plate_edge_thread_up{thread="retention"}' in page
        assert "plate_edge_retention_up 0\n" in page
    finally:
        retention.close()


def test_all_threads_are_created_in_one_place(repository: Path) -> None:
    for package in ("runtime/plate_runtime", "devices/plate_devices"):
        for path in sorted((repository / package).rglob("*.py")):
            name = path.relative_to(repository / package).as_posix()
            assert len(CREATIONS.findall(path.read_text("utf-8"))) == ALLOWED.get(name, 0), path
