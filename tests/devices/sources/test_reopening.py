"""A lost source is opened again, and each outage is reported once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from device_helpers import make_frame

from plate_devices.backoff import BackOff
from plate_devices.sources import newest_frame, outages, reopening
from plate_devices.sources.newest_frame import NewestFrameSource
from plate_devices.sources.outages import OutageTracker
from plate_devices.sources.reopening import LoginError, ReopeningSource
from plate_devices.sources.source import Frames, Source
from plate_runtime.errors import DeviceError, MissingPartError


class Life(Source):
    """One life of a fake camera: some frames, then an error, an end, or nothing more until an event."""

    name = "gate"
    pictures = 0
    """Of all lives."""

    def __init__(self, frames: int, end: Exception | threading.Event | None = None) -> None:
        self._frames, self._end = frames, end
        self._dropped = 1
        self.closed = 0

    def frames(self) -> Frames:
        for number in range(self._frames):
            time.sleep(0.005)
            Life.pictures += 1
            yield make_frame(number)
        if isinstance(self._end, Exception):
            raise self._end
        if self._end is not None:
            assert self._end.wait(60)

    def close(self) -> None:
        self.closed += 1


class FakeListener:
    """Collects messages."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.waits = 0
        self.threads: set[int] = set()

    def report(self, message: str) -> None:
        self.messages.append(message)
        self.threads.add(threading.get_ident())

    def waiting(self) -> None:
        self.waits += 1
        self.threads.add(threading.get_ident())


class FastBackOff(BackOff):
    """Waits a hundredth of the usual time."""

    def next(self, at_least: float = 0.0) -> float:
        return super().next() / 100


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are short, and an outage is over after twenty pictures: its time is counted in pictures, not in seconds."""
    monkeypatch.setattr(reopening, "BackOff", FastBackOff)
    monkeypatch.setattr(outages, "SETTLED_AFTER", 20)
    monkeypatch.setattr(outages, "time", SimpleNamespace(monotonic=lambda: Life.pictures))


def lives(*them: Life) -> Callable[[], Life]:
    rest = iter(them)
    return lambda: next(rest)


def reopening_of(source: NewestFrameSource) -> ReopeningSource:
    assert source._reopening is not None
    return source._reopening


def gone() -> DeviceError:
    return DeviceError("gate is gone")


def test_frame_numbers_go_on_after_reopening(fast: None) -> None:
    all_lives = [Life(3, gone()), Life(0, gone()), Life(2), Life(9)]
    source = ReopeningSource(lives(*all_lives))
    frames = source.frames()
    assert [next(frames).number for _ in range(8)] == list(range(8))
    assert [life.closed for life in all_lives] == [1, 1, 1, 0]
    assert source.dropped == 4
    source.close()
    frames.close()
    assert all_lives[-1].closed == 1


def test_a_source_that_never_worked_is_an_error() -> None:
    life = Life(0, gone())
    with pytest.raises(DeviceError, match="gate is gone"):
        next(ReopeningSource(lives(life)).frames())
    assert life.closed == 1


def test_an_outage_and_its_end_are_reported_once(fast: None) -> None:
    flapping = [Life(2, gone()) for _ in range(5)]
    source = NewestFrameSource(ReopeningSource(lives(Life(2, gone()), *flapping, Life(10_000))))
    source.listener = listener = FakeListener()
    for _ in source.frames():
        if len(listener.messages) == 2:
            break
    source.close()
    assert listener.messages[0] == "gate is gone (trying again until it is back)"
    assert listener.messages[1].startswith("gate sends pictures again, after ")
    assert listener.threads == {threading.get_ident()}
    assert source.state == ""


def test_a_stall_is_noticed_while_the_driver_still_waits(fast: None) -> None:
    noticed = threading.Event()
    source = NewestFrameSource(ReopeningSource(lives(Life(2, noticed), Life(10_000))), stalled_after=0.1)
    source.listener = listener = FakeListener()
    states = []

    def waiting() -> None:
        states.append(source.state)
        if listener.messages:
            noticed.set()

    listener.waiting = waiting  # type: ignore[method-assign]
    for _ in source.frames():
        if len(listener.messages) == 2:
            break
    source.close()
    assert listener.messages[0] == "gate has sent no picture for 0.1 s (trying again until it is back)"
    assert "no picture for 0.1 s" in states


def test_a_driver_that_hangs_for_good_ends_the_program() -> None:
    ends = threading.Event()
    source = NewestFrameSource(ReopeningSource(lives(Life(1, ends), Life(1))), stalled_after=0.1, hangs_after=0.5)
    with pytest.raises(DeviceError, match="gate hangs and cannot be opened again"):
        list(source.frames())
    ends.set()
    source.close()


@pytest.mark.usefixtures("fast")
def test_one_of_several_cameras_is_tried_until_it_works() -> None:
    all_lives = [Life(0, gone()), Life(0, LoginError("no")), Life(2, ValueError("a bug")), Life(1, gone()), Life(9)]
    source = ReopeningSource(lives(*all_lives))
    source.patient = True
    frames = source.frames()
    assert [next(frames).number for _ in range(4)] == list(range(4))
    assert [life.closed for life in all_lives] == [1, 1, 1, 1, 0]
    assert source.outages.take_message() == "gate is gone (trying again until it is back)"
    assert source.outages.take_message() is None, "one outage, one message"
    source.close()
    frames.close()


def test_no_try_helps_against_a_missing_part() -> None:
    source = ReopeningSource(lives(Life(0, MissingPartError("gate needs OpenCV"))))
    source.patient = True
    with pytest.raises(MissingPartError):
        next(source.frames())


def test_one_of_several_cameras_may_hang() -> None:
    ends = threading.Event()
    source = NewestFrameSource(ReopeningSource(lives(Life(1, ends), Life(99))), stalled_after=0.1, hangs_after=0.3)
    source.patient = True
    source.listener = listener = FakeListener()
    hung: list[bool] = []

    def waiting() -> None:
        hung.append(reopening_of(source).inactive_for() > 0.3)
        if listener.messages and len([one for one in hung if one]) > 1:
            ends.set()

    listener.waiting = waiting  # type: ignore[method-assign]
    numbers = [frame.number for frame, _ in zip(source.frames(), range(3), strict=False)]
    assert numbers[0] == 0 and numbers == sorted(set(numbers))
    assert listener.messages == ["gate has sent no picture for 0.1 s (trying again until it is back)"]
    source.close()


def test_closing_does_not_wait_for_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest_frame, "ENDS_WITHIN", 30.0)
    source = NewestFrameSource(ReopeningSource(lives(Life(2, LoginError("no")), Life(9))))
    frames = source.frames()
    next(frames)
    while not source.state.startswith("lost, next try in "):
        time.sleep(0.01)
    source.close()
    assert not source._thread.is_alive(), "the next try is 60 s away"


def test_waits_grow_to_a_limit_differ_and_are_reset() -> None:
    back_off = BackOff(longest=10.0)
    waits = [back_off.next() for _ in range(40)]
    assert 0.3 < waits[0] < 0.7
    assert all(7.4 < wait < 12.6 for wait in waits[6:])
    assert len(set(waits)) == 40
    assert back_off.next(at_least=60.0) > 40.0
    back_off.reset()
    assert back_off.next() < 0.7


def test_an_outage_ends_after_ten_seconds_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    tracker = OutageTracker("gate")
    assert not tracker.picture()
    tracker.lost("gate is gone", "lost")
    assert tracker.state == "lost"
    for moment[0] in (300.0, 305.0):
        assert not tracker.picture()
    assert tracker.state == ""
    tracker.lost("gate is gone again", "lost")
    for moment[0] in (400.0, 409.0):
        assert not tracker.picture()
    moment[0] = 411.0
    assert tracker.picture()
    messages = [tracker.take_message() for _ in range(3)]
    assert messages == ["gate is gone (trying again until it is back)", "gate sends pictures again, after 7 min", None]
