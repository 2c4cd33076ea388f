"""Events to an MQTT broker, which acknowledges each (QoS 1), and what Home Assistant needs to know of them."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.events.records import to_line
from plate_devices.outputs.client_id_conflicts import Rivals
from plate_devices.outputs.home_assistant import discovery
from plate_devices.outputs.identity import client_id, device_id, service_name
from plate_devices.outputs.mqtt_settings import MqttSettings, resolve
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.outputs.urls import read_secret, tls
from plate_runtime.errors import UsageError, missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import MQTTMessage, MQTTMessageInfo

    from plate_devices.outputs.mqtt_client import BrokerClient
    from plate_devices.outputs.output import Event

ACKNOWLEDGED_WITHIN = 20.0

_LOOK_EVERY = 0.2
_NOTED_WITHIN = 1.0
_MOST_UNHEARD = 2
"""Subscriptions without an answer, after which there is none: some brokers disconnect who may not subscribe."""


class MqttOutput:
    """Publishes events under TOPIC/TYPE, and under TOPIC/status whether the device is there.

    The broker itself says "offline" (last will) when the device is gone without a word.
    """

    def __init__(self, settings: MqttSettings, name: str = "mqtt", folder: Path | None = None) -> None:
        """Take an address.

        Args:
            folder: of the service's queue, which tells it from other services on this machine.

        Raises:
            MissingPartError: paho-mqtt is not installed.
        """
        try:
            from plate_devices.outputs import mqtt_client
        except ImportError:
            raise missing_extra("MQTT needs paho-mqtt", "mqtt") from None
        self._mqtt = mqtt_client
        self.name = name
        self._target, topic, self._settings = resolve(settings)
        folder = QueueSettings().place if folder is None else folder
        self.device = settings.device or "-".join(filter(None, (device_id(), service_name(folder))))
        self.topic = settings.topic or topic or f"plate-edge/{self.device}"
        self.client_id = client_id(self.device, folder, name)
        self._version = mqtt_client.VERSIONS[0]
        self._rivals = Rivals(self.client_id, self.topic)
        self._unheard = 0
        self._client: BrokerClient | None = None

    @property
    def broker(self) -> str:
        """The broker, without anything that is secret."""
        return self._target.shown

    @property
    def announced(self) -> str | None:
        """Where the device is announced to Home Assistant; None where it is not."""
        return f"{self._settings.discovery_prefix}/{self.device}" if self._settings.discovery else None

    def notices(self) -> list[str]:
        """See `Output`."""
        return self._rivals.notices()

    def open(self) -> None:
        """See `Output`."""
        self.close()

        def prepare(client: BrokerClient) -> None:
            client.will_set(f"{self.topic}/status", "offline", qos=1, retain=True)
            client.on_message = self._heard

        self._client = client = self._connect(self.client_id, self._rivals, prepare)
        self._introduce(client)

    def check(self) -> None:
        """See `Output`; with another client id, since a broker disconnects a client when another has its id."""
        name = f"{self.client_id}-check"
        self._connect(name, Rivals(name, self.topic), lambda _: None).hang_up()

    def _connect(self, client_id: str, rivals: Rivals, prepare: Callable[[BrokerClient], None]) -> BrokerClient:
        """Connect in MQTT 5; in 3.1.1 where the broker does not speak that, from then on."""
        settings, target, mqtt = self._settings, self._target, self._mqtt
        password = read_secret(settings.password_file) or target.password
        is_safe = target.scheme == "mqtts"
        trust = tls(settings.ca_file, settings.certificate_file, settings.key_file) if is_safe else None
        login = mqtt.Login(client_id, target.user, password, trust, settings.keepalive)
        try:
            client: BrokerClient = mqtt.connect(target, login, self._version, rivals, prepare)
        except mqtt.VersionError:
            older = mqtt.VERSIONS[-1]
            if self._version == older:
                self._version = mqtt.VERSIONS[0]
                raise
            client = mqtt.connect(target, login, older, rivals, prepare)
            self._version = older
        return client

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`."""
        client = self._client
        if client is None or client.lost or not client.is_connected():
            raise self._away(client, "is gone")
        if self._rivals.should_say():
            self._say_online(client)
        messages = [
            client.publish(f"{self.topic}/{event['type']}", to_line(event), qos=1, retain=self._retained(event))
            for event in events
        ]
        acknowledged = self._wait(client, messages, ACKNOWLEDGED_WITHIN)
        if acknowledged < len(messages):
            # What is still on its way would be sent again beside what follows.
            client.lost = client.lost or "does not acknowledge"
            if not acknowledged:
                raise self._away(client, client.lost)
        return acknowledged

    def close(self) -> None:
        """Say that the device is offline, and disconnect."""
        client, self._client = self._client, None
        if client is None:
            return
        if client.is_connected() and not client.lost:
            self._rivals.say("offline")
            self._wait(client, [client.publish(f"{self.topic}/status", "offline", qos=1, retain=True)], 2.0)
        client.hang_up()

    def _introduce(self, client: BrokerClient) -> None:
        """Announce the device with each connection: the broker may have forgotten it."""
        if self._unheard < _MOST_UNHEARD:
            with suppress(OSError, ValueError):
                client.subscribe(f"{self.topic}/status")
        said = [self._say_online(client)]
        if self._settings.discovery:
            for topic, entity in discovery(self._settings.discovery_prefix, self.topic, self.device):
                said.append(client.publish(topic, entity, qos=1, retain=True))
        acknowledged = self._wait(client, said, self._mqtt.OPEN_WITHIN) == len(said)
        self._unheard = 0 if client.subscribed.is_set() else self._unheard + 1
        if not acknowledged:
            raise self._away(client, "does not acknowledge")

    def _away(self, client: BrokerClient | None, otherwise: str) -> OutputError:
        """Return why the broker is away, once its thread has noted how the connection ended."""
        if client is not None:
            client.gone.wait(_NOTED_WITHIN)
        lost = client.lost if client is not None else ""
        return OutputError(f"{self._target.shown} {lost or otherwise}", wait=self._rivals.wait)

    def _say_online(self, client: BrokerClient) -> MQTTMessageInfo:
        self._rivals.say("online")
        return client.publish(f"{self.topic}/status", "online", qos=1, retain=True)

    def _heard(self, _client: Any, _user: Any, message: MQTTMessage) -> None:
        if not message.retain and message.topic == f"{self.topic}/status":
            self._rivals.heard(message.payload[:16].decode("ascii", "replace"))

    def _retained(self, event: Event) -> bool:
        return self._settings.retain and event["type"] == "vehicle"

    def _wait(self, client: BrokerClient, messages: Sequence[MQTTMessageInfo], seconds: float) -> int:
        """Return how many messages, from the first, the broker acknowledged."""
        deadline = time.monotonic() + seconds
        for count, message in enumerate(messages):
            try:
                while not message.is_published():
                    if client.lost or not client.is_connected() or time.monotonic() > deadline:
                        return count
                    message.wait_for_publish(_LOOK_EVERY)
            except (RuntimeError, ValueError):  # it never left
                return count
        return len(messages)


def check_topics(outputs: Sequence[MqttOutput]) -> None:
    """Refuse outputs that receivers could not tell apart at one broker. Raises UsageError."""
    taken: dict[tuple[str, str], str] = {}
    for output in outputs:
        used = {f"the topic {output.topic}": "topic"}
        if output.announced:
            used[f"the device {output.announced}"] = "device"
        for what, key in used.items():
            other = taken.setdefault((output.broker, what), output.name)
            if other != output.name:
                raise UsageError(
                    f"outputs {other} and {output.name} both use {what} at {output.broker}; "
                    f"give one of them another {key}"
                )
