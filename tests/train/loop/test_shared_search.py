"""A search on several hosts: the same trials as on one, through lost workers, and only with the same settings."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from receivers.broker import free_port

from plate_runtime.errors import DeviceError, UsageError
from plate_train.loop import shared_search
from plate_train.loop.shared_search import Address, Share, address
from plate_train.loop.tuning import Tried, tune, work

TRIALS = 4
START = "from plate_train.command import main; main()"


def declare(hp: Any) -> None:
    hp.Choice("size", list(range(100)))
    hp.Float("rate", 0.1, 1.0)


def score(_number: str, hp: Any) -> float:
    return float(hp.values["rate"])


def search(run: Path, **more: Any) -> list[Tried]:
    run.mkdir(exist_ok=True)
    return tune(declare, score, objective="val_score", trials=TRIALS, seed=3, run=run, digest="same", **more)[0]


class Chief:
    """A chief in a thread."""

    def __init__(self, run: Path, stop_at: str = "\0") -> None:
        self.address = Address("127.0.0.1", free_port())
        self.lines: list[str] = []
        self.found: list[Tried] = []
        self._run, self._stop_at = run, stop_at
        self._thread = threading.Thread(target=self._search)
        self._thread.start()

    def share(self, digest: str = "same", worker: str = "worker-1") -> Share:
        return Share(self.address, worker, digest)

    def end(self) -> list[Tried]:
        self._thread.join(60.0)
        assert not self._thread.is_alive()
        return self.found

    def _search(self) -> None:
        with contextlib.suppress(InterruptedError):
            self.found = search(self._run, share=self.share(worker=""), say=self._say)

    def _say(self, line: str) -> None:
        self.lines.append(line)
        if self._stop_at in line:
            raise InterruptedError


def help_chief(share: Share, run: Path, try_out: Callable[[str, Any], float] = score) -> int:
    return work(declare, try_out, objective="val_score", run=run, share=share, say=lambda _line: None)


def test_a_chief_finds_the_trials_of_a_search_on_one_host(tmp_path: Path) -> None:
    alone = search(tmp_path / "alone")
    chief = Chief(tmp_path / "chief")
    with pytest.raises(UsageError, match="other settings or data"):
        help_chief(chief.share("other"), tmp_path / "other")
    assert help_chief(chief.share(), tmp_path / "worker") == TRIALS
    assert chief.end() == alone
    assert "worker-1 joined" in chief.lines
    with pytest.raises(UsageError, match="trials of another search"):
        shared_search.require_same_search(tmp_path / "worker", chief.share("other"))


def test_a_trial_of_a_lost_worker_is_done_by_resuming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(number: str, hp: Any) -> float:
        if number == "2":
            monkeypatch.setattr(shared_search, "SILENT_AFTER", 0.5)
            raise KeyboardInterrupt
        return score(number, hp)

    chief = Chief(tmp_path / "run", stop_at="silent")
    with pytest.raises(KeyboardInterrupt):
        help_chief(chief.share(), tmp_path / "worker", lost)
    chief.end()
    assert any("worker-1 has been silent" in line and "trial 2" in line and "--resume" in line for line in chief.lines)
    assert [trial.number for trial in search(tmp_path / "run", resume=True)] == ["0", "1", "2", "3"]
    assert search(tmp_path / "run", resume=True) == search(tmp_path / "alone")


def test_an_address_in_use_is_a_sentence(tmp_path: Path) -> None:
    chief = Chief(tmp_path / "run")
    deadline = time.monotonic() + 60.0
    while not any("workers join" in line for line in chief.lines):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(DeviceError, match="free port"):
        search(tmp_path / "second", share=chief.share(worker=""))
    help_chief(chief.share(), tmp_path / "worker")
    chief.end()


@pytest.mark.parametrize("text", ["localhost", ":7000", "host:", "host:0", "host:99999", "http://host:7000", "host:x"])
def test_a_wrong_address_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not an address"):
        address(text)


def test_only_loopback_is_safe() -> None:
    assert address("127.0.0.1:7000").is_loopback and address("[::1]:7000").is_loopback
    assert not address("localhost.example.org:7000").is_loopback
    assert not address("0.0.0.0:7000").is_loopback and not address("gate.local:7000").is_loopback


def test_workers_are_killed_and_return(tmp_path: Path, small_folder: Path, environment: dict[str, str]) -> None:
    place = f"127.0.0.1:{free_port()}"

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", START, "character", "--data", str(small_folder), "--epochs", "2", *options]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    workers = [start("--worker", place, "--out", str(tmp_path / f"worker-{number}")) for number in (1, 2)]
    chief = start("--chief", place, "--trials", "4", "--out", str(tmp_path / "run"))
    try:
        deadline = time.monotonic() + 300
        while not list(tmp_path.glob("run/search/trial_*")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(workers[0].pid, signal.SIGKILL)
        workers[0].communicate()
        workers[0] = start("--worker", place, "--out", str(tmp_path / "worker-1"))
        said, _ = chief.communicate(timeout=900)
        assert chief.returncode == 0, said
        for worker in workers:
            worker_said, _ = worker.communicate(timeout=300)
            assert worker.returncode == 0, worker_said
            assert "no trial is left" in worker_said
    finally:
        for process in (chief, *workers):
            process.kill()
            process.communicate()
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert len(report["search"]["trials"]) == 4
    assert report["training"]["recipe"]["hyper"] == report["search"]["best"]["hyper"]
