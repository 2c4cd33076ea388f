"""What must hold for any input of a client or of settings; an AssertionError, or any other exception, is a finding."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from plate_devices.addresses import AddressError, split_address
from plate_devices.clients.limits import Framer, Peer, RefusedError, Response, Service
from plate_devices.outputs.home_assistant import discovery
from plate_devices.outputs.mqtt import MqttOutput
from plate_devices.outputs.mqtt_settings import MqttSettings
from plate_devices.serve.access import AccessControl
from plate_devices.serve.http_framing import PageService
from plate_devices.serve.live_pictures import LivePictures
from plate_devices.serve.live_state import LiveState
from plate_devices.serve.live_views import LiveViews
from plate_devices.serve.page_content import PageContent
from plate_devices.serve.routes import RouteTable
from plate_devices.setting_errors import SettingError
from plate_devices.sources.camera_address import printable_name
from plate_devices.unix_socket.socket_server import SocketServer
from plate_runtime.reader import PlateReader

_PEER = Peer("fuzz", is_local=True)
_PORTS = {"http": 80, "https": 443, "rtsp": 554, "mqtt": 1883, "mqtts": 8883}


def page_service(token: str = "") -> PageService:
    """Return the page without a server and without pictures; no request waits."""
    changed = threading.Condition()
    states = {"": LiveState(changed)}
    pictures = LivePictures(states, changed)
    views = LiveViews(PageContent(states, pictures, lambda: {"up": True}, None), most_waiting=0)
    return PageService(AccessControl(token, is_open=not token), RouteTable(views.routes()), pictures.budget.charge)


def socket_service(folder: Path, reader: PlateReader) -> SocketServer:
    """Return a server whose socket lies in a folder and is not served."""
    return SocketServer(folder / "fuzz.sock", reader)


def feed_socket(service: SocketServer, sent: bytes, random: Random) -> None:
    """Every answer is one line of strict JSON, whatever is sent and in whatever pieces."""
    for answer in _answers(service, sent, random):
        assert answer.content.endswith(b"\n") and answer.content.count(b"\n") == 1
        record = json.loads(answer.content.decode("ascii"), parse_constant=_no_constant)
        assert record["type"] in ("frame", "error")
        assert record["type"] == "frame" or (record["error"] and "internal" not in record["error"]), record


def feed_http(service: PageService, sent: bytes, random: Random) -> None:
    """Every answer is one of HTTP/1.1, or nothing and the end."""
    for answer in _answers(service, sent, random):
        assert not answer.content or answer.content.startswith(b"HTTP/1.1 "), answer.content[:80]
        assert answer.content or not answer.stays_open
        status = answer.content[9:12]
        assert status not in (b"500",), answer.content[:80]


def take_address(typed: str) -> None:
    """An address is taken apart into what can be sent, or refused in one line; it is never shown with a secret."""
    shown = printable_name(typed)
    try:
        parts = split_address(typed, _PORTS)
    except AddressError as error:
        assert str(error) and "\n" not in str(error)
        return
    assert parts.host.isascii() and parts.target.isascii() and 0 < parts.port < 65536
    assert not any(character <= " " for character in parts.host + parts.target)
    assert len(parts.password) < 3 or parts.password in parts.host + parts.target or parts.password not in shown


def take_mqtt_settings(values: dict[str, Any]) -> None:
    """Settings give topics that MQTT can carry, or are refused in one line."""
    try:
        output = MqttOutput(MqttSettings(**values))
    except SettingError as error:
        assert error.reason and "\n" not in error.reason
        return
    for topic, payload in discovery(values["discovery_prefix"], output.topic, output.device):
        assert not set(topic) & set("+#\0") and len(topic.encode()) < 65536
        json.loads(payload)


def _answers(service: Service, sent: bytes, random: Random) -> list[Response]:
    """Return all answers to what one client sends; where its pieces begin and end does not change them."""
    whole = _requests(service.framer(), sent, [len(sent)])
    cuts = sorted(random.randrange(len(sent) + 1) for _ in range(random.randrange(6)))
    pieces = _requests(service.framer(), sent, [*cuts, len(sent)])
    assert whole == pieces
    requests, refused = whole
    answers = [service.answer(bytearray(request), _PEER) for request in requests]
    return [*answers, Response(refused, stays_open=False)] if refused else answers


def _requests(framer: Framer, sent: bytes, cuts: list[int]) -> tuple[list[bytes], bytes]:
    received, requests, begin = bytearray(), [], 0
    try:
        for number, cut in enumerate([*cuts, len(sent)]):
            received += sent[begin:cut]
            begin = cut
            at_end = number == len(cuts)
            while received and (end := framer.end(received, at_end)) is not None:
                assert 0 < end <= len(received)
                requests.append(bytes(received[:end]))
                del received[:end]
    except RefusedError as error:
        return requests, error.content
    return requests, b""


def _no_constant(name: str) -> NoReturn:
    raise AssertionError(f"{name} is no JSON")
