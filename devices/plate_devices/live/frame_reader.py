"""What happens to a frame once it is there: it is turned, cut, read, and handed on."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from plate_devices.live.roi import RoiError, View, cut, moved, turn
from plate_devices.sources.deinterlace import deinterlace
from plate_runtime.errors import InputError
from plate_runtime.shipped import DETECTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plate_devices.cli.infer_options import InferOptions
    from plate_devices.follow import Vehicle
    from plate_devices.live.reporter import Reporting
    from plate_devices.sources.source import Frame, Roi, Source
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.reader import Plate, PlateReader

_MAY_BE_A_PLATE = 0.1
"""Detection confidence from which on something is covered in pictures that show no plates."""


class Work:
    """A reader at work; what it reads goes to a `Reporting`."""

    def __init__(
        self,
        options: InferOptions,
        reader: PlateReader,
        reporting: Reporting,
        choose_roi: Callable[[Roi | None, Frame], Roi | None] | None = None,
    ) -> None:
        """Take the options, an open reader, and where readings go.

        `choose_roi` may put another ROI in the place of the one that the options say, frame by frame.
        """
        self.options = options
        self._reader, self._reporting = reader, reporting
        self._choose_roi = choose_roi

    def read_all(self, source: Source) -> int:
        """Read a picture or a video, print a record of each picture, vehicle or frame, and return the exit code."""
        tally = self._reporting.tally
        if source.still:
            tally.pictures += 1
            return self._read_frames(source)
        tally.videos += 1
        return self._read_frames(source) if self.options.every else self._follow(source)

    def _read_frames(self, source: Source) -> int:
        try:
            for view in self.views(source):
                plates, elapsed = self.read(source, view)
                self._reporting.picture(source, view.frame, plates, elapsed)
        except (InputError, RoiError) as error:
            return self.report(source, error)
        return 0

    def _follow(self, source: Source) -> int:
        """Read a video as a camera is read: each vehicle is printed once."""
        from plate_devices.live.loop import Watch

        watch = Watch(self, source, placed=self.options.read_as in DETECTING, engine=self._reporting.engine)
        status, self._reporting.status = self._reporting.status, watch.status
        status.clear()
        try:
            return watch.run()
        finally:
            self._reporting.status = status
            self._reporting.tally.frames += watch.read + watch.skipped

    def views(self, source: Source) -> Iterator[View]:
        """Yield each frame, turned upright, with the part of it that is read; close the source."""
        options = self.options
        try:
            for raw in source.frames():
                whole = raw if source.still and not options.deinterlace else deinterlace(raw, options.deinterlace)
                frame = turn(whole, options.quarter_turns)
                roi = options.roi
                if roi is None and not options.quarter_turns and options.read_as not in DETECTING:
                    roi = source.default_roi
                if self._choose_roi is not None:
                    roi = self._choose_roi(roi, frame)
                yield View(frame, cut(frame, roi, source.name), roi)
        finally:
            source.close()

    def read(self, source: Source, view: View) -> tuple[list[Plate], float]:
        """Return a frame's plates, in pixels of the whole frame, and the milliseconds that reading took."""
        options = self.options
        # A video's frames are no crops; only a picture may be one.
        read_as = "frame" if options.read_as == "auto" and not source.still else options.read_as
        started = time.perf_counter()
        plates = self._reader.read(view.part, read_as, region=options.region, min_confidence=options.min_confidence)
        elapsed = 1000 * (time.perf_counter() - started)
        plates = [moved(plate, view.roi) for plate in plates]
        if plates or source.still:
            self._reporting.annotate(source, view, plates, self._place_of(view), lambda: self._unread(view))
        return plates, elapsed

    def _place_of(self, view: View) -> Roi | None:
        """Return where the one plate is, read or not; None where plates may be anywhere."""
        if self.options.read_as in DETECTING:
            return None
        return view.roi or (0, 0, view.frame.rgb.shape[1], view.frame.rgb.shape[0])

    def _unread(self, view: View) -> list[Roi]:
        """Return boxes, in pixels of the whole frame, of what may be plates and was not read."""
        if self.options.read_as not in DETECTING:
            return []
        x, y = view.roi[:2] if view.roi else (0, 0)
        found = []
        for detection in self._reader.find(view.part, min_confidence=_MAY_BE_A_PLATE):
            across, down = zip(*detection.corners, strict=True)
            left, top = math.floor(min(across)), math.floor(min(down))
            found.append((x + left, y + top, math.ceil(max(across)) - left, math.ceil(max(down)) - top))
        return found

    def print_frame(self, source: Source, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """See `watch.Hands`."""
        self._reporting.frame(source, frame, plates, elapsed)

    def print_vehicle(self, source: Source, vehicle: Vehicle) -> None:
        """See `watch.Hands`."""
        self._reporting.vehicle(source, vehicle)

    def report(self, source: Source, error: PlateEdgeError) -> int:
        """Say why one input was not read; the rest still is."""
        return self._reporting.error(source, error)

    def remark(self, source: Source, message: str) -> None:
        """Say that a source is lost, or back; watching goes on."""
        self._reporting.remark(source, message)
