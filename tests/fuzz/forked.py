"""Networks with a right digest run in a forked process: the interpreter may crash, and this process goes on."""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

from plate_runtime import trial

from .base import InterpreterDied

_PROCESSOR_SECONDS, _SECONDS = 10, 300.0
"""After which a network that does not end is stopped, which counts as the end of its interpreter."""


def try_forked(path: Path) -> None:
    """Do what the process of `plate_runtime.trial` does, without the cost of its start.

    Raises:
        InterpreterDied: the process ended by a signal, or was stopped. AssertionError: it said something else than one
            sentence of ours.
    """
    for name in ("numpy", "ai_edge_litert.interpreter", "onnxruntime", "plate_runtime.model"):
        importlib.import_module(name)
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            _run(path, said.fileno())
        status = _wait(child)
        said.seek(0)
        text = said.read().decode(errors="replace").strip()
    if os.WIFSIGNALED(status):
        raise InterpreterDied(signal.Signals(os.WTERMSIG(status)).name)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 2), f"exit code {code}: {text}"
    last = (text.splitlines() or [""])[-1]
    assert code == 0 or (last and "internal error" not in last), text


def _run(path: Path, said: int) -> None:
    """End this process, which is a copy, as the trial ends."""
    code = 70
    with contextlib.suppress(BaseException):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGBUS, signal.SIGILL):
            signal.signal(number, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
        os.dup2(said, 2)
        with open(said, "w", closefd=False) as sys.stdout:
            code = trial._main([str(path), "auto"])
    os._exit(code)


def _wait(child: int) -> int:
    deadline = time.monotonic() + _SECONDS
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1]
        time.sleep(0.001)
