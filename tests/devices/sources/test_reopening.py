"""A source that is lost comes back, and is told of once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from device_helpers import make_frame

from plate_devices.sources.live import NewestFrame
from plate_devices.sources.outages import BackOff, Outages
from plate_devices.sources.reopening import LoginError, Reopening
from plate_devices.sources.source import Frame
from plate_runtime.errors import DeviceError


class Life:
    """One life of a fake camera: some frames, then an error, an end, or nothing more."""

    name = "gate"
    still = False
    state = ""
    default_roi = None

    def __init__(self, frames: int, end: Exception | float | None = None) -> None:
        self._frames, self._end = frames, end
        self.dropped = 1
        self.closed = 0

    def frames(self) -> Iterator[Frame]:
        for number in range(self._frames):
            time.sleep(0.005)
            yield make_frame(number)
        if isinstance(self._end, Exception):
            raise self._end
        time.sleep(self._end or 0.0)

    def close(self) -> None:
        self.closed += 1


class Witness:
    """Hears what people would be told."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.waits = 0
        self.threads: set[int] = set()

    def report(self, message: str) -> None:
        self.heard.append(message)
        self.threads.add(threading.get_ident())

    def waiting(self) -> None:
        self.waits += 1
        self.threads.add(threading.get_ident())


class Quick(BackOff):
    """Waits for next to nothing."""

    def next(self, at_least: float = 0.0) -> float:
        return super().next() / 100


def lives(*them: Life) -> Callable[[], Life]:
    rest = iter(them)
    return lambda: next(rest)


def gone() -> DeviceError:
    return DeviceError("gate is gone")


def test_frames_go_on_through_all_lives_and_are_numbered_on() -> None:
    all_lives = [Life(3, gone()), Life(0, gone()), Life(2), Life(9)]
    source = Reopening(lives(*all_lives), back_off=Quick())
    frames = source.frames()
    assert [next(frames).number for _ in range(8)] == list(range(8))
    assert [life.closed for life in all_lives] == [1, 1, 1, 0]
    assert source.dropped == 4
    source.close()
    frames.close()  # type: ignore[attr-defined]
    assert all_lives[-1].closed == 1


def test_what_was_never_there_is_an_error_at_once() -> None:
    life = Life(0, gone())
    with pytest.raises(DeviceError, match="gate is gone"):
        next(Reopening(lives(life)).frames())
    assert life.closed == 1


def test_an_outage_is_told_once_and_its_end_once() -> None:
    outages = Outages("gate", settled_after=0.1)
    flapping = [Life(2, gone()) for _ in range(5)]
    source = NewestFrame(Reopening(lives(Life(2, gone()), *flapping, Life(10_000)), outages, Quick()))
    source.listener = witness = Witness()
    for frame in source.frames():
        if len(witness.heard) == 2 or frame.number > 200:
            break
    source.close()
    assert witness.heard[0] == "gate is gone (trying again until it is back)"
    assert witness.heard[1].startswith("gate gives pictures again, after ")
    assert witness.threads == {threading.get_ident()}
    assert source.state == ""


def test_a_stall_is_noticed_while_the_driver_still_waits() -> None:
    source = NewestFrame(
        Reopening(lives(Life(2, 0.8), Life(10_000)), Outages("gate", 0.05), Quick()), stalled_after=0.1
    )
    source.listener = witness = Witness()
    states = []
    witness.waiting = lambda: states.append(source.state)  # type: ignore[method-assign]
    for _ in source.frames():
        if len(witness.heard) == 2:
            break
    source.close()
    assert witness.heard[0] == "gate has given no picture for 0.1 s (trying again until it is back)"
    assert "no picture for 0.1 s" in states


def test_a_driver_that_hangs_for_good_ends_the_program() -> None:
    source = NewestFrame(Reopening(lives(Life(1, 3.0))), stalled_after=0.1, hangs_after=0.5)
    with pytest.raises(DeviceError, match="gate hangs and cannot be opened again"):
        list(source.frames())
    source.close()


def test_closing_does_not_wait_for_the_next_try() -> None:
    source = NewestFrame(Reopening(lives(Life(2, LoginError("no")), Life(9))))
    frames = source.frames()
    next(frames)
    while not source.state.startswith("lost, next try in "):
        time.sleep(0.01)
    started = time.monotonic()
    source.close()
    assert time.monotonic() - started < 1.0
    assert not source._thread.is_alive()


def test_waits_grow_to_a_limit_are_never_the_same_and_begin_anew() -> None:
    back_off = BackOff(longest=10.0)
    waits = [back_off.next() for _ in range(40)]
    assert 0.3 < waits[0] < 0.7
    assert all(7.4 < wait < 12.6 for wait in waits[6:])
    assert len(set(waits)) == 40
    assert back_off.next(at_least=60.0) > 40.0
    back_off.reset()
    assert back_off.next() < 0.7


def test_only_pictures_that_go_on_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    outages = Outages("gate", settled_after=10.0)
    assert not outages.picture()
    outages.lost("gate is gone", "lost")
    assert outages.state == "lost"
    for moment[0] in (300.0, 305.0):
        assert not outages.picture()
    assert outages.state == ""
    outages.lost("gate is gone again", "lost")
    for moment[0] in (400.0, 409.0):
        assert not outages.picture()
    moment[0] = 411.0
    assert outages.picture()
    told = [outages.take_news() for _ in range(3)]
    assert told == ["gate is gone (trying again until it is back)", "gate gives pictures again, after 7 min", None]
