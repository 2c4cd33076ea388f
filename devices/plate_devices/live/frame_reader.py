"""Read frames: rotate, crop to the ROI, read, and pass the plates on."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from plate_devices.events.records import Origin
from plate_devices.live.roi import KeptFrame, Reading, RoiError, View, crop, rotate, translate
from plate_devices.sources.deinterlace import deinterlace
from plate_runtime.errors import InputError
from plate_runtime.shipped import DETECTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plate_devices.events.records import Engine
    from plate_devices.follow import Seen, Vehicle
    from plate_devices.live.reporter import Reporter
    from plate_devices.networks import Networks
    from plate_devices.run_options import InferOptions
    from plate_devices.sources.source import Frame, Roi, Source
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.results import Plate
    from plate_runtime.steps import Steps

_MASK_FROM = 0.1
"""Detection confidence from which a possible plate is masked in pictures that show no plates."""


class FrameReader:
    """Reads the frames of sources; see `FrameHandler`. The plates go to a `Reporter`."""

    def __init__(
        self,
        options: InferOptions,
        reader: Networks,
        reporter: Reporter,
        choose_roi: Callable[[Roi | None, Frame], Roi | None] | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Use an open reader.

        Args:
            options: mode, ROI, rotation and limits; name and tags of the camera.
            reader: of the plates.
            reporter: gets the plates.
            choose_roi: returns the ROI of a frame, given that of the options.
            engine: models and backend of the reader, for the records; by default those of the reporter.
        """
        self.options = options
        self._reader, self._reporter = reader, reporter
        self._choose_roi = choose_roi
        self._engine = engine or reporter.engine

    def apply(self, options: InferOptions, reader: Networks, engine: Engine) -> None:
        """Use other options and another reader, between two frames."""
        self.options, self._reader, self._engine = options, reader, engine

    def read_all(self, source: Source) -> int:
        """Read a picture or a video, print a record of each picture, vehicle or frame, and return the exit code."""
        tally = self._reporter.tally
        if source.still:
            tally.pictures += 1
            return self._read_frames(source)
        tally.videos += 1
        return self._read_frames(source) if self.options.every else self._follow(source)

    def _read_frames(self, source: Source) -> int:
        try:
            for view in self.views(source):
                reading = self.read(source, view)
                self._annotate(source, view, reading)
                self.film(view, reading, reading.plates)
                self._reporter.picture(self._origin(source), view.frame, reading.plates, reading.elapsed)
        except (InputError, RoiError) as error:
            return self.report(source, error)
        return 0

    def _follow(self, source: Source) -> int:
        """Read a video like a camera: each vehicle is printed once."""
        from plate_devices.live.loop import FrameLoop

        films, detects = self.options.video is not None, self.options.read_as in DETECTING
        loop = FrameLoop(self, source, films, detects, self._engine, film=self.film if films else None)
        status, self._reporter.status = self._reporter.status, loop.status
        status.clear()
        try:
            return loop.run()
        finally:
            self._reporter.status = status
            self._reporter.tally.frames += loop.health.frames_read + loop.health.frames_skipped

    def views(self, source: Source) -> Iterator[View]:
        """Yield each rotated frame with the part of it that is read; close the source."""
        try:
            for frame in source.frames():
                yield self.view(source, frame)
        finally:
            source.close()

    def view(self, source: Source, raw: Frame) -> View:
        """Return a rotated frame with the part of it that is read. Raises RoiError if the ROI lies outside."""
        options = self.options
        whole = raw if source.still and not options.deinterlace else deinterlace(raw, options.deinterlace)
        frame = rotate(whole, options.rotation)
        roi = options.roi_or(source.default_roi)
        if self._choose_roi is not None:
            roi = self._choose_roi(roi, frame)
        return View(frame, crop(frame, roi, source.name), roi)

    def read(self, source: Source, view: View, steps: Steps | None = None) -> Reading:
        """See `FrameHandler`: read with the networks, and find what privacy has to mask; `steps` is filled."""
        options = self.options
        read_as = options.read_as if source.still else options.frames_read_as
        started = time.perf_counter()
        plates = self._reader.read(
            view.part, read_as, region=options.region, min_confidence=options.min_confidence, steps=steps
        )
        elapsed = 1000 * (time.perf_counter() - started)
        plates = [translate(plate, view.roi) for plate in plates]
        shown = self._reporter.pictures.masks_unread and (plates or source.still or options.video is not None)
        return Reading(plates, elapsed, self._unread(view) if shown else ())

    def _annotate(self, source: Source, view: View, reading: Reading) -> None:
        if reading.plates or source.still:
            self._reporter.annotate(self._origin(source), view, reading, self._plate_box(view))

    def _plate_box(self, view: View) -> Roi | None:
        """Return the rectangle that is one plate, read or not; None if plates may be anywhere."""
        if self.options.read_as in DETECTING:
            return None
        return view.roi or (0, 0, view.frame.rgb.shape[1], view.frame.rgb.shape[0])

    def _unread(self, view: View) -> list[Roi]:
        """Return the boxes of possible plates, in pixels of the whole frame."""
        if self.options.read_as not in DETECTING:
            return []
        x, y = view.roi[:2] if view.roi else (0, 0)
        detections = [(x, y, one) for one in self._reader.find(view.part, min_confidence=_MASK_FROM)]
        if view.roi is not None:  # the whole frame is saved, not only its ROI
            detections += [(0, 0, one) for one in self._reader.find(view.frame.rgb, min_confidence=_MASK_FROM)]
        found = []
        for x, y, detection in detections:
            across, down = zip(*detection.corners, strict=True)
            left, top = math.floor(min(across)), math.floor(min(down))
            found.append((x + left, y + top, math.ceil(max(across)) - left, math.ceil(max(down)) - top))
        return found

    def frame_read(self, source: Source, view: View, reading: Reading) -> None:
        """See `FrameHandler`: save the picture, and print the frame, if the options say so."""
        self._annotate(source, view, reading)
        if self.options.every:
            self._reporter.frame(self._origin(source), view.frame, reading.plates, reading.elapsed)

    def print_vehicle(self, source: Source, vehicle: Vehicle) -> None:
        """See `FrameHandler`."""
        self._reporter.vehicle(self._origin(source), vehicle)

    def film(self, view: View, reading: Reading, vehicles: list[Plate]) -> None:
        """Add a frame to the video, if the options name one; `vehicles` are the plates to draw."""
        self._reporter.film(view, reading, vehicles, self._plate_box(view))

    def keep(self, view: View, reading: Reading) -> KeptFrame | None:
        """Return what a vehicle keeps of its best frame, None if no frames of events are saved."""
        return KeptFrame(view, reading, self._plate_box(view)) if self._reporter.pictures.keeps_frames else None

    def see(self, source: Source, look: Callable[[], list[Seen]]) -> None:
        """Report the vehicles in view that `look` returns, if an output or an action wants them."""
        if self._reporter.wants_seen:
            for one in look():
                self._reporter.seen(self._origin(source), one)

    def report(self, source: Source, error: PlateEdgeError) -> int:
        """See `FrameHandler`; other sources are still read."""
        return self._reporter.error(self._origin(source), error)

    def report_state(self, source: Source, message: str) -> None:
        """See `FrameHandler`; the loop goes on."""
        self._reporter.report_state(self._origin(source), message)

    def _origin(self, source: Source) -> Origin:
        return Origin(source.name, self._engine, source.still, self.options.name, self.options.tags)
