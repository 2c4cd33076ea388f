"""Reads a source in a thread of its own, and keeps one frame: of a live source the newest, late ones are dropped."""

from __future__ import annotations

import threading
import time
from collections import deque
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

IDLE_AFTER = 0.25
"""Seconds without a frame after which `check` is to be called, and then again."""


ENDS_WITHIN = 2.0
"""Seconds for the reading thread to end; one that hangs in its driver is left alone."""


class NewestFrameSource(Source):
    """Reads a source in a thread. `frames` yields its newest frame each time; `start` and `take` do not wait.

    Attributes:
        read: frames that were handed on.
        listener: is called about outages.
        changed: is notified when the source becomes ready.
        waits: whether the time that passes without a frame is that of the frames. A film that is decoded slowly does
            not wait.
    """

    def __init__(
        self,
        source: Source,
        stalled_after: float = STALLED_AFTER,
        hangs_after: float = HANGS_AFTER,
        drops: bool = True,
    ) -> None:
        """Take a source and limits in seconds. A stall is an error, unless it is a `ReopeningSource`.

        Args:
            drops: False for a source that waits until its last frame was taken, such as a file. It cannot stall.
        """
        self.name, self.default_roi, self.rate_limit = source.name, source.default_roi, source.rate_limit
        self.read = 0
        self.changed = threading.Condition()
        self._source, self._drops = source, drops
        self._reopening = source if isinstance(source, ReopeningSource) else None
        self._demand = source.rate_limit if drops else None
        self._stalled_after, self._hangs_after = stalled_after, hangs_after
        self._messages: deque[str] = deque(maxlen=16)
        self._waiting_since = time.monotonic()
        self._newest: Frame | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._stopping = False
        self._patient = False
        self.waits = drops
        self._thread = BackgroundThread(self._read, f"read {source.name}", restarts=False)

    @property
    def dropped(self) -> int:
        """Number of frames that came while an earlier one was being read, and that the source itself dropped."""
        return self._dropped + self._source.dropped

    @property
    def state(self) -> str:
        """What is wrong at the moment; "" while pictures come."""
        return self._source.state

    @property
    def decoding(self) -> str:
        """See `Source`."""
        follows = self._demand is not None and self._demand.follows_demand
        return self._source.decoding or ("as read" if follows else "")

    @property
    def patient(self) -> bool:
        """Whether a source that is opened again when it is lost is also tried again if it never worked, or hangs."""
        return self._patient

    @patient.setter
    def patient(self, value: bool) -> None:
        self._patient = value
        if self._reopening is not None:
            self._reopening.patient = value

    @property
    def ready(self) -> bool:
        """Whether `take` has something to return or to raise."""
        return self._newest is not None or self._ended

    def frames(self) -> Frames:
        """Yield the newest frame each time, and wait for one that was not yielded yet.

        Raises:
            DeviceError: no frame came for too long; and errors of the source.
        """
        self.start()
        while True:
            with self.changed:
                came = self.changed.wait_for(lambda: self.ready, IDLE_AFTER)
            self.pass_messages()
            if not came:
                if self.listener is not None and self.waits:
                    self.listener.waiting()
                self.check()
            elif (frame := self.take()) is not None:
                yield frame
            else:
                return

    def start(self, changed: threading.Condition | None = None) -> None:
        """Start the thread, which notifies `changed`: several sources may share one condition."""
        self.changed = changed or self.changed
        self._source.listener = self
        self._waiting_since = time.monotonic()
        if not self._stopping:
            self._thread.start()

    def take(self) -> Frame | None:
        """Return the newest frame, None after the last one; call it when `ready`. Raises errors of the source."""
        with self.changed:
            frame, self._newest = self._newest, None
            if frame is None and self._error is not None:
                raise self._error
            if not self._drops:
                self.changed.notify_all()
            if self._demand is not None and frame is not None:
                self._demand.take()
        self._waiting_since = time.monotonic()
        self.waits = self._drops
        self.read += frame is not None
        return frame

    def check(self) -> None:
        """Report a stall; called about four times a second without a frame. Raises DeviceError if it cannot recover."""
        if not self._drops or time.monotonic() - self._waiting_since < self._stalled_after:
            return
        reason = f"{self.name} has sent no picture for {self._stalled_after:g} s"
        if self._reopening is None:
            raise DeviceError(f"{reason}; check the camera")
        hangs = self._reopening.inactive_for() > self._hangs_after
        if hangs and not self.patient:
            raise DeviceError(f"{self.name} hangs and cannot be opened again; restart the program")
        if (self.read or hangs) and not self.state:
            self._reopening.outages.lost(reason, f"no picture for {self._stalled_after:g} s")

    def interrupt(self) -> None:
        """Ask the thread to end."""
        with self.changed:
            self._stopping = True
            self.changed.notify_all()
        self._source.interrupt()

    def close(self) -> None:
        """Stop the thread and close the source."""
        self.interrupt()
        self._thread.join(ENDS_WITHIN)
        # A thread that hangs in the driver still holds the device: closing it now would crash.
        if not self._thread.is_alive():
            self._source.close()

    def report(self, message: str) -> None:
        """See `SourceListener`: the thread of the source reports; `pass_messages` passes it on."""
        self._messages.append(message)

    def waiting(self) -> None:
        """See `SourceListener`: a source that is no camera says itself that it waits for a frame."""
        self.waits = True

    def pass_messages(self) -> None:
        """Pass messages on, in the thread that takes frames."""
        while self._reopening is not None and (message := self._reopening.outages.take_message()):
            self._messages.append(message)
        while self.listener is not None and self._messages:
            self.listener.report(self._messages.popleft())

    def _read(self) -> None:
        try:
            frames = self._source.frames()
            for frame in frames:
                with self.changed:
                    if not self._drops:
                        self.changed.wait_for(lambda: self._newest is None or self._stopping)
                    if self._stopping:
                        break
                    self._dropped += self._newest is not None
                    self._newest = frame
                    if self._demand is not None:
                        self._demand.keep()
                    self.changed.notify_all()
            frames.close()  # a driver has to be left in the thread that entered it
        except BaseException as error:  # raised again where frames are asked for
            self._error = error
        with self.changed:
            self._ended = True
            self.changed.notify_all()
