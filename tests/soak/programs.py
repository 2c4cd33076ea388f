"""Programs of a soak, which are measured or made to fail."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
_TESTS = str(ROOT / "tests")


class Program:
    """A program that prints "ready", and can be killed and started again."""

    def __init__(self, *arguments: str | Path, at_once: bool = True) -> None:
        """Start `python -m ARGUMENTS`, unless that is left for later."""
        self._command = [sys.executable, "-m", *map(str, arguments)]
        self._environment = with_tests()
        self._running: subprocess.Popen[str] | None = None
        if at_once:
            self.start()

    def start(self) -> None:
        """Start it again, and wait until it serves."""
        self._running = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._running.stdout is not None
        assert self._running.stdout.readline() == "ready\n", self._command

    def send(self, signal_number: int) -> None:
        """Freeze it, thaw it, end it or kill it, if it was started."""
        if self._running is None:
            return
        self._running.send_signal(signal_number)
        if signal_number in (signal.SIGKILL, signal.SIGTERM):
            self._running.wait()


@dataclass(frozen=True)
class Sample:
    """State of a process: resident memory in MB, processor seconds, open files, and zombie children."""

    memory: float
    cpu: float
    files: int
    zombies: int


@dataclass
class Watched:
    """A program; its output is read while it runs.

    Attributes:
        environment: what is added to the variables of this process.
        lines: what it printed. log: what it said on standard error.
    """

    command: Sequence[str | Path]
    lines: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start it, and begin to read."""
        self._running = subprocess.Popen(
            [str(part) for part in self.command], env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        pairs = ((self._running.stdout, self.lines), (self._running.stderr, self.log))
        self._readers = [threading.Thread(target=_collect, args=pair, daemon=True) for pair in pairs]
        for reader in self._readers:
            reader.start()

    @property
    def runs(self) -> bool:
        """Whether it is running."""
        return self._running.poll() is None

    def sample(self) -> Sample:
        """Return its current state."""
        process = Path("/proc", str(self._running.pid))
        pages = int((process / "statm").read_text().split()[1])
        times = (process / "stat").read_text().rpartition(")")[2].split()
        children = [
            Path("/proc", child, "stat") for child in (process / "task" / process.name / "children").read_text().split()
        ]
        states = [child.read_text().rpartition(")")[2].split()[0] for child in children if child.is_file()]
        return Sample(
            memory=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            cpu=(int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"),
            files=len(list((process / "fd").iterdir())),
            zombies=states.count("Z"),
        )

    def stop(self, within: float) -> int:
        """Stop it like a service manager; return its exit code, or that of a kill."""
        if self.runs:
            self._running.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._running.wait(within)
        return self.kill()

    def kill(self) -> int:
        """Kill it, unless it has ended; return its exit code."""
        self._running.kill()
        code = self._running.wait()
        for reader in self._readers:
            reader.join(10.0)
        return code


def installed(command: str) -> str:
    """Return the path of a command of ours: beside this Python, else wherever the shell finds it."""
    beside = Path(sys.executable).with_name(command)
    return str(beside) if beside.is_file() else shutil.which(command) or command


def with_tests() -> dict[str, str]:
    """Return the environment of this process, with the folder of the tests where Python looks for modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((_TESTS, os.environ.get("PYTHONPATH", "")))}


def _collect(stream: IO[str], lines: list[str]) -> None:
    for line in stream:
        lines.append(line.rstrip("\n"))  # noqa: PERF401 - each line counts when it comes
