"""A source that is opened again whenever it is lost, for as long as somebody wants its frames."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plate_devices.sources.outages import BackOff, Outages
from plate_runtime.errors import DeviceError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plate_devices.sources.source import Frame, Roi, Source


class LoginError(DeviceError):
    """A camera refuses user or password. Cameras lock out who tries often, so the next try has to wait."""

    pause = 60.0


class Reopening:
    """A live source over many lives: each is a source of its own, opened, read and closed in the same thread.

    Attributes:
        outages: what to tell people of it.
    """

    still = False
    default_roi: Roi | None = None

    def __init__(
        self, open_source: Callable[[], Source], outages: Outages | None = None, back_off: BackOff | None = None
    ) -> None:
        """Take what makes a source that is not open yet; it is called for every life."""
        self._open_source = open_source
        self._source = open_source()
        self.name = self._source.name
        self.outages = outages or Outages(self.name)
        self._back_off = back_off or BackOff()
        self._stopping = threading.Event()
        self._dropped = 0
        self._sign_of_life = time.monotonic()

    @property
    def dropped(self) -> int:
        """Frames that the source itself had to drop, over all its lives."""
        return self._dropped + self._source.dropped

    @property
    def state(self) -> str:
        """What is wrong at the moment; "" while pictures come."""
        return self.outages.state

    def hangs_for(self) -> float:
        """Seconds since the thread that reads has last come back from the source."""
        return time.monotonic() - self._sign_of_life

    def frames(self) -> Iterator[Frame]:
        """Yield frames, numbered on over all lives, until `close`.

        Raises:
            DeviceError, InputError: the source cannot be read, and never gave a picture yet.
        """
        number = 0
        while not self._stopping.is_set():
            try:
                started = number
                for frame in self._source.frames():
                    self._sign_of_life = time.monotonic()
                    if self.outages.picture():
                        self._back_off.reset()
                    number = started + frame.number + 1
                    yield frame._replace(number=started + frame.number)
                reason: Exception = DeviceError(f"{self.name} has ended")
            except (DeviceError, InputError) as error:
                if number == 0:
                    raise
                reason = error
            finally:
                self._source.close()
            self._wait(reason)
            self._dropped += self._source.dropped
            self._source = self._open_source()

    def close(self) -> None:
        """Wake up from waiting and open it no more; the source itself is closed by the thread that reads it."""
        self._stopping.set()

    def _wait(self, reason: Exception) -> None:
        pause = self._back_off.next(getattr(reason, "pause", 0.0))
        self.outages.lost(str(reason), f"lost, next try in {pause:.0f} s")
        # A long pause is no hanging.
        self._sign_of_life = time.monotonic() + pause
        self._stopping.wait(pause)
        self.outages.trying(f"lost, opening it, try {self._back_off.tries}")
