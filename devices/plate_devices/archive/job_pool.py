"""Processes that read inputs at once; memory is bounded, however long one of the inputs takes."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from plate_devices.archive.job_messages import Crashed, Done, Event, Failed, Part, Ready, Refused
from plate_devices.live.tally import Tally
from plate_runtime.errors import DeviceError, InputError, described

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.archive.job_messages import Message
    from plate_devices.run_options import InferOptions
    from plate_devices.sources.picture_files import FileInput

MOST_WAITING = 16 << 20
"""Bytes of results that may wait for an earlier input."""

MOST_AHEAD = 2000
"""Inputs that may be read before an earlier one is finished."""

_QUICK = 1.0
# Seconds: a process whose last input took less gets its next one in advance. A video would hold it up.

_FAILED_STARTS = 3


class _Pending:
    """An input that was handed out, and what is known of it."""

    def __init__(self, found: FileInput) -> None:
        self.found = found
        self.events: deque[tuple[list[Event], int]] = deque()
        self.end: Done | Failed | None = None
        self.repeated = False


class _Process:
    """One process with its inputs, of which it reads the first."""

    def __init__(self, options: InferOptions) -> None:
        ours, theirs = socket.socketpair()
        entries = os.pathsep.join(entry for entry in sys.path if entry)
        command = [sys.executable, "-P", "-m", "plate_devices.archive.job_worker", str(theirs.fileno())]
        with theirs:
            try:
                # In a process group of its own it gets no Ctrl-C; it ends when this process does.
                self.process = subprocess.Popen(
                    command, env={**os.environ, "PYTHONPATH": entries}, pass_fds=[theirs.fileno()], process_group=0,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
            except OSError as error:
                ours.close()
                raise DeviceError(f"a process cannot be started: {error.strerror or error}") from error
        self.connection: Connection[Any, Any] = Connection(ours.detach())
        self.inputs: deque[_Pending] = deque()
        self.ready = self.quick = self.ended = False
        self._began = 0.0
        self.send(options)

    def send(self, content: object) -> None:
        """Send something; a process that has ended gets no more."""
        try:
            self.connection.send(content)
        except OSError:
            self.ended = True

    def hand(self, pending: _Pending) -> bool:
        """Give it one more input; return False if it has ended."""
        if not self.inputs:
            self._began = time.monotonic()
        self.send(pending.found)
        if not self.ended:
            self.inputs.append(pending)
        return not self.ended

    def finish(self) -> None:
        """Note that the first input is finished."""
        self.inputs.popleft()
        now = time.monotonic()
        self.quick, self._began = now - self._began < _QUICK, now

    def end(self) -> str:
        """End it, and return how it ended."""
        self.connection.close()
        self.process.kill()
        code = self.process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class JobPool:
    """Reads inputs in several processes. A process that crashes over an input costs an error of this input alone.

    Attributes:
        ready: what the first process sent when its models were open.
    """

    def __init__(self, options: InferOptions, jobs: int, keeps_going: bool = False) -> None:
        """Start the processes, and wait until one of them is ready.

        Args:
            options: of the reader.
            jobs: number of processes.
            keeps_going: for runs of days: an input over which a process ended is read once more, and an internal error
                is an error of its input alone. The events of an input come together when it is finished, so that
                none waits for a long video.

        Raises:
            DeviceError: processes cannot be started. PlateEdgeError: the models cannot be opened.
        """
        self._options, self._keeps_going = options, keeps_going
        self._pending: deque[_Pending] = deque()
        self._again: deque[_Pending] = deque()
        self._waiting_bytes = self._failed_starts = 0
        self._processes: list[_Process] = []
        try:
            for _ in range(jobs):
                self._processes.append(_Process(options))
            self._ready: Ready | None = None
            while self._ready is None:
                self._receive()
            self.ready: Ready = self._ready
        except BaseException:
            self.close()
            raise

    def read(self, inputs: Iterator[FileInput]) -> Iterator[Event | Done]:
        """Yield the events of each input, then a `Done` without events; in the order of the inputs, or `keeps_going`.

        Raises:
            Exception: what ended the reading of an input and is not an error of this input alone.
        """
        while True:
            more = self._hand_out(inputs)
            yield from self._finished()
            if not more and not self._pending:
                return
            if self._pending or not self._idle():
                self._receive()

    def close(self) -> None:
        """End all processes; what they are reading is lost."""
        for process in self._processes:
            process.end()
        self._processes.clear()

    def __enter__(self) -> JobPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hand_out(self, inputs: Iterator[FileInput]) -> bool:
        """Give inputs to processes that have few; return False at the end of the inputs."""
        while process := self._idle():
            if self._again:
                pending = self._again.popleft()
            elif self._waiting_bytes >= MOST_WAITING or len(self._pending) >= MOST_AHEAD:
                return True
            elif (found := next(inputs, None)) is None:
                return False
            else:
                pending = _Pending(found)
                self._pending.append(pending)
            if not process.hand(pending):
                self._again.appendleft(pending)
        return True

    def _idle(self) -> _Process | None:
        """Return the process with the fewest inputs that can take one more."""
        able = [
            one for one in self._processes if one.ready and not one.ended and len(one.inputs) < (2 if one.quick else 1)
        ]
        return min(able, key=lambda one: len(one.inputs), default=None)

    def _finished(self) -> Iterator[Event | Done]:
        if self._keeps_going:
            for pending in [one for one in self._pending if one.end]:
                yield from self._events_of(pending)
                self._pending.remove(pending)
            return
        while self._pending:
            first = self._pending[0]
            yield from self._events_of(first)
            if first.end is None:
                return
            self._pending.popleft()

    def _events_of(self, pending: _Pending) -> Iterator[Event | Done]:
        """Yield what is known of an input, and its `Done` if it is finished."""
        while pending.events:
            events, size = pending.events.popleft()
            self._waiting_bytes -= size
            yield from events
        end, path = pending.end, pending.found.path
        if isinstance(end, Failed):
            if not self._keeps_going:
                raise end.error
            yield Crashed(path, f"{path}: {described(end.error)}")
            end = _error()
        if end is not None:
            yield end._replace(events=[], path=path)

    def _receive(self) -> None:
        """Wait for messages, and take one of each process that sent something.

        While too much waits for the first input, only the process that reads it is listened to; the others stop.
        """
        first = [one for one in self._processes if one.inputs and one.inputs[0] is self._pending[0]]
        heard = first if first and self._waiting_bytes >= MOST_WAITING else self._processes
        read = {one.connection: one for one in heard}
        for connection in wait(list(read)):
            process = read[connection]  # type: ignore[index]
            try:
                content = process.connection.recv_bytes()
            except (EOFError, OSError):
                self._replace(process)
            else:
                self._take(process, pickle.loads(content), len(content))

    def _take(self, process: _Process, message: Message, size: int) -> None:
        if isinstance(message, Refused):
            raise message.error
        if isinstance(message, Ready):
            process.ready = True
            self._ready = self._ready or message
            self._failed_starts = 0
            return
        pending = process.inputs[0]
        pending.events.append((message.events, size))
        self._waiting_bytes += size
        if not isinstance(message, Part):
            pending.end = message
            process.finish()

    def _replace(self, process: _Process) -> None:
        """Start another process for one that ended; the input that it read is in error, or is read once more."""
        how = process.end()
        if process.ready:
            if process.inputs:
                self._blame(process.inputs.popleft(), how)
            self._again.extendleft(reversed(process.inputs))
        else:
            self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS:
                raise DeviceError(
                    f"the processes that read end while they open the models ({how}); is there enough memory?"
                    " Try --jobs 1, or --check-model"
                )
        self._processes[self._processes.index(process)] = _Process(self._options)

    def _blame(self, pending: _Pending, how: str) -> None:
        if self._keeps_going and not pending.repeated:
            pending.repeated = True
            self._waiting_bytes -= sum(size for _, size in pending.events)
            pending.events.clear()
            self._again.appendleft(pending)
            return
        name = pending.found.path
        reason = f"{name}: the process that read it has ended ({how})"
        reason += "; did the memory run out?" if how == "SIGKILL" else "; the interpreter crashes over it"
        pending.events.append(([Crashed(name, reason)], 0))
        pending.end = _error()


def _error() -> Done:
    return Done([], InputError.exit_code, Tally(pictures=1, errors=1))
