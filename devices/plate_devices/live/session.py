"""A session: read a camera until it ends or the service is stopped, over all reloads of the settings."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.health.state import Health
from plate_devices.live.event_pipeline import EventPipeline
from plate_devices.live.frame_reader import FrameReader
from plate_devices.live.loop import FrameLoop, StopLoop
from plate_devices.live.reporter import Reporter
from plate_devices.live.tally import closing_line
from plate_devices.open_models import engine_of, open_reader
from plate_devices.run_options import PROGRAM, InferOptions
from plate_devices.service.log import Log
from plate_devices.service.notify import Notifier
from plate_devices.service.signals import Signals
from plate_devices.threads import THREADS
from plate_runtime.errors import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.events.records import Engine
    from plate_devices.sources.source import Source
    from plate_runtime.reader import PlateReader


class CameraReader(NamedTuple):
    """A camera and a reader of its plates, with their options."""

    options: InferOptions
    source: Source
    reader: PlateReader
    engine: Engine


def open_camera_reader(options: InferOptions) -> CameraReader:
    """Choose the camera, which its first frame opens, and open the models. Raises PlateEdgeError."""
    from plate_devices.sources.open_camera import open_camera

    written = [Path(folder) for folder in (options.annotate, options.save_crops) if folder]
    source = open_camera(options.camera or "", options.fps, written, options.size, options.redirect)
    reader = open_reader(options)
    return CameraReader(options, source, reader, engine_of(options, reader))


class Session:
    """Reads the camera of the options, as a command or as a service with readiness, watchdog, reload and stop."""

    def __init__(self, options: InferOptions, parse: Callable[[], InferOptions]) -> None:
        """Prepare; `run` begins. A reload calls `parse`, which reads the command line and the settings again."""
        config = options.config
        self._options, self._parse = options, parse
        self._notifier = Notifier(watchdog=config is None or config.service.watchdog)
        self._service = self._notifier.is_service or (config is not None and "service" in config.present)
        self._log = Log(PROGRAM, config is not None and config.service.log == "json")
        self._signals = Signals()
        self._next: CameraReader | None = None
        self.health = Health()

    def run(self) -> int:
        """Read until the camera ends or the session is stopped, and return the exit code."""
        from plate_devices.live.monitor import Monitor

        THREADS.report = self._log.say
        with ExitStack() as stack:
            if self._service:
                stack.enter_context(self._signals)
            camera = open_camera_reader(self._options)
            reporter = Reporter(self._options, camera.engine, self._log)
            self._pipeline = reporter.pipeline = pipeline = EventPipeline(self._options, self._log)
            stack.callback(lambda: pipeline.close(self._stop_within))
            monitor = Monitor(self._options, self.health, reporter, self._notifier, log=self._log)
            stack.callback(monitor.close)
            stack.callback(self._notifier.stopping)
            self._reporter, self._monitor = reporter, monitor
            monitor.check_requests = self._check_signals
            monitor.start()
            while True:
                code = self._read(camera)
                if self._next is None:
                    return code
                camera, self._next = self._next, None

    @property
    def _stop_within(self) -> float:
        config = self._options.config
        return 5.0 if config is None else config.service.stop_within

    def _read(self, camera: CameraReader) -> int:
        options, source, reader, engine = camera
        self._reporter.engine = engine
        self.health.source, self.health.engine = source.name, str(engine)
        with reader:
            frame_reader = FrameReader(options, reader, self._reporter, self._monitor.roi)
            has_positions = options.read_as == "frame"
            loop = FrameLoop(frame_reader, source, options.every, has_positions, engine, observer=self._monitor)
            self._reporter.status = loop.status
            self._frame_reader = frame_reader
            self._monitor.begin(source)
            code = loop.run()
        if not self._service and self._next is None:
            self._reporter.say("done", closing_line(source.name, loop.read + loop.skipped, loop.vehicles))
        return code

    def _check_signals(self) -> None:
        """Raise StopLoop if a stop was requested, or a reload that needs another camera or model."""
        if self._signals.stop:
            raise StopLoop
        if self._signals.take_reload():
            self._reload()
            if self._next is not None:
                raise StopLoop

    def _reload(self) -> None:
        """Read the command line and its settings file again. Invalid settings change nothing."""
        self._notifier.reloading()
        try:
            self._apply(self._parse())
        except Exception as error:  # an unattended device goes on, whatever is wrong with a file
            self._log.say("reload_failed", f"{described(error)}; the settings stay as they were", "error")
        else:
            self.health.reloads += 1
            self._log.say("reloaded", "the settings were reloaded", "notice")
        self._notifier.ready("reloaded")

    def _apply(self, options: InferOptions) -> None:
        # Check the model first: one that crashes its interpreter would end the service.
        camera = open_camera_reader(options._replace(check_model=True)) if options.core != self._options.core else None
        engine = self._reporter.engine
        try:
            self._change(options, engine if camera is None else camera.engine)
        except Exception:
            self._change(self._options, engine)
            if camera is not None:
                camera.reader.close()
            raise
        self._log.as_json = options.config is not None and options.config.service.log == "json"
        self._options, self._next = options, camera
        if camera is None:
            self._frame_reader.options = options

    def _change(self, options: InferOptions, engine: Engine) -> None:
        self._reporter.apply(options, engine.script)
        self._pipeline.apply(options)
        self._monitor.apply(options)
