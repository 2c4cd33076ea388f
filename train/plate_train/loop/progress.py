"""The progress bar of everything here that takes more than two seconds."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def progress(total: int, title: str, unit: str = "step", initial: int = 0) -> Iterator[Any]:
    """A progress bar on standard error, silent where that is no terminal."""
    from tqdm import tqdm

    with tqdm(total=total, desc=title, unit=unit, initial=initial, disable=not sys.stderr.isatty(), leave=False) as bar:
        yield bar
