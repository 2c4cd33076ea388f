"""Progress of a whole export on standard error: one bar, or a line a step where that is no terminal."""

from __future__ import annotations

import sys
from typing import Any

from plate_runtime.progress import Pace
from plate_train.progress import bar_size

_FORMAT = "{desc} {percentage:3.0f}%|{bar}| {elapsed}"


class Progress:
    """Counts the steps of the export of the model `name`, and shows the current one."""

    def __init__(self, name: str, steps: int) -> None:
        self._name, self._before = name, 0
        self._bar = _bar(steps) if sys.stderr.isatty() else _Lines()

    def expect(self, steps: int) -> None:
        """Set the total number of steps."""
        self._bar.total = steps

    def step(self, what: str) -> None:
        """Begin the next step; the previous one is done."""
        self._bar.update(self._before - self._bar.n)
        self._before += 1
        self._bar.set_description_str(f"{self._name}: {what}")

    def advance(self, fraction: float) -> None:
        """Count a fraction, 0..1, of the current step as done."""
        self._bar.update(min(fraction, self._before - self._bar.n))

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Lines:
    """Prints lines in place of a bar, without a terminal."""

    def __init__(self) -> None:
        self.total, self.n, self._what, self._pace = 0, 0.0, "", Pace()

    def set_description_str(self, what: str) -> None:
        self._what, self._pace = what, Pace()
        print(what, file=sys.stderr, flush=True)

    def update(self, fraction: float) -> None:
        self.n += fraction
        if self._pace.due():
            print(f"{self._what}, {self.n % 1:.0%}", file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


def _bar(steps: int) -> Any:
    from tqdm import tqdm

    return tqdm(total=steps, bar_format=_FORMAT, leave=False, **bar_size())
