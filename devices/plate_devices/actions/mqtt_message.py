"""Publishes a message to an MQTT broker, such as a command for Home Assistant; needs paho-mqtt."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.actions.action import Action, ActionError
from plate_devices.actions.action_settings import ActionSettings
from plate_devices.actions.templates import check_template, fill
from plate_devices.addresses import has_control
from plate_devices.outputs.mqtt_settings import MqttSettings, resolve
from plate_devices.outputs.output import OutputError
from plate_devices.setting_errors import SettingError
from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from paho.mqtt.enums import MQTTProtocolVersion

    from plate_devices.actions.action import Occasion
    from plate_devices.actions.templates import Escape
    from plate_devices.outputs.mqtt_client import BrokerClient

_ACKNOWLEDGED_WITHIN = 10.0


@dataclass(frozen=True, kw_only=True)
class MqttActionSettings(ActionSettings):
    """type = "mqtt": publishes a message.

    Attributes:
        url: mqtt:// or mqtts:// (TLS), with user:password@ if the broker needs it.
        password_file: its first line is the password.
        ca_file: certificates to trust for the broker, by default those of the system.
        certificate_file, key_file: of this client, in PEM.
        topic: of the message.
        payload: of the message, with `$names`; see `templates.py`. JSON is escaped as such.
        retain: the broker keeps the message. Never for a gate: it would open again when the gate connects.
    """

    type: Literal["mqtt"] = "mqtt"
    url: str = field(repr=False)
    topic: str
    payload: str = "ON"
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    retain: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        topic = self.topic
        if not topic or len(topic.encode()) > 1024 or "+" in topic or "#" in topic or has_control(topic):
            raise SettingError("topic", "it has to be a topic of 1 to 1024 bytes, without + and #")
        check_template("payload", self.payload, self.escape)
        if resolve(self.broker).topic:
            raise SettingError("url", "this address has a path; the topic is a setting of its own")

    @property
    def escape(self) -> Escape:
        """How the payload's values are escaped."""
        return "json" if self.payload.lstrip()[:1] in ("{", "[", '"') else "text"

    @property
    def broker(self) -> MqttSettings:
        """The settings of the connection. Raises SettingError."""
        return MqttSettings(
            url=self.url, password_file=self.password_file, ca_file=self.ca_file,
            certificate_file=self.certificate_file, key_file=self.key_file,
        )  # fmt: skip


class MqttAction(Action):
    """Keeps a connection, and publishes each message once with QoS 1."""

    Settings: ClassVar[type[ActionSettings]] = MqttActionSettings
    LATEST: ClassVar[float] = 10.0

    def __init__(self, settings: MqttActionSettings) -> None:
        """Use a broker; nothing is connected yet. Raises MissingPartError if paho-mqtt is not installed."""
        try:
            import paho.mqtt.client  # noqa: F401
        except ImportError:
            raise missing_extra("MQTT needs paho-mqtt", "mqtt") from None
        self._settings = settings
        self._client: BrokerClient | None = None

    def open(self) -> None:
        """Connect. Raises ActionError."""
        from plate_devices.outputs.mqtt_client import VERSIONS, VersionError

        self.close()
        try:
            try:
                self._client = self._connect(VERSIONS[0])
            except VersionError:
                self._client = self._connect(VERSIONS[1])
        except OutputError as error:
            raise ActionError(str(error)) from error

    def fire(self, occasion: Occasion) -> str:
        """Publish the message, and wait for the broker's answer."""
        began = time.monotonic()
        if self._client is None or self._client.lost:
            self.open()
        if time.monotonic() - began > self.LATEST:
            raise ActionError("connecting to the broker took too long; it is too late now")
        client, settings = self._client, self._settings
        assert client is not None
        payload = fill(settings.payload, settings.escape, occasion, settings.name)
        sent = client.publish(settings.topic, payload, 1, settings.retain)
        try:
            sent.wait_for_publish(_ACKNOWLEDGED_WITHIN)
        except (RuntimeError, ValueError) as error:
            raise ActionError(f"the message was not sent: {error}") from error
        if not sent.is_published():
            raise ActionError(f"the broker did not acknowledge the message; {client.lost or 'it may have it'}")
        return f"published to {settings.topic}"

    def check(self) -> None:
        try:
            self.open()
        finally:
            self.close()

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.hang_up()

    def _connect(self, version: MQTTProtocolVersion) -> BrokerClient:
        from plate_devices.outputs.client_id_conflicts import ConflictDetector
        from plate_devices.outputs.mqtt_client import connect, login_to

        broker, name = resolve(self._settings.broker), f"plate-edge-action-{os.urandom(6).hex()}"
        conflicts = ConflictDetector(name, self._settings.topic)
        return connect(broker.target, login_to(broker, name), version, conflicts, lambda _: None)
