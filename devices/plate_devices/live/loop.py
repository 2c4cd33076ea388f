"""The frames of one source: read those that show something new, and report each vehicle once when it has left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from plate_devices.follow import Follower
from plate_devices.health.state import CameraHealth
from plate_devices.live.motion import MotionDetector
from plate_devices.live.roi import RoiError
from plate_devices.status_line import FrameRate, StatusLine
from plate_runtime.errors import InputError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plate_devices.events.records import Engine
    from plate_devices.follow import Seen, Vehicle
    from plate_devices.live.roi import Reading, View
    from plate_devices.sources.source import Frame, Source
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.results import Plate

READ_EVERY = 10.0
"""Seconds after which a frame is read even if it shows nothing new."""

LOOK_EVERY = 1.0
"""Seconds between two looks at the vehicles of unchanged frames."""


class FrameHandler(Protocol):
    """Reads frames and reports results for the loop."""

    def views(self, source: Source) -> Iterator[View]:
        """Yield the source's frames, and close it."""
        ...

    def read(self, source: Source, view: View) -> Reading:
        """Read a frame. Several threads may read frames of different sources."""
        ...

    def frame_read(self, source: Source, view: View, reading: Reading) -> None:
        """Take the plates of a frame."""
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


class FrameLoop:
    """Reads the frames of one source: `run` until it ends, or `look` and `take` frame by frame.

    Attributes:
        source: of the frames.
        health: counts frames, plates and vehicles.
        status: the status line of `run`.
    """

    def __init__(
        self,
        handler: FrameHandler,
        source: Source,
        every: bool = False,
        has_positions: bool = True,
        engine: Engine | None = None,
        *,
        health: CameraHealth | None = None,
        show: Callable[[View, Sequence[Plate] | None], None] | None = None,
        seen: Callable[[Callable[[], list[Seen]]], None] | None = None,
        keep: Callable[[View, Reading], object] | None = None,
        film: Callable[[View, Reading, list[Plate]], None] | None = None,
    ) -> None:
        """Prepare.

        Args:
            handler: reads the frames and prints the results.
            source: of the frames; it reports its state to the loop.
            every: read each frame.
            has_positions: readings have positions; see `Follower`.
            engine: of the reader: its characters, and its name for the status line.
            health: goes on with these counters.
            show: is called with each frame and its plates; None if it showed nothing new and was not read.
            seen: is called after frames with plates, with a function that returns the vehicles in view; see `Follower`.
            keep: returns what vehicles keep of a frame, for `print_vehicle`; None for nothing.
            film: is called with each frame that was read, and the plates of the vehicles in view.
        """
        self.status = StatusLine()
        self.source, self.health = source, health or CameraHealth()
        self._handler, self._show, self._seen, self._keep, self._film = handler, show, seen, keep, film
        self._looked_at = float("-inf")
        self._has_positions, self._script = has_positions, engine.script if engine else LATIN
        self._follower = Follower(has_positions, self._script)
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
                self.take(view, self.look(view))
                if self.status.due:
                    self.status.show(self.describe())
        except (InputError, RoiError) as error:
            code = self.fail(error)
        finally:
            self.finish()
            self.status.clear()
        return code

    def look(self, view: View) -> Reading | None:
        """Read a frame, in any thread; None if it shows nothing new. `take` follows."""
        if self._is_unchanged(view):
            return None
        return self._handler.read(self.source, view)

    def take(self, view: View, reading: Reading | None) -> None:
        """Take what `look` returned: count it, and print the vehicles that have left."""
        health = self.health
        health.frame(view.frame.time)
        if self._show is not None:
            self._show(view, None if reading is None else reading.plates)
        if reading is None:
            health.frames_skipped += 1
            left = self._follower.stay(view.frame)
            if time.monotonic() - self._looked_at >= LOOK_EVERY:  # what was not done yet may be due
                self._look_at_seen()
            self._print(left)
            return
        self._read_at = self._follower.seconds(view.frame)
        health.frames_read += 1
        health.plates += len(reading.plates)
        if self._motion is not None:
            self._motion.keep()
        self._handler.frame_read(self.source, view, reading)
        self._rate.count()
        health.frame_rate, health.behind = self._rate.value, _delay(view.frame)
        late = health.behind
        self._delay_shown = f", {reading.elapsed:.0f} ms a frame" if late is None else f", {1000 * late:.0f} ms behind"
        kept = self._keep(view, reading) if self._keep is not None and reading.plates else None
        left = self._follower.add(view.frame, reading.plates, kept)
        self._look_at_seen()
        self._print(left)
        if self._film is not None:
            self._film(view, reading, self._follower.in_view())

    def fail(self, error: PlateEdgeError) -> int:
        """Report the error that ends the source; return its exit code."""
        return self._handler.report(self.source, error)

    def finish(self) -> None:
        """Print the vehicles in view; the source has ended, for whatever reason."""
        self._print(self._follower.finish())

    def apply(self, engine: Engine) -> None:
        """Go on with another reader. Vehicles in view are followed further, unless it reads other characters."""
        self._engine = str(engine)
        if engine.script != self._script:
            self.finish()
            self._script = engine.script
            self._follower = Follower(self._has_positions, self._script)

    def describe(self) -> str:
        """Return the status line."""
        source, health = self.source, self.health
        counts = f"{health.frame_rate:.1f} frames/s read, {source.dropped} dropped, {health.frames_skipped} skipped"
        counts += f", {self._follower.followed} in view, {health.vehicles} vehicles{self._delay_shown}"
        limited = "only key frames are decoded" if source.decoding == "key frames" else ""
        # The least important part is last: a narrow terminal cuts it off.
        return ", ".join(part for part in (f"{source.name}: {counts}", source.state, limited, self._engine) if part)

    def report(self, message: str) -> None:
        """See `SourceListener`: the source is lost, or works again."""
        self._handler.report_state(self.source, message)

    def waiting(self) -> None:
        """See `SourceListener`: no frame comes; vehicles that have left are printed."""
        self._print(self._follower.wait(time.time()))
        self._rate.pause()
        self.health.frame_rate = self._rate.value

    def _look_at_seen(self) -> None:
        if self._seen is not None and self._follower.followed:
            self._looked_at = time.monotonic()
            self._seen(self._follower.seen)

    def _is_unchanged(self, view: View) -> bool:
        if self._motion is None:
            return False
        changed = self._motion.has_changed(view.part)
        passed = self._follower.seconds(view.frame) - self._read_at
        return not changed and self._follower.settled and 0 <= passed < READ_EVERY

    def _print(self, vehicles: Sequence[Vehicle]) -> None:
        for vehicle in vehicles:
            self.health.vehicles += 1
            self._handler.print_vehicle(self.source, vehicle)


def _delay(frame: Frame) -> float | None:
    """Return the seconds since a frame was captured; None if unknown, or for a frame from the future."""
    delay = time.time() - frame.time.timestamp() if frame.time is not None else -1.0
    return delay if delay >= 0 else None
