"""Explanations of the newest frames for the page. One thread reads them again, rarely, and only while a client asks."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.explain.explanation import explain, part_of
from plate_devices.serve.cpu_budget import CpuBudget
from plate_devices.serve.steps_content import steps_json
from plate_devices.threads import BackgroundThread
from plate_runtime.errors import PlateEdgeError
from plate_runtime.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.explain.explanation import Explanation
    from plate_devices.networks import Networks
    from plate_devices.serve.live_state import LiveFrame, LiveState
    from plate_runtime.results import Detection, Plate

FRACTION = 0.15
"""Most time for explanations, as a fraction of what is available to the loop."""
EVERY = 2.0
"""Least seconds between two explanations; people have to be able to read them."""

_ACTIVE_FOR = 4.0
"""Seconds after the last request for which frames are explained."""
_LOOK_EVERY = 0.25


class CameraReader(NamedTuple):
    """How the frames of a camera are read: open networks, and the options of `PlateReader.read`."""

    networks: Networks
    read_as: str
    region: str | None
    min_confidence: float | None


class ExplainedFrame(NamedTuple):
    """An explanation as JSON; numbers increase."""

    number: int
    body: bytes


class ExplainedFrames:
    """Explains the newest frame of each camera that clients ask for, in turn, once for all of them."""

    def __init__(self, states: Mapping[str, LiveState], reader_of: Callable[[str], CameraReader | None]) -> None:
        """Take the cameras by name, and a function that returns how a camera is read, None for one that is not open."""
        self._states, self._reader_of = states, reader_of
        self._budget = CpuBudget(lambda: next((one.loop_thread for one in list(states.values())), None), FRACTION)
        self._changed = threading.Condition()
        self._requests: dict[str, float] = {}
        self._newest: dict[str, ExplainedFrame] = {}
        self._explained: dict[str, int] = {}  # numbers of the frames
        self._count = 0
        self._stopped = False
        self._thread = BackgroundThread(self._run, "steps of the live page")

    def start(self) -> None:
        """Start the thread, which waits for a client."""
        self._thread.start()

    def close(self) -> None:
        """Stop, after the reading that goes on."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(5.0)

    def newest(self, camera: str, after: int) -> ExplainedFrame | None:
        """Ask for explanations of a camera; return the newest one if its number is above `after`, without waiting."""
        with self._changed:
            self._requests[camera] = time.monotonic()
            self._changed.notify_all()
            found = self._newest.get(camera)
            return found if found is not None and found.number > after else None

    def _run(self) -> None:
        while (work := self._wait_for_work()) is not None:
            started = time.monotonic()
            # Networks that a reload has closed read nothing; the next frame is read with the new ones.
            with suppress(_UnwantedError, PlateEdgeError):
                self._explain(*work)
            self._pause(started + EVERY - time.monotonic())

    def _wait_for_work(self) -> tuple[str, LiveFrame] | None:
        """Sleep until a client asks for a camera that has a new frame; return None at the end."""
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                self._requests = {one: asked for one, asked in self._requests.items() if now - asked < _ACTIVE_FOR}
                self._newest = {one: self._newest[one] for one in self._newest if one in self._requests}
                self._explained = {one: self._explained[one] for one in self._explained if one in self._requests}
                for camera in list(self._requests):
                    state = self._states.get(camera)
                    frame = None if state is None else state.frame
                    if frame is not None and frame.number != self._explained.get(camera):
                        self._requests[camera] = self._requests.pop(camera)  # the others are next
                        self._explained[camera] = frame.number
                        return camera, frame
                self._changed.wait(_LOOK_EVERY if self._requests else None)
        return None

    def _explain(self, camera: str, frame: LiveFrame) -> None:
        """Explain a frame, first by its measures alone, and then, if a cause has to be looked for, by reading it again.

        Raises:
            _UnwantedError: no client asks any more.
            PlateEdgeError: the networks were closed.
        """
        reader = self._reader_of(camera)
        if reader is None:
            return
        networks, steps = _PacedNetworks(reader.networks, partial(self._pay, camera)), Steps()
        part, region = part_of(frame.rgb, frame.roi), reader.region
        networks.read(part, reader.read_as, region=region, min_confidence=reader.min_confidence, steps=steps)
        explanation = explain(frame.rgb, frame.roi, steps, region=region)
        self._show(camera, frame, explanation, is_final=explanation.cause is None)
        if explanation.cause is not None:
            explanation = explain(frame.rgb, frame.roi, steps, reader=networks, region=region)
            self._show(camera, frame, explanation, is_final=True)

    def _show(self, camera: str, frame: LiveFrame, explanation: Explanation, is_final: bool) -> None:
        started = time.monotonic()
        self._count += 1
        body = steps_json(self._count, frame.rgb, explanation, is_final)
        with self._changed:
            self._newest[camera] = ExplainedFrame(self._count, body)
        self._pay(camera, time.monotonic() - started)

    def _pay(self, camera: str, seconds: float) -> None:
        """Pause for the time that was used. Raises _UnwantedError."""
        self._budget.charge(seconds)
        self._pause(self._budget.pause())
        with self._changed:
            if self._stopped or time.monotonic() - self._requests.get(camera, float("-inf")) > _ACTIVE_FOR:
                raise _UnwantedError

    def _pause(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped, max(0.0, seconds))


class _UnwantedError(Exception):
    """No client asks any more."""


class _PacedNetworks:
    """Networks that pause after each reading, so that the loop gets them most of the time."""

    def __init__(self, networks: Networks, pay: Callable[[float], None]) -> None:
        """Take a function that gets the seconds of each reading, and pauses."""
        self._networks, self._pay = networks, pay

    def read(self, image: NDArray[np.uint8], as_: str = "frame", **options: Any) -> list[Plate]:
        """See `PlateReader.read`."""
        started = time.monotonic()
        plates = self._networks.read(image, as_, **options)
        self._pay(time.monotonic() - started)
        return plates

    def find(self, image: NDArray[np.uint8], **options: Any) -> list[Detection]:
        """See `PlateReader.find`."""
        return self._networks.find(image, **options)
