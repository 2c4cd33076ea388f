"""The page over HTTP: pictures, state, ROI, and what is refused."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import make_frame, make_plate, until
from PIL import Image

from plate_devices.audit.audit_log import AuditLog
from plate_devices.events.records import Engine, Origin, frame_record
from plate_devices.serve import live_pictures, live_views
from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer
from plate_devices.serve.page_server import LIMITS, LivePage
from plate_devices.serve.page_settings import ServeSettings
from plate_devices.serve.routes import Route
from plate_runtime.errors import DeviceError

TOKEN_HEADER = b"Authorization: Bearer correct-horse-battery"
PLATE = make_plate("AB123", box=(200, 100, 160, 40))


def port_of(page: LivePage) -> int:
    return int(page.url.rstrip("/").rpartition(":")[2])


def passed_record(**changes: Any) -> dict[str, Any]:
    record = frame_record(Origin("gate", Engine({}, "fake")), make_frame(), [PLATE], 1.0)
    return {**record, "last_time": "2026-05-01T12:00:00.000Z", "frames_read": 9, **changes}


def test_the_page_and_its_files(client: Any) -> None:
    start = client.get("/")
    assert start.status == 200 and b"<canvas" in start.body
    assert "default-src 'none'" in start.headers["content-security-policy"]
    assert start.headers["cache-control"] == "no-store"
    for name, kind in (("page.js", "text/javascript"), ("drawing.js", "text/javascript"), ("page.css", "text/css")):
        found = client.get(f"/{name}")
        assert found.status == 200 and found.headers["content-type"].startswith(kind)
    assert client.get("/../server.py").status == 404
    assert client.get("/nothing").json == {"error": "there is no such page"}


def test_a_frame_with_its_plates(page: LivePage, client: Any, picture: np.ndarray) -> None:
    page.live_states[""].add_frame(picture, [PLATE], 12.0, (100, 50, 400, 300))
    found = client.get("/frame?after=0")
    assert found.status == 200
    overlay = json.loads(found.headers["plate-edge-frame"])
    assert (overlay["width"], overlay["height"], overlay["roi"]) == (640, 480, [100, 50, 400, 300])
    (plate,) = overlay["plates"]
    assert plate == {"text": "AB123", "confidence": 0.9, "corners": [[200, 100], [360, 100], [360, 140], [200, 140]]}
    with Image.open(io.BytesIO(found.body)) as image:
        assert image.size == (640, 480)
        assert abs(int(np.asarray(image)[105, 205].mean()) - 230) < 12
    number = int(found.headers["plate-edge-number"])
    page.live_states[""].add_frame(picture, None, 12.1)
    later = client.get(f"/frame?after={number}")
    assert json.loads(later.headers["plate-edge-frame"])["plates"] == [plate], "a frame with nothing new keeps them"
    assert int(later.headers["plate-edge-number"]) > number


def test_large_pictures_are_reduced_and_corners_stay_those_of_the_frame(page: LivePage, client: Any) -> None:
    page.live_states[""].add_frame(np.zeros((1080, 1920, 3), np.uint8), [PLATE], 0.0)
    found = client.get("/frame?after=0")
    with Image.open(io.BytesIO(found.body)) as image:
        assert image.size == (960, 540)
    assert json.loads(found.headers["plate-edge-frame"])["width"] == 1920


def test_a_request_waits_for_the_next_frame(
    page: LivePage, client: Any, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = time.monotonic()
    threading.Timer(0.3, page.live_states[""].add_frame, (picture, [], 0.0)).start()
    assert client.get("/frame?after=0").status == 200
    assert time.monotonic() - started > 0.2
    monkeypatch.setattr(live_views, "_LONG_POLL", 0.3)
    assert client.get("/frame?after=99999").status == 204, "there is none, and the browser asks again"


def test_the_state(page: LivePage, client: Any, picture: np.ndarray) -> None:
    before = client.get("/state").json
    assert (before["size"], before["passed"], before["seconds_without_frame"]) == (None, [], None)
    page.live_states[""].add_frame(picture, [PLATE], 0.0, (0, 0, 320, 240))
    page.live_states[""].set_figures(source="gate", skipped=3)
    record = passed_record(watchlists=[{"name": "family", "match": "fuzzy", "listed": "AB128"}])
    page.live_states[""].add_vehicle(record, picture[100:140, 200:360])
    page.live_states[""].add_vehicle(passed_record(plates=[{"text": "", "text_hash": "k:12", "confidence": 0.5}]), None)
    client.get("/frame?after=0")
    state = client.get("/state").json
    assert (state["size"], state["roi"], state["source"], state["skipped"]) == (
        [640, 480],
        [0, 0, 320, 240],
        "gate",
        3,
    )
    assert state["sharpness"] > 0 and state["hints"]
    hashed, clear = state["passed"]
    assert (clear["text"], clear["lists"], clear["picture"]) == ("AB123", [{"name": "family", "match": "fuzzy"}], True)
    assert (hashed["text"], hashed["hash"], hashed["picture"]) == ("", "k:12", False)
    crop = client.get(f"/crops/{clear['id']}.jpg")
    with Image.open(io.BytesIO(crop.body)) as image:
        assert image.size == (160, 40)
    assert client.get(f"/crops/{hashed['id']}.jpg").status == 404


def test_several_cameras(page: LivePage, client: Any, picture: np.ndarray, tmp_path: Path) -> None:
    page.show_cameras(["gate", "yard"])
    page.live_states["gate"].add_frame(picture, [PLATE], 0.0)
    page.live_states["yard"].add_frame(np.zeros((1080, 1920, 3), np.uint8), [], 0.0)
    page.live_states["yard"].set_figures(state="lost")
    record = passed_record()
    page.live_states["yard"].add_vehicle(record, None)
    state = client.get("/state").json
    assert [(one["name"], one.get("state")) for one in state["cameras"]] == [("gate", None), ("yard", "lost")]
    assert (state["camera"], state["size"]) == ("gate", [640, 480])
    assert [(one["id"], one["camera"]) for one in state["passed"]] == [(record["id"], "yard")], "those of all cameras"
    assert client.get("/state?camera=gate").json["passed"] == []
    assert client.get("/state?camera=yard").json["size"] == [1920, 1080]
    with Image.open(io.BytesIO(client.get("/frame?camera=yard&after=0").body)) as image:
        assert image.size == (960, 540)
    assert client.post("/roi?camera=yard", {"roi": [0, 0, 1900, 100]}).json["roi"] == [0, 0, 1900, 100]
    assert (page.live_states["yard"].roi, page.live_states["gate"].roi) == ((0, 0, 1900, 100), None)
    for found in (
        client.get("/frame?camera=hall"),
        client.get("/state?camera=hall"),
        client.post("/roi?camera=hall", {"roi": None}),
    ):
        assert (found.status, found.json) == (404, {"error": "there is no camera 'hall'"})
    page.show_cameras(["yard", "hall"])
    assert [one["name"] for one in client.get("/state").json["cameras"]] == ["yard", "hall"]
    assert client.get("/state?camera=yard").json["size"] == [1920, 1080], "it goes on"


def test_small_pictures_are_sent_at_once(page: LivePage, client: Any, picture: np.ndarray) -> None:
    page.show_cameras(["gate", "yard"])
    for state in page.live_states.values():
        state.add_frame(picture, [], 0.0)
    sizes = {}
    until = time.monotonic() + 30
    while len(sizes) < 2 and time.monotonic() < until:
        for name in ("gate", "yard"):
            found = client.get(f"/frame?camera={name}&after=0&small=1")
            if found.status == 200:
                with Image.open(io.BytesIO(found.body)) as image:
                    sizes[name] = image.size
    assert sizes == {"gate": (320, 240), "yard": (320, 240)}


def test_health_and_metrics_are_served_where_there_are_any(open_page: Callable[..., LivePage], client: Any) -> None:
    assert client.get("/metrics").status == client.get("/health").status == 404
    metrics = Route("GET", "/metrics", Access.READ, lambda _: Answer(200, b"up 1\n", "text/plain; version=0.0.4"))
    page = open_page(routes=[metrics], health=lambda: {"up": True})
    other = type(client)(port_of(page))
    found = other.get("/metrics")
    assert (found.body, found.headers["content-type"]) == (b"up 1\n", "text/plain; version=0.0.4")
    assert other.get("/health").json == {"up": True} == other.get("/state").json["health"]


class TestRoi:
    def test_what_is_drawn_is_read(self, page: LivePage, client: Any, picture: np.ndarray) -> None:
        page.live_states[""].add_frame(picture, [], 0.0)
        assert page.live_states[""].roi_for((640, 480), (1, 2, 30, 40)) == (1, 2, 30, 40)
        answer = client.post("/roi", {"roi": [100, 50, 900, 100]})
        assert answer.json == {"roi": [100, 50, 540, 100], "kept": False, "problem": None}
        assert page.live_states[""].roi_for((640, 480), None) == (100, 50, 540, 100)
        assert page.live_states[""].roi_for((320, 240), None) is None, "a camera that comes back smaller"
        assert client.post("/roi", {"roi": None}).json["roi"] is None
        assert page.live_states[""].roi_for((640, 480), (1, 2, 30, 40)) is None

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{}", b'{"roi": [1, 2, 3]}', b'{"roi": [0, 0, 4, 4]}', b'{"roi": "all"}',
         b'{"roi": [0.5, 0, 100, 100]}', b'{"roi": [700, 0, 100, 100]}', b"\xff",
         b'{"roi": [true, 0, 99, 99]}', b'{"roi": ' + b"[" * 4000],
    )  # fmt: skip
    def test_what_is_no_roi(self, page: LivePage, client: Any, picture: np.ndarray, body: bytes) -> None:
        page.live_states[""].add_frame(picture, [], 0.0)
        assert client.post("/roi", body).status == 400
        assert page.live_states[""].roi_for((640, 480), (1, 2, 30, 40)) == (1, 2, 30, 40)

    def test_it_is_kept_for_the_next_start(
        self, open_page: Callable[..., LivePage], client: Any, picture: np.ndarray, tmp_path: Path, token_file: Path
    ) -> None:
        path = tmp_path / "state" / "roi.json"
        page = open_page(roi_file=path, token_file=token_file)
        page.live_states[""].add_frame(picture, [], 0.0)
        answer = type(client)(port_of(page)).post("/roi", {"roi": [100, 50, 200, 100]})
        assert answer.json["kept"]
        assert open_page(roi_file=path).live_states[""].roi == (100, 50, 200, 100)
        path.write_text("{")
        with pytest.raises(DeviceError, match="delete it"):
            open_page(roi_file=path)

    def test_each_change_has_a_row_in_the_audit_log_before_it_is_made(
        self, open_page: Callable[..., LivePage], client: Any, tmp_path: Path, token_file: Path
    ) -> None:
        log = AuditLog(tmp_path / "audit.sqlite")
        page = open_page(token_file=token_file)
        page.content.audit = log
        other = type(client)(port_of(page))
        assert other.post("/roi", {"roi": [100, 50, 200, 100]}).status == 200
        assert other.post("/roi", {"roi": [1]}).status == 400
        rows = [(row.what, row.who, row.details) for row in log.rows()]
        assert rows == [("roi.changed", "page", {"camera": "", "roi": [100, 50, 200, 100]})]
        log.use(tmp_path / "missing")
        (tmp_path / "missing").mkdir()
        refused = other.post("/roi", {"roi": None})
        assert refused.status == 503 and "cannot be used" in refused.json["error"]
        assert page.live_states[""].roi == (100, 50, 200, 100)

    def test_a_disk_that_cannot_be_written_is_reported(
        self, open_page: Callable[..., LivePage], client: Any, picture: np.ndarray, tmp_path: Path, token_file: Path
    ) -> None:
        page = open_page(roi_file=tmp_path / "state" / "roi.json", token_file=token_file)
        (tmp_path / "state").write_text("in the way")
        page.live_states[""].add_frame(picture, [], 0.0)
        answer = type(client)(port_of(page)).post("/roi", {"roi": [100, 50, 200, 100]}).json
        assert not answer["kept"] and "cannot be written" in answer["problem"]
        assert page.live_states[""].roi == (100, 50, 200, 100), "it is read all the same"


class TestStrangers:
    def test_pages_of_other_sites_change_nothing(self, page: LivePage, client: Any) -> None:
        body = {"roi": [0, 0, 100, 100]}
        assert client.post("/roi", body, Origin="http://evil.example").status == 403
        assert client.post("/roi", body, Origin=f"http://127.0.0.1:{port_of(page)}").status == 200

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", ""])
    def test_names_that_point_here_see_nothing(
        self, open_page: Callable[..., LivePage], client: Any, host: str
    ) -> None:
        client = type(client)(port_of(open_page()))
        for path in ("/", "/frame", "/state"):
            assert client.get(path, Host=host).status == 403
        assert client.post("/roi", {"roi": None}, Host=host).status == 403

    @pytest.mark.parametrize("host", ["localhost:81", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
    def test_this_machine_is_known_by_its_names(
        self, open_page: Callable[..., LivePage], client: Any, host: str
    ) -> None:
        client = type(client)(port_of(open_page()), "")
        assert client.get("/state", Host=host).status == 200

    @pytest.mark.parametrize("length", ["99999999", "-1", "x", ""])
    def test_large_bodies_are_not_read(self, page: LivePage, length: str) -> None:
        with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
            peer.sendall(f"POST /roi HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())
            assert peer.recv(100).startswith(b"HTTP/1.1 413")

    def test_slow_clients_take_no_place_from_others(self, page: LivePage, client: Any) -> None:
        crowd = [socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) for _ in range(LIMITS.connections)]
        for number, one in enumerate(crowd):
            one.sendall(
                (b"GET /state HTTP/1.1\r\nHost: loc", b"POST /login HTTP/1.1\r\nContent-Length: 9\r\n\r\nto")[
                    number % 2
                ]
            )
        for _ in range(3):
            assert type(client)(port_of(page)).get("/state").status == 200
        crowd[0].settimeout(10)
        assert crowd[0].recv(100).startswith(b"HTTP/1.1 503")
        for one in crowd:
            one.close()

    def test_a_request_that_never_ends_is_answered_and_cut_off(
        self, page: LivePage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page._server, "_limits", replace(LIMITS, request_within=0.5))
        with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as slow, pytest.raises(OSError):
            for byte in b"GET / HTTP/1.1\r\nX: " + b"x" * 1500:  # for half a minute
                slow.sendall(bytes([byte]))
                time.sleep(0.02)

    def test_headers_are_bounded(self, page: LivePage) -> None:
        with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)
            assert peer.recv(100).startswith(b"HTTP/1.1 431")

    def test_several_requests_at_once_are_answered_in_order(self, page: LivePage) -> None:
        with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
            peer.sendall((b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n" + TOKEN_HEADER + b"\r\n\r\n") * 50)
            found = b""
            while found.count(b"HTTP/1.1 404") < 50:
                found += peer.recv(1 << 16)

    @pytest.mark.parametrize("path", ["http://[", "//[", "/%", "*", "/?token=%ff", "/\xff"])
    def test_paths_that_are_none(self, page: LivePage, path: str) -> None:
        with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
            peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n".encode("latin-1") + TOKEN_HEADER + b"\r\n\r\n")
            assert peer.recv(100).startswith((b"HTTP/1.1 404", b"HTTP/1.1 303"))

    @pytest.mark.parametrize(
        "line", [b"GET /nothing", b"POST /nothing", b"nothing", b"GET / HTTP/0.9", b"GET / HTTP/2.0"]
    )
    def test_whatever_is_asked_the_answer_says_where_it_ends(self, page: LivePage, line: bytes) -> None:
        """HTTP/0.9 has answers without a head, which the next answer would be taken for a part of."""
        with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
            peer.sendall(line + b"\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
            head = peer.recv(1000)
        assert head.startswith(b"HTTP/1.1 ") and b"\r\nContent-Length: " in head

    def test_invalid_requests_do_no_harm(self, page: LivePage, client: Any) -> None:
        for rubbish in (
            b"\x16\x03\x01\x02\x00",
            b"GET\r\n\r\n",
            b"GET /frame?after=" + b"9" * 5000 + b" HTTP/1.1\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
                peer.sendall(rubbish)
        assert client.get("/state").status == 200


def test_a_taken_port_is_one_clear_error(page: LivePage) -> None:
    with pytest.raises(DeviceError, match=r"cannot be served: Address already in use; choose another port"):
        LivePage(ServeSettings(f"127.0.0.1:{port_of(page)}")).start()


def test_closing_ends_all_threads_and_connections(open_page: Callable[..., LivePage], client: Any) -> None:
    before = threading.active_count()
    page = LivePage(ServeSettings("127.0.0.1:0"))
    page.start()
    other = type(client)(port_of(page))
    other.get("/state")
    waiting = threading.Thread(target=lambda: other.connection.request("GET", "/frame?after=5"))
    waiting.start()
    page.close()
    waiting.join()
    until(lambda: threading.active_count() <= before)


def test_nothing_is_encoded_without_a_client(
    page: LivePage, client: Any, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode, encoded = live_pictures.encode, []
    monkeypatch.setattr(live_pictures, "encode", lambda *given: encoded.append(1) or encode(*given))
    for number in range(50):
        page.live_states[""].add_frame(picture, [PLATE], number / 10)
    assert client.get("/frame?after=0").status == 200
    assert encoded == [1], "the picture that it has asked for"
