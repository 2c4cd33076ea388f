"""What reaches a device: queue files, requests of clients, addresses and settings of brokers, answers of servers."""

from __future__ import annotations

import json
import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from . import network_inputs as inputs
from . import network_targets as targets
from .base import Kind, refused_or_read
from .media_kinds import serve
from .mutate import Mutate, mutate_bytes, mutate_text

_WITHIN = 50.0


def check_queue(path: Path) -> None:
    """A queue's file that two outputs wait for: what is put from then on is delivered."""
    from plate_devices.events.clock import Clock
    from plate_devices.outputs.delivery import Delivery
    from plate_devices.outputs.fake import FakeOutput
    from plate_devices.outputs.output_settings import QueueSettings
    from plate_devices.outputs.recovery import FILE

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / FILE).write_bytes(path.read_bytes())
        outputs = [FakeOutput(name="fast"), FakeOutput(name="slow")]
        delivery = Delivery(outputs, QueueSettings(folder=folder), Clock(), lambda _word, _what: None)
        try:
            delivery.put(_event(1000))
            began = time.monotonic()
            while not all(any(one["id"] == "event-1000" for one in output.events) for output in outputs):
                assert time.monotonic() < began + _WITHIN, "an output is blocked"
                time.sleep(0.002)
            assert not delivery.disk_error, delivery.disk_error
        finally:
            delivery.close(_WITHIN)


def _event(number: int) -> dict[str, Any]:
    plate = {"text": f"AB{number}", "confidence": 0.9}
    return {"schema": 1, "type": "vehicle", "id": f"event-{number}", "last_time": None, "plates": [plate]}


def _queues() -> list[bytes]:
    from plate_devices.outputs.queue import EventQueue
    from plate_devices.outputs.recovery import FILE

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        queue = EventQueue(path, 64 << 20)
        queue.set_outputs(("fast", "slow"))
        queue.put([_event(number) for number in range(8)])
        queue.acknowledge("fast", queue.take("fast", 3))
        queue.close()
        return [path.read_bytes()]


@cache
def _page(token: str) -> Any:
    return targets.page_service(token)


@cache
def _socket() -> Any:
    from plate_runtime.reader import PlateReader

    return targets.socket_service(Path(tempfile.mkdtemp(prefix="plate-edge-fuzz-")), PlateReader())


def check_http(path: Path) -> None:
    """Requests of one client of the live page, with and without a token."""
    content = path.read_bytes()
    for token in ("", "a-token-of-16-characters", "x"):
        targets.feed_http(_page(token), content, random.Random(len(content)))


def check_socket(path: Path) -> None:
    """Requests of one client of the Unix socket."""
    content = path.read_bytes()
    targets.feed_socket(_socket(), content, random.Random(len(content)))


def check_address(path: Path) -> None:
    """An address of a camera, a broker or a server."""
    targets.take_address(path.read_bytes().decode("utf-8", "surrogateescape"))


def check_broker(path: Path) -> None:
    """The settings of an output for MQTT, as JSON; what is no JSON is no input of this kind."""
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return
    if isinstance(values, dict) and {"url", "discovery_prefix"} <= set(values):
        targets.take_mqtt_settings(values)


def check_web_server(path: Path) -> None:
    """A server that answers a webhook with the bytes of the file."""
    from plate_devices.outputs.webhook import WebhookOutput, WebhookSettings

    with _server(path.read_bytes()) as port:
        output = WebhookOutput(WebhookSettings(url=f"http://127.0.0.1:{port}/in", timeout=5.0))
        refused_or_read(output.open)
        for _ in range(2):
            refused_or_read(lambda: output.send([_event(1)]))
        output.close()


def check_broker_answers(path: Path) -> None:
    """A broker that answers a connection with the first packet of the file, and what follows with the rest."""
    from plate_devices.outputs import mqtt, mqtt_client
    from plate_devices.outputs.mqtt_settings import MqttSettings

    content = path.read_bytes()
    first = 2 + content[1] if len(content) > 1 else 0
    soon = patch.object(mqtt_client, "OPEN_WITHIN", 1.0), patch.object(mqtt, "ACKNOWLEDGED_WITHIN", 1.0)
    with soon[0], soon[1], _server(content[:first], content[first:]) as port:
        output = mqtt.MqttOutput(MqttSettings(url=f"mqtt://127.0.0.1:{port}"))
        refused_or_read(output.open)
        refused_or_read(lambda: output.send([_event(1)]))
        output.close()


@contextmanager
def _server(*answers: bytes) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        served = threading.Thread(target=serve, args=(server, *answers), daemon=True)
        served.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            served.join()


def _web_answers() -> list[bytes]:
    return [
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 20\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 Found\r\nLocation: http://other/\r\nContent-Length: 0\r\n\r\n",
    ]


def _broker_answers() -> list[bytes]:
    connected = b"\x20\x06\0\0\x03\x22\0\x05"  # CONNACK of MQTT 5 with a Topic Alias Maximum
    acknowledged = b"".join(b"\x40\x02\0" + bytes([number]) for number in range(1, 60))
    status = b"\x30\x0e\0\x06status\0online"
    subscribed = b"\x90\x04\0\x01\0\x01"
    disconnected = b"\xe0\x02\x8e\0"  # taken over
    return [connected + subscribed + acknowledged, connected + status, connected + disconnected, b"\x20\x02\0\0"]


def _made(make: Callable[[random.Random], bytes]) -> Callable[[], list[bytes]]:
    return lambda: [make(random.Random(number)) for number in range(20)]


def _or_damaged(make: Callable[[random.Random], bytes]) -> Mutate:
    """Make a new input, or damage the one that covered something."""
    return lambda content, rng: make(rng) if rng.random() < 0.3 else inputs.damaged(content, rng)


def _address(rng: random.Random) -> bytes:
    return inputs.address(rng).encode("utf-8", "surrogatepass")


def _broker(rng: random.Random) -> bytes:
    return json.dumps(inputs.mqtt_settings(rng)).encode()


def _mutate_broker(content: bytes, rng: random.Random) -> bytes:
    try:
        values, other = json.loads(content), inputs.mqtt_settings(rng)
        name = rng.choice(list(other))
        return json.dumps({**values, name: other[name]}).encode()
    except (ValueError, TypeError):
        return _broker(rng)


KINDS = {
    "web-server": Kind(".http", _web_answers, mutate_text, check_web_server),
    "mqtt-broker": Kind(".mqtt", _broker_answers, mutate_bytes, check_broker_answers),
    "queue": Kind(".sqlite", _queues, mutate_bytes, check_queue),
    "http": Kind(".http", _made(inputs.http_bytes), _or_damaged(inputs.http_bytes), check_http),
    "socket": Kind(".socket", _made(inputs.socket_bytes), _or_damaged(inputs.socket_bytes), check_socket),
    "address": Kind(".txt", _made(_address), _or_damaged(_address), check_address),
    "broker": Kind(".json", _made(_broker), _mutate_broker, check_broker),
}
