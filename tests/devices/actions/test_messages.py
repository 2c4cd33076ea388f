"""Webhooks, MQTT messages and their templates."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from action_helpers import occasion
from device_helpers import until
from hypothesis import given
from hypothesis import strategies as st
from receivers.hooks import Hooks
from receivers.small_broker import V5, V311, SmallBroker

from plate_devices.actions.action import ActionError
from plate_devices.actions.mqtt_message import MqttAction, MqttActionSettings
from plate_devices.actions.templates import NAMES, check_template, fill
from plate_devices.actions.webhook_call import WebhookAction, WebhookActionSettings
from plate_devices.setting_errors import SettingError

BODY = '{"content": "$name came: $text ($confidence), $camera, $direction", "id": "$vehicle_id"}'


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    server = Hooks()
    server.start()
    yield server
    server.shutdown()
    server.server_close()


def webhook(**given: Any) -> WebhookAction:
    return WebhookAction(WebhookActionSettings(name="message", lists=("family",), **given))


def test_body_of_ones_own(hooks: Hooks) -> None:
    assert webhook(url=f"{hooks.url}/hook", body=BODY).fire(occasion()) == f"{hooks.url} answers 200"
    (request,) = hooks.received
    assert (request.path, request.headers["content-type"]) == ("/hook", "application/json")
    assert request.event == {"content": 'Anna "A" came: AB12CDE (0.99), gate, approaching', "id": "vehicle-1"}


def test_body_is_the_record_by_default(hooks: Hooks) -> None:
    webhook(url=hooks.url).fire(occasion())
    assert hooks.received[0].event == occasion().record


def test_forms_and_plain_text(hooks: Hooks) -> None:
    form = "application/x-www-form-urlencoded"
    webhook(url=hooks.url, body="chat_id=7&text=$name+%26+$text", content_type=form).fire(occasion())
    webhook(url=hooks.url, body="$name: $text", content_type="text/plain; charset=utf-8").fire(occasion())
    assert parse_qs(hooks.received[0].body.decode()) == {"chat_id": ["7"], "text": ['Anna "A" & AB12CDE']}
    assert hooks.received[1].body == b'Anna "A": AB12CDE'


def test_secrets_come_from_files_and_stay_secret(hooks: Hooks, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{hooks.url}/bot123:SECRET/send\n")
    (tmp_path / "token").write_text("t0ken\n")
    action = webhook(url_file=tmp_path / "url", token_file=tmp_path / "token")
    action.open()
    assert "SECRET" not in action.fire(occasion())
    assert hooks.received[0].path == "/bot123:SECRET/send"
    assert hooks.received[0].headers["authorization"] == "Bearer t0ken"
    hooks.answers = [(404, {})]
    with pytest.raises(ActionError) as error:
        action.fire(occasion())
    assert "SECRET" not in str(error.value)
    (tmp_path / "url").write_text("ftp://SECRET\n")
    with pytest.raises(ActionError) as error:
        action.fire(occasion())
    assert "SECRET" not in str(error.value)


def test_failure_is_one_request(hooks: Hooks) -> None:
    hooks.answers = [(500, {}), (302, {"Location": "/other"})]
    for status in (500, 302):
        with pytest.raises(ActionError, match=f"answers {status}"):
            webhook(url=hooks.url).fire(occasion())
    assert len(hooks.received) == 2


def test_silent_server_is_given_up(hooks: Hooks) -> None:
    hooks.silent.set()
    before = time.monotonic()
    with pytest.raises(ActionError):
        webhook(url=hooks.url, timeout=0.3).fire(occasion())
    assert time.monotonic() - before < 25


def test_check_sends_nothing(hooks: Hooks) -> None:
    webhook(url=hooks.url).check()
    assert hooks.received == []
    with pytest.raises(ActionError, match="cannot be reached"):
        webhook(url="http://127.0.0.1:1/").check()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": $text}', "valid JSON"),
        ('{"a": "$text"', "valid JSON"),
        ('{"a": "$plate"}', r"\$plate is unknown; names are \$action"),
        ('{"a": "5 $"}', r"write a dollar sign as \$\$"),
        ('{"a": "' + 4000 * "x" + '"}', "at most 4000"),
        (50000 * "[", "at most 4000"),
    ],
)  # fmt: skip
def test_wrong_templates_are_refused(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        check_template("body", text, "json")


def test_dollar_sign() -> None:
    check_template("body", '"$$5 ${text}s"', "json")
    assert fill('"$$5 ${text}s"', "json", occasion(), "a") == '"$5 AB12CDEs"'


@given(st.text(max_size=40))
def test_no_value_breaks_out(value: str) -> None:
    one = occasion(camera=value)
    one.record["watchlists"] = [{"name": value, "plate_name": value}]
    check_template("body", BODY, "json")
    filled = json.loads(fill('{"a": "$name", "b": "$list/$camera"}', "json", one, value))
    assert filled == {"a": value, "b": f"{value}/{value}"}
    assert parse_qs(fill("a=$name&b=2", "form", one, "x"), keep_blank_values=True)["b"] == ["2"]
    line = fill("$name", "text", one, "x")
    assert line.isprintable() or line == ""


def test_hidden_texts_stay_hidden() -> None:
    one = occasion(text="")
    one.record["watchlists"] = [{"name": "family", "match": "exact"}]
    shown = fill("|".join(f"${name}" for name in sorted(NAMES)), "text", one, "gate")
    assert shown == "gate|gate|0.99|approaching|5|family||demo|||2026-05-01T12:00:00.000Z|vehicle-1"


@pytest.fixture(params=[(V5, V311), (V311,)], ids=["MQTT 5", "MQTT 3.1.1"])
def broker(request: pytest.FixtureRequest) -> Iterator[SmallBroker]:
    started = SmallBroker(request.param)
    yield started
    started.close()


def mqtt(broker: SmallBroker, **given: Any) -> MqttAction:
    values: dict[str, Any] = {"url": f"mqtt://127.0.0.1:{broker.port}", "topic": "gate/set"}
    return MqttAction(MqttActionSettings(name="gate", lists=("family",), **(values | given)))


def test_message_is_published_once(broker: SmallBroker) -> None:
    action = mqtt(broker)
    action.open()
    assert action.fire(occasion()) == "published to gate/set"
    assert [(one.topic, one.payload) for one in broker.said] == [("gate/set", b"ON")]
    before = action._client
    broker.disconnect()
    until(lambda: before and before.lost)
    action.fire(occasion())
    assert len(broker.said) == 2
    action.close()
    action.close()


def test_payload_is_a_template(broker: SmallBroker) -> None:
    action = mqtt(broker, payload='{"who": "$name", "plate": "$text"}')
    action.fire(occasion())
    action.close()
    plain = mqtt(broker, payload="$text by $name")
    plain.fire(occasion())
    plain.close()
    assert json.loads(broker.said[0].payload) == {"who": 'Anna "A"', "plate": "AB12CDE"}
    assert broker.said[1].payload == b'AB12CDE by Anna "A"'


def test_broker_that_is_away(broker: SmallBroker) -> None:
    action = mqtt(broker, url="mqtt://127.0.0.1:1")
    for attempt in (action.open, action.check, lambda: action.fire(occasion())):
        with pytest.raises(ActionError, match="cannot be reached"):
            attempt()
    mqtt(broker).check()
    assert broker.said == []
