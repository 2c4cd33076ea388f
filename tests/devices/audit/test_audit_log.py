"""The audit log: durable, private, paged, and with the right times."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_times import BOOT, SHUTDOWN, FakeTimes

from plate_devices.audit import audit_log
from plate_devices.audit.audit_log import AuditEntry, AuditError, AuditLog


def test_rows_come_back_newest_first_and_in_pages(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "deep" / "audit.sqlite")
    assert log.rows() == []
    numbers = [log.add("list.changed", "page", f"row {number}", {"n": number}) for number in range(5)]
    log.add("action.intent", "gate", "it is on the list")
    log.add("actions", "x", "y")
    assert [row.why for row in log.rows(what="list.changed", limit=2)] == ["row 4", "row 3"]
    assert [row.details["n"] for row in log.rows(before=numbers[3], what="list.changed")] == [2, 1, 0]
    assert [row.who for row in log.rows(what="action.intent")] == ["gate"]
    assert len(log.rows()) == 7


def test_file_is_private(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.sqlite")
    log.add("a", "b", "c")
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    (tmp_path / "audit.sqlite").symlink_to(tmp_path / "other")
    with pytest.raises(AuditError):
        AuditLog(tmp_path / "audit.sqlite").add("a", "b", "c")


def test_row_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "audit.sqlite"
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from plate_devices.audit.audit_log import AuditLog\n"
        f"AuditLog(Path({str(path)!r})).add('action.intent', 'gate', 'w')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == -signal.SIGKILL
    assert [row.what for row in AuditLog(path).rows()] == ["action.intent"]


def test_rows_wait_for_the_disk(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.sqlite")
    log.add("a", "b", "c")
    assert log._connection is not None
    assert log._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert log._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_times_follow_once_the_clock_is_set(tmp_path: Path) -> None:
    times = FakeTimes()
    log = AuditLog(tmp_path / "audit.sqlite", times)
    times.now = 10.0
    log.add("a", "b", "early")
    assert (log.rows()[0].time, log.rows()[0].time_set) == (SHUTDOWN + 10, False)
    times.set_right()
    times.now = 20.0
    log.add("a", "b", "later")
    later, early = log.rows()
    assert (later.time, early.time, early.time_set) == (BOOT + 20, BOOT + 10, True)
    assert (early.boot_id, early.monotonic) == ("boot-1", 10.0)


def test_times_of_another_boot_stay(tmp_path: Path) -> None:
    AuditLog(tmp_path / "audit.sqlite", FakeTimes("boot-0")).add("a", "b", "before")
    times = FakeTimes()
    times.set_right()
    log = AuditLog(tmp_path / "audit.sqlite", times)
    log.add("a", "b", "now")
    assert [(row.time_set, row.time) for row in log.rows()] == [(True, BOOT), (False, SHUTDOWN)]


def test_old_rows_are_deleted_with_their_bytes(tmp_path: Path) -> None:
    times = FakeTimes()
    times.set_right()
    path = tmp_path / "audit.sqlite"
    log = AuditLog(path, times)
    log.add("a", "b", "the secret of SALLY")
    times.now = 100.0
    log.add("a", "b", "young")
    before = datetime.fromtimestamp(BOOT + 50, UTC)
    assert log.delete_before(before) == 1
    assert log.delete_before(before) == 0
    assert [row.why for row in log.rows()] == ["young"]
    assert not any(b"SALLY" in file.read_bytes() for file in tmp_path.iterdir())


def test_intents_are_written_while_many_rows_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = FakeTimes()
    times.set_right()
    log = AuditLog(tmp_path / "audit.sqlite", times)
    log.add_all([AuditEntry("a", "b", "old")] * 5)
    times.now = 100.0
    monkeypatch.setattr(audit_log, "_DELETED_AT_ONCE", 2)
    monkeypatch.setattr(audit_log, "time", SimpleNamespace(sleep=lambda _: log.add("action.intent", "gate", "new")))
    assert log.delete_before(datetime.fromtimestamp(BOOT + 50, UTC)) == 5
    assert [row.why for row in log.rows()] == ["new", "new"]


def test_no_statement_reads_the_whole_table(tmp_path: Path) -> None:
    """A full log has 80 MB, and an action waits for its intent."""
    times = FakeTimes()
    times.set_right()
    log = AuditLog(tmp_path / "audit.sqlite", times)
    log.add("a", "b", "c")
    assert log._connection is not None
    statements: list[str] = []
    log._connection.set_trace_callback(statements.append)
    log.add("a", "b", "d")
    log.delete_before(datetime.fromtimestamp(BOOT - 1, UTC))
    log.rows(what="a")
    log._connection.set_trace_callback(None)
    changes = [one for one in statements if one.startswith(("UPDATE", "DELETE", "SELECT"))]
    assert len(changes) == 4
    for one in changes:
        plan = [row[3] for row in log._connection.execute(f"EXPLAIN QUERY PLAN {one}")]
        assert not any(step.startswith("SCAN") for step in plan), plan


def test_rows_from_before_the_clock_was_set_are_not_old(tmp_path: Path) -> None:
    """A device that was off for weeks writes intents with an old time until a time server answers."""
    times = FakeTimes()
    log = AuditLog(tmp_path / "audit.sqlite", times)
    log.add("action.intent", "gate", "a moment ago")
    times.set_right()
    times.now = 20.0
    assert log.delete_before(datetime.fromtimestamp(BOOT - 1, UTC)) == 0
    assert [row.why for row in log.rows()] == ["a moment ago"]


def test_number_of_rows_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "MOST_ROWS", 1500)
    log = AuditLog(tmp_path / "audit.sqlite")
    for _ in range(4):
        log.add_all([AuditEntry("a", "b", "c")] * 1000)
    assert len(log.rows(limit=10_000)) == 1500


def test_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "audit.sqlite"
    path.write_bytes(b"this is not a database" * 500)
    warnings: list[str] = []
    log = AuditLog(path, warn=warnings.append)
    with pytest.raises(AuditError, match=r"kept as audit\.sqlite\.damaged-"):
        log.add("a", "b", "c")
    assert len(warnings) == 1
    assert log.add("a", "b", "c") == 1


def test_failed_write_leaves_nothing(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.sqlite")
    log.add("a", "b", "c")
    with pytest.raises(ValueError, match="4000"):
        log.add_all([AuditEntry("a", "b", "1"), AuditEntry("a", "b", "2", {"long": "x" * 5000})])
    log._path.unlink()
    log.close()
    log._path.mkdir()
    with pytest.raises(AuditError):
        log.add("a", "b", "c")


def test_threads_and_processes_share_it(tmp_path: Path) -> None:
    path = tmp_path / "audit.sqlite"
    logs = [AuditLog(path), AuditLog(path)]  # as two processes

    def write(log: AuditLog) -> None:
        for _ in range(20):
            log.add("a", "b", "c")

    threads = [threading.Thread(target=write, args=(logs[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row.number for row in logs[0].rows(limit=1000)] == list(range(80, 0, -1))


def test_file_can_change(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "one.sqlite")
    log.add("a", "b", "first")
    log.use(tmp_path / "two.sqlite")
    log.add("a", "b", "second")
    assert [row.why for row in log.rows()] == ["second"]
    log.use(tmp_path / "one.sqlite")
    assert [row.why for row in log.rows()] == ["first"]
