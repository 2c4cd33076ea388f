"""Count inputs in the background, so that reading begins at once and the time left becomes known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.sources.picture_files import list_inputs
from plate_devices.threads import BackgroundThread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class InputCount:
    """Counts the inputs of paths in a thread.

    Attributes:
        total: number of inputs, 0 while it is unknown.
    """

    def __init__(self, paths: Sequence[str], leave_out: Sequence[Path] = ()) -> None:
        """Start counting; see `list_inputs`."""
        self.total = 0
        self._ended = False
        self._paths, self._leave_out = paths, leave_out
        BackgroundThread(self._count, "input count", restarts=False).start()

    def stop(self) -> None:
        """End the thread soon; the total stays unknown if it was."""
        self._ended = True

    def _count(self) -> None:
        total = 0
        for total, _ in enumerate(list_inputs(self._paths, self._leave_out, ordered=False), 1):  # noqa: B007
            if self._ended:
                return
        self.total = total
