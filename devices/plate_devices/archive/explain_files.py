"""Explain pictures instead of recording them: `plate-infer PICTURE --explain`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.events.records import SCHEMA
from plate_devices.live.frame_reader import FrameReader
from plate_devices.live.reporter import Reporter
from plate_devices.live.roi import RoiError
from plate_devices.open_models import engine_of, open_reader
from plate_devices.outputs.console_lines import ConsoleLines
from plate_devices.outputs.saved_pictures import PictureFolder, picture_name
from plate_devices.sources.picture_files import open_input
from plate_runtime.errors import InputError, UsageError
from plate_runtime.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.archive.position import Position
    from plate_devices.live.roi import View
    from plate_devices.run_options import InferOptions
    from plate_devices.service.log import Log
    from plate_devices.sources.picture_files import FileInput
    from plate_devices.sources.source import Source
    from plate_runtime.reader import PlateReader


def explain_files(options: InferOptions, inputs: Iterator[FileInput], position: Position, log: Log) -> int:
    """Print the explanation of each picture, save it as a picture if the options say so, and return the exit code.

    Raises:
        UsageError: the privacy settings hide texts or pictures of plates, which an explanation shows.
    """
    if options.hides_plates:
        raise UsageError("--explain shows plates that [privacy] of the settings file hides; use it without that file")
    with open_reader(options) as reader:
        explainer, code = _Explainer(options, reader, log), 0
        with position.shown(explainer.reporter.status):
            for found in inputs:
                code = max(code, explainer.explain(open_input(found, options.fps)))
                position.advance()
        explainer.close()
        return code


class _Explainer:
    def __init__(self, options: InferOptions, reader: PlateReader, log: Log) -> None:
        self._options, self._reader = options, reader
        plain = options._replace(annotate=None)  # the picture of the steps replaces it
        self.reporter = Reporter(plain, engine_of(options, reader), log)
        self._frames = FrameReader(plain, reader, self.reporter)
        self._lines = ConsoleLines(options.json)
        self._folder = None if options.annotate is None else PictureFolder(Path(options.annotate))
        self._has_drawn = False

    def explain(self, source: Source) -> int:
        """Explain one picture; return the exit code."""
        try:
            if not source.still:
                source.close()
                raise InputError(f"{source.name} is a video; --explain is for pictures, such as a frame saved from it")
            for view in self._frames.views(source):
                steps = Steps()
                reading = self._frames.read(source, view, steps)
                self._report(source, view, steps, reading.elapsed)
        except (InputError, RoiError) as error:
            return self._frames.report(source, error)
        return 0

    def close(self) -> None:
        """Say where the pictures are, or how to have them, to a person."""
        if self._folder is not None and self._has_drawn:
            self.reporter.say("done", f"the steps are drawn in {self._folder.folder}")
        elif self._folder is None and sys.stderr is not None and sys.stderr.isatty():
            print("--annotate DIR saves each picture with its steps and crops", file=sys.stderr)

    def _report(self, source: Source, view: View, steps: Steps, elapsed: float) -> None:
        from plate_devices.explain.explanation import explain

        rgb = view.frame.rgb
        explanation = explain(rgb, view.roi, steps, reader=self._reader, region=self._options.region)
        saved = None
        if self._folder is not None:
            from plate_devices.explain.as_picture import draw_explanation

            name = f"{picture_name(source.name, 0, False)}-explained"
            self._has_drawn = True
            saved = str(self._folder.save(draw_explanation(rgb, explanation), name))
        self.reporter.status.clear()
        if self._options.json:
            keys = {"schema": SCHEMA, "type": "explanation", "source": source.name}
            models = {"models": dict(self.reporter.engine.models), "backend": self.reporter.engine.backend}
            figures = {"elapsed_ms": round(elapsed, 1), "picture": saved}
            self._lines.write(keys | explanation.describe() | models | figures, source.name)
            return
        from plate_devices.explain.as_text import as_lines

        lines = as_lines(source.name, explanation)
        self._lines.write_text([*lines, f"  picture    {saved}"] if saved else lines)
