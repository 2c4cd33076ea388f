"""The camera that has waited longest is read next, whatever the others send."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from plate_devices.live.scheduler import next_camera


@dataclass
class Camera:
    """A camera that sends a frame every `interval` seconds, 0 for always; only its newest frame is kept."""

    interval: float
    now: float = 0.0
    served: float = float("-inf")
    due: float = 0.0
    delays: list[float] = field(default_factory=list)

    def waits(self) -> float | None:
        return 0.0 if self.now >= self.due else None

    def take(self) -> None:
        """Take the newest frame, and note how long it waited."""
        frame = self.now if not self.interval else self.due + (self.now - self.due) // self.interval * self.interval
        self.delays.append(self.now - frame)
        self.served, self.due = self.now, frame + self.interval if self.interval else self.now


def play(cameras: list[Camera], reading: float, seconds: float) -> None:
    """Read for so many seconds; each reading takes `reading` seconds."""
    now = 0.0
    while now < seconds:
        for camera in cameras:
            camera.now = now
        camera, _ = next_camera(cameras)
        if camera is None:
            now = min(one.due for one in cameras)
        else:
            camera.take()
            now += reading


def test_a_camera_that_floods_costs_the_others_one_reading_each() -> None:
    calm = [Camera(0.2), Camera(0.2), Camera(1.0)]
    flood = Camera(0.0)
    play([flood, *calm], 0.02, 60.0)
    assert [len(one.delays) for one in calm] == [300, 300, 60]
    assert max(max(one.delays) for one in calm) < 4 * 0.02


def test_cameras_share_a_machine_that_is_too_slow() -> None:
    cameras = [Camera(0.0), Camera(0.1), Camera(0.04), Camera(0.03)]
    play(cameras, 0.05, 60.0)
    assert all(abs(len(one.delays) - 300) <= 1 for one in cameras)


def test_a_rare_camera_is_read_at_once() -> None:
    busy, rare = [Camera(0.0) for _ in range(7)], Camera(5.0)
    play([*busy, rare], 0.1, 60.0)
    assert len(rare.delays) == 12
    assert max(rare.delays[1:]) <= 0.1 + 1e-9, "after the first round"


def test_waiting_cameras_say_when_to_look_again() -> None:
    held = Camera(0.0)
    held.waits = lambda: 0.3  # type: ignore[method-assign]
    assert next_camera([held]) == (None, 0.3)
    nothing = Camera(1.0, due=1.0)
    assert next_camera([nothing]) == (None, None)
    assert next_camera([]) == (None, None)


@settings(max_examples=200)
@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=12), st.floats(0.001, 0.5))
def test_no_frame_waits_longer_than_a_round(intervals: list[float], reading: float) -> None:
    cameras = [Camera(interval) for interval in intervals]
    play(cameras, reading, 30 * reading * len(cameras))
    for camera in cameras:
        assert camera.delays
        assert not math.isnan(max(camera.delays))
        assert max(camera.delays) <= len(cameras) * reading + 1e-6
