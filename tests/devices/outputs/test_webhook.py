"""Events to a web server that answers correctly, wrongly, late, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from receivers.hooks import Hooks

from plate_devices.outputs.output import Event, EventRefusedError, OutputError
from plate_devices.outputs.webhook import WebhookOutput, WebhookSettings
from plate_devices.setting_errors import SettingError


def event(number: int) -> Event:
    return {"schema": 1, "type": "vehicle", "id": f"id-{number}"}


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    server = Hooks()
    server.start()
    yield server
    server.shutdown()
    server.server_close()


def opened(url: str, **more: Any) -> WebhookOutput:
    output = WebhookOutput(WebhookSettings(url=url, **more))
    output.open()
    return output


def test_one_post_for_each_event(hooks: Hooks) -> None:
    output = opened(f"{hooks.url}/gate?channel=1")
    assert output.send([event(1), event(2)]) == 2
    assert output.send([]) == 0
    first = hooks.received[0]
    assert (first.path, first.event) == ("/gate?channel=1", event(1))
    assert (first.headers["idempotency-key"], first.headers["content-type"]) == ("id-1", "application/json")
    assert hooks.ids == ["id-1", "id-2"]


def test_bodies_are_signed(hooks: Hooks, tmp_path: Path) -> None:
    token, secret = tmp_path / "token", tmp_path / "secret"
    token.write_text("abc\n")
    secret.write_text("s3cret\n")
    opened(hooks.url, token_file=token, secret_file=secret).send([event(1)])
    opened(hooks.url.replace("//", "//joe:p%40ss@")).send([event(2)])
    first, second = hooks.received
    assert first.headers["authorization"] == "Bearer abc"
    digest = hmac.new(b"s3cret", first.body, hashlib.sha256).hexdigest()
    assert first.headers["x-plate-edge-signature"] == f"sha256={digest}"
    assert second.headers["authorization"] == "Basic am9lOnBAc3M="


@pytest.mark.parametrize("status", [200, 201, 204, 409])
def test_answers_that_acknowledge(hooks: Hooks, status: int) -> None:
    hooks.answers = [(status, {})]
    assert opened(hooks.url).send([event(1)]) == 1


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (500, {}, 0.0),
        (503, {"Retry-After": "120"}, 120.0),
        (429, {"Retry-After": "in ten hours"}, 36000.0),
        (429, {"Retry-After": "soon"}, 0.0),
        (401, {}, 60.0),
        (404, {}, 60.0),
        (302, {"Location": "http://127.0.0.1:1/"}, 60.0),
    ],
)
def test_answers_that_are_tried_again(hooks: Hooks, status: int, headers: dict[str, str], wait: float) -> None:
    is_date = headers.get("Retry-After") == "in ten hours"
    if is_date:  # from now on: the parameters are made when a run of an hour begins
        headers = {"Retry-After": formatdate(time.time() + 36000, usegmt=True)}
    hooks.answers = [(200, {}), (status, headers)]
    output = opened(hooks.url)
    assert output.send([event(1), event(2), event(3)]) == 1
    with pytest.raises(OutputError, match=f"answers {status}") as refused:
        output.send([event(2), event(3)])
    assert not isinstance(refused.value, EventRefusedError)
    assert refused.value.wait == pytest.approx(wait, abs=600.0 if is_date else 0.0)
    assert output.send([event(2), event(3)]) == 2
    assert hooks.ids == ["id-1", "id-2", "id-2", "id-3"]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_answers_that_refuse_an_event(hooks: Hooks, status: int) -> None:
    hooks.answers = [(200, {}), (status, {})]
    with pytest.raises(EventRefusedError, match=f"answers {status} to event id-2") as refused:
        opened(hooks.url).send([event(1), event(2), event(3)])
    assert refused.value.acknowledged == 1


def test_a_connection_that_the_server_closed_is_no_outage(hooks: Hooks) -> None:
    output = opened(hooks.url)
    hooks.answers = [(200, {"Connection": "close"})]
    assert output.send([event(1)]) == 1
    assert output.send([event(2)]) == 1


def test_no_answer_ends_in_time(hooks: Hooks) -> None:
    hooks.silent.set()
    started = time.monotonic()
    with pytest.raises(OutputError, match="does not accept events"):
        opened(hooks.url, timeout=0.5).send([event(1)])
    assert time.monotonic() - started < 20


def test_a_slow_answer_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    while True:
                        connection.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        threading.Thread(target=trickle, daemon=True).start()
        with pytest.raises(OutputError, match="does not"):
            opened(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=1.0).send([event(1)])


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n-" + b"9" * 100 + b"\r\n",
    b"HTTP/1.1 503 Busy\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\nno",
    b"HTTP/1.1 503 Busy\r\nRetry-After: Sun, 29 Nov 99999999999999 20:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
])  # fmt: skip
def test_an_invalid_http_answer_is_an_outage(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(OutputError) as refused:
            opened(f"http://127.0.0.1:{server.getsockname()[1]}/").send([event(1)])
    assert not isinstance(refused.value, EventRefusedError)


def test_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(OutputError, match=f"http://127.0.0.1:{port} does not accept events: Connection refused"):
        opened(f"http://joe:s3cret@127.0.0.1:{port}/s3cret").send([event(1)])


@pytest.mark.parametrize("url", ["ftp://host/", "host", "http://", "http://host:99999/", "http://s3cret @host/"])
def test_invalid_addresses(url: str) -> None:
    with pytest.raises(SettingError, match=r"not an address|not a valid address") as refused:
        WebhookSettings(url=url)
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in repr(WebhookSettings(url="http://joe:s3cret@host/s3cret"))


def test_secrets_that_http_cannot_send_are_refused_with_the_settings(tmp_path: Path) -> None:
    token = tmp_path / "token"
    for text in ("s3cret\u20ac", "s3cret\x00", "s3\tcret"):
        token.write_text(text, "utf-8")
        with pytest.raises(SettingError, match="token holds other characters than Latin-1") as refused:
            WebhookSettings(url="http://host", token_file=token)
        assert "s3" not in str(refused.value)
    with pytest.raises(SettingError, match="a : in the user"):
        WebhookSettings(url="http://jo%3Ae:s3cret@host")
    settings = WebhookSettings(url="http://host", token_file=tmp_path / "later")
    (tmp_path / "later").write_text("s3cret\u20ac", "utf-8")
    with pytest.raises(OutputError, match="holds characters that HTTP cannot send") as refused_later:
        WebhookOutput(settings).open()
    assert refused_later.value.wait == 60.0


def test_paths_and_logins_of_any_language(hooks: Hooks, tmp_path: Path) -> None:
    output = opened(f"{hooks.url.replace('//', '//jörg:pässwörd@')}/höfe?tor=größte")
    assert output.send([event(1)]) == 1
    assert hooks.received[0].path == "/h%C3%B6fe?tor=gr%C3%B6%C3%9Fte"
    token = tmp_path / "token"
    token.write_text("Zürich", "utf-8")
    assert opened(hooks.url, token_file=token).send([event(2)]) == 1
    assert hooks.received[1].headers["authorization"] == "Bearer Zürich"


def test_a_check_posts_nothing(hooks: Hooks) -> None:
    WebhookOutput(WebhookSettings(url=hooks.url)).check()
    assert hooks.received == []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(OutputError, match="cannot be reached: Connection refused"):
        WebhookOutput(WebhookSettings(url=f"http://127.0.0.1:{port}")).check()


def test_a_missing_secret_file(hooks: Hooks, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="token cannot be read: No such file"):
        opened(hooks.url, token_file=tmp_path / "token")
