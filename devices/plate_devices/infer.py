"""plate-infer: read pictures, videos and cameras, and print what stands on the plates."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from plate_devices.arguments import InferOptions, parse_infer
from plate_runtime.commandline import run
from plate_runtime.errors import DeviceError, InputError, PlateEdgeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.follow import Vehicle
    from plate_devices.outputs.pictures import PictureFolder
    from plate_devices.records import Record
    from plate_devices.sources.base import Frame, Region, Source
    from plate_devices.views import View
    from plate_runtime.reader import Plate, PlateReader

_PROGRAM = "plate-infer"


class RegionError(UsageError):
    """The --roi lies outside a picture; other pictures may be larger."""


def main() -> None:
    """Run plate-infer with the arguments of this process."""
    # numpy's linear algebra is not used here; its threads would wait in a busy loop, a third of the start's CPU time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command, _PROGRAM)


def command(arguments: Sequence[str]) -> int:
    """Read what `arguments` ask for and return the exit code."""
    options = parse_infer(arguments)
    if options.region is not None:
        from plate_runtime.formats import find_region

        find_region(options.region)
    sources = _open_sources(options)
    # Only now: a wrong command line should not wait for the interpreter.
    from plate_devices.models import choose_models
    from plate_runtime.reader import PlateReader

    models = choose_models(options.models, options.read_as, options.backend)
    with PlateReader(models.reader, options.backend, options.threads, options.read_as, models.locator) as reader:
        work = Work(options, reader)
        if options.camera is not None:
            return work.watch(sources[0])
        return max([work.read_all(source) for source in sources], default=0)


def _open_sources(options: InferOptions) -> list[Source]:
    from pathlib import Path

    written = [Path(folder) for folder in (options.annotate, options.save_crops) if folder]
    if options.camera is not None:
        from plate_devices.sources.registry import open_camera

        return [open_camera(options.camera, options.fps, leave_out=written)]
    from plate_devices.sources.files import open_paths

    return open_paths(options.paths, options.fps, leave_out=written)


class Work:
    """Everything that happens to a frame once it is there."""

    def __init__(self, options: InferOptions, reader: PlateReader) -> None:
        """Take the options and an open reader. Raises DeviceError where a folder to save in cannot be made."""
        from plate_devices.outputs.lines import Lines
        from plate_devices.records import Engine
        from plate_devices.status import StatusLine

        model = reader.model_for(options.read_as)
        self._options = options
        self._reader = reader
        labels = {"locator": reader.locator().manifest.label} if options.read_as == "frame" else {}
        self._engine = Engine({**labels, "reader": model.manifest.label}, model.backend.name)
        self._lines = Lines(options.json)
        self._annotated = _folder(options.annotate)
        self._crops = _folder(options.save_crops)
        self._status = StatusLine()

    def read_all(self, source: Source) -> int:
        """Read a picture or every frame of a video, print a frame record for each, and return the exit code."""
        try:
            for view in self.views(source):
                frame = view.frame
                plates, elapsed = self.read(source, view)
                record = self._frame_record(source, frame, plates, elapsed)
                if self._crops is not None:
                    self._save_crops(self._crops, source, frame, plates, record)
                self._print(record, _frame_name(source, frame))
                if not plates and not self._options.json and source.still:
                    self._whisper(f"{source.name}: no plate was read")
        except (InputError, RegionError) as error:
            return self.report(source, error)
        return 0

    def watch(self, source: Source) -> int:
        """Read a camera, print a record for each vehicle that has passed, and return the exit code."""
        from plate_devices.watch import Watch

        watch = Watch(self, source, self._options.every, self._options.read_as == "frame", self._engine)
        self._status = watch.status
        return watch.run()

    def views(self, source: Source) -> Iterator[View]:
        """Yield each frame, turned upright, with the part of it that is read; close the source."""
        from plate_devices.views import View

        try:
            for raw in source.frames():
                frame = _turn(raw, self._options.quarter_turns)
                region = self._options.roi
                if region is None and not self._options.quarter_turns and self._options.read_as != "frame":
                    region = source.default_roi
                yield View(frame, _cut(frame, region, source.name), region)
        finally:
            source.close()

    def read(self, source: Source, view: View) -> tuple[list[Plate], float]:
        """Return a frame's plates, in pixels of the whole frame, and the milliseconds that reading took."""
        started = time.perf_counter()
        plates = self._read_part(view.part)
        elapsed = 1000 * (time.perf_counter() - started)
        if view.region is not None:
            plates = [_moved(plate, view.region[0], view.region[1]) for plate in plates]
        if self._annotated is not None and (plates or source.still):
            self._annotate(self._annotated, source, view.frame, plates)
        return plates, elapsed

    def _read_part(self, part: NDArray[np.uint8]) -> list[Plate]:
        options = self._options
        return self._reader.read(part, options.read_as, region=options.region, min_confidence=options.min_confidence)

    def _frame_record(self, source: Source, frame: Frame, plates: list[Plate], elapsed: float) -> Record:
        from plate_devices.records import frame_record

        return frame_record(source.name, frame, plates, elapsed, self._engine)

    def print_frame(self, source: Source, frame: Frame, plates: list[Plate], elapsed: float) -> None:
        """Print a frame record."""
        self._print(self._frame_record(source, frame, plates, elapsed), _frame_name(source, frame))

    def print_vehicle(self, source: Source, vehicle: Vehicle) -> None:
        """Print a vehicle record; save its best picture where that is wanted."""
        from plate_devices.records import vehicle_record

        record = vehicle_record(source.name, vehicle, self._engine)
        if self._crops is not None:
            from PIL import Image

            record["crop"] = str(self._crops.save(Image.fromarray(vehicle.picture), record["id"]))
        self._print(record, source.name)

    def _print(self, record: Record, source: str) -> None:
        self._status.clear()
        self._lines.write(record, source)

    def _annotate(self, folder: PictureFolder, source: Source, frame: Frame, plates: list[Plate]) -> None:
        from plate_devices.outputs.pictures import annotate, picture_name

        name = picture_name(source.name, frame.number, not source.still)
        folder.save(annotate(frame.rgb, plates), f"{name}-read")

    def _save_crops(
        self, folder: PictureFolder, source: Source, frame: Frame, plates: list[Plate], record: Record
    ) -> None:
        from PIL import Image

        from plate_devices.follow import cut_plate
        from plate_devices.outputs.pictures import picture_name

        name = picture_name(source.name, frame.number, not source.still)
        for number, (plate, described) in enumerate(zip(plates, record["plates"], strict=True), 1):
            crop = Image.fromarray(cut_plate(frame.rgb, plate))
            described["crop"] = str(folder.save(crop, f"{name}-plate{number}"))

    def remark(self, source: Source, message: str) -> None:
        """Say that a source is lost, or back; watching goes on."""
        self.report(source, DeviceError(message))

    def report(self, source: Source, error: PlateEdgeError) -> int:
        """Say why one input was not read; the rest still is."""
        from plate_devices.outputs.lines import printable
        from plate_devices.records import error_record

        self._status.clear()
        print(printable(f"{_PROGRAM}: {error}"), file=sys.stderr)
        if self._options.json:
            self._lines.write(error_record(source.name, error), source.name)
        return error.exit_code

    def _whisper(self, text: str) -> None:
        """Tell a person at a terminal what a program in a pipe need not hear."""
        if sys.stderr is not None and sys.stderr.isatty():
            print(text, file=sys.stderr)


def _folder(name: str | None) -> PictureFolder | None:
    if name is None:
        return None
    from pathlib import Path

    from plate_devices.outputs.pictures import PictureFolder

    return PictureFolder(Path(name))


def _frame_name(source: Source, frame: Frame) -> str:
    return source.name if source.still else f"{source.name}#{frame.number}"


def _turn(frame: Frame, quarter_turns: int) -> Frame:
    """Turn a frame clockwise."""
    if not quarter_turns:
        return frame
    import numpy as np

    return frame._replace(rgb=np.ascontiguousarray(np.rot90(frame.rgb, -quarter_turns)))


def _cut(frame: Frame, region: Region | None, name: str) -> NDArray[np.uint8]:
    """Return the part of a frame to read. Raises RegionError where the region does not lie in it."""
    if region is None:
        return frame.rgb
    import numpy as np

    x, y, width, height = region
    have_height, have_width = frame.rgb.shape[:2]
    if x + width > have_width or y + height > have_height:
        wanted = ",".join(map(str, region))
        raise RegionError(f"--roi {wanted} does not fit {name}, which is {have_width}x{have_height} pixels")
    return np.ascontiguousarray(frame.rgb[y : y + height, x : x + width])


def _moved(plate: Plate, x: int, y: int) -> Plate:
    from dataclasses import replace

    left, top, width, height = plate.box
    corners = tuple((across + x, down + y) for across, down in plate.corners)
    return replace(plate, box=(left + x, top + y, width, height), corners=corners)
