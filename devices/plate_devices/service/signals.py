"""Signals of a service: SIGTERM and SIGINT request a clean stop, SIGHUP a reload of the settings."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


class Signals:
    """Notes the requests of signals. The loop checks them between two frames, so that no frame is interrupted."""

    def __init__(self) -> None:
        """Begin without handlers; `with` installs them."""
        self.stop = False
        self._reload = False
        self._before: dict[int, object] = {}

    def take_reload(self) -> bool:
        """Whether a reload was requested since the last call; several requests count as one."""
        requested, self._reload = self._reload, False
        return requested

    def __enter__(self) -> Signals:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reload = True
        else:
            self.stop = True
