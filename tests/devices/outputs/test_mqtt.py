"""Events to a real broker: acknowledged, with Home Assistant's discovery, a last will, logins and TLS."""

from __future__ import annotations

import gc
import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from receivers.broker import Broker, Listener, free_port

from plate_devices.outputs.home_assistant import discovery
from plate_devices.outputs.identity import node_id
from plate_devices.outputs.mqtt import MqttOutput, MqttSettings
from plate_devices.outputs.output import Event, OutputError
from plate_devices.setting_errors import SettingError

system = pytest.mark.system


def event(number: int, kind: str = "vehicle") -> Event:
    plate = {"text": f"AB{number}", "confidence": 0.9}
    return {"schema": 1, "type": kind, "id": f"id-{number}", "last_time": "2026-05-01T12:00:00.000Z", "plates": [plate]}


def until(happened: Callable[[], object], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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
        settings = MqttSettings(url=f"mqtt://127.0.0.1:{broker.port}", device="gate", **more)
        output = MqttOutput(settings, "mqtt", tmp_path)
        output.cameras, output.lists = cameras, lists
        output.open()
        output.close()
        late = Listener(broker.port, "#")
        until(lambda: late.on("plate-edge/gate/status"))
        time.sleep(0.3)
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

    monkeypatch.setattr(mqtt, "ACKNOWLEDGED_WITHIN", 1.0)
    broker.send(signal.SIGSTOP)
    with pytest.raises(OutputError, match="does not acknowledge"):
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


@system
def test_a_broker_with_a_login(tmp_path: Path) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "joe", "p@ss:word"], check=True)
    users.chmod(0o644)
    broker = Broker(tmp_path / "broker", f"password_file {users}", anonymous=False)
    secret = tmp_path / "password"
    secret.write_text("p@ss:word\n")
    try:
        for url, more in (("joe:p%40ss%3Aword@", {}), ("joe@", {"password_file": secret})):
            output = MqttOutput(MqttSettings(url=f"mqtt://{url}127.0.0.1:{broker.port}/yard", **more))  # type: ignore[arg-type]
            output.open()
            assert output.topic == "yard"
            assert output.send([event(1)]) == 1
            output.close()
        with pytest.raises(OutputError, match="refuses the connection: Not authorized") as refused:
            MqttOutput(MqttSettings(url=f"mqtt://joe:wrong@127.0.0.1:{broker.port}")).open()
        assert "wrong" not in str(refused.value)
        assert refused.value.wait == 60.0
    finally:
        broker.send(signal.SIGKILL)


@system
def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    key.chmod(0o644)
    broker = Broker(tmp_path / "broker", f"certfile {certificate}\nkeyfile {key}")
    url = f"mqtts://localhost:{broker.port}"
    try:
        output = MqttOutput(MqttSettings(url=url, ca_file=certificate))
        output.open()
        assert output.send([event(1)]) == 1
        output.close()
        with pytest.raises(OutputError, match="its certificate is not trusted"):
            MqttOutput(MqttSettings(url=url)).open()
    finally:
        broker.send(signal.SIGKILL)


def made_certificate(folder: Path, name: str, *more: str) -> tuple[Path, Path]:
    """Return the files of a self-signed certificate and of its key."""
    key, certificate = folder / f"{name}-key.pem", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", "-subj", f"/CN={name}", *more]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    key.chmod(0o644)
    return certificate, key


@system
def test_a_broker_that_asks_for_a_certificate(tmp_path: Path) -> None:
    own, own_key = made_certificate(tmp_path, "localhost", "-nodes", "-addext", "subjectAltName=DNS:localhost")
    certificate, key = made_certificate(tmp_path, "gate", "-nodes")
    more = f"certfile {own}\nkeyfile {own_key}\ncafile {certificate}\nrequire_certificate true"
    broker = Broker(tmp_path / "broker", more)
    url = f"mqtts://localhost:{broker.port}"
    files = f"ca_file={own}&certificate_file={certificate}&key_file={key}"
    try:
        for settings in (
            MqttSettings(url=url, ca_file=own, certificate_file=certificate, key_file=key),
            MqttSettings(url=f"{url}/yard?{files}"),
        ):
            output = MqttOutput(settings)
            output.open()
            assert output.send([event(1)]) == 1
            output.close()
        with pytest.raises(OutputError):
            MqttOutput(MqttSettings(url=url, ca_file=own)).open()
    finally:
        broker.send(signal.SIGKILL)


@system
def test_certificates_are_looked_at_when_settings_are_read(tmp_path: Path) -> None:
    certificate, key = made_certificate(tmp_path, "gate", "-nodes")
    _, other = made_certificate(tmp_path, "other", "-nodes")
    encrypted, encrypted_key = made_certificate(tmp_path, "encrypted", "-passout", "pass:secret")
    for files, reason in (
        ({"certificate_file": certificate}, "cannot be used"),
        ({"certificate_file": certificate, "key_file": other}, "cannot be used"),
        ({"certificate_file": encrypted, "key_file": encrypted_key}, "its key is encrypted"),
        ({"certificate_file": certificate, "key_file": tmp_path / "none"}, "cannot be read"),
    ):
        with pytest.raises(SettingError, match=reason):
            MqttSettings(url="mqtts://host", **files)  # type: ignore[arg-type]
    MqttSettings(url="mqtts://host", certificate_file=certificate, key_file=key)


_WILD = st.text(alphabet=st.characters() | st.sampled_from("/#?@%:+$\0\udc80"), max_size=40)


@given(_WILD, _WILD, _WILD)
@example("mqtt://host/\udc80", "", "")
def test_any_settings_make_topics_that_can_be_published_or_are_refused(path: str, topic: str, device: str) -> None:
    try:
        output = MqttOutput(MqttSettings(url=f"mqtt://host/{path}", topic=topic, device=device))
    except SettingError as error:
        assert "\n" not in str(error)
        return
    for full in (
        f"{output.topic}/vehicle",
        *(one for one, _ in discovery("homeassistant", output.topic, output.device)),
    ):
        assert not set(full) & set("+#\0")
        assert len(full.encode()) < 65536
    assert len(output.client_id.encode()) < 1024


def test_no_broker_and_another_server() -> None:
    with pytest.raises(OutputError, match="cannot be reached: Connection refused"):
        output_at(free_port()).open()
    with pytest.raises(OutputError, match="the host name is unknown"):
        MqttOutput(MqttSettings(url="mqtt://missing.invalid")).open()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"url": "http://host"}, "this is not an address; use for example mqtt://host or mqtts://host"),
        ({"url": "mqtt://host", "topic": "a/#"}, "does not allow these wildcards"),
        ({"url": "mqtt://host/a/+"}, "does not allow these wildcards"),
        ({"url": "mqtt://host/a/%23"}, "does not allow these wildcards"),
        ({"url": "mqtt://host/a#b"}, "write it as %23"),
        ({"url": "mqtt://host/%ff"}, "not UTF-8"),
        ({"url": "mqtt://host/a%00b"}, "control character"),
        ({"url": "mqtt://host", "topic": "x" * 2000}, "longer than"),
        ({"url": "mqtt://host", "topic": "$SYS/x"}, "belongs to the broker"),
        ({"url": "mqtt://host", "discovery_prefix": "a\udc80"}, "invalid UTF-8"),
        ({"url": "mqtt://joe:%00@host"}, "without a zero byte"),
        ({"url": "mqtt://joe:secr/et@host"}, "write / as %2F"),
        ({"url": "mqtt://host/?cafile=x"}, "only files may follow the [?]"),
        ({"url": "mqtt://host/?ca_file"}, "only files may follow the [?]"),
        ({"url": "mqtt://host/?ca_file=x&ca_file=y"}, "only files may follow the [?]"),
        ({"url": "mqtts://host/?ca_file=/x", "ca_file": Path("/y")}, "url names another file"),
        ({"url": "mqtts://host/?ca_file=/no/such"}, "/no/such cannot be read: No such file"),
        ({"url": "mqtts://host", "certificate_file": Path(__file__)}, "test_mqtt.py cannot be used"),
        ({"url": "mqtts://host", "key_file": Path(__file__)}, "needs a certificate_file"),
        ({"url": "mqtt://host", "ca_file": Path(__file__)}, "begin url with mqtts"),
        ({"url": "mqtt://host", "device": "a/b"}, "holds a /"),
        ({"url": "mqtt://host", "device": "x" * 129}, "it is longer than 128 characters"),
        ({"url": "mqtt://host/a", "device": "a+b"}, "does not allow these wildcards"),
        ({"url": "mqtt://host", "keepalive": 4}, "is not from 5 to 3600 seconds"),
        ({"url": "mqtt://host", "keepalive": 3601}, "is not from 5 to 3600 seconds"),
    ],
)
def test_invalid_settings(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingError, match=reason) as refused:
        MqttSettings(**settings)
    assert refused.value.key in ("ca_file", list(settings)[-1])


def test_settings_at_their_limits(tmp_path: Path) -> None:
    for keepalive in (5, 3600):
        MqttSettings(url="mqtt://host", topic="x" * 1024, device="y" * 128, keepalive=keepalive)
    with pytest.raises(SettingError, match="it is longer than 1024 bytes"):
        MqttSettings(url="mqtt://host", topic="x" * 1025)
    (tmp_path / "secret").write_text("a\x01b")
    with pytest.raises(SettingError, match="holds other characters than text without control characters"):
        MqttSettings(url="mqtt://host", password_file=tmp_path / "secret")


def test_topic_and_device_can_be_set() -> None:
    output = MqttOutput(MqttSettings(url="mqtt://joe:secret@host"))
    assert output.topic == f"plate-edge/{output.device}"
    assert "secret" not in repr(MqttSettings(url="mqtt://joe:secret@host"))
