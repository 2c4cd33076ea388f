"""The live loop: reads cameras until all have ended, the one that has waited longest first."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from plate_devices.live.camera import CLOSE_WITHIN
from plate_devices.live.reader_threads import ReaderThreads
from plate_devices.live.roi import RoiError
from plate_devices.live.scheduler import next_camera
from plate_devices.sources.newest_frame import IDLE_AFTER
from plate_devices.status_line import StatusLine
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import InputError, PlateEdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plate_devices.live.camera import Camera
    from plate_devices.live.reader_threads import Outcome
    from plate_devices.sources.source import Frame


class StopLoop(Exception):  # noqa: N818
    """Ends the loop like the end of all cameras: vehicles in view are reported."""


class Observer(Protocol):
    """Follows the loop, such as for metrics and watchdog."""

    def tick(self, loop: CameraLoop) -> None:
        """Called after each frame, and four times a second without frames.

        Raises:
            StopLoop: to end the loop.
        """
        ...


class CameraLoop:
    """Reads one camera or several. A camera that fails, stalls or sends too much does not disturb the others.

    Attributes:
        cameras: that are read; others may be added and removed between two frames.
        changed: is notified when one of them has a frame.
        status: the status line.
        code: the exit code so far.
    """

    def __init__(self, observer: Observer, ended: Callable[[Camera, str], None], threads: int = 1) -> None:
        """Prepare.

        Args:
            observer: follows the loop.
            ended: is called with each camera that has ended, and the reason, "" if it was its last frame.
            threads: that read at the same time, frames of different cameras.
        """
        self.cameras: list[Camera] = []
        self.changed = threading.Condition()
        self.status = StatusLine()
        self.code = 0
        self._observer, self._ended = observer, ended
        self._results: deque[tuple[Camera, Outcome]] = deque()
        self._closing: list[BackgroundThread] = []
        self._threads = ReaderThreads(threads, self._add_result) if threads > 1 else None

    def run(self) -> int:
        """Read until all cameras have ended or the observer stops, and return the exit code."""
        with ExitStack() as stack:
            stack.callback(self._close)
            try:
                while self.cameras:
                    self._step()
                    if self.status.due:
                        self.status.show(self.describe())
                    self._observer.tick(self)
            except StopLoop:
                self.settle()
            for camera in list(self.cameras):
                self._end(camera, "")
        return self.code

    def settle(self) -> None:
        """Wait for the frames that are being read."""
        while any(camera.busy for camera in self.cameras):
            with self.changed:
                self.changed.wait_for(lambda: self._results, IDLE_AFTER)
            self._take_results()

    def remove(self, camera: Camera) -> BackgroundThread:
        """Stop a camera; its vehicles in view are reported. Return the thread that closes it: others do not wait."""
        self.cameras.remove(camera)
        closing = BackgroundThread(camera.source.close, f"close {camera.source.name}", restarts=False)
        self._closing = [*(thread for thread in self._closing if thread.is_alive()), closing]
        closing.start()
        camera.finish()
        return closing

    def describe(self) -> str:
        """Return the status line."""
        cameras = self.cameras
        if len(cameras) == 1:
            return cameras[0].loop.describe()
        health = [camera.health for camera in cameras]
        line = f"{len(cameras)} cameras: {sum(one.frame_rate for one in health):.1f} frames/s read"
        line += f", {sum(one.frames_dropped for one in health)} dropped"
        line += f", {sum(one.frames_skipped for one in health)} skipped"
        line += f", {sum(one.vehicles for one in health)} vehicles"
        parts = [f"{one.name}: {one.source_state}" for one in health if one.source_state]
        parts += [f"{one.name}: only key frames are decoded" for one in health if one.decoding == "key frames"]
        return ", ".join([line, *parts])

    def _step(self) -> None:
        """Read a frame, or wait for one for a quarter of a second."""
        camera = self._wait()
        if camera is not None:
            with self._errors_of(camera):
                self._read(camera, camera.take_frame())
        self._take_results()
        for one in list(self.cameras):
            if one.idle():
                with self._errors_of(one):
                    one.source.check()

    def _wait(self) -> Camera | None:
        with self.changed:
            camera, seconds = next_camera(self.cameras)
            if camera is None and not self._results:
                self.changed.wait(IDLE_AFTER if seconds is None else min(seconds, IDLE_AFTER))
                camera, _ = next_camera(self.cameras)
            return camera

    def _read(self, camera: Camera, frame: Frame | None) -> None:
        if frame is None:
            self._end(camera, "")
        elif self._threads is None:
            self._results.append((camera, camera.look(frame)))
        else:
            camera.busy = True
            self._threads.read(camera, frame)

    def _add_result(self, camera: Camera, outcome: Outcome) -> None:
        with self.changed:
            self._results.append((camera, outcome))
            self.changed.notify_all()

    def _take_results(self) -> None:
        while self._results:
            camera, outcome = self._results.popleft()
            camera.busy = False
            if isinstance(outcome, BaseException):
                with self._errors_of(camera):
                    raise outcome
            else:
                camera.take_reading(*outcome)

    @contextmanager
    def _errors_of(self, camera: Camera) -> Iterator[None]:
        """End a camera that fails for good. The only camera ends the program if its device is lost."""
        try:
            yield
        except PlateEdgeError as error:
            if not camera.source.patient and not isinstance(error, InputError | RoiError):
                raise
            self.code = max(self.code, camera.loop.fail(error))
            self._end(camera, str(error))

    def _end(self, camera: Camera, reason: str) -> None:
        self.remove(camera)
        self._ended(camera, reason)

    def _close(self) -> None:
        """Close every camera, also if one of them raises."""
        with ExitStack() as stack:
            stack.callback(self._wait_for_closing)
            stack.callback(self.status.clear)
            if self._threads is not None:
                stack.callback(self._threads.close)
            for camera in reversed(self.cameras):
                stack.callback(self._remove_left, camera)
            self.settle()

    def _remove_left(self, camera: Camera) -> None:
        if camera in self.cameras:
            self.remove(camera)

    def _wait_for_closing(self) -> None:
        deadline = time.monotonic() + CLOSE_WITHIN
        for thread in self._closing:
            thread.join(deadline - time.monotonic())
