"""Keep a live source's newest frame only: what is late is dropped, never queued."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from plate_devices.sources.reopening import Reopening
from plate_devices.threads import Worker
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.frame_rate import Pace
    from plate_devices.sources.source import Frame, Roi, Source

STALLED_AFTER = 5.0
"""Seconds without a frame after which people are told that none comes."""

HANGS_AFTER = 60.0
"""Seconds without a sign of life from the thread that reads: a driver hangs, and nothing in this process can help."""

_GLANCE = 0.25


class Listener(Protocol):
    """Who wants to know how a live source is; called in the thread that asks for frames."""

    def report(self, message: str) -> None:
        """Tell people, in one line, that the source is lost, or back."""
        ...

    def waiting(self) -> None:
        """Called about four times a second while no frame is there."""
        ...


class NewestFrame:
    """A source around a live source: a thread reads it, and `frames` gives whatever came last.

    Attributes:
        dropped: frames that came and were never handed on. read: frames that were.
        listener: who is told of outages, if anybody.
        pace: how often the source decodes a frame; None where it cannot be slowed down.
    """

    still = False

    def __init__(
        self,
        source: Source,
        fps: float | None = None,
        stalled_after: float = STALLED_AFTER,
        hangs_after: float = HANGS_AFTER,
        pace: Pace | None = None,
    ) -> None:
        """Wrap `source`; `fps` limits how many frames a second are handed on. Times are in seconds.

        `pace` is the source's own, for who wants to slow it down.
        A source that stalls is an error, unless it is a `Reopening`, which is expected to come back.
        """
        self.name = source.name
        self.default_roi: Roi | None = source.default_roi
        self.read = 0
        self.listener: Listener | None = None
        self.pace = pace
        self._late = 0
        self._source = source
        self._reopening = source if isinstance(source, Reopening) else None
        self._interval = 1.0 / fps if fps else 0.0
        self._stalled_after, self._hangs_after = stalled_after, hangs_after
        self._news = threading.Condition()
        self._newest: Frame | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._stopping = False
        self._thread = Worker(self._read, f"read {source.name}", again=False)

    @property
    def dropped(self) -> int:
        """Frames that came while an earlier one was still being read."""
        return self._late + self._source.dropped

    @property
    def state(self) -> str:
        """What is wrong at the moment; "" while pictures come."""
        return self._source.state

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
            self.read += 1
            yield frame
            rest = self._interval - (time.monotonic() - started)
            if rest > 0:
                time.sleep(rest)

    def close(self) -> None:
        """Stop the thread and close the source."""
        with self._news:
            self._stopping = True
        if self._reopening is not None:
            self._reopening.close()  # it may be waiting for its next try
        if self._thread.started:
            self._thread.join(2.0)
        # A thread that hangs in the driver still holds the device: closing under it would crash.
        if self._reopening is None and not self._thread.is_alive():
            self._source.close()

    def _wait(self) -> Frame | None:
        since = time.monotonic()
        while True:
            with self._news:
                came = self._news.wait_for(lambda: self._newest is not None or self._ended, _GLANCE)
                if came:
                    if self._newest is None and self._error is not None:
                        raise self._error
                    frame, self._newest = self._newest, None
            self._tell(came)
            if came:
                return frame
            self._check(time.monotonic() - since)

    def _tell(self, came: bool) -> None:
        """Pass on what there is to say, in the thread of who asks for frames."""
        if self.listener is None:
            return
        while self._reopening is not None and (message := self._reopening.outages.take_news()):
            self.listener.report(message)
        if not came:
            self.listener.waiting()

    def _check(self, waited: float) -> None:
        """Look after a source that has given nothing for `waited` seconds."""
        if waited < self._stalled_after:
            return
        reason = f"{self.name} has given no picture for {self._stalled_after:g} s"
        if self._reopening is None:
            raise DeviceError(f"{reason}; check the camera")
        if self._reopening.hangs_for() > self._hangs_after:
            raise DeviceError(f"{self.name} hangs and cannot be opened again; start the program once more")
        if self.read and not self.state:
            self._reopening.outages.lost(reason, f"no picture for {self._stalled_after:g} s")

    def _read(self) -> None:
        frames = self._source.frames()
        try:
            for frame in frames:
                with self._news:
                    if self._stopping:
                        break
                    self._late += self._newest is not None
                    self._newest = frame
                    self._news.notify()
            getattr(frames, "close", lambda: None)()  # a driver is left in the thread that entered it
        except BaseException as error:  # raised again where frames are asked for
            self._error = error
        with self._news:
            self._ended = True
            self._news.notify()
