"""Background threads that report their failures and restart. All threads of this program are created here."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.backoff import BackOff

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_PAUSE = 60.0
"""Longest wait before a failed thread restarts, in seconds."""

_SETTLED = 300.0
"""Seconds without a failure after which the waits start again with the first one."""


class ThreadState(NamedTuple):
    """State of all background threads of one name.

    Attributes:
        name: of the thread.
        running: False while it waits to restart after a failure, and after it ended with one.
        failures: number of failures since the start of the program.
        last_error: reason of the last failure, "" for none.
    """

    name: str
    running: bool
    failures: int
    last_error: str


def _print(event: str, message: str) -> None:
    if sys.stderr is not None:
        print(f"{event}: {message}", file=sys.stderr)


class ThreadRegistry:
    """States of all background threads of the process. Thread-safe.

    Attributes:
        report: called with an event's name and a message for each failure; prints to standard error by default.
    """

    def __init__(self) -> None:
        self.report: Callable[[str, str], None] = _print
        self._lock = threading.Lock()
        self._running: dict[str, int] = {}
        self._failures: dict[str, tuple[int, str]] = {}

    def states(self) -> list[ThreadState]:
        """Return the threads that run or have failed, sorted by name."""
        with self._lock:
            names = sorted({name for name, count in self._running.items() if count} | set(self._failures))
            states = []
            for name in names:
                count, error = self._failures.get(name, (0, ""))
                states.append(ThreadState(name, self._running.get(name, 0) > 0, count, error))
            return states

    def started(self, name: str) -> None:
        """Count a thread as running."""
        with self._lock:
            self._running[name] = self._running.get(name, 0) + 1

    def ended(self, name: str) -> None:
        """Count a thread as ended."""
        with self._lock:
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]

    def failed(self, name: str, error: BaseException, consequence: str) -> None:
        """Count and report a failure; `consequence` says what happens next."""
        reason = describe(error)
        with self._lock:
            self._failures[name] = self._failures.get(name, (0, ""))[0] + 1, reason
        self.report("thread_failed", f"{name}: {reason}; {consequence}")


THREADS = ThreadRegistry()


class BackgroundThread:
    """A daemon thread for one function. An error is reported, counted in the registry, and the function restarts."""

    def __init__(
        self,
        function: Callable[[], None],
        name: str,
        restarts: bool = True,
        registry: ThreadRegistry = THREADS,
        pause: float = 1.0,
    ) -> None:
        """Take the function; the thread ends when it returns.

        Args:
            name: shown to the operator and in `/health`.
            restarts: False where a restart has no use, as for one client.
            pause: seconds before the first restart; doubled for each failure that follows soon.
        """
        self.name = name
        self._function, self._restarts, self._registry = function, restarts, registry
        self._back_off = BackOff(LONGEST_PAUSE, pause, jitter=0.0)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._registry.started(self.name)
        try:
            self._thread.start()
        except RuntimeError:  # the system has no thread left
            self._registry.ended(self.name)
            raise

    @property
    def started(self) -> bool:
        """Whether `start` was called."""
        return self._thread.ident is not None

    def is_alive(self) -> bool:
        """Whether it runs or waits to restart."""
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait up to `seconds` for its end; it does not restart any more.

        A thread that was not started has ended: Ctrl-C may come before `start`, and everything is closed then.
        """
        self._stopped.set()
        if self.started:
            self._thread.join(max(0.0, seconds))

    def _run(self) -> None:
        pause = self._call()
        while pause is not None and not self._stopped.wait(pause):
            self._registry.started(self.name)
            pause = self._call()

    def _call(self) -> float | None:
        """Call the function; return the seconds to wait before a restart, None for none."""
        began = time.monotonic()
        pause = None
        try:
            self._function()
        except BaseException as error:  # also SystemExit, which would end the thread silently
            if time.monotonic() - began > _SETTLED:
                self._back_off.reset()
            if self._restarts and not self._stopped.is_set():
                pause = self._back_off.next()
            consequence = "it has ended" if pause is None else f"it restarts in {pause:g} s"
            self._registry.failed(self.name, error, consequence)
        self._registry.ended(self.name)
        return pause


def describe(error: BaseException) -> str:
    """Return an unexpected error in one line, with the line of code that raised it."""
    where = ""
    trace = error.__traceback__
    while trace is not None:
        where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"internal error: {' '.join(f'{type(error).__name__}: {error}'.split())[:300]}{where}"
