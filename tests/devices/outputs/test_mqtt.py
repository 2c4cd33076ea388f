"""Events to a real broker: acknowledged, with Home Assistant's discovery and a last will."""

from __future__ import annotations

import gc
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from device_helpers import until
from receivers.broker import Broker, Listener, free_port

from plate_devices.outputs.identity import node_id
from plate_devices.outputs.mqtt import MqttOutput, MqttSettings
from plate_devices.outputs.output import Event, OutputError

system = pytest.mark.system


def event(number: int, kind: str = "vehicle") -> Event:
    plate = {"text": f"AB{number}", "confidence": 0.9}
    return {"schema": 1, "type": kind, "id": f"id-{number}", "last_time": "2026-05-01T12:00:00.000Z", "plates": [plate]}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    started = Broker(tmp_path / "broker")
    yield started
    started.send(signal.SIGKILL)


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    listens = Listener(broker.port)
    yield listens
    listens.close()


def output_at(port: int, **more: Any) -> MqttOutput:
    return MqttOutput(MqttSettings(url=f"mqtt://127.0.0.1:{port}", device="gate", **more))


@system
def test_events_and_status_are_published(broker: Broker, listener: Listener) -> None:
    output = output_at(broker.port)
    output.open()
    assert output.send([event(1), event(2)]) == 2
    assert output.send([event(3, "clock")]) == 1
    assert output.send([]) == 0
    until(lambda: len(listener.on("plate-edge/gate/vehicle")) == 2)
    assert [json.loads(payload)["id"] for payload in listener.on("plate-edge/gate/vehicle")] == ["id-1", "id-2"]
    output.close()
    until(lambda: listener.on("plate-edge/gate/status") == [b"online", b"offline"])
    assert len(listener.on("plate-edge/gate/clock")) == 1


@system
def test_the_device_is_announced_to_home_assistant(broker: Broker) -> None:
    output = output_at(broker.port, topic="yard/cam")
    output.open()
    late = Listener(broker.port, "homeassistant/#")
    until(lambda: len(late.heard) == 6)
    reported = {topic: json.loads(payload) for topic, payload, retained in late.heard if retained}
    late.close()
    output.close()
    plate = reported["homeassistant/sensor/gate/last_plate/config"]
    assert plate["state_topic"] == "yard/cam/vehicle"
    assert plate["availability_topic"] == "yard/cam/status"
    assert reported["homeassistant/binary_sensor/gate/status/config"]["state_topic"] == "yard/cam/status"
    assert len({entity["unique_id"] for entity in reported.values()}) == 6
    assert {entity["device"]["identifiers"][0] for entity in reported.values()} == {"plate-edge-gate"}


@system
def test_several_cameras_are_devices_with_their_own_topics(broker: Broker) -> None:
    output = output_at(broker.port, topic="yard/cam")
    output.open()
    output.cameras = ("front", "back door")
    assert output.send([event(1) | {"camera": "front"}, event(2) | {"camera": "back door"}]) == 2
    output.cameras = ("front",)
    assert output.send([event(3) | {"camera": "front"}]) == 1
    output.close()
    late = Listener(broker.port, "#")
    until(lambda: len(late.heard) >= 9)
    late.close()
    assert all(retained for _, _, retained in late.heard)
    states = {topic for topic, _, _ in late.heard if topic.startswith("yard/")}
    assert states == {"yard/cam/status", "yard/cam/front/status"}, "that of the removed camera is gone"
    reported = [json.loads(payload) for topic, payload, _ in late.heard if topic.startswith("homeassistant/")]
    topics = {one["state_topic"] for one in reported}
    left = {"yard/cam/front/vehicle", "yard/cam/front/status", "yard/cam/status"}
    assert topics == left, "those of the removed camera are gone, too"
    assert len(reported) == 7


@system
def test_a_broker_keeps_no_vehicle_of_a_removed_camera(broker: Broker) -> None:
    output = output_at(broker.port, topic="yard/cam", retain=True)
    output.cameras = ("front", "back")
    output.open()
    output.send([event(1) | {"camera": "front"}, event(2) | {"camera": "back"}, event(3)])
    output.cameras = ("front",)
    output.send([])
    output.send([event(4) | {"camera": "back"}])  # it was in view when the camera was removed
    output.close()
    late = Listener(broker.port, "yard/cam/#")
    output.open()
    until(lambda: late.heard and not late.heard[-1][2])  # what is retained comes first
    output.close()
    late.close()
    kept = {topic for topic, _, _ in late.heard if topic.endswith("vehicle")}
    assert kept == {"yard/cam/front/vehicle", "yard/cam/vehicle"}


@system
def test_a_list_that_is_removed_is_removed_from_home_assistant(broker: Broker) -> None:
    output = output_at(broker.port)
    output.lists = ("family", "guests")
    output.open()
    output.lists = ("guests",)
    output.send([])
    output.close()
    late = Listener(broker.port, "homeassistant/binary_sensor/#")
    until(lambda: len(late.heard) >= 2)
    late.close()
    topics = {topic.split("/")[3] for topic, _, retained in late.heard if retained}
    assert topics == {"list_guests", "status"}


@system
def test_what_was_removed_while_it_was_off_is_removed_at_the_next_start(broker: Broker, tmp_path: Path) -> None:
    def run(cameras: tuple[str, ...], lists: tuple[str, ...], **more: Any) -> set[str]:
        """The retained topics. A broker sends them before what is published after the subscription."""
        settings = MqttSettings(url=f"mqtt://127.0.0.1:{broker.port}", device="gate", **more)
        output = MqttOutput(settings, "mqtt", tmp_path)
        output.cameras, output.lists = cameras, lists
        output.open()
        output.close()
        late = Listener(broker.port, "#")
        until(lambda: late.on("plate-edge/gate/status"))
        output.open()
        until(lambda: not late.heard[-1][2])
        output.close()
        late.close()
        return {topic for topic, _, retained in late.heard if retained}

    assert len(run(("front", "back"), ("family",))) == 3 + 1 + 2 * 7
    left = run(("front",), ())
    assert len(left) == 2 + 6 + 1 and not any("back" in topic or "family" in topic for topic in left)
    assert len(run((), ())) == 1 + 6
    assert run((), (), discovery=False) == {"plate-edge/gate/status"}


@system
def test_the_newest_picture_of_each_camera_is_published(broker: Broker, listener: Listener, tmp_path: Path) -> None:
    output = output_at(broker.port, picture="crop", retain=True)
    output.pictures = tmp_path
    output.open()
    (tmp_path / "1.jpg").write_bytes(b"one")
    (tmp_path / "2.jpg").write_bytes(b"two")
    first, second = (event(number) | {"pictures": {"crop": f"{number}.jpg"}} for number in (1, 2))
    assert output.send([first, second, event(3, "clock"), first | {"camera": "front"}]) == 4
    assert output.send([event(4)]) == 1
    until(lambda: listener.on("plate-edge/gate/front/picture"))
    assert listener.on("plate-edge/gate/picture") == [b"two"]
    assert listener.on("plate-edge/gate/front/picture") == [b"one"]
    output.pictures = None
    output.send([second])
    until(lambda: listener.on("plate-edge/gate/picture") == [b"two", b""])
    output.close()
    late = Listener(broker.port, "homeassistant/#")
    until(lambda: len(late.heard) == 6)
    late.close()
    assert not any("/image/" in topic for topic, _, _ in late.heard)


@system
def test_each_camera_has_a_status_of_its_own(broker: Broker, listener: Listener) -> None:
    output = output_at(broker.port)
    output.cameras = ("front", "back door")
    output.lost = {"front"}
    output.open()
    back = "plate-edge/gate/" + node_id("back door") + "/status"
    until(lambda: listener.on("plate-edge/gate/front/status") == [b"offline"] and listener.on(back) == [b"online"])
    output.lost = {"back door"}
    output.send([])
    until(lambda: listener.on("plate-edge/gate/front/status") == [b"offline", b"online"])
    until(lambda: listener.on(back) == [b"online", b"offline"])
    output.send([])
    output.close()
    assert len(listener.on(back)) == 2, "a state that did not change is not published"


@system
def test_events_of_cameras_are_published_under_their_names(broker: Broker, listener: Listener) -> None:
    output = output_at(broker.port)
    output.open()
    output.send([event(1) | {"camera": "front"}, event(2)])
    until(lambda: listener.on("plate-edge/gate/front/vehicle") and listener.on("plate-edge/gate/vehicle"))
    output.close()


@system
def test_the_broker_says_when_the_device_is_gone(broker: Broker, listener: Listener) -> None:
    output = output_at(broker.port)
    output.open()
    assert output._client is not None
    output._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    until(lambda: listener.on("plate-edge/gate/status") == [b"online", b"offline"])
    until(lambda: not output._client or not output._client.is_connected())
    with pytest.raises(OutputError, match=f"mqtt://127.0.0.1:{broker.port}"):
        output.send([])
    output.open()
    until(lambda: listener.on("plate-edge/gate/status") == [b"online", b"offline", b"online"])
    output.close()


@system
def test_a_check_of_the_broker_disturbs_no_connection(broker: Broker, listener: Listener) -> None:
    output = output_at(broker.port)
    output.open()
    output_at(broker.port).check()
    assert output.send([event(1)]) == 1
    until(lambda: listener.on("plate-edge/gate/status"))
    assert listener.on("plate-edge/gate/status") == [b"online"]
    output.close()
    broker.send(signal.SIGKILL)
    with pytest.raises(OutputError, match="cannot be reached"):
        output_at(broker.port).check()


@system
def test_a_broker_that_is_killed_and_one_that_freezes(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    from plate_devices.outputs import mqtt

    output = output_at(broker.port)
    output.open()
    broker.send(signal.SIGKILL)
    until(lambda: not output._client or not output._client.is_connected())
    with pytest.raises(OutputError, match="closed the connection"):
        output.send([event(1)])
    with pytest.raises(OutputError, match="cannot be reached: Connection refused"):
        output.open()
    broker.start()
    output.open()
    assert output.send([event(1)]) == 1

    broker.send(signal.SIGSTOP)
    with monkeypatch.context() as hasty, pytest.raises(OutputError, match="does not acknowledge"):
        hasty.setattr(mqtt, "ACKNOWLEDGED_WITHIN", 1.0)
        output.send([event(2)])
    broker.send(signal.SIGCONT)
    with pytest.raises(OutputError):
        output.send([event(2)])
    output.open()
    assert output.send([event(2)]) == 1
    output.close()


@system
def test_connections_that_ended_leave_no_file_open(broker: Broker) -> None:
    output = output_at(broker.port)
    output.open()
    gc.collect()
    gc.disable()  # a long run looks for cycles seldom
    try:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(3):
            output.open()
            output.check()
            broker.send(signal.SIGKILL)
            with pytest.raises(OutputError):
                output.send([event(1)])
            with pytest.raises(OutputError):
                output.open()
            broker.start()
            output.open()
        assert len(list(Path("/proc/self/fd").iterdir())) <= before
    finally:
        gc.enable()
        output.close()


def test_no_broker_and_another_server() -> None:
    with pytest.raises(OutputError, match="cannot be reached: Connection refused"):
        output_at(free_port()).open()
    with pytest.raises(OutputError, match="the host name is unknown"):
        MqttOutput(MqttSettings(url="mqtt://missing.invalid")).open()
