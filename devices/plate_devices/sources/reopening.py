"""A live source that is opened again whenever it is lost."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from plate_devices.backoff import BackOff
from plate_devices.sources.outages import OutageTracker
from plate_devices.sources.source import Source
from plate_devices.threads import describe
from plate_runtime.errors import DeviceError, InputError, PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.sources.source import Frames


class LoginError(DeviceError):
    """A camera refused user or password. Cameras lock out frequent logins, so the next try waits for `PAUSE`."""

    PAUSE = 60.0


class ReopeningSource(Source):
    """Opens, reads and closes one source after the other, all in the thread that reads the frames.

    Attributes:
        outages: the state, and messages for the operator.
        patient: also try a source again that has never worked, or that fails unexpectedly.
    """

    patient = False

    def __init__(self, open_source: Callable[[], Source]) -> None:
        """Take a function that returns a source which is not open yet; it is called for each reopening."""
        self._open_source = open_source
        self._source = open_source()
        self.name, self.rate_limit = self._source.name, self._source.rate_limit
        self.outages = OutageTracker(self.name)
        self._back_off = BackOff()
        self._stopping = threading.Event()
        self._last_active = time.monotonic()

    @property
    def dropped(self) -> int:
        """Number of frames that the sources dropped, since the start."""
        return self._dropped + self._source.dropped

    @property
    def state(self) -> str:
        """What is wrong at the moment; "" while pictures come."""
        return self.outages.state

    @property
    def decoding(self) -> str:
        """See `Source`."""
        return self._source.decoding

    def inactive_for(self) -> float:
        """Return the seconds since the source last returned to the thread that reads it."""
        return time.monotonic() - self._last_active

    def frames(self) -> Frames:
        """Yield frames until `close`; their numbers go on after each reopening.

        Raises:
            DeviceError, InputError: the source cannot be read, and has never sent a picture; not if it is `patient`.
        """
        number = 0
        while not self._stopping.is_set():
            try:
                first = number
                for frame in self._source.frames():
                    self._last_active = time.monotonic()
                    if self.outages.picture():
                        self._back_off.reset()
                    number = first + frame.number + 1
                    yield frame._replace(number=first + frame.number)
                reason: Exception = DeviceError(f"{self.name} has ended")
            except (DeviceError, InputError) as error:
                if number == 0 and not self.patient:
                    raise
                reason = error
            except PlateEdgeError:  # wrong settings, or a part is missing: no try can help
                raise
            except Exception as error:
                if not self.patient:
                    raise
                reason = DeviceError(f"{self.name}: {describe(error)}")
            finally:
                self._source.close()
            self._wait(reason)
            self._dropped += self._source.dropped
            self._source = self._open_source()

    def interrupt(self) -> None:
        """End the waiting and reopening. The thread that reads the source closes it."""
        self._stopping.set()

    def close(self) -> None:
        """See `interrupt`."""
        self.interrupt()

    def _wait(self, reason: Exception) -> None:
        pause = self._back_off.next(LoginError.PAUSE if isinstance(reason, LoginError) else 0.0)
        self.outages.lost(str(reason), f"lost, next try in {pause:.0f} s")
        self._last_active = time.monotonic() + pause  # waiting does not count as inactive
        self._stopping.wait(pause)
        self.outages.trying(f"lost, opening it, try {self._back_off.tries}")
