"""One process for each run: two would overwrite each other's checkpoints."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from plate_runtime.errors import UsageError

FILE = "lock"


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Within the block this process holds the folder's lock; the system frees it if the process dies.

    Raises:
        UsageError: another process holds it.
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
        try:
            yield
        finally:
            (folder / FILE).unlink(missing_ok=True)
