"""One camera: its source, its vehicles, and its options."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Protocol

from plate_devices.live.frame_reader import FrameReader
from plate_devices.live.loop import FrameLoop
from plate_devices.sources.camera_address import printable_name
from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.newest_frame import IDLE_AFTER, NewestFrameSource
from plate_devices.sources.picture_files import UnreadablePath
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import DeviceError, MissingPartError

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from plate_devices.health.state import CameraHealth
    from plate_devices.live.reporter import Reporter
    from plate_devices.live.roi import Reading, View
    from plate_devices.live.shared_readers import SharedReader
    from plate_devices.run_options import InferOptions
    from plate_devices.serve.explained_frames import CameraReader
    from plate_devices.sources.source import Frame, Roi, Source
    from plate_runtime.results import Plate


class Page(Protocol):
    """Shows cameras; see `Monitor`."""

    def frame(self, camera: CameraHealth, view: View, plates: Sequence[Plate] | None) -> None:
        """Show a frame of a camera; `plates` is None if it was not read."""
        ...

    def roi(self, camera: CameraHealth, default: Roi | None, frame: Frame) -> Roi | None:
        """Return the ROI of a camera for a frame, given that of its options."""
        ...


CLOSE_WITHIN = 3.0
"""Seconds for cameras to close; one whose driver hangs is left alone."""


class Camera:
    """A camera that is read frame by frame: `take_frame`, then `look` in any thread, then `take_reading`.

    Attributes:
        source: keeps its newest frame.
        loop: follows its vehicles.
        health: its counters.
        served: when a frame of it was last taken, in seconds of the monotonic clock.
        busy: whether a frame of it is being read.
        limit: of frames that are read, beside that of the source.
    """

    def __init__(self, options: InferOptions, source: NewestFrameSource, networks: SharedReader) -> None:
        """Take a source that is not started, and open networks."""
        self._options, self.source, self.networks = options, source, networks
        self.served = self._idle_since = float("-inf")
        self.busy = False
        self.limit = FrameRateLimit()

    def begin(
        self,
        reporter: Reporter,
        page: Page,
        health: CameraHealth,
        changed: threading.Condition,
        after: Sequence[BackgroundThread] = (),
    ) -> None:
        """Start the source.

        Args:
            reporter: gets plates, vehicles and errors.
            page: gets the frames, and may have an ROI that was drawn on it.
            health: goes on with these counters.
            changed: is notified when a frame came.
            after: threads that close earlier cameras, which may hold the device. The caller does not wait for them.
        """
        options, engine = self._options, self.networks.engine
        self.health = health
        health.name, health.source, health.engine = options.name, self.source.name, str(engine)
        self._dropped_before = health.frames_dropped

        self._reader = FrameReader(options, self.networks, reporter, partial(page.roi, health), engine)
        films = options.video is not None
        self.loop = FrameLoop(
            self._reader,
            self.source,
            options.every or films,
            options.read_as == "frame",
            engine,
            health=health,
            show=partial(page.frame, health),
            seen=partial(self._reader.see, self.source),
            keep=self._reader.keep,
            film=self._reader.film if films else None,
        )
        self._idle_since = time.monotonic()
        if after:
            BackgroundThread(partial(self._start_after, after, changed), f"open {self.source.name}", False).start()
        else:
            self.source.start(changed)

    @property
    def name(self) -> str:
        """Its name, "" for none."""
        return self._options.name

    @property
    def options(self) -> InferOptions:
        """Its options."""
        return self._options

    @property
    def reader(self) -> CameraReader:
        """How its frames are read, for the steps on the page."""
        from plate_devices.serve.explained_frames import CameraReader

        options = self._options
        return CameraReader(self.networks, options.frames_read_as, options.region, options.min_confidence)

    def apply(self, options: InferOptions, networks: SharedReader) -> None:
        """Use other options with the same `core`, and other networks, from the next frame on. None is being read."""
        self._options, self.networks = options, networks
        self._reader.apply(options, networks, networks.engine)
        self.loop.apply(networks.engine)
        self.health.name, self.health.engine = options.name, str(networks.engine)

    def slow_to(self, fps: float | None) -> None:
        """Read at most so many frames a second; None for the limit of the options."""
        if self.source.rate_limit is not None:
            self.source.rate_limit.slow_to(fps)
        else:
            self.limit.slow_to(fps)

    def waits(self) -> float | None:
        """Return the seconds until its frame may be taken, 0 for now; None if there is none."""
        return self.limit.due_in() if self.source.ready and not self.busy else None

    def take_frame(self) -> Frame | None:
        """Take the newest frame, None after the last one. Raises errors of the source."""
        self.limit.is_due()
        self.served = self._idle_since = time.monotonic()
        return self.source.take()

    def look(self, frame: Frame) -> tuple[View, Reading | None]:
        """Read a frame, in any thread. Raises RoiError if the ROI lies outside."""
        view = self._reader.view(self.source, frame)
        return view, self.loop.look(view)

    def take_reading(self, view: View, reading: Reading | None) -> None:
        """Take what `look` returned."""
        self.loop.take(view, reading)

    def idle(self) -> bool:
        """Report outages and, if no frame came for a quarter of a second, vehicles that have left; return whether."""
        self.source.pass_messages()
        now = time.monotonic()
        if self.busy or now - self._idle_since < IDLE_AFTER:
            return False
        self._idle_since = now
        if self.source.waits:
            self.loop.waiting()
        return True

    def count(self) -> None:
        """Note the state of the source, which frames it decodes, and those that it dropped."""
        self.health.look(self.source.state)
        self.health.decoding = self.source.decoding or "all"
        self.health.frames_dropped = self._dropped_before + self.source.dropped

    def finish(self) -> None:
        """Ask the source to end, and report the vehicles in view. `source.close` follows."""
        self.source.interrupt()
        self.count()
        self.loop.finish()

    def _start_after(self, others: Sequence[BackgroundThread], changed: threading.Condition) -> None:
        for thread in others:
            thread.join(CLOSE_WITHIN)
        self.source.start(changed)


def choose_camera(options: InferOptions, networks: SharedReader, *, alone: bool = True) -> Camera:
    """Return the camera of the options, which `begin` opens.

    Raises:
        UsageError: the name of the camera is wrong.
        DeviceError, MissingPartError: its file or a package is missing. If it is not `alone`, its own source raises it.
    """
    from plate_devices.sources.open_camera import open_camera

    name, written = options.camera or "", options.picture_folders  # not read if they lie in a folder that is
    source: Source
    try:
        source = open_camera(name, options.fps, written, options.size, options.redirect, waits=not alone)
    except (DeviceError, MissingPartError) as error:
        if alone:
            raise
        source = UnreadablePath(printable_name(name), error)
    if not isinstance(source, NewestFrameSource):
        source = NewestFrameSource(source, drops=False)
    return Camera(options, source, networks)
