"""Settings of an MQTT broker, and their checks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl

from plate_devices.addresses import AddressError, decoded_text, has_control
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.output_settings import Destination, OutputSettings
from plate_devices.outputs.urls import Target, check_secret, destination, parse_url, tls
from plate_devices.setting_errors import SettingError

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_FILES = ("password_file", "ca_file", "certificate_file", "key_file")
_LONGEST_TOPIC, _LONGEST_DEVICE, _LONGEST_WORD = 1024, 128, 65535


@dataclass(frozen=True, kw_only=True)
class MqttSettings(OutputSettings):
    """type = "mqtt".

    Attributes:
        url: mqtt:// or mqtts:// (TLS), with user:password@ if the broker needs it, and the topic as path. Files may
            follow: ?ca_file=FILE&certificate_file=FILE&key_file=FILE&password_file=FILE.
        password_file: its first line is the password.
        ca_file: certificates to trust for the broker, by default those of the system.
        certificate_file, key_file: of this client, in PEM; the key may be in the certificate's file.
        topic: beginning of all topics; by default the path of `url`, else plate-edge/DEVICE.
        device: name of this device; by default its host name and a hash of its machine id.
        retain: the broker keeps the last event for clients that connect later.
        discovery: whether the device is announced to Home Assistant.
        discovery_prefix: beginning of the announcement's topics.
        picture: of the last vehicle, for Home Assistant: "crop", "frame", or "none". It needs `events` of `[pictures]`.
        keepalive: seconds without traffic after which the connection is checked.
    """

    type: Literal["mqtt"] = "mqtt"
    url: str = field(repr=False)
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    topic: str = ""
    device: str = ""
    retain: bool = False
    discovery: bool = True
    discovery_prefix: str = "homeassistant"
    picture: Literal["none", "crop", "frame"] = "none"
    keepalive: int = 30

    def __post_init__(self) -> None:
        broker = resolve(self)
        if broker.files is not self:  # its own constructor has checked them
            return
        for key, topic in (("topic", self.topic), ("url", broker.topic), ("discovery_prefix", self.discovery_prefix)):
            _check_topic(key, topic)
        if "/" in self.device:
            raise SettingError("device", f"{self.device!r} holds a /; use letters, digits, - and _")
        if len(self.device) > _LONGEST_DEVICE:
            raise SettingError("device", f"it is longer than {_LONGEST_DEVICE} characters")
        _check_topic("device", self.device)
        if not 5 <= self.keepalive <= 3600:
            raise SettingError("keepalive", f"{self.keepalive} is not from 5 to 3600 seconds")
        for word in (broker.target.user, broker.target.password):
            if "\0" in word or len(word.encode()) > _LONGEST_WORD:
                raise SettingError("url", "user and password are at most 65535 bytes, without a zero byte")
        fits = "text without control characters"
        check_secret("password_file", broker.files.password_file, lambda word: not has_control(word), fits)
        _check_tls(broker)

    @property
    def destination(self) -> Destination:
        """See `OutputSettings`: host and port."""
        return destination(parse_url("url", self.url, _PORTS))


class Broker(NamedTuple):
    """A parsed broker address: target, topic ("" for none), and the settings with the files named in the address."""

    target: Target
    topic: str
    files: MqttSettings


def resolve(settings: MqttSettings) -> Broker:
    """Parse the address. Raises SettingError if it is invalid."""
    target = parse_url("url", settings.url, _PORTS)
    path, _, query = target.path.partition("?")
    try:
        topic = decoded_text(path).strip("/")
    except AddressError as error:
        raise SettingError("url", error.sentence) from None
    return Broker(target, topic, _with_files(settings, query))


def _with_files(settings: MqttSettings, query: str) -> MqttSettings:
    found: dict[str, Path] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=len(_FILES))
    except ValueError:
        pairs = [("", "")]
    for key, value in pairs:
        if key not in _FILES or not value or "\0" in value or key in found:
            raise SettingError("url", f"only files may follow the ?: {', '.join(f'{one}=FILE' for one in _FILES)}")
        if getattr(settings, key) not in (None, Path(value).expanduser()):
            raise SettingError(key, "url names another file for it")
        found[key] = Path(value).expanduser()
    if not found:
        return settings
    return replace(settings, url=settings.url.partition("?")[0], **found)  # type: ignore[arg-type]


def _check_topic(key: str, topic: str) -> None:
    if "+" in topic or "#" in topic:
        raise SettingError(key, f"{topic!r} holds a + or a #; MQTT does not allow these wildcards in a topic")
    if has_control(topic):
        raise SettingError(key, f"{topic!r} holds a control character or invalid UTF-8")
    if topic.upper().startswith("$SYS"):
        raise SettingError(key, f"{topic!r} belongs to the broker; choose another topic")
    if len(topic.encode()) > _LONGEST_TOPIC:
        raise SettingError(key, f"it is longer than {_LONGEST_TOPIC} bytes")


def _check_tls(broker: Broker) -> None:
    """Check certificates and key at the start: an unattended device must not wait for them indefinitely."""
    files = broker.files
    if files.key_file is not None and files.certificate_file is None:
        raise SettingError("key_file", "it needs a certificate_file")
    named = [key for key in _FILES[1:] if getattr(files, key) is not None]
    if not named:
        return
    if broker.target.scheme != "mqtts":
        raise SettingError(named[0], "certificates need TLS; begin url with mqtts://")
    for key in named:
        try:
            with getattr(files, key).open("rb") as stream:
                stream.read(1)
        except OSError as error:
            raise SettingError(key, f"{getattr(files, key)} cannot be read: {error.strerror or error}") from None
    try:
        tls(files.ca_file, files.certificate_file, files.key_file)
    except OutputError as error:
        raise SettingError(named[-1], str(error)) from None
