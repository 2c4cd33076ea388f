"""Progress of all steps that take more than two seconds: a bar on a terminal, else lines."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from plate_runtime.progress import ProgressLines

STARTING = "starting TensorFlow, which takes some seconds"


@contextlib.contextmanager
def progress(total: int, title: str, unit: str = "step", initial: int = 0) -> Iterator[Any]:
    """A progress bar on standard error; where that is no terminal, a line at intervals.

    Gives an object with `total` and `update(count)`.
    """
    if not sys.stderr.isatty():
        yield ProgressLines(title, total, unit, initial)
        return
    from tqdm import tqdm

    with tqdm(total=total, desc=title, unit=unit, initial=initial, leave=False, **bar_size()) as bar:
        yield bar


def bar_size() -> dict[str, int]:
    """Return tqdm's size: on terminals without one, as `script` gives, it would draw nothing; they count as 80x24."""
    columns, lines = shutil.get_terminal_size()
    return {"ncols": columns - 1, "nrows": lines}


def say(line: str) -> None:
    """Print a line on standard output at once; a bar on the same terminal moves below it."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        tqdm.write(line, file=sys.stdout)
    else:
        print(line)
    sys.stdout.flush()
