"""Read frames: rotate, crop to the ROI, read, and pass the plates on."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from plate_devices.live.roi import RoiError, View, crop, rotate, translate
from plate_devices.sources.deinterlace import deinterlace
from plate_runtime.errors import InputError
from plate_runtime.shipped import DETECTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plate_devices.follow import Vehicle
    from plate_devices.live.reporter import Reporter
    from plate_devices.run_options import InferOptions
    from plate_devices.sources.source import Frame, Roi, Source
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.reader import PlateReader
    from plate_runtime.results import Plate

_MASK_FROM = 0.1
"""Detection confidence from which a possible plate is masked in pictures that show no plates."""


class FrameReader:
    """Reads the frames of sources; see `FrameHandler`. The plates go to a `Reporter`."""

    def __init__(
        self,
        options: InferOptions,
        reader: PlateReader,
        reporter: Reporter,
        choose_roi: Callable[[Roi | None, Frame], Roi | None] | None = None,
    ) -> None:
        """Use an open reader.

        Args:
            options: mode, ROI, rotation and limits.
            reader: of the plates.
            reporter: gets the plates.
            choose_roi: returns the ROI of a frame, given that of the options.
        """
        self.options = options
        self._reader, self._reporter = reader, reporter
        self._choose_roi = choose_roi

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
                plates, elapsed = self.read(source, view)
                self._reporter.picture(source, view.frame, plates, elapsed)
        except (InputError, RoiError) as error:
            return self.report(source, error)
        return 0

    def _follow(self, source: Source) -> int:
        """Read a video like a camera: each vehicle is printed once."""
        from plate_devices.live.loop import FrameLoop

        loop = FrameLoop(self, source, False, self.options.read_as in DETECTING, self._reporter.engine)
        status, self._reporter.status = self._reporter.status, loop.status
        status.clear()
        try:
            return loop.run()
        finally:
            self._reporter.status = status
            self._reporter.tally.frames += loop.read + loop.skipped

    def views(self, source: Source) -> Iterator[View]:
        """Yield each rotated frame with the part of it that is read; close the source."""
        options = self.options
        try:
            for raw in source.frames():
                whole = raw if source.still and not options.deinterlace else deinterlace(raw, options.deinterlace)
                frame = rotate(whole, options.rotation)
                roi = options.roi
                if roi is None and not options.rotation and options.read_as not in DETECTING:
                    roi = source.default_roi
                if self._choose_roi is not None:
                    roi = self._choose_roi(roi, frame)
                yield View(frame, crop(frame, roi, source.name), roi)
        finally:
            source.close()

    def read(self, source: Source, view: View) -> tuple[list[Plate], float]:
        """Return a frame's plates, in pixels of the whole frame, and the milliseconds that reading took."""
        options = self.options
        # Frames of a video are never crops of plates; pictures may be.
        read_as = "frame" if options.read_as == "auto" and not source.still else options.read_as
        started = time.perf_counter()
        plates = self._reader.read(view.part, read_as, region=options.region, min_confidence=options.min_confidence)
        elapsed = 1000 * (time.perf_counter() - started)
        plates = [translate(plate, view.roi) for plate in plates]
        if plates or source.still:
            self._reporter.annotate(source, view, plates, self._plate_box(view), lambda: self._unread(view))
        return plates, elapsed

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
        found = []
        for detection in self._reader.find(view.part, min_confidence=_MASK_FROM):
            across, down = zip(*detection.corners, strict=True)
            left, top = math.floor(min(across)), math.floor(min(down))
            found.append((x + left, y + top, math.ceil(max(across)) - left, math.ceil(max(down)) - top))
        return found

    def print_frame(self, source: Source, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """See `FrameHandler`."""
        self._reporter.frame(source, frame, plates, elapsed)

    def print_vehicle(self, source: Source, vehicle: Vehicle) -> None:
        """See `FrameHandler`."""
        self._reporter.vehicle(source, vehicle)

    def report(self, source: Source, error: PlateEdgeError) -> int:
        """See `FrameHandler`; other sources are still read."""
        return self._reporter.error(source, error)

    def report_state(self, source: Source, message: str) -> None:
        """See `FrameHandler`; the loop goes on."""
        self._reporter.report_state(source, message)
