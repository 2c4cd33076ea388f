"""One process a run: two that go on with the same one would overwrite each other's checkpoints."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from plate_runtime.errors import UsageError

FILE = "lock"


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Within the block no other process enters the block for this folder; the system frees it whatever happens.

    Raises:
        UsageError: another process is in it.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        yield
        return
    with (folder / FILE).open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(
                f"another process trains in {folder}; stop it, or name another folder with --out"
            ) from error
        yield
        (folder / FILE).unlink(missing_ok=True)
