"""Every event reaches every output, in spite of failures."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from device_helpers import until
from fake_times import BOOT, FakeTimes, text

from plate_devices.config.load import load_config
from plate_devices.events.clock import Clock
from plate_devices.outputs.delivery import Delivery, Shown, deliver
from plate_devices.outputs.fake import FakeOutput
from plate_devices.outputs.json_lines import LinesSettings
from plate_devices.outputs.output import Event, EventRefusedError, Output
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.setting_errors import ConfigError

Start = Callable[..., Delivery]


def event(number: int, **more: Any) -> Event:
    return {"schema": 1, "type": "vehicle", "id": f"id-{number}", "last_time": None, **more}


def ids(output: FakeOutput) -> list[str]:
    return [event["id"] for event in output.events]


class Reports(list[tuple[str, str]]):
    def __call__(self, word: str, sentence: str) -> None:
        self.append((word, sentence))

    @property
    def words(self) -> list[str]:
        return [word for word, _ in self]


@pytest.fixture
def reported() -> Reports:
    return Reports()


@pytest.fixture
def start(tmp_path: Path, reported: Reports) -> Iterator[Start]:
    running: list[Delivery] = []

    def begin(*outputs: Output, clock: Clock | None = None) -> Delivery:
        settings = QueueSettings(folder=tmp_path / "queue", most_megabytes=1)
        running.append(Delivery(outputs, settings, clock or Clock(FakeTimes()), reported))
        return running[-1]

    yield begin
    for delivery in running:
        delivery.close(0.0)


def test_every_output_gets_everything_in_order(start: Start) -> None:
    outputs = FakeOutput(name="one"), FakeOutput(name="two")
    outputs[1].takes = 3
    delivery = start(*outputs)
    for number in range(20):
        delivery.put(event(number))
    delivery.close(60.0)
    assert ids(outputs[0]) == ids(outputs[1]) == [f"id-{number}" for number in range(20)]
    assert not outputs[0].is_open


def test_an_output_with_tags_gets_the_events_of_its_cameras_alone(tmp_path: Path, reported: Reports) -> None:
    every, yard = FakeOutput(name="every"), FakeOutput(name="yard")
    yard.takes = 2
    settings = QueueSettings(folder=tmp_path / "queue", most_megabytes=1)
    delivery = Delivery([every, yard], settings, Clock(FakeTimes()), reported, tags={"yard": ["yard", "in"]})
    delivery.show(Shown({"a": ("yard",), "b": (), "c": ("out", "in"), "d": ("out",)}))
    assert (every.cameras, yard.cameras) == (("a", "b", "c", "d"), ("a", "c"))
    delivery.show_lost(["b"])
    assert every.lost == yard.lost == {"b"}
    tagged = [event(number) | tags for number, tags in enumerate(4 * [{"tags": ["yard"]}, {}, {"tags": ["out", "in"]}])]
    delivery.put_all([*tagged, event(99) | {"type": "clock"}])
    delivery.close(60.0)
    assert ids(every) == [one["id"] for one in tagged] + ["id-99"]
    assert ids(yard) == [one["id"] for one in tagged if "tags" in one] + ["id-99"]
    assert [state.waiting for state in delivery.state()] == [0, 0]


def test_an_output_gets_the_types_of_events_that_it_asks_for(tmp_path: Path, reported: Reports) -> None:
    late, early = FakeOutput(name="late"), FakeOutput(name="early")
    settings = QueueSettings(folder=tmp_path / "queue", most_megabytes=1)
    types = {"late": ["vehicle"], "early": ["vehicle", "seen"]}
    delivery = Delivery([late, early], settings, Clock(FakeTimes()), reported, types=types)
    delivery.put_all([event(1) | {"type": "seen"}, event(2), event(3) | {"type": "clock"}])
    delivery.close(60.0)
    assert ids(late) == ["id-2", "id-3"]
    assert ids(early) == ["id-1", "id-2", "id-3"]
    assert [state.waiting for state in delivery.state()] == [0, 0]


@pytest.mark.parametrize("row", ['type = "csv"\npath = "a.csv"', 'type = "sqlite"\npath = "a.db"'])
def test_outputs_with_rows_refuse_to_count_a_vehicle_twice(tmp_path: Path, row: str) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(f'[[output]]\n{row}\nevents = ["vehicle", "seen"]\n')
    with pytest.raises(ConfigError, match=r"line 4: output\[1\].events: .* would count vehicles twice"):
        load_config(path)


def test_without_outputs_nothing_is_made(tmp_path: Path) -> None:
    assert deliver([LinesSettings()], QueueSettings(folder=tmp_path / "queue"), Clock(FakeTimes()), print) is None
    assert not list(tmp_path.iterdir())


def test_undelivered_events_are_delivered_after_the_next_start(start: Start) -> None:
    away = FakeOutput(name="gate")
    away.failures = -1
    delivery = start(away)
    delivery.put_all([event(1), event(2)])
    delivery.close(60.0)
    back = FakeOutput(name="gate")
    delivery = start(back)
    delivery.put(event(3))
    until(lambda: len(back.events) == 3)
    assert ids(back) == ["id-1", "id-2", "id-3"]
    until(lambda: not delivery.state()[0].waiting)
    assert delivery.state()[0][:4] == ("gate", 0, 3, 0)


def test_an_unavailable_output_is_reported_once_and_delays_no_other(start: Start, reported: Reports) -> None:
    away, there = FakeOutput(name="away"), FakeOutput(name="there")
    away.failures = -1
    delivery = start(away, there)
    delivery.put(event(1))
    until(lambda: there.events)
    until(lambda: delivery.state()[0].last_error)
    state = delivery.state()[0]
    assert (state.waiting, state.last_error) == (1, "it was set to fail")
    away.failures = 2
    until(lambda: away.events)
    until(lambda: not delivery.state()[0].last_error)
    assert reported == [("output_lost", "away: it was set to fail (events wait; trying again until it is back)")]


def test_a_programming_error_in_an_output_is_an_outage(start: Start, reported: Reports) -> None:
    class Broken(FakeOutput):
        def send(self, events: Any) -> int:
            raise KeyError("text")

    delivery = start(Broken(name="broken"))
    delivery.put(event(1))
    until(lambda: reported)
    assert "internal error: KeyError" in reported[0][1]


def test_a_refused_event_delays_no_other(start: Start, reported: Reports) -> None:
    class Choosy(FakeOutput):
        def send(self, events: Any) -> int:
            for count, one in enumerate(events):
                if one["id"] in ("id-3", "id-5"):
                    raise EventRefusedError("answers 400", count)
                self.events.append(one)
            return len(events)

    output = Choosy(name="choosy")
    delivery = start(output)
    delivery.put_all(event(number) for number in range(8))
    until(lambda: len(output.events) == 6)
    until(lambda: delivery.state()[0].waiting == 0 and reported)
    assert ids(output) == ["id-0", "id-1", "id-2", "id-4", "id-6", "id-7"]
    assert delivery.state()[0][2:4] == (6, 2)
    assert reported == [("event_refused", "choosy: answers 400 (it is counted as dropped)")]


def test_an_event_that_is_not_json_is_omitted_and_reported(start: Start, reported: Reports) -> None:
    there = FakeOutput(name="there")
    delivery = start(there)
    delivery.put_all([event(1), event(2, confidence=float("nan")), event(3, crop=Path("a")), event(4)])
    until(lambda: len(there.events) == 2)
    assert ids(there) == ["id-1", "id-4"]
    assert reported.words == ["event_refused", "event_refused"]
    assert delivery.disk_error == ""


def test_a_full_queue_drops_the_oldest_and_reports_it(start: Start, reported: Reports) -> None:
    away = FakeOutput(name="away")
    away.failures = -1
    delivery = start(away)
    for begin in range(0, 1500, 100):
        delivery.put_all(event(number, padding="." * 1000) for number in range(begin, begin + 100))
    state = delivery.state()[0]
    assert state.waiting + state.dropped == 1500
    assert 900 < state.waiting < 1000
    assert reported.words.count("queue_full") == 1


def test_times_are_corrected_once_the_clock_is_set(start: Start) -> None:
    times = FakeTimes()
    clock = Clock(times)
    there, away = FakeOutput(name="there"), FakeOutput(name="away")
    away.failures = -1
    delivery = start(there, away, clock=clock)
    times.now = 60.0
    early = event(1, last_time=text(times.wall()))
    clock.stamp(early)
    delivery.put(early)
    until(lambda: there.events)
    times.set_right()
    until(lambda: len(there.events) == 2)
    away.failures = 0
    until(lambda: len(away.events) == 2)

    first, announced = there.events
    assert (first["time_set"], announced["type"]) == (False, "clock")
    assert announced["boot_time"] == text(BOOT)
    assert (away.events[0]["last_time"], away.events[0]["time_set"]) == (text(BOOT + 60), True)


def test_a_clock_that_is_set_while_the_program_is_off(start: Start) -> None:
    times = FakeTimes()
    clock, away = Clock(times), FakeOutput(name="gate")
    away.failures = -1
    delivery = start(away, clock=clock)
    times.now = 60.0
    early = event(1, last_time=text(times.wall()))
    clock.stamp(early)
    delivery.put(early)
    delivery.close(0.0)
    times.set_right()
    gate = FakeOutput(name="gate")
    gate.failures = 3
    start(gate, clock=Clock(times))
    until(lambda: len(gate.events) == 2)
    assert [event["type"] for event in gate.events] == ["vehicle", "clock"]


def test_old_waiting_events_are_deleted(start: Start) -> None:
    away = FakeOutput(name="away")
    away.failures = -1
    delivery = start(away)
    for day in (1, 2, 3, 4):
        delivery.put(event(day, last_time=f"2026-05-0{day}T12:00:00.000Z"))
    assert delivery.delete_before(datetime(2026, 5, 3, tzinfo=UTC)) == 2
    assert delivery.state()[0][1:4] == (2, 0, 2)


_FULL_DISK = """
    import resource, signal, sys, time
    from pathlib import Path
    from plate_devices.events.clock import Clock
    from plate_devices.outputs.delivery import Delivery
    from plate_devices.outputs.fake import FakeOutput
    from plate_devices.outputs.output_settings import QueueSettings

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    there, away = FakeOutput(name="there"), FakeOutput(name="away")
    away.failures = -1
    reported = []
    settings = QueueSettings(folder=Path(sys.argv[1]))
    def start():
        return Delivery([there, away], settings, Clock(), lambda word, _: reported.append(word))

    delivery = start()

    def event(number):
        return {"type": "vehicle", "id": f"id-{number}", "padding": "." * 1000}

    def until(happened):
        deadline = time.monotonic() + 60.0
        while not happened():
            assert time.monotonic() < deadline, reported
            time.sleep(0.02)

    delivery.put_all(event(number) for number in range(10))
    # Files cannot grow any more: to the program, a disk without space.
    resource.setrlimit(resource.RLIMIT_FSIZE, (16384, resource.RLIM_INFINITY))
    for number in range(10, 100):
        delivery.put(event(number))
    until(lambda: len(there.events) >= 100)
    assert reported.count("disk_failed") == 1, reported
    assert delivery.disk_error
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until(lambda: "disk_back" in reported)
    away.failures = 0
    until(lambda: len(away.events) >= 100)
    delivery.close(60.0)
    assert [event["id"] for event in away.events] == [f"id-{number}" for number in range(100)]
    print("done", reported.count("disk_failed"), reported.count("disk_back"))

    # The same at the start, where the file is there, and where there is none yet.
    for name in ("", "new"):
        settings = QueueSettings(folder=Path(sys.argv[1]) / name)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        reported.clear()
        delivery = start()
        delivery.put(event(f"full-{name}"))
        until(lambda: there.events[-1]["id"] == f"id-full-{name}")
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        until(lambda: "disk_back" in reported)
        delivery.put(event(f"space-{name}"))
        delivery.close(60.0)
        assert there.events[-1]["id"] == away.events[-1]["id"] == f"id-space-{name}"
        print("done", reported.count("disk_failed"), reported.count("disk_back"))
"""


def test_a_disk_without_space_and_with_space_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(_FULL_DISK), str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("done 1 1\n" * 3, "")
