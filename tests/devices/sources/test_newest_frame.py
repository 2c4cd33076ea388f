"""Only the newest frame counts."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest
from device_helpers import make_frame

from plate_devices.sources import newest_frame
from plate_devices.sources.newest_frame import NewestFrameSource
from plate_devices.sources.source import Frames, Source
from plate_runtime.errors import DeviceError


class Camera(Source):
    """A camera that gives a frame for each item: a pause in seconds, which `interrupt` ends, or an error."""

    name = "fake"

    def __init__(self, *steps: float | Exception) -> None:
        self.steps = steps
        self.closed = False
        self.all_given = threading.Event()
        self._interrupted = threading.Event()

    def frames(self) -> Frames:
        for number, step in enumerate(self.steps):
            if isinstance(step, Exception):
                raise step
            self._interrupted.wait(step)
            yield make_frame(number)
        self.all_given.set()

    def interrupt(self) -> None:
        self._interrupted.set()

    def close(self) -> None:
        self.closed = True


def test_a_fast_reader_gets_every_frame() -> None:
    """Each frame is taken before the next one comes."""
    taken = threading.Semaphore()

    class Paced(Camera):
        def frames(self) -> Frames:
            for frame in super().frames():
                assert taken.acquire(timeout=30)
                yield frame

    camera = Paced(*[0.0] * 5)
    source = NewestFrameSource(camera)
    numbers = []
    for frame in source.frames():
        numbers.append(frame.number)
        taken.release()
    assert numbers == list(range(5))
    assert source.dropped == 0
    source.close()
    assert camera.closed


def test_a_slow_reader_gets_the_newest_and_the_rest_is_counted() -> None:
    taken = threading.Event()

    class Waiting(Camera):
        """Gives the second frame once the first one was taken."""

        def frames(self) -> Frames:
            for frame in super().frames():
                assert frame.number != 1 or taken.wait(30)
                yield frame

    camera = Waiting(*[0.0] * 30)
    source = NewestFrameSource(camera)
    frames = source.frames()
    next(frames)
    taken.set()
    assert camera.all_given.wait(30)
    assert [frame.number for frame in frames] == [29]
    assert source.dropped == 30 - 2
    source.close()


def test_a_camera_that_goes_away_is_reported_after_its_last_frame() -> None:
    source = NewestFrameSource(Camera(0.0, DeviceError("camera 0 is gone")))
    frames = source.frames()
    assert next(frames).number == 0
    with pytest.raises(DeviceError, match="gone"):
        next(frames)
    source.close()


def test_a_camera_that_stalls_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(newest_frame, "time", SimpleNamespace(monotonic=lambda: now[0]))
    source = NewestFrameSource(Camera(0.0, 60.0), stalled_after=0.1)
    frames = source.frames()
    next(frames)
    now[0] += 0.2
    with pytest.raises(DeviceError, match=r"no picture for 0\.1 s"):
        next(frames)
    source.close()


def test_a_camera_is_given_five_seconds_for_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(newest_frame, "time", SimpleNamespace(monotonic=lambda: now[0]))
    source = NewestFrameSource(Camera())
    now[0] = 104.9
    source.check()
    now[0] = 105.0
    with pytest.raises(DeviceError, match=r"fake has sent no picture for 5 s; check the camera"):
        source.check()
    NewestFrameSource(Camera(), drops=False).check()


def test_closing_stops_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest_frame, "ENDS_WITHIN", 30.0)
    camera = Camera(*[0.01] * 1000)
    source = NewestFrameSource(camera)
    next(source.frames())
    (thread,) = (one for one in threading.enumerate() if one.name == "read fake")
    source.close()
    assert not thread.is_alive()
    assert camera.closed


def test_closing_without_reading_is_fine() -> None:
    camera = Camera()
    NewestFrameSource(camera).close()
    assert camera.closed


def test_a_source_that_is_slow_does_not_wait_unless_it_says_so() -> None:
    """Vehicles leave while a camera sends no frame, and not while a film is decoded."""

    class Slow(Camera):
        def frames(self) -> Frames:
            yield make_frame(0)
            time.sleep(0.6)
            yield make_frame(1)
            assert self.listener is not None
            until = time.monotonic() + 30
            while not listener.waits and time.monotonic() < until:
                time.sleep(0.02)
                self.listener.waiting()

    class Listener:
        waits = 0

        def report(self, message: str) -> None:
            raise AssertionError(message)

        def waiting(self) -> None:
            self.waits += 1

    source = NewestFrameSource(Slow(), drops=False)
    source.listener = listener = Listener()
    frames = source.frames()
    assert (next(frames).number, listener.waits) == (0, 0)
    assert (next(frames).number, listener.waits) == (1, 0)
    assert list(frames) == []
    assert listener.waits >= 1
    source.close()
