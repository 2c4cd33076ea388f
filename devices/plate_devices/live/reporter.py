"""Report results: records to lines and outputs, vehicles to actions, messages to the log; all filtered by privacy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from plate_devices.actions.action import occasion_of
from plate_devices.live.result_pictures import ResultPictures
from plate_devices.live.tally import Tally
from plate_devices.outputs.console_lines import ConsoleLines
from plate_devices.status_line import StatusLine
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plate_devices.events.records import Engine, Origin, Record
    from plate_devices.follow import Seen, Vehicle
    from plate_devices.live.annotated_video import AnnotatedVideo
    from plate_devices.live.event_pipeline import EventPipeline
    from plate_devices.live.roi import Reading, View
    from plate_devices.privacy.privacy_filter import PrivacyFilter
    from plate_devices.run_options import InferOptions
    from plate_devices.serve.live_state import LiveState
    from plate_devices.service.log import Log
    from plate_devices.sources.source import Frame, Roi
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.results import Plate
    from plate_runtime.script import Script

AGREED_FRAMES = 3
"""Frames that read the same text before a vehicle in view is reported as seen."""

AGREED_CONFIDENCE = 0.8
"""Least confidence of its text."""

_MOST_SEEN = 4096


class Reporter:
    """Reports everything that leaves the process, in the thread of the loop.

    Attributes:
        engine: models and backend, for the records of files.
        pictures: are saved here.
        tally: counts of pictures and videos.
        status: is cleared before a line is printed.
        pipeline: clock, queue and outputs of a camera; None for files.
        live_states: of the live page by the camera's name; empty without one.
    """

    def __init__(self, options: InferOptions, engine: Engine, log: Log, pictures: ResultPictures | None = None) -> None:
        """Open the folders for pictures, the key and the watch lists; `pictures` replaces what saves to the folders.

        Raises:
            DeviceError: a folder cannot be made.
            UsageError, DataError: invalid settings; see `PrivacyFilter`.
        """
        self.engine, self.status, self.tally = engine, StatusLine(), Tally()
        self.pipeline: EventPipeline | None = None
        self.live_states: Mapping[str, LiveState] = {}
        self._log = log
        self.pictures = pictures or ResultPictures(self.say)
        self._seen: dict[str, None] = {}
        self._privacy: PrivacyFilter | None = None
        self.apply(options, engine.script)
        self._video: AnnotatedVideo | None = None
        if options.video is not None:
            from pathlib import Path

            from plate_devices.live.annotated_video import AnnotatedVideo

            self._video = AnnotatedVideo(Path(options.video), options.threads, self.say)

    def apply(self, options: InferOptions, script: Script) -> None:
        """Use other options; `script` holds the characters of plates.

        Raises as the constructor does; then nothing changes.
        """
        privacy = self._open_privacy(options, script)
        self.pictures.apply(options, privacy)
        self._privacy = privacy
        self._as_json, self._lines = options.json, ConsoleLines(options.json) if options.lines else None

    def picture(self, origin: Origin, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """Print the record of a picture or of a video's frame; save its crops if the options say so."""
        record = self._frame_record(origin, frame, plates, elapsed)
        self.tally.plates += len(plates)
        self.tally.frames += not origin.still
        self.pictures.save_crops(origin, frame, plates, record)
        self._print(self._concealed(record), _frame_name(origin, frame))
        if not plates and not self._as_json and origin.still:
            self._hint(f"{origin.source}: no plate was read")

    def frame(self, origin: Origin, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """Print the record of a camera's frame."""
        record = self._frame_record(origin, frame, plates, elapsed)
        self._print(self._concealed(record), _frame_name(origin, frame))

    @property
    def wants_seen(self) -> bool:
        """Whether an output or an action wants the vehicles in view."""
        return self.pipeline is not None and (self.pipeline.wants_seen or self.pipeline.actions is not None)

    def seen(self, origin: Origin, seen: Seen) -> None:
        """Compare a vehicle in view with the actions, and report it once as soon as enough frames agree."""
        from plate_devices.events.records import seen_record

        pipeline, vehicle = self.pipeline, seen.vehicle
        if pipeline is None:
            return
        is_new = pipeline.wants_seen and not seen.continues and vehicle.id not in self._seen
        agreed = is_new and vehicle.frames >= AGREED_FRAMES and vehicle.confidence >= AGREED_CONFIDENCE
        if not agreed and pipeline.actions is None:
            return
        record = seen_record(origin, vehicle)
        pipeline.clock.stamp(record)
        if self._privacy is not None:
            self._privacy.mark(record)
        concealed = self._concealed(record)
        if pipeline.actions is not None:
            pipeline.actions.consider(occasion_of(record, concealed, vehicle.id, seen.began, seen.continues))
        if agreed:
            self._seen[vehicle.id] = None
            if len(self._seen) > _MOST_SEEN:
                del self._seen[next(iter(self._seen))]
            pipeline.put(concealed)

    def vehicle(self, origin: Origin, vehicle: Vehicle) -> None:
        """Report a vehicle to all outputs; save its best picture if the options say so."""
        from plate_devices.events.records import vehicle_record

        record = vehicle_record(origin, vehicle)
        self.tally.vehicles += 1
        if self.pipeline is not None:
            self.pipeline.clock.stamp(record)
        if self._privacy is not None:
            self._privacy.mark(record)
        crop = self.pictures.save_vehicle(origin, vehicle, record, lasting=self.pipeline is not None)
        marked, record = record, self._concealed(record)
        if self.pipeline is not None:
            self.pipeline.put(record)
            if self.pipeline.actions is not None:
                self.pipeline.actions.left(occasion_of(marked, record, record["id"]))
        if origin.camera in self.live_states:
            self.live_states[origin.camera].add_vehicle(record, crop)
        self._print(record, _vehicle_name(origin, vehicle))

    def outlines(self, plates: Sequence[Plate] | None) -> Sequence[Plate] | None:
        """Return the plates of a frame as the live page may have them; None if it was not read."""
        return plates if plates is None or self._privacy is None else self._privacy.outlines(plates)

    def annotate(self, origin: Origin, view: View, reading: Reading, plate_box: Roi | None) -> None:
        """Save a frame with its plates drawn in, if the options say so; see `ResultPictures.annotate`."""
        self.pictures.annotate(origin, view, reading, plate_box, lasting=self.pipeline is not None)

    def film(self, view: View, reading: Reading, vehicles: list[Plate], plate_box: Roi | None) -> None:
        """Add a frame to the video of the options. A camera goes on without one when the disk is full.

        Args are those of `AnnotatedVideo.add`.
        """
        if self._video is None:
            return
        try:
            self._video.add(view, reading, vehicles, plate_box, self._privacy)
        except DeviceError as error:
            if self.pipeline is None:
                raise
            self.say("video_lost", f"{error}; the video ends here, the camera is still read")
            self.close_video()

    def close_video(self) -> None:
        """End the video; what was written can be played. Raises DeviceError if the disk is full."""
        video, self._video = self._video, None
        if video is not None:
            video.close()

    def error(self, origin: Origin, error: PlateEdgeError, event: str = "input_error") -> int:
        """Report an error of a source; return the exit code."""
        from plate_devices.events.records import error_record

        self.status.clear()
        self.tally.errors += 1
        named = origin.camera not in ("", origin.source)
        details = {"source": origin.source} | ({"camera": origin.camera} if origin.camera else {})
        self._log.say(event, f"{origin.camera}: {error}" if named else str(error), **details)
        if self._as_json and self._lines is not None:
            self._lines.write(error_record(origin, error), origin.source)
        return error.exit_code

    def report_state(self, origin: Origin, message: str) -> None:
        """Report that a source is lost, or works again."""
        self.error(origin, DeviceError(message), "source")

    def say(self, event: str, message: str) -> None:
        """Log a message, from the loop's own thread."""
        self.status.clear()
        self._log.say(event, message)

    def check_lists(self) -> None:
        """Begin to read watch lists that have changed, so that they are known before the next vehicle comes."""
        if self._privacy is not None:
            self._privacy.lists.check()

    def close(self, read_as: str) -> None:
        """Log one closing line with the counts of pictures and videos."""
        if not self.tally.one_error:
            self.say("done", self.tally.describe(read_as))

    def _open_privacy(self, options: InferOptions, script: Script) -> PrivacyFilter | None:
        config = options.config
        if config is None or not (config.privacy or config.watchlists):
            return None
        from plate_devices.privacy.privacy_filter import PrivacyFilter

        saves = bool(options.annotate or options.video or options.save_crops or config.pictures.events)
        warn = partial(self._log.say, "privacy")
        return PrivacyFilter(config.privacy, config.watchlists, saves, warn, script=script, before=self._privacy)

    def _frame_record(self, origin: Origin, frame: Frame, plates: list[Plate], elapsed: float) -> Record:
        from plate_devices.events.records import frame_record

        record = frame_record(origin, frame, plates, elapsed)
        if self._privacy is not None:
            self._privacy.mark(record)
        return record

    def _concealed(self, record: Record) -> Record:
        return record if self._privacy is None else self._privacy.conceal(record)

    def _print(self, record: Record, source: str) -> None:
        if self._lines is not None:
            self.status.clear()
            self._lines.write(record, source)

    def _hint(self, text: str) -> None:
        """Print a hint on a terminal; programs do not need it."""
        import sys

        if sys.stderr is not None and sys.stderr.isatty():
            self.status.clear()
            print(text, file=sys.stderr)


def _vehicle_name(origin: Origin, vehicle: Vehicle) -> str:
    """Return the source; for a video with the second at which the vehicle was first read (a media fragment)."""
    seconds = vehicle.first_seconds
    return origin.source if seconds is None else f"{origin.source}#t={seconds:.1f}"


def _frame_name(origin: Origin, frame: Frame) -> str:
    return origin.source if origin.still else f"{origin.source}#{frame.number}"
