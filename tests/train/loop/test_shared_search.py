"""A search on several hosts: the same trials as on one, through lost workers, and only with the same settings."""

from __future__ import annotations

import argparse
import contextlib
import json
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


RESCUE = """
import glob, json, multiprocessing, os, sys, time
import keras_tuner, tensorflow  # once: most of the time of four commands is that of these imports
from plate_train.command import main

data, place, folder = sys.argv[1:]
processes = multiprocessing.get_context("fork")

def command(log, *options):
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    os.dup2(1, 2)
    sys.argv[1:] = ["character", "--data", data, "--epochs", "1", *options]
    main()

def start(log, *options):
    started = processes.Process(target=command, args=(f"{folder}/{log}.txt", *options), daemon=True)
    started.start()
    return started

workers = [start(name, "--worker", place, "--out", f"{folder}/{name}") for name in ("worker-1", "worker-2")]
chief = start("chief", "--chief", place, "--trials", "4", "--out", f"{folder}/run")
deadline = time.monotonic() + 600.0
while not glob.glob(f"{folder}/run/search/trial_*"):
    assert time.monotonic() < deadline and chief.is_alive()
    time.sleep(0.02)
workers[0].kill()
workers[0].join()
workers[0] = start("worker-1", "--worker", place, "--out", f"{folder}/worker-1")
for ended in (chief, *workers):
    ended.join(max(0.0, deadline - time.monotonic()))
print(json.dumps([ended.exitcode for ended in (chief, *workers)]))
"""
"""Runs a chief and two workers as processes, and kills a worker during its first trial."""


def test_workers_are_killed_and_return(tmp_path: Path, small_folder: Path, environment: dict[str, str]) -> None:
    line = [sys.executable, "-c", RESCUE, str(small_folder), f"127.0.0.1:{free_port()}", str(tmp_path)]
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=700)
    said = {path.stem: path.read_text() for path in tmp_path.glob("*.txt")}
    assert ended.returncode == 0 and ended.stdout.splitlines()[-1:] == ["[0, 0, 0]"], (ended.stderr, said)
    assert "no trial is left" in said["worker-1"] and "no trial is left" in said["worker-2"]
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert len(report["search"]["trials"]) == 4
    assert report["training"]["recipe"]["hyper"] == report["search"]["best"]["hyper"]
