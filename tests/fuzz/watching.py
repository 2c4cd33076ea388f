"""Start workers, see that none hangs, grows or dies unseen, and start them again where one did."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from .judge import MOST_MEMORY, SLOW, memory
from .state import State

_ASLEEP = 60.0
"""Seconds of real time without an end and without anything to compute, after which an input is a hang."""

_START = 180.0
"""Seconds of processor time until a worker reads its first input."""

_REPEAT = "PYTHONPATH=tests python -m fuzz --target {} --again"


class Watched:
    """The workers of one target, one after the other until its time is over.

    Attributes: name: of the target; state: its numbers and findings; over: it has ended for good.
    """

    def __init__(self, name: str, seed: int, seconds: float, folder: Path, corpus: Path) -> None:
        """Start the first."""
        self.name, self.state, self.over = name, State(folder / name), False
        self._seed, self._deadline, self._corpus = seed, time.time() + seconds, corpus / name
        self._began = time.monotonic()
        self._log: IO[bytes] = (self.state.folder / "log").open("ab")
        self._start()

    def _start(self) -> None:
        self.state.set("ready", 0)
        arguments = [self.name, str(self._seed), str(self._deadline), str(self.state.folder), str(self._corpus)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fuzz.worker", *arguments],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, start_new_session=True,
        )  # fmt: skip
        self._inputs, self._awake, self._used, self._at_rest = -1, time.monotonic(), 0.0, 0

    def look(self) -> None:
        """See what the worker does; to be called a few times a second."""
        if self.over:
            return
        code = self._process.poll()
        if code is not None:
            if code:
                self._found("crash", f"exit code {code}" if code > 0 else signal.Signals(-code).name)
            self._next(failed=code != 0)
            return
        now, used, inputs = time.monotonic(), _processor_time(self._process.pid), self.state.get("inputs")
        ready, held = bool(self.state.get("ready")), memory("VmRSS", self._process.pid)
        if inputs != self._inputs:
            self._inputs, self._used, self._awake = inputs, used, now
            self._at_rest = self._at_rest or (held if ready else 0)
        elif now - self._awake > _ASLEEP / 2 and _is_busy(self._process.pid):
            self._awake = now
        if used - self._used > (SLOW + 1 if ready else _START):
            self._end("hang", f"no end after {used - self._used:.0f} s of processor time")
        elif now - self._awake > _ASLEEP:
            self._end("hang", f"asleep for {_ASLEEP:g} s")
        elif self._at_rest and held - self._at_rest > 3 * MOST_MEMORY:
            self.state.set("peak", max(self.state.get("peak"), held - self._at_rest))
            self._end("memory", f"{held - self._at_rest} MB and growing")

    def stop(self) -> None:
        """End the worker now, with what it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
        self.over = True

    def _end(self, what: str, said: str) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._found(what, said)
        self._next(failed=True)

    def _found(self, what: str, said: str) -> None:
        """Keep the input that the worker was reading."""
        current = next(iter(self.state.folder.glob("current.*")), None)
        content = current.read_bytes() if current else b""
        suffix = current.suffix if current else ""
        self.state.found(what, said, said, content, suffix, _REPEAT.format(self.name))

    def _next(self, failed: bool) -> None:
        """Start again where there is time left; a worker that ended well has used it up."""
        if failed and time.time() + 5 < self._deadline:
            self._seed += 1
            self._start()
        else:
            self.stop()


def _processor_time(process: int) -> float:
    """Return the seconds of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _is_busy(session: int) -> bool:
    """Whether any thread of a session runs, or waits for a processor only."""
    for path in Path("/proc").glob("[0-9]*/task/*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] == "R":
                return True
    return False
