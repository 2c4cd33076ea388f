"""The live loop: frames read and skipped, records printed, and the status line."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from device_helpers import make_plate

from plate_devices.follow import Vehicle
from plate_devices.live.loop import READ_EVERY, FrameLoop
from plate_devices.live.roi import Reading, View
from plate_devices.sources.source import Frame, Frames, Source
from plate_devices.status_line import StatusLine
from plate_runtime.errors import DeviceError, InputError, PlateEdgeError

# Long ago: what is late is said in milliseconds, and these frames are.
START = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


class Street(Source):
    """A source of frames 160x90; each number is the brightness of a car, 0 for no car."""

    _dropped = 3
    state = ""

    def __init__(self, cars: Sequence[int], error: Exception | None = None) -> None:
        self.name = "street"
        self._cars, self._error = cars, error

    def frames(self) -> Frames:
        for number, car in enumerate(self._cars):
            rgb = np.full((90, 160, 3), 90, np.uint8)
            if car:
                rgb[30:60, 40:120] = car
            yield Frame(rgb, number, START + timedelta(seconds=number / 10))
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        pass


class Gate:
    """Reads AB12CD where there is a car, and keeps what is printed."""

    def __init__(self) -> None:
        self.read_frames: list[int] = []
        self.frames: list[int] = []
        self.vehicles: list[Vehicle] = []
        self.said: list[str] = []

    def views(self, source: Source) -> Iterator[View]:
        for frame in source.frames():
            yield View(frame, frame.rgb, None)

    def read(self, source: Source, view: View) -> Reading:
        self.read_frames.append(view.frame.number)
        there = view.part[45, 80, 0] != 90
        return Reading([make_plate("AB12CD", 0.95, (50, 40, 60, 15))] if there else [], 12.0)

    def frame_read(self, source: Source, view: View, reading: Reading) -> None:
        self.frames.append(view.frame.number)

    def print_vehicle(self, source: Source, vehicle: Vehicle) -> None:
        self.vehicles.append(vehicle)

    def report(self, source: Source, error: PlateEdgeError) -> int:
        self.said.append(str(error))
        return error.exit_code

    def report_state(self, source: Source, message: str) -> None:
        self.said.append(message)


CAR = 200


def test_unchanged_frames_are_not_read() -> None:
    gate = Gate()
    loop = FrameLoop(gate, Street([0] * 40 + [CAR] * 60 + [0] * 60))
    assert loop.run() == 0
    assert len(gate.read_frames) + loop.health.frames_skipped == 160
    assert len(gate.read_frames) < 20
    (vehicle,) = gate.vehicles
    assert (vehicle.plate.text, vehicle.first_frame, vehicle.last_frame) == ("AB12CD", 40, 99)


def test_every_reads_each_frame() -> None:
    gate = Gate()
    FrameLoop(gate, Street([0] * 5 + [CAR] * 6), every=True).run()
    assert gate.read_frames == gate.frames == list(range(11))
    assert len(gate.vehicles) == 1


def test_an_unchanged_scene_is_read_at_intervals() -> None:
    gate = Gate()
    FrameLoop(gate, Street([0] * 1000)).run()
    gaps = [after - before for before, after in zip(gate.read_frames, gate.read_frames[1:], strict=False)]
    assert max(gaps) == READ_EVERY * 10
    assert len(gate.read_frames) < 15


def test_vehicles_in_view_are_printed_at_any_end() -> None:
    gate = Gate()
    assert FrameLoop(gate, Street([CAR] * 6, InputError("street is damaged"))).run() == 1
    assert gate.said == ["street is damaged"]
    assert len(gate.vehicles) == 1
    for error in (DeviceError("street is gone"), KeyboardInterrupt()):
        gate = Gate()
        with pytest.raises(type(error)):
            FrameLoop(gate, Street([CAR] * 6, error)).run()  # type: ignore[arg-type]
        assert len(gate.vehicles) == 1


def test_a_lost_source_is_reported_and_vehicles_leave() -> None:
    gate, street = Gate(), Street([CAR] * 6)
    loop = FrameLoop(gate, street)
    frames = gate.views(street)
    for view in frames:
        loop.take(view, loop.look(view))
    assert street.listener is loop
    loop.report("street has sent no picture for 5 s")
    loop.waiting()
    assert gate.said == ["street has sent no picture for 5 s"]
    assert [vehicle.plate.text for vehicle in gate.vehicles] == ["AB12CD"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_status_line_shows_counts_delay_and_state() -> None:
    gate, street = Gate(), Street([CAR] * 4)
    loop = FrameLoop(gate, street)
    terminal = Terminal()
    loop.status = StatusLine(terminal)
    street.state = "reopening, try 3"
    assert loop.run() == 0
    assert " frames/s read, 3 dropped, 0 skipped, 0 in view, 1 vehicles, " in loop.describe()
    assert loop.describe().endswith(" ms behind, reopening, try 3")
    assert "street: " in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
