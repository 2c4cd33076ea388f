"""The annotated video of one source: each frame that is read, with the vehicles in view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.live.video_writer import CODECS, VideoWriter
from plate_devices.outputs.saved_pictures import annotate
from plate_devices.sources.video_clock import VideoClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from plate_devices.live.roi import Reading, View
    from plate_devices.privacy.privacy_filter import PrivacyFilter
    from plate_devices.sources.source import Roi
    from plate_runtime.results import Plate


class AnnotatedVideo:
    """Draws vehicles into frames and writes them. Used by the thread of the loop."""

    def __init__(self, path: Path, threads: int, say: Callable[[str, str], None]) -> None:
        """Begin the file; `say` takes messages. Raises as `VideoWriter` does."""
        self._writer, self._clock, self._say = VideoWriter(path, threads), VideoClock(None), say
        best = next(iter(CODECS))
        if self._writer.codec != best:
            say("video", f"{path}: this PyAV has no {best}; {self._writer.codec} is used, with larger files")

    def add(
        self,
        view: View,
        reading: Reading,
        vehicles: Sequence[Plate],
        plate_box: Roi | None,
        privacy: PrivacyFilter | None,
    ) -> None:
        """Add a frame.

        Args:
            view: the frame.
            reading: its plates, and other possible ones, which privacy may mask.
            vehicles: in view, at their places in this frame.
            plate_box: rectangle that is one plate, read or not; None if there is none.
            privacy: if it masks plates, those of `reading` that may be shown are drawn instead of `vehicles`: what
                several frames agree on need not be what this frame shows.

        Raises:
            DeviceError: the disk is full.
        """
        frame = view.frame
        rgb, plates = frame.rgb, list(vehicles)
        if privacy is not None and privacy.masks:
            rgb, plates = privacy.frame(rgb, reading.plates, plate_box, reading.unread)
        stamp = frame.time.timestamp() if frame.seconds is None and frame.time is not None else frame.seconds
        self._writer.add(annotate(rgb, plates, same_size=True), self._clock.seconds(stamp))

    def close(self) -> None:
        """End the file, and say what is in it. Raises DeviceError if the disk is full."""
        self._writer.close()
        if self._writer.frames:
            self._say("video", self._writer.describe())
