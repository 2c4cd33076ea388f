"""Progress on a terminal: a status line, or a bar."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from plate_runtime.progress import ProgressLines, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sized
    from typing import TextIO, TypeVar

    T = TypeVar("T")

_EVERY = 0.25
_BAR = 30
_COLUMNS = 80


class StatusLine:
    """One line on standard error that is overwritten; only on a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self.on = self._stream is not None and self._stream.isatty()
        self._shown = False
        self._next = 0.0

    @property
    def due(self) -> bool:
        """Whether there is a terminal, and the last text is old enough to be replaced."""
        return self.on and time.monotonic() >= self._next

    def show(self, text: str) -> None:
        """Replace the line; it is cut off at the width of the terminal, because a second line would stay."""
        if self.on:
            self._stream.write(f"\r\x1b[K{text[: _columns(self._stream) - 1]}")
            self._stream.flush()
            self._shown = True
            self._next = time.monotonic() + _EVERY

    def clear(self) -> None:
        """Remove the line before other output."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _COLUMNS
    except (OSError, ValueError):
        return _COLUMNS


class FrameRate:
    """The recent rate of frames a second."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._frames = 0
        self.value = 0.0

    def count(self) -> None:
        """Count one frame; the rate is updated about once a second."""
        self._note(1)

    def pause(self) -> None:
        """Update the rate while there is no frame."""
        self._note(0)

    def _note(self, frames: int) -> None:
        self._frames += frames
        passed = time.monotonic() - self._since
        if passed >= 1.0 or not self.value:
            self.value = self._frames / max(passed, 1e-3)
        if passed >= 1.0:
            self._since, self._frames = time.monotonic(), 0


class Progress:
    """Progress over pictures: a bar with rate and time left on a terminal, else a line at intervals.

    Attributes:
        total: of the pictures, 0 while unknown.
    """

    def __init__(self, what: str, total: int = 0, line: StatusLine | None = None) -> None:
        """Begin; `line` is the status line to use, if other output shares it."""
        self.total = total
        self._what, self._line, self._done = what, line or StatusLine(), 0
        self._lines = ProgressLines(what, total, "picture", rate=True)
        self._started = time.monotonic()

    def update(self, count: int = 1) -> None:
        """Count pictures as done."""
        self._done += count
        if not self._line.on:
            self._lines.total = self.total
            self._lines.update(count)
        elif self._line.due:
            self._line.show(self._bar())

    def close(self) -> None:
        """Remove the bar."""
        self._line.clear()

    def _bar(self) -> str:
        rate = self._done / max(1e-3, time.monotonic() - self._started)
        if not self.total:
            return f"{self._what}: {self._done:,}, {rate:.0f}/s"
        filled = _BAR * self._done // self.total
        left = duration(max(0, self.total - self._done) / rate) if rate else "?"
        bar = f"{'#' * filled}{'.' * (_BAR - filled)}"
        return f"{self._what} [{bar}] {self._done:,}/{self.total:,}, {rate:.0f}/s, {left} left"


def progress(things: Iterable[T], total: Sized | int, what: str) -> Iterator[T]:
    """Yield `things` and show a `Progress`."""
    shown = Progress(what, total if isinstance(total, int) else len(total))
    shown.update(0)
    try:
        for thing in things:
            yield thing
            shown.update()
    finally:
        shown.close()
