"""Count inputs in the background, so that reading begins at once and the time left becomes known."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from plate_devices.threads import BackgroundThread
from plate_runtime.errors import PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class InputCount:
    """Counts inputs in a thread.

    Attributes:
        total: number of inputs, 0 while it is unknown.
    """

    def __init__(self, listed: Callable[[], Iterable[object]]) -> None:
        """Start counting what a function lists, in the thread."""
        self.total = 0
        self._ended = False
        self._listed = listed
        BackgroundThread(self._count, "input count", restarts=False).start()

    def stop(self) -> None:
        """End the thread soon; the total stays unknown if it was."""
        self._ended = True

    def _count(self) -> None:
        total = 0
        with suppress(PlateEdgeError):  # the one that reads the inputs reports it
            for total, _ in enumerate(self._listed(), 1):  # noqa: B007
                if self._ended:
                    return
            self.total = total
