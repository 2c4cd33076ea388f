"""Threads in the background: none dies unseen. All threads of this program are made here."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_PAUSE = 60.0
"""Seconds before failed work begins again, at most."""

_SETTLED = 300.0
"""Seconds of work after which a failure counts as the first one again."""


class ThreadState(NamedTuple):
    """How one kind of work fares.

    Attributes:
        name: of the work. running: False while it waits to begin again after a failure, or has ended with one.
        failures: how often it failed since the start of the program. last_error: why it last did, "" for never.
    """

    name: str
    running: bool
    failures: int
    last_error: str


def _print(word: str, sentence: str) -> None:
    if sys.stderr is not None:
        print(f"{word}: {sentence}", file=sys.stderr)


class Board:
    """Knows every background thread of the process. Thread-safe.

    Attributes:
        remark: gets a word for programs and one sentence for each failure; by default standard error does.
    """

    def __init__(self) -> None:
        self.remark: Callable[[str, str], None] = _print
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}
        self._failures: dict[str, tuple[int, str]] = {}

    def states(self) -> list[ThreadState]:
        """Return what runs, and what has failed, by name."""
        with self._lock:
            names = sorted({name for name, count in self._running.items() if count} | set(self._failures))
            states = []
            for name in names:
                count, error = self._failures.get(name, (0, ""))
                states.append(ThreadState(name, self._running.get(name, 0) > 0, count, error))
            return states

    def begun(self, name: str) -> None:
        """Work begins."""
        with self._lock:
            self._running[name] = self._running.get(name, 0) + 1

    def ended(self, name: str) -> None:
        """Work has ended."""
        with self._lock:
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]

    def failed(self, name: str, error: BaseException, then: str) -> None:
        """Work has failed."""
        told = describe(error)
        with self._lock:
            self._failures[name] = self._failures.get(name, (0, ""))[0] + 1, told
        self.remark("thread_failed", f"{name}: {told}; {then}")


BOARD = Board()


class Worker:
    """Work in a thread of its own.

    What ends it with an error is said, counted on the board, and begun again after a pause.
    """

    def __init__(
        self, work: Callable[[], None], name: str, again: bool = True, board: Board = BOARD, pause: float = 1.0
    ) -> None:
        """Take the work; its end without an error is the thread's end.

        Args:
            name: for people and `/health`. again: False for work that is not worth beginning again, as for one client.
            pause: seconds after the first failure; twice as long after each one that follows soon.
        """
        self.name = name
        self._work, self._again, self._board, self._pause = work, again, board, pause
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._board.begun(self.name)
        try:
            self._thread.start()
        except RuntimeError:  # the system has no thread left
            self._board.ended(self.name)
            raise

    @property
    def started(self) -> bool:
        """Whether it was begun."""
        return self._thread.ident is not None

    def is_alive(self) -> bool:
        """Whether it works, or waits to begin again."""
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait for its end, at most so long; from now on it is not begun again."""
        self._stopped.set()
        self._thread.join(max(0.0, seconds))

    def _run(self) -> None:
        pause, going_on = self._pause, True
        while going_on:
            began = time.monotonic()
            try:
                self._work()
                going_on = False
            except BaseException as error:  # also SystemExit, which would end a thread without a word
                pause = self._pause if time.monotonic() - began > _SETTLED else pause
                going_on = self._again and not self._stopped.is_set()
                then = f"it begins again in {pause:g} s" if going_on else "it has ended"
                self._board.failed(self.name, error, then)
            self._board.ended(self.name)
            if going_on:
                going_on = not self._stopped.wait(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)
            if going_on:
                self._board.begun(self.name)


def describe(error: BaseException) -> str:
    """Return an unexpected error in one line, with the line of code that raised it."""
    where = ""
    trace = error.__traceback__
    while trace is not None:
        where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"internal error: {' '.join(f'{type(error).__name__}: {error}'.split())[:300]}{where}"
