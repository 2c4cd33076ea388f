"""Addresses that give one picture at a time, and cameras that send on to another address."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from streams.mjpeg import MjpegServer
from streams.pictures import numbers_of
from streams.snapshots import SnapshotServer

from plate_devices.sources import frame_rate_limit, http_connection, http_requests, mjpeg
from plate_devices.sources.camera_address import parse_address
from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.mjpeg import MjpegStream
from plate_devices.sources.redirects import Redirects
from plate_devices.sources.reopening import LoginError
from plate_runtime.errors import DeviceError


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for longer than a busy machine makes the server late: no test is about a silent one."""
    for module, name in (
        (http_connection, "CONNECT_WITHIN"),
        (http_connection, "SILENT_AFTER"),
        (mjpeg, "SILENT_AFTER"),
    ):
        monkeypatch.setattr(module, name, 30.0)
    monkeypatch.setattr(mjpeg, "SNAPSHOT_RATE", 50.0)


@pytest.fixture
def server() -> Iterator[SnapshotServer]:
    with SnapshotServer() as running:
        yield running


def read(url: str, count: int = 4, fps: float | None = None, redirect: str | None = None) -> list[int]:
    return numbers_of(MjpegStream(parse_address(url), FrameRateLimit(fps), redirect), count)


@pytest.mark.parametrize("quirk", ["", "no length", "closes", "chunked", "long", "png", "gzip"])
def test_a_picture_after_the_other_is_asked_for(server: SnapshotServer, quirk: str) -> None:
    server.fault = quirk
    assert read(server.url) == [0, 1, 2, 3]


def test_a_compressed_bomb_is_refused(server: SnapshotServer) -> None:
    server.fault = "bomb"
    with pytest.raises(DeviceError, match="a picture of more than 16 MB"):
        read(server.url)


def test_one_connection_is_kept(server: SnapshotServer) -> None:
    read(server.url, 8)
    assert server.accepted == 2  # the first request asks for a stream, which would never end


def test_as_many_are_asked_for_as_are_wanted(server: SnapshotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    slept, began = [], time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: began + sum(slept), sleep=slept.append)
    monkeypatch.setattr(frame_rate_limit, "time", clock)
    monkeypatch.setattr(mjpeg, "time", clock)
    for rate, fps in ((50.0, 10.0), (10.0, None)):
        slept.clear()
        monkeypatch.setattr(mjpeg, "SNAPSHOT_RATE", rate)
        read(server.url, 6, fps)
        assert sum(slept) == pytest.approx(0.5)


def test_a_picture_that_has_not_changed_is_not_sent_again(server: SnapshotServer) -> None:
    server.still, server.fault = True, "etag"
    assert read(server.url, 5) == [0] * 5
    assert [headers.get("if-none-match") for _, headers in server.requests[1:]] == ['"0"'] * (len(server.requests) - 1)


def test_a_picture_that_has_not_changed_is_not_decoded_again(
    server: SnapshotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.still = True
    decoded = []
    real = mjpeg.open_picture
    monkeypatch.setattr(mjpeg, "open_picture", lambda *args, **more: decoded.append(1) or real(*args, **more))
    assert read(server.url, 5) == [0] * 5
    assert len(decoded) == 1


@pytest.mark.parametrize("scheme", ["basic", "digest", "digest-qop"])
def test_user_and_password_are_given_with_each_request(scheme: str) -> None:
    with SnapshotServer(user="joe", password="s3cret", scheme=scheme) as server:
        assert read(server.url) == [0, 1, 2, 3]
        with pytest.raises(LoginError, match="refuses user or password"):
            read(server.url.replace("s3cret", "other"))


def test_what_goes_wrong_is_said(server: SnapshotServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.fault = "html"
    with pytest.raises(DeviceError, match="sends text/html"):
        read(server.url)
    server.fault, server.pictures = "", lambda _: b"no picture at all"
    with pytest.raises(DeviceError, match="pictures that cannot be read"):
        read(server.url)
    server.pictures = lambda _: b"\xff\xd8\xff\xda\0\2" + bytes(3 << 20)
    monkeypatch.setattr(http_requests, "LARGEST_PART", 1 << 20)
    with pytest.raises(DeviceError, match="more than 1 MB"):
        read(server.url)


def test_a_camera_may_send_on_within_its_host(server: SnapshotServer) -> None:
    with MjpegServer(rate=50.0) as stream:
        for number, place in enumerate(["/b", "b", "//127.0.0.1:{port}/b", "http://127.0.0.1:{port}/b?x=1#y", "?n=1"]):
            server.moves = {"/picture": place.format(port=server.port)}
            assert len(read(server.url, 2)) == 2, number
        server.moves = {"/picture": "/a", "/a": stream.url}
        assert len(read(server.url, 3)) == 3


def test_a_login_goes_along_within_the_host_alone() -> None:
    with SnapshotServer(user="joe", password="s3cret") as server, SnapshotServer() as other:
        server.moves = {"/picture": "/a"}
        assert read(server.url, 2) == [0, 1]
        elsewhere = f"http://localhost:{other.port}/picture"
        server.moves = {"/picture": elsewhere}
        with pytest.raises(DeviceError, match=r"another host, localhost.*redirect") as error:
            read(server.url)
        assert other.requests == []
        assert "s3cret" not in str(error.value)
        assert read(server.url, 2, redirect="LOCALHOST") == [0, 1]
        assert [headers for _, headers in other.requests if "authorization" in headers] == []
        other.user, other.password = "joe", "s3cret"
        with pytest.raises(LoginError):
            read(server.url, redirect="localhost")
        assert [headers for _, headers in other.requests if "authorization" in headers] == []


def test_a_login_in_the_place_that_is_sent_is_not_used(server: SnapshotServer) -> None:
    server.moves = {"/picture": f"http://eve:hidden@127.0.0.1:{server.port}/a"}
    assert read(server.url, 2) == [0, 1]
    assert [headers for _, headers in server.requests if "authorization" in headers] == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("/picture", "redirects more than 5 times"),
        ("", "redirects more than 5 times"),
        ("ftp://127.0.0.1/a", "address that is not valid"),
        ("file:///etc/passwd", "address that is not valid"),
        ("rtsp://127.0.0.1/a", "redirects to rtsp://127.0.0.1"),
        ("http://127.0.0.1:99999/", "address that is not valid"),
        ("http://[::1/", "address that is not valid"),
        ("http://evil\x7f.example/", "address that is not valid"),
        ("http://evil.example/?pwd=hidden", "another host, evil.example"),
        ("http://127.0.0.1.evil.example/", "another host"),
        ("http://127.0.0.1@evil.example/", "another host, evil.example"),
        ("\\\\evil.example/a", "another host|responds|not valid|more than 5"),
    ],
)
def test_where_a_camera_may_not_send_on_to(server: SnapshotServer, place: str, message: str) -> None:
    server.moves = {"/picture": place, "/\\\\evil.example/a": "/picture"}
    with pytest.raises(DeviceError, match=message) as error:
        read(server.url)
    assert "hidden" not in str(error.value)
    assert "\n" not in str(error.value)


def test_https_is_never_left_for_http() -> None:
    way = Redirects(parse_address("https://joe:s3cret@camera.example/a"), "other.example")
    for place in ("http://camera.example/b", "http://other.example/b"):
        with pytest.raises(DeviceError, match="not encrypted"):
            way.follow(place)
    way.follow("/b")
    assert way.address.full == "https://joe:s3cret@camera.example/b"
    way.follow("//other.example/c")
    assert way.address.full == "https://other.example/c"
    way.follow("https://eve:x@camera.example/d")
    assert way.address.full == "https://joe:s3cret@camera.example/d"
    plain = Redirects(parse_address("http://joe:s3cret@camera.example/a"))
    plain.follow("https://camera.example/b")
    with pytest.raises(DeviceError, match="not encrypted"):
        plain.follow("http://camera.example/b")
