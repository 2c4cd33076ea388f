"""Keep a live source's newest frame only: what is late is dropped, never queued."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.base import Frame, Region, Source

STALLED_AFTER = 10.0
"""Seconds without a frame after which a source counts as gone."""


class NewestFrame:
    """A source around a live source: a thread reads it, and `frames` gives whatever came last."""

    still = False

    def __init__(self, source: Source, fps: float | None = None, stalled_after: float = STALLED_AFTER) -> None:
        """Wrap `source`; `fps` limits how many frames a second are handed on, `stalled_after` is in seconds."""
        self.name = source.name
        self.default_roi: Region | None = source.default_roi
        self.dropped = 0
        self._source = source
        self._interval = 1.0 / fps if fps else 0.0
        self._stalled_after = stalled_after
        self._news = threading.Condition()
        self._newest: Frame | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._stopping = False
        self._thread = threading.Thread(target=self._read, name=f"read {source.name}", daemon=True)

    def frames(self) -> Iterator[Frame]:
        """Yield the newest frame each time one is asked for, waiting for one that was not given yet.

        Raises:
            DeviceError: no frame came for too long; and whatever the source raises.
        """
        self._thread.start()
        while True:
            started = time.monotonic()
            frame = self._wait()
            if frame is None:
                return
            yield frame
            rest = self._interval - (time.monotonic() - started)
            if rest > 0:
                time.sleep(rest)

    def close(self) -> None:
        """Stop the thread and close the source."""
        with self._news:
            self._stopping = True
        if self._thread.ident is not None:
            self._thread.join(timeout=2.0)
        # A thread that hangs in the driver still holds the device: closing under it would crash.
        if not self._thread.is_alive():
            self._source.close()

    def _wait(self) -> Frame | None:
        with self._news:
            came = self._news.wait_for(lambda: self._newest is not None or self._ended, self._stalled_after)
            if not came:
                raise DeviceError(f"{self.name} has given no picture for {self._stalled_after:g} s; check the camera")
            if self._newest is None and self._error is not None:
                raise self._error
            frame, self._newest = self._newest, None
            return frame

    def _read(self) -> None:
        try:
            for frame in self._source.frames():
                with self._news:
                    if self._stopping:
                        break
                    self.dropped += self._newest is not None
                    self._newest = frame
                    self._news.notify()
        except BaseException as error:  # raised again where frames are asked for
            self._error = error
        with self._news:
            self._ended = True
            self._news.notify()
