"""What every reader does in a process of its own: open, read all pictures, say what it cost. Standard library only.

Standard input: {"pictures": [paths], "options": {...}}. Standard output's last line: see `serve`.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WARM_UP = 5
"""Pictures read before the clock counts."""


@dataclass
class Reader:
    """A reader as it was opened.

    Attributes:
        version: of the program; files: what has to be on a device beside it: models, or the library that holds them.
        read_all: paths -> (texts, CPU milliseconds of each picture, decoding of the file left out where possible).
    """

    version: str
    files: Sequence[Path]
    read_all: Callable[[Sequence[str]], tuple[list[str], list[float]]]


def one_by_one(
    load: Callable[[str], Any], read: Callable[[Any], str]
) -> Callable[[Sequence[str]], tuple[list[str], list[float]]]:
    """Return a `read_all` that loads a picture, and then reads it while the clock of the process counts."""

    def read_all(paths: Sequence[str]) -> tuple[list[str], list[float]]:
        for path in paths[:WARM_UP]:
            read(load(path))
        texts, times = [], []
        for path in paths:
            picture = load(path)
            started = time.process_time()
            texts.append(read(picture))
            times.append(1000 * (time.process_time() - started))
        return texts, times

    return read_all


def serve(open_reader: Callable[[dict[str, Any]], Reader]) -> None:
    """Answer what standard input asks: {"texts", "cpu_ms", "version", "bytes", "peak_memory_mb"}."""
    asked = json.load(sys.stdin)
    reader = open_reader(asked["options"])
    texts, times = reader.read_all(asked["pictures"])
    answer = {
        "texts": [re.sub("[^A-Z0-9]", "", text.upper()) for text in texts],
        "cpu_ms": times,
        "version": reader.version,
        "bytes": sum(path.stat().st_size for path in reader.files),
        "peak_memory_mb": peak_memory(),
    }
    print("\n" + json.dumps(answer))


def peak_memory() -> float:
    """Return the most resident memory of this process so far in MB.

    `ru_maxrss` alone would hold the parent's, too: Linux carries it over from before the program was started.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return max(used, int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024)
    except (OSError, IndexError):
        return max(used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
