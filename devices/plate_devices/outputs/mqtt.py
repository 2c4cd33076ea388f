"""Events to an MQTT broker, which acknowledges each (QoS 1), and what Home Assistant needs to know of them."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from plate_devices.config.errors import SettingError
from plate_devices.outputs.base import OutputError
from plate_devices.outputs.home_assistant import device_id, discovery
from plate_devices.outputs.settings import OutputSettings
from plate_devices.outputs.urls import parse_url, read_secret, reason, tls
from plate_devices.records import to_line
from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paho.mqtt.client import Client, MQTTMessageInfo

    from plate_devices.outputs.base import Event

OPEN_WITHIN = 10.0
ACKNOWLEDGED_WITHIN = 20.0

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_REFUSED_WAIT = 60.0
_LOOK_EVERY = 0.2


@dataclass(frozen=True, kw_only=True)
class MqttSettings(OutputSettings):
    """type = "mqtt".

    Attributes:
        url: mqtt:// or mqtts:// (TLS), with user:password@ where the broker asks for it, and the topic as path.
        password_file: its first line is the password.
        ca_file: who signed the broker's certificate, where the system does not know.
        topic: what all topics begin with; by default the path of `url`, else plate-edge/DEVICE.
        device: what tells this machine from others; by default its host name and a part of its machine id.
        retain: the broker keeps the last event for who comes later.
        discovery: Home Assistant is told what there is; under `discovery_prefix`.
        keepalive: seconds of silence after which the broker is asked whether it is there.
    """

    type: Literal["mqtt"] = "mqtt"
    url: str = field(repr=False)
    password_file: Path | None = None
    ca_file: Path | None = None
    topic: str = ""
    device: str = ""
    retain: bool = False
    discovery: bool = True
    discovery_prefix: str = "homeassistant"
    keepalive: int = 30

    def __post_init__(self) -> None:
        parse_url("url", self.url, _PORTS)
        for key in ("topic", "discovery_prefix", "device"):
            if any(sign in getattr(self, key) for sign in "+#\x00"):
                raise SettingError(key, f"{getattr(self, key)!r} holds a +, a # or a zero; these are for who listens")
        if "/" in self.device:
            raise SettingError("device", f"{self.device!r} holds a /; use letters, digits, - and _")
        if not 5 <= self.keepalive <= 3600:
            raise SettingError("keepalive", f"{self.keepalive} is not seconds from 5 to 3600")


class MqttOutput:
    """Publishes events under TOPIC/TYPE, and under TOPIC/status whether the device is there.

    The broker itself says "offline" (last will) when the device is gone without a word.
    """

    def __init__(self, settings: MqttSettings, name: str = "mqtt") -> None:
        """Take an address. Raises MissingPartError where paho-mqtt is not installed."""
        try:
            import paho.mqtt.client
        except ImportError:
            raise missing_extra("MQTT needs paho-mqtt", "mqtt") from None
        self._paho = paho.mqtt.client
        self.name = name
        self._settings = settings
        self._target = parse_url("url", settings.url, _PORTS)
        self.device = settings.device or device_id()
        self.topic = settings.topic or self._target.path.strip("/") or f"plate-edge/{self.device}"
        self._client: Client | None = None
        self._lost = ""

    def open(self) -> None:
        """See `Output`."""
        self.close()
        self._client = client = self._make_client(f"plate-edge-{self.device}")
        client.will_set(f"{self.topic}/status", "offline", qos=1, retain=True)
        self._connect(client)
        self._introduce(client)

    def check(self) -> None:
        """See `Output`; as somebody else, since a broker hangs up on who has the same name."""
        client = self._make_client(f"plate-edge-{self.device}-check")
        try:
            self._connect(client)
        finally:
            _hang_up(client)

    def _connect(self, client: Client) -> None:
        self._lost = ""
        answered = threading.Event()
        refused: list[str] = []

        def connected(_client: Any, _user: Any, _flags: Any, code: Any, _properties: Any) -> None:
            if code.is_failure:
                refused.append(str(code))
            answered.set()

        def disconnected(_client: Any, _user: Any, _flags: Any, code: Any, _properties: Any) -> None:
            self._lost = self._lost or f"hung up ({code})"
            answered.set()

        client.on_connect, client.on_disconnect = connected, disconnected
        try:
            client.connect(self._target.host, self._target.port, self._settings.keepalive)
        except (OSError, ValueError) as error:
            raise OutputError(f"{self._target.shown} cannot be reached: {reason(error)}") from error
        client.loop_start()
        if not answered.wait(OPEN_WITHIN):
            raise OutputError(f"{self._target.shown} does not answer in MQTT; is the port right?")
        if refused:
            raise OutputError(f"{self._target.shown} lets nobody in: {refused[0]}", wait=_REFUSED_WAIT)
        if self._lost:
            raise OutputError(f"{self._target.shown} {self._lost}; is the port right?")

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`."""
        client = self._client
        if client is None or self._lost or not client.is_connected():
            raise OutputError(f"{self._target.shown} {self._lost or 'is gone'}")
        messages = [
            client.publish(f"{self.topic}/{event['type']}", to_line(event), qos=1, retain=self._retained(event))
            for event in events
        ]
        acknowledged = self._wait(client, messages, ACKNOWLEDGED_WITHIN)
        if acknowledged < len(messages):
            # What is still on its way would be sent again beside what follows.
            self._lost = self._lost or "does not acknowledge"
            if not acknowledged:
                raise OutputError(f"{self._target.shown} {self._lost}")
        return acknowledged

    def close(self) -> None:
        """Say goodbye where somebody listens, and hang up."""
        client, self._client = self._client, None
        if client is None:
            return
        if client.is_connected() and not self._lost:
            self._wait(client, [client.publish(f"{self.topic}/status", "offline", qos=1, retain=True)], 2.0)
        _hang_up(client)

    def _make_client(self, name: str) -> Client:
        paho = self._paho
        client: Client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
        client.connect_timeout = OPEN_WITHIN
        password = read_secret(self._settings.password_file) or self._target.password
        if self._target.user or password:
            client.username_pw_set(self._target.user, password or None)
        if self._target.scheme == "mqtts":
            client.tls_set_context(tls(self._settings.ca_file))
        return client

    def _introduce(self, client: Client) -> None:
        """Say who is there, anew with each connection: the broker may have forgotten."""
        said = [client.publish(f"{self.topic}/status", "online", qos=1, retain=True)]
        if self._settings.discovery:
            for topic, entity in discovery(self._settings.discovery_prefix, self.topic, self.device):
                said.append(client.publish(topic, entity, qos=1, retain=True))
        if self._wait(client, said, OPEN_WITHIN) < len(said):
            raise OutputError(f"{self._target.shown} {self._lost or 'does not acknowledge'}")

    def _retained(self, event: Event) -> bool:
        return self._settings.retain and event["type"] == "vehicle"

    def _wait(self, client: Client, messages: Sequence[MQTTMessageInfo], seconds: float) -> int:
        """Return how many messages, from the first, the broker acknowledged."""
        deadline = time.monotonic() + seconds
        for count, message in enumerate(messages):
            try:
                while not message.is_published():
                    if self._lost or not client.is_connected() or time.monotonic() > deadline:
                        return count
                    message.wait_for_publish(_LOOK_EVERY)
            except (RuntimeError, ValueError):  # it never left
                return count
        return len(messages)


def _hang_up(client: Client) -> None:
    with suppress(OSError, ValueError):
        client.disconnect()
    client.loop_stop()
