"""Events to an MQTT broker, acknowledged with QoS 1, and their announcement to Home Assistant."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from plate_devices.events.records import to_line
from plate_devices.outputs.client_id_conflicts import ConflictDetector
from plate_devices.outputs.event_picture import picture_of
from plate_devices.outputs.home_assistant import (
    camera_discovery,
    camera_topic,
    discovery,
    picture_topic,
    status_topic,
)
from plate_devices.outputs.identity import client_id, device_id, node_id, service_name
from plate_devices.outputs.mqtt_settings import MqttSettings, resolve
from plate_devices.outputs.output import Output, OutputError
from plate_devices.outputs.output_settings import OutputSettings, QueueSettings
from plate_devices.outputs.retained_topics import RetainedTopics
from plate_runtime.errors import UsageError, missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from paho.mqtt.client import MQTTMessage, MQTTMessageInfo

    from plate_devices.outputs.mqtt_client import BrokerClient
    from plate_devices.outputs.output import Event

ACKNOWLEDGED_WITHIN = 20.0

_LOOK_EVERY = 0.2
_NOTED_WITHIN = 1.0
_MOST_UNANSWERED = 2
"""Unanswered subscriptions after which it stops subscribing: some brokers then disconnect the client."""


class MqttOutput(Output):
    """Publishes events under TOPIC/TYPE, and "online" or "offline" under TOPIC/status and TOPIC/CAMERA/status.

    The picture of the newest vehicle goes to TOPIC/picture, if the settings ask for it.

    When the connection breaks, the broker publishes "offline" under TOPIC/status (last will).
    """

    Settings: ClassVar[type[OutputSettings]] = MqttSettings

    def __init__(self, settings: MqttSettings, name: str = "mqtt", folder: Path | None = None) -> None:
        """Use an address; nothing is connected yet.

        Args:
            settings: of the broker.
            name: of the output.
            folder: of the service's queue; it identifies the service on this machine. The topics that the broker
                retains are noted there. None for the default one, without notes.

        Raises:
            MissingPartError: paho-mqtt is not installed.
        """
        try:
            from plate_devices.outputs import mqtt_client
        except ImportError:
            raise missing_extra("MQTT needs paho-mqtt", "mqtt") from None
        self._mqtt = mqtt_client
        self.name = name
        self._broker = resolve(settings)
        self._target, topic, self._settings = self._broker
        noted = None if folder is None else folder.expanduser() / f"retained-{node_id(name)}.json"
        self._retained_topics = RetainedTopics(noted, self._target.shown)
        self._notices: list[str] = []
        folder = QueueSettings().place if folder is None else folder
        self.device = settings.device or "-".join(filter(None, (device_id(), service_name(folder))))
        self.topic = settings.topic or topic or f"plate-edge/{self.device}"
        self.client_id = client_id(self.device, folder, name)
        self._version = mqtt_client.VERSIONS[0]
        self._conflicts = ConflictDetector(self.client_id, self.topic)
        self._unanswered = 0
        self._cameras: Sequence[str] = ()
        self._announced: object = None
        self._lost: Collection[str] = frozenset()
        self._client: BrokerClient | None = None

    @property
    def broker(self) -> str:
        """The broker's address without secrets."""
        return self._target.shown

    @property
    def announced(self) -> str | None:
        """Where the device is announced to Home Assistant, or None."""
        return f"{self._settings.discovery_prefix}/{self.device}" if self._settings.discovery else None

    def notices(self) -> list[str]:
        own, self._notices = self._notices, []
        return [*self._conflicts.notices(), *own]

    def open(self) -> None:
        self.close()

        def prepare(client: BrokerClient) -> None:
            client.will_set(f"{self.topic}/status", "offline", qos=1, retain=True)
            client.on_message = self._received

        self._client = client = self._connect(self.client_id, self._conflicts, prepare)
        self._announce(client)

    def check(self) -> None:
        """See `Output`. It uses another client id: the broker would disconnect a running client with the same id."""
        name = f"{self.client_id}-check"
        self._connect(name, ConflictDetector(name, self.topic), lambda _: None).hang_up()

    def _connect(
        self, client_id: str, conflicts: ConflictDetector, prepare: Callable[[BrokerClient], None]
    ) -> BrokerClient:
        """Connect in MQTT 5, or in 3.1.1 if the broker does not support 5; remember which."""
        target, mqtt = self._target, self._mqtt
        login = mqtt.login_to(self._broker, client_id)
        try:
            client: BrokerClient = mqtt.connect(target, login, self._version, conflicts, prepare)
        except mqtt.VersionError:
            older = mqtt.VERSIONS[-1]
            if self._version == older:
                self._version = mqtt.VERSIONS[0]
                raise
            client = mqtt.connect(target, login, older, conflicts, prepare)
            self._version = older
        return client

    def send(self, events: Sequence[Event]) -> int:
        client = self._client
        if client is None or client.lost or not client.is_connected():
            raise self._unavailable(client, "is not connected")
        if self._conflicts.should_republish():
            self._publish_online(client)
        if self._announced != (self.cameras, self.lists, self._has_pictures):
            self._announce(client)
        elif self._lost != self.lost:
            self._publish_states(client)
        messages = [
            client.publish(f"{self._topic_of(event)}/{event['type']}", to_line(event), 1, self._retained(event))
            for event in events
        ]
        acknowledged = self._wait(client, messages, ACKNOWLEDGED_WITHIN)
        if acknowledged < len(messages):
            # Close the connection: the messages in flight will be sent again.
            client.lost = client.lost or "does not acknowledge"
            if not acknowledged:
                raise self._unavailable(client, client.lost)
        elif self._has_pictures:
            self._publish_pictures(client, events)
        return acknowledged

    def close(self) -> None:
        """Publish "offline", and disconnect."""
        client, self._client = self._client, None
        if client is None:
            return
        if client.is_connected() and not client.lost:
            self._conflicts.published("offline")
            self._wait(client, [client.publish(f"{self.topic}/status", "offline", qos=1, retain=True)], 2.0)
        client.hang_up()

    def _announce(self, client: BrokerClient) -> None:
        """Announce the device at each connection: the broker may have lost the announcement."""
        if self._unanswered < _MOST_UNANSWERED:
            with suppress(OSError, ValueError):
                client.subscribe(f"{self.topic}/status")
        sent = [self._publish_online(client)]
        cameras, lists, has_pictures, lost = self.cameras, self.lists, self._has_pictures, self.lost
        entities = dict(self._entities(cameras, lists)) if self._settings.discovery else {}
        wanted = {*entities, *self._retained_of(cameras)}
        stale = self._retained_topics.stale(wanted)
        self._note(wanted)
        sent += self._states(client, cameras, lost)
        # Entities first: what is cleared after them must not reach a removed one.
        for topic in sorted(stale, key=lambda topic: not topic.endswith("/config")):
            sent.append(client.publish(topic, "", qos=1, retain=True))
        sent += [client.publish(topic, entity, qos=1, retain=True) for topic, entity in entities.items()]
        acknowledged = self._wait(client, sent, self._mqtt.OPEN_WITHIN) == len(sent)
        self._unanswered = 0 if client.subscribed.is_set() else self._unanswered + 1
        if not acknowledged:
            raise self._unavailable(client, "does not acknowledge")
        self._note(wanted, only=True)
        self._cameras, self._announced, self._lost = cameras, (cameras, lists, has_pictures), lost

    def _note(self, topics: Collection[str], *, only: bool = False) -> None:
        """Note what the broker retains, for the next start."""
        if problem := self._retained_topics.note(topics, only=only):
            self._notices.append(f"{problem}; entities that are removed later may stay in Home Assistant")

    def _retained_of(self, cameras: Sequence[str]) -> Iterator[str]:
        """Yield the topics of states, vehicles and pictures that the broker retains; TOPIC/status stays always."""
        yield from (status_topic(self.topic, camera) for camera in cameras)
        if self._settings.retain:
            for topic in (self.topic, *(camera_topic(self.topic, camera) for camera in cameras)):
                yield f"{topic}/vehicle"
                if self._has_pictures:
                    yield picture_topic(topic)

    @property
    def _has_pictures(self) -> bool:
        return self._settings.picture != "none" and self.pictures is not None

    def _publish_pictures(self, client: BrokerClient, events: Sequence[Event]) -> None:
        """Publish the picture of the newest vehicle of each camera. One that is lost on the way is not repeated."""
        newest = {self._topic_of(event): event for event in events if event["type"] == "vehicle"}
        sent = []
        for topic, event in newest.items():
            picture = None if self.pictures is None else picture_of(event, self.pictures, self._settings.picture)
            if picture is not None:
                sent.append(client.publish(picture_topic(topic), picture, qos=1, retain=self._retained(event)))
        self._wait(client, sent, ACKNOWLEDGED_WITHIN)

    def _publish_states(self, client: BrokerClient) -> None:
        """Publish the states of the cameras that were lost or are back."""
        lost = self.lost
        changed = [camera for camera in self._cameras if (camera in lost) != (camera in self._lost)]
        sent = self._states(client, changed, lost)
        if self._wait(client, sent, self._mqtt.OPEN_WITHIN) < len(sent):
            raise self._unavailable(client, "does not acknowledge")
        self._lost = lost

    def _states(self, client: BrokerClient, cameras: Sequence[str], lost: Collection[str]) -> list[MQTTMessageInfo]:
        return [
            client.publish(status_topic(self.topic, camera), "offline" if camera in lost else "online", 1, retain=True)
            for camera in cameras
        ]

    def _entities(self, cameras: Sequence[str], lists: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield topic and payload of every entity.

        Several cameras are devices beside this one, which then has its status alone.
        """
        place = self._settings.discovery_prefix, self.topic, self.device
        for topic, entity in discovery(*place, lists, has_pictures=self._has_pictures):
            if not cameras or topic.endswith("/status/config"):
                yield topic, entity
        for camera in cameras:
            yield from camera_discovery(*place, camera, lists, has_pictures=self._has_pictures)

    def _topic_of(self, event: Event) -> str:
        return camera_topic(self.topic, event["camera"]) if "camera" in event else self.topic

    def _unavailable(self, client: BrokerClient | None, otherwise: str) -> OutputError:
        """Return why the broker is not available, after the client's thread has noted the end of the connection."""
        if client is not None:
            client.gone.wait(_NOTED_WITHIN)
        lost = client.lost if client is not None else ""
        return OutputError(f"{self._target.shown} {lost or otherwise}", wait=self._conflicts.wait)

    def _publish_online(self, client: BrokerClient) -> MQTTMessageInfo:
        self._conflicts.published("online")
        return client.publish(f"{self.topic}/status", "online", qos=1, retain=True)

    def _received(self, _client: Any, _user: Any, message: MQTTMessage) -> None:
        if not message.retain and message.topic == f"{self.topic}/status":
            self._conflicts.received(message.payload[:16].decode("ascii", "replace"))

    def _retained(self, event: Event) -> bool:
        """Return whether the broker keeps an event: the last vehicle of each camera that is not removed."""
        there = "camera" not in event or event["camera"] in self._cameras
        return self._settings.retain and event["type"] == "vehicle" and there

    def _wait(self, client: BrokerClient, messages: Sequence[MQTTMessageInfo], seconds: float) -> int:
        """Return how many messages, from the first, the broker acknowledges within so many seconds."""
        deadline = time.monotonic() + seconds
        for count, message in enumerate(messages):
            try:
                while not message.is_published():
                    if client.lost or not client.is_connected() or time.monotonic() > deadline:
                        return count
                    message.wait_for_publish(_LOOK_EVERY)
            except (RuntimeError, ValueError):  # it was never sent
                return count
        return len(messages)


def check_topics(outputs: Sequence[MqttOutput]) -> None:
    """Raise UsageError if two outputs share a topic or a device name at one broker."""
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
