"""The reader behind a Unix socket: what clients send, what they get, and what they do wrong."""

from __future__ import annotations

import base64
import io
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from plate_devices.imaging.plate_picture import draw_plate
from plate_devices.unix_socket import line_framing
from plate_devices.unix_socket.socket_server import LIMITS, SocketServer
from plate_runtime.errors import DeviceError, UsageError
from plate_runtime.reader import PlateReader


@pytest.fixture(scope="module")
def reader() -> Iterator[PlateReader]:
    with PlateReader() as reader:
        yield reader


@pytest.fixture
def server(tmp_path: Path, reader: PlateReader) -> Iterator[SocketServer]:
    server = SocketServer(tmp_path / "plates.sock", reader)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.close()
    thread.join(10)
    assert not thread.is_alive() and not server.path.exists()


class Client:
    """One connection."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")

    def ask(self, asked: Any, content: bytes = b"") -> dict[str, Any]:
        line = asked if isinstance(asked, bytes) else json.dumps(asked).encode() + b"\n"
        if line + content:
            self.socket.sendall(line + content)
        return json.loads(self.stream.readline())

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


@pytest.fixture
def client(server: SocketServer) -> Iterator[Client]:
    client = Client(server.path)
    yield client
    client.close()


@pytest.fixture(scope="module")
def crop() -> np.ndarray:
    return np.asarray(draw_plate("BK24PTR", 60))


@pytest.fixture(scope="module")
def jpeg(crop: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(crop).save(stream, "PNG")
    return stream.getvalue()


def text_of(answer: dict[str, Any]) -> str:
    assert answer["type"] == "frame", answer
    (plate,) = answer["plates"]
    return str(plate["text"])


def test_pictures_in_every_way(client: Client, crop: np.ndarray, jpeg: bytes, tmp_path: Path) -> None:
    (tmp_path / "crop.png").write_bytes(jpeg)
    height, width = crop.shape[:2]
    size = {"width": width, "height": height}
    gray = np.asarray(Image.fromarray(crop).convert("L"))
    answers = [
        client.ask({"id": 1, "path": str(tmp_path / "crop.png")}),
        client.ask({"id": 2, "image": base64.b64encode(jpeg).decode()}),
        client.ask({"id": 3, "bytes": len(jpeg)}, jpeg),
        client.ask({"id": 4, "bytes": crop.size, "colour": "rgb", **size}, crop.tobytes()),
        client.ask({"id": 5, "bytes": crop.size, "colour": "bgr", **size}, crop[:, :, ::-1].tobytes()),
        client.ask({"id": 6, "bytes": gray.size, "colour": "gray", **size}, gray.tobytes()),
        client.ask({"id": {"any": "thing"}, "image": base64.b64encode(crop.tobytes()).decode(), **size}),
    ]
    assert [text_of(answer) for answer in answers] == ["BK24PTR"] * 7
    assert [answer["request"] for answer in answers] == [1, 2, 3, 4, 5, 6, {"any": "thing"}]
    assert all((answer["width"], answer["height"]) == (width, height) for answer in answers)
    assert answers[0]["source"] == str(tmp_path / "crop.png")
    assert answers[0]["models"]["reader"].startswith("plate-reader@")


def test_how_it_is_read_can_be_asked_for(client: Client, jpeg: bytes) -> None:
    asked = {"bytes": len(jpeg)}
    assert client.ask({**asked, "min_confidence": 1}, jpeg)["plates"] == []
    assert client.ask({**asked, "region": "gb"}, jpeg)["plates"][0]["region"] == "gb"
    assert "character" in client.ask({**asked, "as": "character"}, jpeg)["models"]["reader"]
    assert text_of(client.ask(asked, jpeg)) == "BK24PTR"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"path": "nothing-here.jpg"}, "nothing-here.jpg cannot be read"),
        ({}, "a request has one picture"),
        ({"path": "a.jpg", "image": "AA=="}, "a request has one picture"),
        ({"image": "?"}, "base64"),
        ({"image": "AAAA"}, "the picture sent is not a picture"),
        ({"image": "AAAA", "width": 2, "height": 2}, "2x2 pixels in rgb are 12 bytes, not 3"),
        ({"image": "AAAA", "width": 0, "height": 2}, "at least 1"),
        ({"image": "AAAA", "width": True, "height": 1}, "at least 1"),
        ({"path": "a.jpg", "as": "car"}, "as 'car' is unknown"),
        ({"path": 7}, "path is a string"),
        ({"path": "a\0.jpg"}, "path is a string"),
        ({"path": "a.jpg", "colours": "rgb"}, "'colours' is not a key"),
        ({"path": "a.jpg", "min_confidence": 2}, "from 0 to 1"),
        ({"path": "a.jpg", "min_confidence": float("nan")}, "from 0 to 1"),
    ],
)
def test_what_goes_wrong_is_one_clear_answer_and_the_next_request_is_read(
    client: Client, jpeg: bytes, asked: dict[str, Any], reason: str
) -> None:
    answer = client.ask({"id": "x", **asked})
    assert (answer["type"], answer["request"]) == ("error", "x")
    assert reason in answer["error"]
    assert text_of(client.ask({"bytes": len(jpeg)}, jpeg)) == "BK24PTR"


@pytest.mark.parametrize(
    "id_", ["NaN", "-Infinity", "1e999", '{"a": [NaN]}', "[" * 17 + "]" * 17, "[" * 500 + "]" * 500]
)
def test_an_id_that_cannot_come_back_is_refused_and_the_next_request_is_read(
    client: Client, jpeg: bytes, id_: str
) -> None:
    answer = client.ask(f'{{"id": {id_}, "path": "x.png"}}\n'.encode())
    assert (answer["type"], answer["request"]) == ("error", None)
    assert "id is any JSON value" in answer["error"]
    assert text_of(client.ask({"bytes": len(jpeg)}, jpeg)) == "BK24PTR"


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"[]\n",
        b"{\n",
        b"\xff\xfe\n",
        b'{"bytes": -1}\n',
        b'{"bytes": "1"}\n',
        b"[" * 9999,
        b'{"id": ' + b"9" * 5000 + b"}\n",
        b'{"id": ' + b"[" * 5000 + b"]" * 5000 + b"}\n",
        b'{"id": "' + b"x" * 40_000 + b'"}\n',
        b'{"id": [' + b"1," * 50_000 + b"1]}\n",
        b'{"' + b'":1,"' * 50_000 + b'":1}\n',
    ],
)
def test_after_what_is_no_request_the_line_is_dead(client: Client, line: bytes) -> None:
    if not line.endswith(b"\n"):
        client.socket.sendall(line)
        client.socket.shutdown(socket.SHUT_WR)
        line = b""
    assert client.ask(line)["type"] == "error"
    assert client.stream.readline() == b""


def test_a_line_without_end_is_cut_off(server: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_framing, "MOST_BYTES", 1000)
    client = Client(server.path)
    assert "at most 1000 bytes" in client.ask(b"{" + b" " * 5000)["error"]
    client.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (os.mkfifo, "a pipe, a socket or a device"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "a pipe, a socket or a device"),
        (lambda path: path.symlink_to("/proc/kmsg"), "belongs to the system"),
        (lambda path: path.symlink_to("/proc/self/mem"), "belongs to the system"),
        (lambda path: path.symlink_to(path), "cannot be read"),
        (lambda path: path.touch(), "is empty"),
    ],
)
def test_only_files_are_opened(
    client: Client, jpeg: bytes, tmp_path: Path, make: Callable[[Path], object], reason: str
) -> None:
    make(tmp_path / "picture.png")
    answer = client.ask({"id": 1, "path": str(tmp_path / "picture.png")})
    assert (answer["type"], answer["request"]) == ("error", 1)
    assert reason in answer["error"]
    assert text_of(client.ask({"bytes": len(jpeg)}, jpeg)) == "BK24PTR"


def test_a_long_line_with_a_picture_is_read_and_what_else_is_long_is_refused(client: Client, jpeg: bytes) -> None:
    padded = jpeg + bytes(60_000)
    image = base64.b64encode(padded).decode()
    assert text_of(client.ask({"id": "x", "image": image})) == "BK24PTR"
    escaped = json.dumps({"image": image, "id": [1]}).replace("/", "\\/").encode() + b"\n"
    assert text_of(client.ask(escaped)) == "BK24PTR"
    assert "base64" in client.ask({"image": "\u20ac" + image})["error"]
    assert "only image may be" in client.ask({"path": "x.png", "id": image})["error"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_rubbish_never_harms_the_server(server: SocketServer, jpeg: bytes, rubbish: bytes) -> None:
    client = Client(server.path)
    client.socket.sendall(rubbish)
    client.socket.shutdown(socket.SHUT_WR)
    for line in client.stream:
        assert json.loads(line)["type"] == "error"
    client.close()
    client = Client(server.path)
    assert text_of(client.ask({"bytes": len(jpeg)}, jpeg)) == "BK24PTR"
    client.close()


def test_clients_that_ask_at_once_all_get_their_own_answer(server: SocketServer) -> None:
    texts = ["AB123CD", "XKR482T", "HP77LMN", "BK24PTR"]
    found: dict[str, list[str]] = {text: [] for text in texts}

    def ask(text: str) -> None:
        client = Client(server.path)
        pixels = np.asarray(draw_plate(text, 60))
        size = {"width": pixels.shape[1], "height": pixels.shape[0], "bytes": pixels.size}
        for number in range(20):
            answer = client.ask({"id": number, **size}, pixels.tobytes())
            assert answer["request"] == number
            found[text].append(text_of(answer))
        client.close()

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert found == {text: [text] * 20 for text in texts}


def test_a_crowd_loses_the_connection_that_has_asked_least_and_not_the_one_that_asks(
    server: SocketServer, jpeg: bytes
) -> None:
    crowd = [Client(server.path) for _ in range(LIMITS.connections)]
    assert crowd[0].ask({"path": "none"})["type"] == "error"
    late = Client(server.path)
    assert text_of(late.ask({"bytes": len(jpeg)}, jpeg)) == "BK24PTR"
    assert "too many clients" in json.loads(crowd[1].stream.readline())["error"]
    assert crowd[0].ask({"path": "none"})["type"] == "error"
    crowd[2].socket.sendall(b'{"bytes": 1000000}\nhalf')
    for one in [*crowd, late]:
        one.close()
    assert text_of(Client(server.path).ask({"bytes": len(jpeg)}, jpeg)) == "BK24PTR"


class TestThePlace:
    def test_owner_and_group_may_ask(self, server: SocketServer) -> None:
        assert server.path.stat().st_mode & 0o777 == 0o660

    def test_what_a_dead_process_left_is_taken_over(self, tmp_path: Path, reader: PlateReader) -> None:
        path = tmp_path / "left.sock"
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(str(path))
        dead.close()
        SocketServer(path, reader).close()
        assert not path.exists()

    def test_a_living_one_is_left_alone(self, server: SocketServer, client: Client, reader: PlateReader) -> None:
        with pytest.raises(DeviceError, match="another process uses it"):
            SocketServer(server.path, reader)
        assert client.ask({"path": "none"})["type"] == "error"

    def test_files_are_never_removed(self, tmp_path: Path, reader: PlateReader) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("important")
        with pytest.raises(DeviceError, match="not a socket"):
            SocketServer(path, reader)
        assert path.read_text() == "important"

    @pytest.mark.parametrize(("name", "kind"), [("no/folder.sock", DeviceError), ("x" * 120, UsageError)])
    def test_places_that_cannot_be(self, tmp_path: Path, reader: PlateReader, name: str, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            SocketServer(tmp_path / name, reader)

    def test_a_socket_made_anew_by_somebody_else_stays(self, tmp_path: Path, reader: PlateReader) -> None:
        path = tmp_path / "plates.sock"
        server = SocketServer(path, reader)
        other = tmp_path / "other.sock"
        second = SocketServer(other, reader)
        other.replace(path)
        server.close()
        assert path.exists()
        second.close()


def test_closing_leaves_no_thread(tmp_path: Path, reader: PlateReader) -> None:
    before = threading.active_count()
    server = SocketServer(tmp_path / "plates.sock", reader)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    clients = [Client(server.path) for _ in range(3)]
    clients[0].ask({"path": "none"})
    server.close()
    until = time.monotonic() + 30
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.05)
    assert threading.active_count() <= before
