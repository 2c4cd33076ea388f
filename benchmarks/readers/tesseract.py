"""Tesseract, which gets a picture as one line of A-Z and 0-9; all pictures in one process, one thread.

Its program decodes the files itself, so that is in its time, and its start, divided by the pictures.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serving import Reader, serve

_LETTERS = "tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_COMMAND = ["tesseract", "stdin", "stdout", "--psm", "7", "-l", "eng", "-c", _LETTERS]


def open_reader(_options: dict[str, Any]) -> Reader:
    """Open what is installed."""
    version = _run(["tesseract", "--version"]).split()[1]
    listed = _run(["tesseract", "--list-langs"]).splitlines()[0]
    folder = Path(listed.partition('"')[2].partition('"')[0])
    return Reader(version, [folder / "eng.traineddata"], _read_all)


def _read_all(paths: Sequence[str]) -> tuple[list[str], list[float]]:
    before = _cpu()
    pages = _run(_COMMAND, "\n".join(paths)).split("\f")
    each = 1000 * (_cpu() - before) / len(paths)
    if len(pages) != len(paths):
        raise SystemExit(f"tesseract answered with {len(pages)} pages for {len(paths)} pictures")
    return pages, [each] * len(paths)


def _run(command: Sequence[str], given: str = "") -> str:
    environment = os.environ | {"OMP_THREAD_LIMIT": "1"}
    ended = subprocess.run(command, input=given, capture_output=True, text=True, check=True, env=environment)
    return ended.stdout


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    serve(open_reader)
