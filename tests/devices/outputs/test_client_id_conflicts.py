"""Client ids and topics of devices and services are unique. Conflicts are detected and reported, and it backs off."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from device_helpers import until
from receivers.small_broker import V5, V311, SmallBroker

from plate_devices.outputs import identity, mqtt_client
from plate_devices.outputs.client_id_conflicts import FIRST_WAIT, LONGEST_WAIT, ConflictDetector
from plate_devices.outputs.make_outputs import make_outputs
from plate_devices.outputs.mqtt import MqttOutput, MqttSettings
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.sender import Sender
from plate_runtime.errors import UsageError

HOME = Path("~/.local/state/plate-edge")


@pytest.fixture(params=[(V5, V311), (V311,)], ids=["MQTT 5", "MQTT 3.1.1"])
def broker(request: pytest.FixtureRequest) -> Iterator[SmallBroker]:
    started = SmallBroker(request.param)
    yield started
    started.close()


def output_at(broker: SmallBroker, folder: Path | None = None, name: str = "mqtt", **more: Any) -> MqttOutput:
    return MqttOutput(MqttSettings(url=f"mqtt://127.0.0.1:{broker.port}", **more), name, folder)


def event(number: int) -> dict[str, Any]:
    return {"schema": 1, "type": "vehicle", "id": f"id-{number}"}


def settings(url: str = "mqtt://host", **more: Any) -> MqttSettings:
    return MqttSettings(url=url, **more)


class TestNames:
    def test_the_default_service_keeps_its_names(self) -> None:
        for folder in (HOME, identity.SERVICE_FOLDER):
            output = MqttOutput(settings(), "mqtt", folder)
            assert output.device == identity.device_id()
            assert output.topic == f"plate-edge/{identity.device_id()}"

    def test_services_of_one_machine_differ_in_everything(self, tmp_path: Path) -> None:
        outputs = [MqttOutput(settings(), "mqtt", folder) for folder in (HOME, tmp_path / "a", tmp_path / "b" / "a")]
        outputs.append(MqttOutput(settings("mqtt://other", topic="x"), "mqtt-2", HOME))
        assert len({output.client_id for output in outputs}) == 4
        assert len({output.topic for output in outputs}) == 4
        assert len({output.announced for output in outputs}) == 3

    def test_names_are_stable(self, tmp_path: Path) -> None:
        first, again = (MqttOutput(settings(), "mqtt", tmp_path / "a") for _ in range(2))
        assert (first.client_id, first.topic) == (again.client_id, again.topic)

    def test_two_devices_with_one_settings_file_have_two_client_ids(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = set()
        # Another machine, and a copy of its card in another board.
        for machine, serial in ((b"1", b""), (b"2", b""), (b"2", b"100000003d1d1c36"), (b"2", b"100000003d1d1c37")):
            content = {identity._MACHINE_ID: machine, identity._SERIAL: serial}
            monkeypatch.setattr(identity, "_content", lambda path, content=content: content.get(path, b""))
            found.add(MqttOutput(settings(device="gate"), "mqtt", identity.SERVICE_FOLDER).client_id)
        assert len(found) == 4

    def test_devices_with_other_letters_have_different_ids_in_home_assistant(self) -> None:
        assert identity.node_id("gate") == "gate"
        assert len({identity.node_id(name) for name in ("café", "cafè", "caf-", "門", "口")}) == 5

    def test_two_outputs_with_one_topic_are_refused(self) -> None:
        with pytest.raises(UsageError, match=r"outputs mqtt and mqtt-2 both use the topic yard at mqtt://host:1883"):
            make_outputs([settings("mqtt://host/yard"), settings("mqtt://joe:x@HOST", topic="yard")], HOME)
        with pytest.raises(UsageError, match="outputs a and b both use the device homeassistant/gate"):
            make_outputs([settings(topic=name, name=name, device="gate") for name in "ab"], HOME)
        make_outputs([settings(topic="a"), settings(topic="b", discovery=False), settings("mqtt://other")], HOME)


class TestTakeover:
    def test_a_device_with_the_same_client_id_is_recognised_and_backed_off(self, broker: SmallBroker) -> None:
        ours, other = (output_at(broker, device="gate") for _ in range(2))
        waits = []
        for _ in range(3):
            ours.open()
            other.open()
            until(lambda: ours._client is not None and ours._client.lost)
            with pytest.raises(OutputError) as lost:
                ours.send([])
            waits.append(lost.value.wait)
        assert waits == [60, 120, 240] if V5 in broker.versions else [0, 0, 60]
        (notice,) = ours.notices()
        assert (ours.client_id in notice and "set device of one of them to another name" in notice) or (
            V5 not in broker.versions and "disconnects at once, repeatedly" in notice
        )
        assert ours.notices() == []
        other.close()

    def test_after_immediate_disconnections_the_client_waits(self, broker: SmallBroker) -> None:
        broker.hangs_up = True
        output = output_at(broker)
        waits = []
        for _ in range(4):
            with pytest.raises(OutputError) as lost:
                output.open()
                until(lambda: output._client is not None and output._client.lost)
                output.send([])
            waits.append(lost.value.wait)
        assert waits == [0, 0, FIRST_WAIT, 2 * FIRST_WAIT]
        assert "disconnects at once, repeatedly" in output.notices()[0]

    def test_the_conflict_is_reported_once(self, broker: SmallBroker) -> None:
        reported: list[tuple[str, str]] = []
        queue = EventQueue(None, 1 << 20)
        queue.set_outputs(["mqtt"])
        broker.hangs_up = True
        sender = Sender(output_at(broker), lambda: [queue], lambda *one: reported.append(one), lambda _: None)
        until(lambda: any(word == "output_notice" for word, _ in reported))
        connections = len(broker.clients)
        time.sleep(1.5)
        assert len(broker.clients) == connections, "it stays away"
        sender.finish()
        assert sender.join(20)
        assert [word for word, _ in reported] == ["output_lost", "output_notice"]

    def test_restarts_of_a_broker_are_no_conflict(self) -> None:
        now = [0.0]
        conflicts = ConflictDetector("id", "topic", lambda: now[0])
        for _ in range(10):
            conflicts.connected()
            now[0] += 40
            conflicts.ended(taken_over=False)
        assert (conflicts.wait, conflicts.notices()) == (0.0, [])

    def test_waiting_grows_and_ends_after_an_hour(self) -> None:
        now = [0.0]
        conflicts = ConflictDetector("id", "topic", lambda: now[0])
        waits = []
        for _ in range(7):
            conflicts.connected()
            now[0] += 100
            conflicts.ended(taken_over=True)
            waits.append(conflicts.wait)
        assert waits == [60, 120, 240, 480, 900, 900, LONGEST_WAIT]
        conflicts.connected()
        now[0] += 3600
        assert conflicts.wait == 0.0


class TestTopic:
    def test_a_topic_conflict_is_reported_on_both_devices(
        self, broker: SmallBroker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("plate_devices.outputs.client_id_conflicts._ANNOUNCE_EVERY", 0.2)
        first, second = output_at(broker, topic="yard"), output_at(broker, tmp_path, topic="yard")
        first.open()
        time.sleep(0.3)
        assert first.notices() == []
        second.open()
        reported: dict[str, list[str]] = {"first": [], "second": []}

        def both_reported() -> bool:
            for name, output in (("first", first), ("second", second)):
                assert output.send([]) == 0
                reported[name] += output.notices()
            return all(reported.values())

        until(both_reported)
        assert all("also publishes under yard" in notice for notices in reported.values() for notice in notices)
        second.close()

        def last_status() -> bytes:
            first.send([])
            return [one.payload for one in broker.said if one.topic == "yard/status"][-1]

        until(lambda: last_status() == b"online")
        assert first.send([event(1)]) == 1, "events are delivered all the same"
        first.close()

    def test_a_broker_that_disconnects_subscribers_still_gets_events(self, broker: SmallBroker) -> None:
        broker.forbids = True
        output = output_at(broker)
        for _ in range(2):
            with pytest.raises(OutputError):
                output.open()
        output.open()
        assert output.send([event(1)]) == 1
        assert output.notices() == []
        output.close()

    def test_a_single_device_reports_no_conflict(self, broker: SmallBroker) -> None:
        output = output_at(broker)
        for _ in range(3):
            output.open()
            assert output.send([event(1), event(2)]) == 2
            broker.disconnect()
            until(lambda: output._client is not None and output._client.lost)
        output.close()
        assert not any("publishes under" in notice for notice in output.notices())


def test_messages_are_the_same_in_both_versions(broker: SmallBroker) -> None:
    output = output_at(broker, topic="yard", device="gate", discovery=False)
    output.open()
    assert output.send([event(1)]) == 1
    output.close()
    until(lambda: len(broker.said) == 3)
    assert [one.topic for one in broker.said] == ["yard/status", "yard/vehicle", "yard/status"]
    assert json.loads(broker.said[1].payload) == event(1)


@pytest.mark.parametrize(
    "rubbish", [b"\x20\x02\x00\xff", b"\x20\x00", b"\xff" * 9, b"HTTP/1.1 400\r\n\r\n", b"\x30\x02\x00"]
)
def test_a_broker_that_sends_no_mqtt_is_one_clear_error(
    rubbish: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mqtt_client, "OPEN_WITHIN", 0.5)
    broker = SmallBroker()
    broker.instead = rubbish
    with pytest.raises(OutputError, match=f"mqtt://127.0.0.1:{broker.port}"):
        output_at(broker).open()
    broker.close()
    time.sleep(0.1)
    assert "Traceback" not in capfd.readouterr().err
