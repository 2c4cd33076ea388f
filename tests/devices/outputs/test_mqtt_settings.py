"""Settings of an MQTT output: topics, addresses and limits; no broker runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plate_devices.outputs.home_assistant import discovery
from plate_devices.outputs.mqtt import MqttOutput, MqttSettings
from plate_devices.setting_errors import SettingError

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
        ({"url": "mqtts://host", "certificate_file": Path(__file__)}, "test_mqtt_settings.py cannot be used"),
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
