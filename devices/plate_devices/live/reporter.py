"""Report results: records to lines and outputs, pictures to folders, messages to the log; all filtered by privacy."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from plate_devices.live.tally import Tally
from plate_devices.live.vehicle_pictures import open_vehicle_pictures
from plate_devices.outputs.console_lines import ConsoleLines
from plate_devices.status_line import StatusLine
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PIL import Image

    from plate_devices.actions.action import Occasion
    from plate_devices.events.records import Engine, Origin, Record
    from plate_devices.follow import Seen, Vehicle
    from plate_devices.live.event_pipeline import EventPipeline
    from plate_devices.live.roi import Reading, View
    from plate_devices.outputs.label_draft import DraftLabel
    from plate_devices.outputs.saved_pictures import PictureFolder
    from plate_devices.privacy.privacy_filter import PrivacyFilter
    from plate_devices.run_options import InferOptions
    from plate_devices.serve.live_state import LiveState
    from plate_devices.service.log import Log
    from plate_devices.sources.source import Frame, Roi
    from plate_runtime.errors import PlateEdgeError
    from plate_runtime.results import Plate
    from plate_runtime.script import Script

T = TypeVar("T")

AGREED_FRAMES = 3
"""Frames that read the same text before a vehicle in view is reported as seen."""

AGREED_CONFIDENCE = 0.8
"""Least confidence of its text."""

_MOST_SEEN = 4096


class Reporter:
    """Reports everything that leaves the process, in the thread of the loop.

    Attributes:
        engine: models and backend, for the records of files.
        keeps_frames: whether a frame is saved with the event of each vehicle.
        masks_unread: whether saved pictures mask possible plates that were not read.
        tally: counts of pictures and videos.
        status: is cleared before a line is printed.
        pipeline: clock, queue and outputs of a camera; None for files.
        live_states: of the live page by the camera's name; empty without one.
    """

    def __init__(self, options: InferOptions, engine: Engine, log: Log) -> None:
        """Open the folders for pictures, the key and the watch lists.

        Raises:
            DeviceError: a folder cannot be made.
            UsageError, DataError: invalid settings; see `PrivacyFilter`.
        """
        self.engine, self.status, self.tally = engine, StatusLine(), Tally()
        self.pipeline: EventPipeline | None = None
        self.live_states: Mapping[str, LiveState] = {}
        self._log = log
        self._lost: set[Path] = set()
        self._seen: dict[str, None] = {}
        self.apply(options, engine.script)

    def apply(self, options: InferOptions, script: Script) -> None:
        """Use other options; `script` holds the characters of plates.

        Raises as the constructor does; then nothing changes.
        """
        privacy = self._open_privacy(options, script)
        annotated, crops = _folder(options.annotate), _folder(options.save_crops)
        config = options.config
        blurs = config is not None and config.privacy is not None and config.privacy.blur_others
        events = None if config is None else open_vehicle_pictures(config.pictures)
        self.keeps_frames = events is not None and events.keeps_frames
        self.masks_unread = blurs and (annotated is not None or self.keeps_frames)
        self._privacy, self._annotated, self._crops, self._event_pictures = privacy, annotated, crops, events
        self._as_json, self._lines = options.json, ConsoleLines(options.json) if options.lines else None

    def picture(self, origin: Origin, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """Print the record of a picture or of a video's frame; save its crops if the options say so."""
        record = self._frame_record(origin, frame, plates, elapsed)
        self.tally.plates += len(plates)
        self.tally.frames += not origin.still
        if self._crops is not None:
            self._save_crops(self._crops, origin, frame, plates, record)
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
        from plate_devices.outputs.saved_pictures import crop_name

        record = vehicle_record(origin, vehicle)
        self.tally.vehicles += 1
        if self.pipeline is not None:
            self.pipeline.clock.stamp(record)
        picture = vehicle.picture
        if self._privacy is not None:
            self._privacy.mark(record)
            picture = self._privacy.crop(picture, record)
        if self._crops is not None:
            from PIL import Image

            name = crop_name(origin.source, vehicle.first_time, vehicle.first_seconds, vehicle.first_frame, False)
            name = f"{name}-{self._text_of(record, 0) or record['id']}"
            lasting = self.pipeline is not None
            label = self._label(record, 0, record["id"]) if picture is vehicle.picture else None
            record["crop"] = self._save(self._crops, Image.fromarray(picture), name, lasting, keep=True, label=label)
        if (events := self._event_pictures) is not None and self.pipeline is not None:
            save = partial(events.save, record["id"], picture, vehicle.kept, self._privacy)
            record["pictures"] = self._while_possible(events.folder, save)
        marked, record = record, self._concealed(record)
        if self.pipeline is not None:
            self.pipeline.put(record)
            if self.pipeline.actions is not None:
                self.pipeline.actions.left(occasion_of(marked, record, record["id"]))
        if origin.camera in self.live_states:
            self.live_states[origin.camera].add_vehicle(record, picture)
        self._print(record, _vehicle_name(origin, vehicle))

    def annotate(self, origin: Origin, view: View, reading: Reading, plate_box: Roi | None) -> None:
        """Save a frame with its plates drawn in, if the options say so.

        Args:
            origin: of the frame.
            view: of the frame.
            reading: plates that were read, and other possible plates, which privacy may mask.
            plate_box: rectangle that is one plate, read or not; None if there is none.
        """
        if self._annotated is None:
            return
        from plate_devices.outputs.saved_pictures import annotate, picture_name

        rgb, plates = view.frame.rgb, reading.plates
        if self._privacy is not None:
            rgb, plates = self._privacy.frame(rgb, plates, plate_box, reading.unread)
        name = picture_name(origin.source, view.frame.number, not origin.still)
        if origin.camera:  # addresses of several cameras may end alike
            name = f"{origin.camera}-{view.frame.number:06d}"
        self._save(self._annotated, annotate(rgb, plates), f"{name}-read", lasting=self.pipeline is not None)

    def error(self, origin: Origin, error: PlateEdgeError, event: str = "input_error") -> int:
        """Report an error of a source; return the exit code."""
        from plate_devices.events.records import error_record

        self.status.clear()
        self.tally.errors += 1
        self._log.say(event, str(error), source=origin.source)
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

    def close(self, read_as: str) -> None:
        """Log one closing line with the counts of pictures and videos."""
        if not self.tally.one_error:
            self.say("done", self.tally.describe(read_as))

    def _open_privacy(self, options: InferOptions, script: Script) -> PrivacyFilter | None:
        config = options.config
        if config is None or not (config.privacy or config.watchlists):
            return None
        from plate_devices.privacy.privacy_filter import PrivacyFilter

        saves = bool(options.annotate or options.save_crops or config.pictures.events)
        warn = partial(self._log.say, "privacy")
        return PrivacyFilter(config.privacy, config.watchlists, saves, warn, script)

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

    def _save_crops(
        self, folder: PictureFolder, origin: Origin, frame: Frame, plates: list[Plate], record: Record
    ) -> None:
        from PIL import Image

        from plate_devices.follow import crop_plate
        from plate_devices.outputs.saved_pictures import crop_name

        stem = crop_name(origin.source, frame.time, frame.seconds, frame.number, origin.still)
        for number, (plate, described) in enumerate(zip(plates, record["plates"], strict=True)):
            crop = plain = crop_plate(frame.rgb, plate)
            if self._privacy is not None:
                crop = self._privacy.crop(crop, {"plates": [described]})
            name = f"{stem}-{self._text_of(record, number) or 'plate'}"
            label = self._label(record, number, Path(origin.source).stem) if crop is plain else None
            described["crop"] = self._save(folder, Image.fromarray(crop), name, lasting=False, label=label)

    def _text_of(self, record: Record, number: int) -> str:
        """Return the text of a record's plate, "" if privacy hides it."""
        text: str = self._concealed(record)["plates"][number]["text"]
        return text

    def _label(self, record: Record, number: int, group: str) -> DraftLabel | None:
        """Return the label of a record's plate for a draft, None if privacy hides its text."""
        from plate_devices.outputs.label_draft import DraftLabel

        text = self._text_of(record, number)
        return DraftLabel(text, record["plates"][number]["confidence"], group) if text else None

    def _save(
        self,
        folder: PictureFolder,
        picture: Image.Image,
        name: str,
        lasting: bool,
        keep: bool = False,
        *,
        label: DraftLabel | None = None,
    ) -> str | None:
        """Save a picture and return its path. A camera (`lasting`) goes on without pictures while the disk is full."""
        if not lasting:
            return str(folder.save(picture, name, label=label))
        path = self._while_possible(
            folder.folder, lambda: folder.save(picture, name, unique=True, keep=keep, label=label)
        )
        return None if path is None else str(path)

    def _while_possible(self, folder: Path, save: Callable[[], T]) -> T | None:
        """Return what `save` returns; None while the folder takes no pictures."""
        try:
            saved = save()
        except DeviceError as error:
            if folder not in self._lost:
                self._lost.add(folder)
                self.say("pictures_lost", f"{error}; no pictures are saved until the folder works again")
            return None
        if folder in self._lost:
            self._lost.discard(folder)
            self.say("pictures_back", f"pictures are saved in {folder} again")
        return saved

    def _hint(self, text: str) -> None:
        """Print a hint on a terminal; programs do not need it."""
        import sys

        if sys.stderr is not None and sys.stderr.isatty():
            self.status.clear()
            print(text, file=sys.stderr)


def occasion_of(
    record: Record, concealed: Record, vehicle_id: str, began: float = 0.0, continues: bool = False
) -> Occasion:
    """Return a vehicle for the actions, given its record and what privacy leaves of it."""
    from plate_devices.actions.action import ListMatch, Occasion

    matches = tuple(ListMatch(one["name"], one["match"]) for one in record.get("watchlists", ()))
    return Occasion(
        vehicle_id, concealed, record.get("camera", ""), matches, record["frames"], record["plates"][0]["confidence"],
        record["direction"], began, continues,
    )  # fmt: skip


def _folder(name: str | None) -> PictureFolder | None:
    if name is None:
        return None
    from plate_devices.outputs.saved_pictures import PictureFolder

    return PictureFolder(Path(name))


def _vehicle_name(origin: Origin, vehicle: Vehicle) -> str:
    """Return the source; for a video with the second at which the vehicle was first read (a media fragment)."""
    seconds = vehicle.first_seconds
    return origin.source if seconds is None else f"{origin.source}#t={seconds:.1f}"


def _frame_name(origin: Origin, frame: Frame) -> str:
    return origin.source if origin.still else f"{origin.source}#{frame.number}"
