"""Files that appear complete or not at all."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plate_runtime.files import require_replaceable


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside `path`, of the same suffix, to write to; it takes the place of `path` if the block succeeds.

    Missing folders are made. After an error `path` is as it was and nothing else is left.

    Raises:
        OSError: it cannot be written, or `path` is a device, a pipe or a socket.
    """
    require_replaceable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_json(values: Any, path: Path) -> None:
    """Write JSON, complete or not at all; ValueError or TypeError for what JSON does not know."""
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(values, indent=1, allow_nan=False) + "\n", encoding="utf-8")
