"""Threads that read frames of different cameras at the same time. The interpreters use no Python while they compute."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

from plate_devices.threads import BackgroundThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.live.camera import Camera
    from plate_devices.live.roi import Reading, View
    from plate_devices.sources.source import Frame

    Outcome = tuple[View, Reading | None] | BaseException


class ReaderThreads:
    """A fixed number of threads; each takes the next frame."""

    def __init__(self, count: int, done: Callable[[Camera, Outcome], None]) -> None:
        """Start the threads.

        Args:
            done: is called in a thread with the camera of a frame and what `Camera.look` returned or raised.
        """
        self._frames: SimpleQueue[tuple[Camera, Frame] | None] = SimpleQueue()
        self._done = done
        self._threads = [BackgroundThread(self._run, f"reader {number + 1}") for number in range(count)]
        for thread in self._threads:
            thread.start()

    def read(self, camera: Camera, frame: Frame) -> None:
        """Read a frame in one of the threads."""
        self._frames.put((camera, frame))

    def close(self) -> None:
        """End the threads, after the frames that wait."""
        for _ in self._threads:
            self._frames.put(None)
        for thread in self._threads:
            thread.join(5.0)

    def _run(self) -> None:
        while (work := self._frames.get()) is not None:
            camera, frame = work
            try:
                outcome: Outcome = camera.look(frame)
            except BaseException as error:  # raised again in the loop
                outcome = error
            self._done(camera, outcome)
