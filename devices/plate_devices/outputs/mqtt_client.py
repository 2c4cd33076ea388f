"""A connection to an MQTT broker, in version 5 or 3.1.1; needs paho-mqtt."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from plate_devices.outputs.client_id_conflicts import ConflictDetector
from plate_devices.outputs.mqtt_settings import Broker
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.urls import Target, read_secret, reason, tls

OPEN_WITHIN = 10.0
VERSIONS = (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311)

_REFUSED_WAIT = 60.0
_UNSUPPORTED_VERSION, _TAKEN_OVER = 0x84, 0x8E


class Login(NamedTuple):
    """How to connect: `user` and `password` are "" for none, `trust` is None without TLS."""

    client_id: str
    user: str
    password: str
    trust: ssl.SSLContext | None
    keepalive: int


def login_to(broker: Broker, client_id: str) -> Login:
    """Return the login of a client at a broker. Raises OutputError if a file with a secret or a certificate fails."""
    target, files = broker.target, broker.files
    password = read_secret(files.password_file) or target.password
    trust = tls(files.ca_file, files.certificate_file, files.key_file) if target.scheme == "mqtts" else None
    return Login(client_id, target.user, password, trust, files.keepalive)


class VersionError(OutputError):
    """The broker may not support this version of MQTT."""


class BrokerClient(Client):
    """An MQTT client. If the broker sends invalid MQTT, its thread ends without a traceback.

    Attributes:
        lost: why the connection ended, "" while it holds.
        gone: is set when the end of the connection was noted.
        subscribed: is set when the broker has answered a subscription.
        broken: is called with the reason when the broker sends invalid MQTT.
    """

    broken: Callable[[str], None]

    def __init__(self, login: Login, version: MQTTProtocolVersion) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id=login.client_id, protocol=version, reconnect_on_failure=False
        )
        self.lost = ""
        self.gone = threading.Event()
        self.subscribed = threading.Event()
        self.broken = lambda _: None
        self.connect_timeout = OPEN_WITHIN
        if login.user or login.password:
            self.username_pw_set(login.user, login.password or None)
        if login.trust is not None:
            self.tls_set_context(login.trust)

    def loop_forever(self, *arguments: Any, **options: Any) -> MQTTErrorCode:
        """Receive until the end."""
        try:
            return super().loop_forever(*arguments, **options)
        except Exception as error:  # paho raises many kinds over a damaged packet
            self.broken(f"sends invalid MQTT ({type(error).__name__})")
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def hang_up(self) -> None:
        """Disconnect, end the thread, and remove the callbacks.

        The callbacks refer to the client. With them, its sockets would stay open until the next garbage collection.
        """
        with suppress(OSError, ValueError):
            self.disconnect()
        self.loop_stop()
        self.on_connect = self.on_disconnect = self.on_subscribe = self.on_message = None
        self.broken = lambda _: None


def connect(
    target: Target,
    login: Login,
    version: MQTTProtocolVersion,
    conflicts: ConflictDetector,
    prepare: Callable[[BrokerClient], None],
) -> BrokerClient:
    """Connect, and return the client.

    Args:
        target: address of the broker.
        login: of this client.
        version: of MQTT.
        conflicts: is notified from the client's thread when the connection begins and ends.
        prepare: is called before the connection, such as to set a last will.

    Raises:
        VersionError: the broker does not support the version.
        OutputError: it cannot be reached, or refuses.
    """
    client = BrokerClient(login, version)
    handshake = _Handshake(client, conflicts)
    client.on_connect, client.on_disconnect = handshake.connected, handshake.disconnected
    client.broken = handshake.end
    client.on_subscribe = lambda *_: client.subscribed.set()
    prepare(client)
    try:
        _wait(client, target, login.keepalive, handshake.answered)
        if handshake.refused is not None:
            kind = VersionError if handshake.refused.value == _UNSUPPORTED_VERSION else OutputError
            raise kind(f"{target.shown} refuses the connection: {handshake.refused}", wait=_REFUSED_WAIT)
        if not handshake.accepted:
            raise VersionError(f"{target.shown} {client.lost}; is the port right?")
    except OutputError:
        client.hang_up()
        raise
    return client


class _Handshake:
    """What the client's thread reports of one connection.

    Attributes:
        answered: is set when the broker has accepted, refused or ended the connection.
        accepted: whether it has accepted. refused: its reason code if it has refused, else None.
    """

    def __init__(self, client: BrokerClient, conflicts: ConflictDetector) -> None:
        self._client, self._conflicts = client, conflicts
        self.answered = threading.Event()
        self.accepted = False
        self.refused: Any = None

    def connected(self, _client: Any, _user: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.refused = code if self.refused is None else self.refused
        else:
            self._conflicts.connected()
            self.accepted = True
        self.answered.set()

    def disconnected(self, _client: Any, _user: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if getattr(code, "value", None) == _TAKEN_OVER:
            self.end("gave the connection to another client with the same id", taken_over=True)
        else:
            self.end(f"closed the connection ({code})")

    def end(self, reason: str, taken_over: bool = False) -> None:
        if self.accepted:
            self._conflicts.ended(taken_over)
        self._client.lost = self._client.lost or reason
        self._client.gone.set()
        self.answered.set()


def _wait(client: BrokerClient, target: Target, keepalive: int, answered: threading.Event) -> None:
    try:
        client.connect(target.host, target.port, keepalive)
    except (OSError, ValueError) as error:
        raise OutputError(f"{target.shown} cannot be reached: {reason(error)}") from error
    client.loop_start()
    if not answered.wait(OPEN_WITHIN):
        raise VersionError(f"{target.shown} does not answer in MQTT; is the port right?")
