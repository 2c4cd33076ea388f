"""The live loop: frames come in, what is new is read, and each vehicle that has passed goes out once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from plate_devices.cli.status_line import FrameRate, StatusLine
from plate_devices.follow import Follower
from plate_devices.live.motion import MotionDetector
from plate_devices.live.roi import RoiError
from plate_runtime.errors import InputError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plate_devices.follow import Vehicle
    from plate_devices.live.roi import View
    from plate_devices.sources.source import Frame, Source
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.reader import Plate
    from plate_runtime.script import Script

LONGEST = 10.0
"""Seconds after which even a frame that shows nothing new is read: nothing is overlooked for longer."""


class Hands(Protocol):
    """What the loop leaves to the command it belongs to."""

    def views(self, source: Source) -> Iterator[View]:
        """Yield the source's frames, and close it."""
        ...

    def read(self, source: Source, view: View) -> tuple[list[Plate], float]:
        """Return the plates, and the milliseconds that reading took."""
        ...

    def print_frame(self, source: Source, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """Print what one frame shows."""
        ...

    def print_vehicle(self, source: Source, vehicle: Vehicle) -> None:
        """Print who has passed."""
        ...

    def report(self, source: Source, error: PlateEdgeError) -> int:
        """Say what is wrong; return the exit code."""
        ...

    def remark(self, source: Source, message: str) -> None:
        """Say that the source is lost, or back."""
        ...


class StopWatching(Exception):  # noqa: N818
    """Ends a watch as if its source had ended: what is in view is told, and the exit code is 0."""


class Observer(Protocol):
    """Who looks on: watchdog, metrics, the live page."""

    def saw(self, view: View, plates: Sequence[Plate] | None) -> None:
        """A frame came; `plates` is None where it showed nothing new and was not read."""
        ...

    def turn(self, watch: Watch) -> None:
        """The loop has come round: after each frame, and four times a second while none comes.

        Raises:
            StopWatching: it shall end.
        """
        ...


class Watch:
    """One source, watched until it ends.

    Attributes:
        source: what is watched.
        skipped: frames that showed nothing new. read: frames that were read. plates: readings in them.
        passed: vehicles that were told.
        late: seconds from capture to the end of reading, of the last frame; None where nobody knows.
    """

    def __init__(
        self,
        hands: Hands,
        source: Source,
        every: bool = False,
        placed: bool = True,
        engine: object = "",
        *,
        script: Script = LATIN,
        observer: Observer | None = None,
    ) -> None:
        """Take a source and who reads and prints.

        Args:
            every: print each frame too, and so read each.
            placed: readings come with their place; see `Follower`.
            engine: what reads, to be named at the end of the status line.
            script: the characters that the model reads.
            observer: who looks on, if anybody.
        """
        self.status = StatusLine()
        self.skipped = self.read = self.plates = self.passed = 0
        self.late: float | None = None
        self._observer = observer
        self.source = source
        self._hands, self._every = hands, every
        self._follower = Follower(placed, script)
        self._motion = None if every else MotionDetector()
        self._rate = FrameRate()
        self._read_at = float("-inf")
        self._behind = ""
        self._engine = str(engine)
        source.listener = self

    def run(self) -> int:
        """Watch, and return the exit code."""
        code = 0
        try:
            for view in self._hands.views(self.source):
                self._print(self._take(view))
                self._turn()
        except StopWatching:
            pass
        except (InputError, RoiError) as error:
            code = self._hands.report(self.source, error)
        finally:
            # Whatever ended the watch, what is in view has been seen.
            self._print(self._follower.finish())
            self.status.clear()
        return code

    def describe(self) -> str:
        """What the status line says."""
        source, in_view = self.source, self._follower.followed
        told = f"{source.name}: {self._rate.value:.1f} frames/s read, {source.dropped} dropped, {self.skipped} skipped"
        told += f", {in_view} in view, {self.passed} vehicles{self._behind}"
        # What a narrow terminal cuts off comes last.
        return ", ".join(part for part in (told, source.state, self._engine) if part)

    def report(self, message: str) -> None:
        """The source is lost, or back."""
        self._hands.remark(self.source, message)

    def waiting(self) -> None:
        """No frame comes: what has left meanwhile is printed, and the status line is kept up to date."""
        self._print(self._follower.wait(time.time()))
        self._rate.pause()
        self._turn()

    @property
    def rate(self) -> float:
        """Frames read a second, lately."""
        return self._rate.value

    def _turn(self) -> None:
        if self.status.due:
            self.status.show(self.describe())
        if self._observer is not None:
            self._observer.turn(self)

    def _take(self, view: View) -> list[Vehicle]:
        """Read a view, unless it shows what the last one showed; return who has left."""
        now = self._follower.seconds(view.frame)
        if self._is_known(view, now):
            self.skipped += 1
            self._show(view, None)
            return self._follower.stay(view.frame)
        plates, elapsed = self._hands.read(self.source, view)
        self._read_at = now
        self.read += 1
        self.plates += len(plates)
        self._show(view, plates)
        if self._motion is not None:
            self._motion.keep()
        if self._every:
            self._hands.print_frame(self.source, view.frame, plates, elapsed)
        self._rate.count()
        self.late = _late(view.frame)
        self._behind = f", {elapsed:.0f} ms a frame" if self.late is None else f", {1000 * self.late:.0f} ms behind"
        return self._follower.add(view.frame, plates)

    def _show(self, view: View, plates: Sequence[Plate] | None) -> None:
        if self._observer is not None:
            self._observer.saw(view, plates)

    def _is_known(self, view: View, now: float) -> bool:
        if self._motion is None:
            return False
        changed = self._motion.has_changed(view.part)
        return not changed and self._follower.settled and 0 <= now - self._read_at < LONGEST

    def _print(self, vehicles: Sequence[Vehicle]) -> None:
        for vehicle in vehicles:
            self.passed += 1
            self._hands.print_vehicle(self.source, vehicle)


def _late(frame: Frame) -> float | None:
    """How many seconds ago the frame was taken; None where nobody knows, or it was drawn ahead."""
    late = time.time() - frame.time.timestamp() if frame.time is not None else -1.0
    return late if late >= 0 else None
