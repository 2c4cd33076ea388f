"""Thermal throttling lowers the frame rate, and raises it again."""

from __future__ import annotations

from plate_devices.config.sections import HeatSettings
from plate_devices.service.thermal import ThermalThrottle


class Processor:
    """A processor at 40 degrees, and 3 more for each frame per second that it reads."""

    ambient = 40.0
    working = 0.0

    @property
    def temperature(self) -> float | None:
        return self.ambient + 3 * self.working


def drive(
    throttle: ThermalThrottle, processor: Processor, seconds: int, wanted: float = 15.0, start: float = 0.0
) -> list[float]:
    """Read as many frames as allowed, and return the rates."""
    rates = []
    for second in range(seconds):
        limit = throttle.limit(processor.working, start + second)
        processor.working = min(wanted, limit or wanted)
        rates.append(processor.working)
    return rates


def test_a_hot_processor_reads_fewer_frames_and_is_reported_once() -> None:
    reported: list[str] = []
    processor = Processor()
    throttle = ThermalThrottle(HeatSettings(limit=75), processor, lambda event, _: reported.append(event))
    rates = drive(throttle, processor, 300)
    assert rates[0] == 15.0
    assert all(70 <= 40 + 3 * rate <= 76 for rate in rates[100:]), "it settles below the limit"
    assert reported == ["hot"]
    processor.ambient = 20.0
    assert drive(throttle, processor, 60, start=300)[-1] == 15.0
    assert reported == ["hot", "cool"]
    assert throttle.frames is None


def test_the_frame_rate_stays_above_the_minimum() -> None:
    processor = Processor()
    processor.ambient = 90.0
    throttle = ThermalThrottle(HeatSettings(limit=75, slowest=0.5), processor, lambda *_: None)
    assert drive(throttle, processor, 200)[-1] == 0.5


def test_no_sensor_and_no_limit_change_nothing() -> None:
    class Blind:
        temperature = None

    assert ThermalThrottle(HeatSettings(), Blind(), lambda *_: None).limit(15.0) is None
    processor = Processor()
    processor.ambient = 120.0
    throttle = ThermalThrottle(HeatSettings(limit=0), processor, lambda *_: None)
    assert throttle.limit(15.0) is None
    assert throttle.temperature == 120.0
