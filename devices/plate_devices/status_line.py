"""Progress on a terminal: a status line, or a bar."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from plate_runtime.progress import ProgressLines

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


def progress(things: Iterable[T], total: Sized | int, what: str, line: StatusLine | None = None) -> Iterator[T]:
    """Yield `things` and show a bar; without a terminal, print a line at intervals.

    `line` is the status line to use, if other output shares it.
    """
    count = total if isinstance(total, int) else len(total)
    line = line or StatusLine()
    if not line.on:
        lines = ProgressLines(what, count, "picture")
        for thing in things:
            yield thing
            lines.update()
        return
    started = time.monotonic()
    try:
        for done, thing in enumerate(things):
            if line.due:
                filled = _BAR * done // max(1, count)
                left = (time.monotonic() - started) / done * (count - done) if done else 0.0
                line.show(f"{what} [{'#' * filled}{'.' * (_BAR - filled)}] {done}/{count}, {left:.0f} s left")
            yield thing
    finally:
        line.clear()
