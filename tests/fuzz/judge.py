"""Read one input, and say what is wrong with how that went."""

from __future__ import annotations

import os
import threading
import traceback
from pathlib import Path
from typing import NamedTuple

from .base import InterpreterDied, Kind

SLOW = 10.0
"""Seconds of processor time, child processes included, after which an input is a hang: a machine may be busy."""

MOST_MEMORY = 500
"""MB that may be taken for one input, beside what the program and its libraries hold at rest."""


class Verdict(NamedTuple):
    """Attributes: what: "" or the kind of finding; place, said: of an exception; peak: MB taken for this input."""

    what: str
    place: str
    said: str
    peak: int
    aborted: bool


def judge(kind: Kind, path: Path, at_rest: int) -> Verdict:
    """Read the input that lies at a path. `at_rest` is the memory of this process at rest, in MB."""
    what = place = said = ""
    aborted = False
    in_threads: list[BaseException] = []
    threading.excepthook = lambda ended: in_threads.append(ended.exc_value or RuntimeError(ended.exc_type.__name__))
    reset_peak()
    began = processor_time()
    try:
        kind.check(path)
        if in_threads:
            raise in_threads[0]
    except InterpreterDied:
        aborted = True
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        what, place = "traceback", f"{Path(frame.filename).name}:{frame.lineno} {type(error).__name__}"
        said = str(error)
    took, peak = processor_time() - began, memory("VmHWM") - at_rest
    if not what and not aborted and took > SLOW:
        what, place, said = "hang", "slow", f"{took:.1f} s of processor time"
    if not what and peak > MOST_MEMORY:
        what, place, said = "memory", "memory", f"{peak} MB"
    return Verdict(what, place, said, peak, aborted)


def processor_time() -> float:
    """Return the seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def reset_peak() -> None:
    """Let Linux measure the peak of memory from here on."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(field: str, process: int | str = "self") -> int:
    """Return VmRSS or VmHWM of a process in MB; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith(field)), 0)
