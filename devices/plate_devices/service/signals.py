"""Signals of a service: SIGTERM and SIGINT ask for a clean stop, SIGHUP for reading the settings again."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Signals:
    """Notes what was asked for; the loop looks between two frames, so that nothing is interrupted half way."""

    def __init__(self) -> None:
        """Nothing is listened to before `with`."""
        self.stop = False
        self._reload = False
        self._before: dict[int, object] = {}

    def take_reload(self) -> bool:
        """Whether a reload was asked for since this was last called; several are one."""
        asked, self._reload = self._reload, False
        return asked

    def __enter__(self) -> Signals:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reload = True
        else:
            self.stop = True
