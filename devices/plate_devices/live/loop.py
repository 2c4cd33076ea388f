"""The live loop: read frames that show something new, and report each vehicle once when it has left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from plate_devices.follow import Follower
from plate_devices.live.motion import MotionDetector
from plate_devices.live.roi import RoiError
from plate_devices.status_line import FrameRate, StatusLine
from plate_runtime.errors import InputError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plate_devices.events.records import Engine
    from plate_devices.follow import Vehicle
    from plate_devices.live.roi import View
    from plate_devices.sources.source import Frame, Source
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.results import Plate

READ_EVERY = 10.0
"""Seconds after which a frame is read even if it shows nothing new."""


class FrameHandler(Protocol):
    """Reads frames and reports results for the loop."""

    def views(self, source: Source) -> Iterator[View]:
        """Yield the source's frames, and close it."""
        ...

    def read(self, source: Source, view: View) -> tuple[list[Plate], float]:
        """Return the plates, and the milliseconds that reading took."""
        ...

    def print_frame(self, source: Source, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """Print the plates of one frame."""
        ...

    def print_vehicle(self, source: Source, vehicle: Vehicle) -> None:
        """Print a vehicle that has passed."""
        ...

    def report(self, source: Source, error: PlateEdgeError) -> int:
        """Report an error of a source; return the exit code."""
        ...

    def report_state(self, source: Source, message: str) -> None:
        """Report that the source is lost, or works again."""
        ...


class StopLoop(Exception):  # noqa: N818
    """Ends a loop like the end of its source: vehicles in view are reported, and the exit code is 0."""


class Observer(Protocol):
    """Follows the loop, such as for metrics, watchdog and live page."""

    def frame(self, view: View, plates: Sequence[Plate] | None) -> None:
        """Note a frame; `plates` is None if it showed nothing new and was not read."""
        ...

    def tick(self, loop: FrameLoop) -> None:
        """Called after each frame, and four times a second without frames.

        Raises:
            StopLoop: to end the loop.
        """
        ...


class FrameLoop:
    """Reads one source until it ends.

    Attributes:
        source: of the frames.
        skipped: frames that showed nothing new.
        read: frames that were read.
        plates: plates in them.
        vehicles: vehicles that were reported.
        delay: seconds from capture to the end of reading, of the last frame; None if unknown.
    """

    def __init__(
        self,
        handler: FrameHandler,
        source: Source,
        every: bool = False,
        has_positions: bool = True,
        engine: Engine | None = None,
        *,
        observer: Observer | None = None,
    ) -> None:
        """Prepare; `run` begins.

        Args:
            handler: reads the frames and prints the results.
            source: of the frames; it reports its state to the loop.
            every: read and print each frame.
            has_positions: readings have positions; see `Follower`.
            engine: of the reader: its characters, and its name for the status line.
            observer: follows the loop.
        """
        self.status = StatusLine()
        self.skipped = self.read = self.plates = self.vehicles = 0
        self.delay: float | None = None
        self._observer = observer
        self.source = source
        self._handler, self._every = handler, every
        self._follower = Follower(has_positions, engine.script if engine else LATIN)
        self._motion = None if every else MotionDetector()
        self._rate = FrameRate()
        self._read_at = float("-inf")
        self._delay_shown = ""
        self._engine = str(engine or "")
        source.listener = self

    def run(self) -> int:
        """Read until the source ends, and return the exit code."""
        code = 0
        try:
            for view in self._handler.views(self.source):
                self._print(self._take(view))
                self._tick()
        except StopLoop:
            pass
        except (InputError, RoiError) as error:
            code = self._handler.report(self.source, error)
        finally:
            # Vehicles in view are reported, whatever ended the loop.
            self._print(self._follower.finish())
            self.status.clear()
        return code

    def describe(self) -> str:
        """Return the status line."""
        source, in_view = self.source, self._follower.followed
        counts = f"{self._rate.value:.1f} frames/s read, {source.dropped} dropped, {self.skipped} skipped"
        counts += f", {in_view} in view, {self.vehicles} vehicles{self._delay_shown}"
        # The least important part is last: a narrow terminal cuts it off.
        return ", ".join(part for part in (f"{source.name}: {counts}", source.state, self._engine) if part)

    def report(self, message: str) -> None:
        """See `SourceListener`: the source is lost, or works again."""
        self._handler.report_state(self.source, message)

    def waiting(self) -> None:
        """See `SourceListener`: no frame comes; vehicles that have left are printed."""
        self._print(self._follower.wait(time.time()))
        self._rate.pause()
        self._tick()

    @property
    def rate(self) -> float:
        """Frames read per second, recently."""
        return self._rate.value

    def _tick(self) -> None:
        if self.status.due:
            self.status.show(self.describe())
        if self._observer is not None:
            self._observer.tick(self)

    def _take(self, view: View) -> list[Vehicle]:
        """Read a frame unless it shows nothing new; return the vehicles that have left."""
        now = self._follower.seconds(view.frame)
        if self._is_unchanged(view, now):
            self.skipped += 1
            self._show(view, None)
            return self._follower.stay(view.frame)
        plates, elapsed = self._handler.read(self.source, view)
        self._read_at = now
        self.read += 1
        self.plates += len(plates)
        self._show(view, plates)
        if self._motion is not None:
            self._motion.keep()
        if self._every:
            self._handler.print_frame(self.source, view.frame, plates, elapsed)
        self._rate.count()
        self.delay = _delay(view.frame)
        late = self.delay
        self._delay_shown = f", {elapsed:.0f} ms a frame" if late is None else f", {1000 * late:.0f} ms behind"
        return self._follower.add(view.frame, plates)

    def _show(self, view: View, plates: Sequence[Plate] | None) -> None:
        if self._observer is not None:
            self._observer.frame(view, plates)

    def _is_unchanged(self, view: View, now: float) -> bool:
        if self._motion is None:
            return False
        changed = self._motion.has_changed(view.part)
        return not changed and self._follower.settled and 0 <= now - self._read_at < READ_EVERY

    def _print(self, vehicles: Sequence[Vehicle]) -> None:
        for vehicle in vehicles:
            self.vehicles += 1
            self._handler.print_vehicle(self.source, vehicle)


def _delay(frame: Frame) -> float | None:
    """Return the seconds since a frame was captured; None if unknown, or for a frame from the future."""
    delay = time.time() - frame.time.timestamp() if frame.time is not None else -1.0
    return delay if delay >= 0 else None
