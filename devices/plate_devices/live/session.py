"""A session: read cameras until they end or the service is stopped, over all reloads of the settings."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from plate_devices.health.state import CameraHealth, Health
from plate_devices.live.camera import CLOSE_WITHIN, Camera, choose_camera
from plate_devices.live.camera_loop import CameraLoop, StopLoop
from plate_devices.live.event_pipeline import EventPipeline
from plate_devices.live.monitor import Monitor
from plate_devices.live.prepared_reload import PreparedReload
from plate_devices.live.reporter import Reporter
from plate_devices.live.shared_readers import SharedReaders
from plate_devices.live.tally import closing_line
from plate_devices.run_options import PROGRAM, InferOptions
from plate_devices.service.log import Log
from plate_devices.service.memory_trim import share_heaps
from plate_devices.service.notify import Notifier
from plate_devices.service.signals import Signals
from plate_devices.threads import THREADS
from plate_runtime.errors import UsageError, described
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from plate_devices.live.shared_readers import SharedReader
    from plate_devices.serve.explained_frames import CameraReader
    from plate_devices.threads import BackgroundThread
    from plate_runtime.script import Script


class Session:
    """Reads the cameras of the options, as a command or as a service with readiness, watchdog, reload and stop."""

    def __init__(self, options: InferOptions, parse: Callable[[], InferOptions]) -> None:
        """Prepare; `run` begins. A reload calls `parse`, which reads the command line and the settings again."""
        config = options.config
        self._options, self._parse = options, parse
        self._notifier = Notifier(watchdog=config is None or config.service.watchdog)
        self._service = self._notifier.is_service or (config is not None and "service" in config.present)
        self._log = Log(PROGRAM, config is not None and config.service.log == "json")
        self._signals = Signals()
        self._threads = options.jobs or 1
        self._readers = SharedReaders(self._threads)
        self._reload: PreparedReload | None = None
        self._finished: list[tuple[object, ...]] = []
        self.health = Health()

    def run(self) -> int:
        """Read until the cameras end or the session is stopped, and return the exit code."""
        THREADS.report = self._log.say
        share_heaps()
        with ExitStack() as stack:
            if self._service:
                stack.enter_context(self._signals)
            stack.callback(self._readers.close_unused, ())
            stack.callback(self._wait_for_reload)
            cameras = self._choose(self._options.cameras, alone=len(self._options.cameras) == 1)
            _script_of(_networks(cameras))
            reporter = Reporter(self._options, cameras[0].networks.engine, self._log)
            stack.callback(reporter.close_video)
            self._pipeline = reporter.pipeline = pipeline = EventPipeline(self._options, self._log)
            stack.callback(lambda: pipeline.close(self._stop_within))
            monitor = Monitor(self._options, self.health, reporter, self._notifier, log=self._log)
            stack.callback(monitor.close)
            stack.callback(self._notifier.stopping)
            self._reporter, self._monitor = reporter, monitor
            self._loop = CameraLoop(monitor, self._ended, self._threads)
            reporter.status = self._loop.status
            monitor.check_requests = self._check_signals
            monitor.reader_of = self._reader_of
            monitor.start()
            self._begin(cameras)
            return self._loop.run()

    @property
    def _stop_within(self) -> float:
        config = self._options.config
        return 5.0 if config is None else config.service.stop_within

    def _choose(self, cameras: Sequence[InferOptions], *, alone: bool) -> list[Camera]:
        """Open the networks, and return the cameras, which `begin` opens. Raises PlateEdgeError."""
        return [choose_camera(one, self._readers.open(one), alone=alone) for one in cameras]

    def _begin(self, cameras: Sequence[Camera], closing: Mapping[str | None, BackgroundThread] | None = None) -> None:
        """Add cameras to the loop; counters of earlier cameras with their names go on.

        Args:
            cameras: to add.
            closing: threads that close earlier cameras, by their address.
        """
        order = [options.name for options in self._options.cameras]
        # A camera may have got the name of one that was removed: its own counters come last.
        running = [camera.health for camera in self._loop.cameras]
        known = {health.name: health for health in (*self.health.cameras, *running)}
        known = {name: known.get(name) or CameraHealth(name) for name in order}
        self.health.cameras = list(known.values())
        self._loop.cameras.extend(cameras)
        self._loop.cameras.sort(key=lambda camera: order.index(camera.name))
        for camera in self._loop.cameras:
            camera.source.patient = len(order) > 1  # it must not end the others
        for camera in cameras:
            before = (closing or {}).get(camera.options.camera)
            camera.begin(
                self._reporter,
                self._monitor,
                known[camera.name],
                self._loop.changed,
                [before] if before else [],
            )

    def _ended(self, camera: Camera, reason: str) -> None:
        """Note the end of a camera."""
        health = camera.health
        health.source_state = f"ended: {reason}" if reason else "ended"
        if not reason:
            self._finished.append(camera.options.core)
        if not self._service:
            frames = health.frames_read + health.frames_skipped
            self._reporter.say("done", closing_line(camera.name or camera.source.name, frames, health.vehicles))

    def _reader_of(self, name: str) -> CameraReader | None:
        """Return how an open camera is read, in any thread."""
        return next((camera.reader for camera in list(self._loop.cameras) if camera.name == name), None)

    def _check_signals(self) -> None:
        """Raise StopLoop if a stop was requested; reload changed lists, and the settings on request."""
        if self._signals.stop:
            raise StopLoop
        self._reporter.check_lists()
        if self._reload is None:
            if self._signals.take_reload():
                self._notifier.reloading()
                self._reload = PreparedReload(self._parse, self._readers)
        elif self._reload.done:
            reload, self._reload = self._reload, None
            self._finish(reload)

    def _finish(self, reload: PreparedReload) -> None:
        """Use new settings, between two frames. Invalid ones change nothing."""
        try:
            self._apply(reload.take())
        except Exception as error:  # an unattended device goes on, whatever is wrong with a file
            self._log.say("reload_failed", f"{described(error)}; the settings stay as they were", "error")
        else:
            self.health.reloads += 1
            self._log.say("reloaded", "the settings were reloaded", "notice")
        self._notifier.ready("reloaded")

    def _wait_for_reload(self) -> None:
        if self._reload is not None:
            self._reload.wait(CLOSE_WITHIN)

    def _apply(self, options: InferOptions) -> None:
        self._loop.settle()
        kept, rest = match(self._loop.cameras, options.cameras)
        rest = [one for one in rest if one.core not in self._finished]  # a video is not read again
        try:
            networks = {camera: self._readers.open(one) for camera, one in kept.items()}
            new = self._choose(rest, alone=len(options.cameras) == 1)
            script = _script_of([(one.name, networks[camera]) for camera, one in kept.items()] + _networks(new))
            try:
                self._change(options, script)
            except Exception:
                self._change(self._options, _script_of(_networks(self._loop.cameras)))
                raise
        except Exception:
            self._readers.close_unused([camera.options for camera in self._loop.cameras])
            raise
        self._log.as_json = options.config is not None and options.config.service.log == "json"
        self._options = options
        removed = [camera for camera in self._loop.cameras if camera not in kept]
        closing = {camera.options.camera: self._loop.remove(camera) for camera in removed}
        for camera, one in kept.items():
            camera.apply(one, networks[camera])
        self._begin(new, closing)
        self._readers.close_unused(options.cameras)

    def _change(self, options: InferOptions, script: Script) -> None:
        self._reporter.apply(options, script)
        self._pipeline.apply(options)
        self._monitor.apply(options)


def match(
    cameras: Sequence[Camera], wanted: Sequence[InferOptions]
) -> tuple[dict[Camera, InferOptions], list[InferOptions]]:
    """Return the cameras that go on, with their new options, and the options of cameras that have to be opened.

    A camera goes on if its `core` is the same, also under another name.
    """
    kept: dict[Camera, InferOptions] = {}
    rest = list(wanted)
    for same_name in (True, False):
        for camera in cameras:
            found = [
                one for one in rest if one.core == camera.options.core and (one.name == camera.name or not same_name)
            ]
            if camera not in kept and found:
                kept[camera] = found[0]
                rest.remove(found[0])
    return kept, rest


def _networks(cameras: Sequence[Camera]) -> list[tuple[str, SharedReader]]:
    return [(camera.name, camera.networks) for camera in cameras]


def _script_of(cameras: Sequence[tuple[str, SharedReader]]) -> Script:
    """Return the characters that all networks read, for the watch lists. Raises UsageError if they differ.

    Args:
        cameras: name and networks of each; empty if all have ended.
    """
    first = cameras[0][1].engine.script if cameras else LATIN
    for name, networks in cameras:
        if networks.engine.script != first:
            both = f"cameras {cameras[0][0]} and {name}"
            raise UsageError(f"{both} read different characters; run them as two programs")
    return first
