"""Keeps only the newest frame of a live source. Late frames are dropped, never queued."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plate_devices.sources.reopening import ReopeningSource
from plate_devices.sources.source import Source
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from plate_devices.sources.source import Frame, Frames

STALLED_AFTER = 5.0
"""Seconds without a frame after which a stall is reported."""

HANGS_AFTER = 60.0
"""Seconds of inactivity of the reading thread after which the driver counts as hung; this process cannot recover."""

_POLL_EVERY = 0.25


class NewestFrameSource(Source):
    """Reads a live source in a thread; `frames` yields the newest frame each time.

    Attributes:
        read: frames that were handed on.
        listener: is called about outages.
    """

    def __init__(self, source: Source, stalled_after: float = STALLED_AFTER, hangs_after: float = HANGS_AFTER) -> None:
        """Take a live source and limits in seconds. A stall is an error, unless it is a `ReopeningSource`."""
        self.name, self.default_roi, self.rate_limit = source.name, source.default_roi, source.rate_limit
        self.read = 0
        self._source = source
        self._reopening = source if isinstance(source, ReopeningSource) else None
        self._stalled_after, self._hangs_after = stalled_after, hangs_after
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._stopping = False
        self._thread = BackgroundThread(self._read, f"read {source.name}", restarts=False)

    @property
    def dropped(self) -> int:
        """Number of frames that came while an earlier one was being read, and that the source itself dropped."""
        return self._dropped + self._source.dropped

    @property
    def state(self) -> str:
        """What is wrong at the moment; "" while pictures come."""
        return self._source.state

    def frames(self) -> Frames:
        """Yield the newest frame each time, and wait for one that was not yielded yet.

        Raises:
            DeviceError: no frame came for too long; and errors of the source.
        """
        self._thread.start()
        while (frame := self._wait()) is not None:
            self.read += 1
            yield frame

    def close(self) -> None:
        """Stop the thread and close the source."""
        with self._changed:
            self._stopping = True
        if self._reopening is not None:
            self._reopening.close()  # it may be waiting for its next try
        if self._thread.started:
            self._thread.join(2.0)
        # A thread that hangs in the driver still holds the device: closing it now would crash.
        if self._reopening is None and not self._thread.is_alive():
            self._source.close()

    def _wait(self) -> Frame | None:
        since = time.monotonic()
        while True:
            with self._changed:
                came = self._changed.wait_for(lambda: self._newest is not None or self._ended, _POLL_EVERY)
                if came:
                    if self._newest is None and self._error is not None:
                        raise self._error
                    frame, self._newest = self._newest, None
            self._notify_listener(came)
            if came:
                return frame
            self._check(time.monotonic() - since)

    def _notify_listener(self, came: bool) -> None:
        """Pass on messages, in the thread that asks for frames."""
        if self.listener is None:
            return
        while self._reopening is not None and (message := self._reopening.outages.take_message()):
            self.listener.report(message)
        if not came:
            self.listener.waiting()

    def _check(self, waited: float) -> None:
        """Report a source that has sent nothing for `waited` seconds. Raises DeviceError where it cannot recover."""
        if waited < self._stalled_after:
            return
        reason = f"{self.name} has sent no picture for {self._stalled_after:g} s"
        if self._reopening is None:
            raise DeviceError(f"{reason}; check the camera")
        if self._reopening.inactive_for() > self._hangs_after:
            raise DeviceError(f"{self.name} hangs and cannot be opened again; restart the program")
        if self.read and not self.state:
            self._reopening.outages.lost(reason, f"no picture for {self._stalled_after:g} s")

    def _read(self) -> None:
        frames = self._source.frames()
        try:
            for frame in frames:
                with self._changed:
                    if self._stopping:
                        break
                    self._dropped += self._newest is not None
                    self._newest = frame
                    self._changed.notify()
            frames.close()  # a driver has to be left in the thread that entered it
        except BaseException as error:  # raised again where frames are asked for
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify()
