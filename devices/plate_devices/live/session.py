"""A camera that is watched until it ends, or for a year: as a service with readiness, watchdog, reload and stop."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.cli.infer import PROGRAM, check_region, engine_of, open_reader
from plate_devices.cli.infer_options import InferOptions, parse_infer
from plate_devices.health.state import Health
from plate_devices.live.event_pipeline import EventPipeline
from plate_devices.live.frame_reader import Work
from plate_devices.live.loop import StopWatching, Watch
from plate_devices.live.reporter import Reporting
from plate_devices.service.log import Log
from plate_devices.service.notify import Notifier
from plate_devices.service.signals import Signals
from plate_devices.tally import closing_line
from plate_devices.threads import THREADS
from plate_runtime.errors import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.events.records import Engine
    from plate_devices.sources.source import Source
    from plate_runtime.reader import PlateReader


class Session(NamedTuple):
    """One camera and one reader, from opening to end."""

    options: InferOptions
    source: Source
    reader: PlateReader
    engine: Engine


def open_session(options: InferOptions) -> Session:
    """Choose the source, which is opened when its frames are asked for, and open the models. Raises PlateEdgeError."""
    from plate_devices.sources.open_camera import open_camera

    check_region(options)
    written = [Path(folder) for folder in (options.annotate, options.save_crops) if folder]
    source = open_camera(options.camera or "", options.fps, written, options.size, options.redirect)
    reader = open_reader(options)
    return Session(options, source, reader, engine_of(options, reader))


class Station:
    """The camera of the options, over all reloads."""

    def __init__(self, arguments: Sequence[str], options: InferOptions) -> None:
        """Take the command line, which a reload reads again, and what it says now."""
        config = options.config
        self._arguments, self._options = arguments, options
        self._notifier = Notifier(watchdog=config is None or config.service.watchdog)
        self._service = self._notifier.is_service or (config is not None and "service" in config.present)
        self._log = Log(PROGRAM, config is not None and config.service.log == "json")
        self._signals = Signals()
        self._next: Session | None = None
        self.health = Health()

    def run(self) -> int:
        """Watch until the camera ends or somebody stops it, and return the exit code."""
        from plate_devices.live.monitor import Onlooker

        THREADS.report = self._log.say
        with ExitStack() as stack:
            if self._service:
                stack.enter_context(self._signals)
            session = open_session(self._options)
            reporting = Reporting(self._options, session.engine, self._log)
            self._sending = reporting.sending = sending = EventPipeline(self._options, self._log)
            stack.callback(lambda: sending.close(self._stop_within))
            onlooker = Onlooker(self._options, self.health, reporting, self._notifier, log=self._log)
            stack.callback(onlooker.close)
            stack.callback(self._notifier.stopping)
            self._reporting, self._onlooker = reporting, onlooker
            onlooker.asked = self._look_at_signals
            onlooker.start()
            while True:
                code = self._watch(session)
                if self._next is None:
                    return code
                session, self._next = self._next, None

    @property
    def _stop_within(self) -> float:
        config = self._options.config
        return 5.0 if config is None else config.service.stop_within

    def _watch(self, session: Session) -> int:
        options, source, reader, engine = session
        self._reporting.engine = engine
        self.health.source, self.health.engine = source.name, str(engine)
        with reader:
            work = Work(options, reader, self._reporting, self._onlooker.roi)
            placed, observer = options.read_as == "frame", self._onlooker
            watch = Watch(work, source, options.every, placed, engine, script=engine.script, observer=observer)
            self._reporting.status = watch.status
            self._work = work
            self._onlooker.begin(source)
            code = watch.run()
        if not self._service and self._next is None:
            self._reporting.say("done", closing_line(source.name, watch.read + watch.skipped, watch.passed))
        return code

    def _look_at_signals(self) -> None:
        """Raise StopWatching where somebody has asked for an end, or for settings that need another camera."""
        if self._signals.stop:
            raise StopWatching
        if self._signals.take_reload():
            self._reload()
            if self._next is not None:
                raise StopWatching

    def _reload(self) -> None:
        """Read the command line and its settings file again. What is refused changes nothing."""
        self._notifier.reloading()
        try:
            self._apply(parse_infer(self._arguments))
        except Exception as error:  # a device at a gate goes on, whatever is wrong with a file
            self._log.say("reload_failed", f"{described(error)}; the settings stay as they were", "error")
        else:
            self.health.reloads += 1
            self._log.say("reloaded", "the settings were read again", "notice")
        self._notifier.ready("reloaded")

    def _apply(self, options: InferOptions) -> None:
        # A model that crashes its interpreter would end the service; at the start somebody is there to see it.
        following = open_session(options._replace(check_model=True)) if options.core != self._options.core else None
        engine = self._reporting.engine
        try:
            self._change(options, engine if following is None else following.engine)
        except Exception:
            self._change(self._options, engine)
            if following is not None:
                following.reader.close()
            raise
        self._log.as_json = options.config is not None and options.config.service.log == "json"
        self._options, self._next = options, following
        if following is None:
            self._work.options = options

    def _change(self, options: InferOptions, engine: Engine) -> None:
        self._reporting.apply(options, engine.script)
        self._sending.apply(options)
        self._onlooker.apply(options)
