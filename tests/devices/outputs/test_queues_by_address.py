"""Events for one broker or server never go to another one. They are delivered when their address is set again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_times import FakeTimes

from plate_devices.cli.infer_options import parse_infer
from plate_devices.events.clock import Clock
from plate_devices.outputs.delivery import Delivery
from plate_devices.outputs.fake import FakeOutput
from plate_devices.outputs.make_outputs import destinations
from plate_devices.outputs.mqtt_settings import MqttSettings
from plate_devices.outputs.output import Event
from plate_devices.outputs.output_settings import OutputSettings, QueueSettings
from plate_devices.outputs.webhook import WebhookSettings

Run = Callable[..., list[str]]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def run(tmp_path: Path, said: list[str]) -> Run:
    """Run once with these outputs: put events, and return the delivered ids; with `away` the outputs accept none."""

    def once(settings: Sequence[OutputSettings], *put: str, away: bool = False, forget: bool = False) -> list[str]:
        said.clear()
        where = destinations(settings)
        outputs = [FakeOutput(name=name) for name in where]
        for output in outputs:
            output.failures = -1 if away else 0
        queue = QueueSettings(folder=tmp_path)
        delivery = Delivery(
            outputs, queue, Clock(FakeTimes()), lambda word, text: said.append(f"{word}: {text}"), where
        )
        for id_ in put:
            event: Event = {"type": "vehicle", "id": id_, "last_time": "2026-05-01T12:00:00.000Z"}
            delivery.put(event)
        if forget:
            delivery.delete_before(datetime(2026, 5, 2, tzinfo=UTC))
        deadline = time.monotonic() + 30
        while not away and any(one.waiting for one in delivery.state()) and time.monotonic() < deadline:
            time.sleep(0.01)
        delivery.close(10.0)
        return [one["id"] for output in outputs for one in output.events]

    return once


def mqtt(url: str, **more: str) -> list[OutputSettings]:
    return [MqttSettings(url=url, **more)]  # type: ignore[arg-type]


def test_another_broker_gets_no_events_of_an_earlier_run(run: Run, said: list[str], tmp_path: Path) -> None:
    home, other = mqtt("mqtt://user:secret@home/a"), mqtt("mqtt://other:1883/b")
    assert run(home, "1", "2", away=True) == []
    assert run(other, "3") == ["3"]
    assert said[0] == ("events_wait: 2 events wait for mqtt at mqtt://home:1883; they go there once it is set again")
    assert run(home, "4") == ["1", "2", "4"]
    assert said[0] == "events_wait: 2 events wait for mqtt at mqtt://home:1883 since an earlier run"
    assert "secret" not in "".join(said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["queue.sqlite"]


def test_waiting_events_are_reported_at_the_start(run: Run, said: list[str]) -> None:
    assert run(mqtt("mqtt://home"), "1", away=True) == []
    assert run(mqtt("mqtt://home/new/topic"), "2") == ["1", "2"]
    assert said == ["events_wait: 1 event waits for mqtt at mqtt://home:1883 since an earlier run"]
    assert run(mqtt("mqtt://home"), "3") == ["3"]
    assert said == []


def test_events_of_a_named_output_follow_its_name(run: Run, said: list[str]) -> None:
    assert run(mqtt("mqtt://10.0.0.1", name="house"), "1", away=True) == []
    assert run(mqtt("mqtt://broker.local", name="house"), "2") == ["1", "2"]
    assert said == ["events_wait: 1 event waits for house since an earlier run"]


@pytest.mark.parametrize(("url", "same"), [
    ("https://hooks.example/a", True), ("https://HOOKS.example:443/a?token=new", True),
    ("https://hooks.example/b", False), ("https://hooks.example:444/a", False), ("https://hooks2.example/a", False),
])  # fmt: skip
def test_the_address_of_a_web_server(run: Run, url: str, same: bool) -> None:
    assert run([WebhookSettings(url="https://hooks.example/a?token=old")], "1", away=True) == []
    assert run([WebhookSettings(url=url)], "2") == (["1", "2"] if same else ["2"])


def test_old_events_for_another_address_are_deleted(run: Run, tmp_path: Path) -> None:
    run(mqtt("mqtt://home"), "1", away=True)
    run(mqtt("mqtt://other"), away=True)
    assert len(list(tmp_path.glob("queue-*.sqlite"))) == 1
    run(mqtt("mqtt://other"), forget=True)
    assert list(tmp_path.glob("queue-*.sqlite")) == []
    assert run(mqtt("mqtt://home"), "2") == ["2"]


def test_many_changes_of_address_lose_nothing(run: Run) -> None:
    brokers = [mqtt(f"mqtt://broker-{number}") for number in range(3)]
    for number, broker in enumerate(brokers * 3):
        run(broker, str(number), away=True)
    for number, broker in enumerate(brokers):
        assert run(broker) == [str(number + 3 * turn) for turn in range(3)]


def test_the_command_line_has_the_address_of_its_broker() -> None:
    options = parse_infer(["--camera", "demo", "--mqtt", "mqtt://broker/gate", "--as", "plate"])
    assert options.config is not None
    assert {name: one.shown for name, one in destinations(options.config.outputs).items() if one} == {
        "mqtt": "mqtt://broker:1883"
    }
