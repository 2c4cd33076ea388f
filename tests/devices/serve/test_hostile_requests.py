"""Requests of other sites and of hostile clients: refused, bounded, and no harm to others."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from page_client import TOKEN, PageClient, port_of

from plate_devices.serve.page_server import LIMITS, LivePage

TOKEN_HEADER = f"Authorization: Bearer {TOKEN}".encode()


def test_pages_of_other_sites_change_nothing(page: LivePage, client: Any) -> None:
    body = {"roi": [0, 0, 100, 100]}
    assert client.post("/roi", body, Origin="http://evil.example").status == 403
    assert client.post("/roi", body, Origin=f"http://127.0.0.1:{port_of(page)}").status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", ""])
def test_names_that_point_here_see_nothing(open_page: Callable[..., LivePage], host: str) -> None:
    client = PageClient(port_of(open_page()))
    for path in ("/", "/frame", "/state"):
        assert client.get(path, Host=host).status == 403
    assert client.post("/roi", {"roi": None}, Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost:81", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
def test_this_machine_is_known_by_its_names(open_page: Callable[..., LivePage], host: str) -> None:
    client = PageClient(port_of(open_page()), "")
    assert client.get("/state", Host=host).status == 200


@pytest.mark.parametrize("length", ["99999999", "-1", "x", ""])
def test_large_bodies_are_not_read(page: LivePage, length: str) -> None:
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
        peer.sendall(f"POST /roi HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode())
        assert peer.recv(100).startswith(b"HTTP/1.1 413")


def test_slow_clients_take_no_place_from_others(page: LivePage) -> None:
    crowd = [socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) for _ in range(LIMITS.connections)]
    for number, one in enumerate(crowd):
        one.sendall(
            (b"GET /state HTTP/1.1\r\nHost: loc", b"POST /login HTTP/1.1\r\nContent-Length: 9\r\n\r\nto")[number % 2]
        )
    for _ in range(3):
        assert PageClient(port_of(page)).get("/state").status == 200
    crowd[0].settimeout(10)
    assert crowd[0].recv(100).startswith(b"HTTP/1.1 503")
    for one in crowd:
        one.close()


def test_a_request_that_never_ends_is_answered_and_cut_off(page: LivePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page._server, "_limits", replace(LIMITS, request_within=0.5))
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as slow, pytest.raises(OSError):
        for byte in b"GET / HTTP/1.1\r\nX: " + b"x" * 1500:  # for half a minute
            slow.sendall(bytes([byte]))
            time.sleep(0.02)


def test_headers_are_bounded(page: LivePage) -> None:
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)
        assert peer.recv(100).startswith(b"HTTP/1.1 431")


def test_several_requests_at_once_are_answered_in_order(page: LivePage) -> None:
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
        peer.sendall((b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n" + TOKEN_HEADER + b"\r\n\r\n") * 50)
        found = b""
        while found.count(b"HTTP/1.1 404") < 50:
            found += peer.recv(1 << 16)


@pytest.mark.parametrize("path", ["http://[", "//[", "/%", "*", "/?token=%ff", "/\xff"])
def test_paths_that_are_none(page: LivePage, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
        peer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n".encode("latin-1") + TOKEN_HEADER + b"\r\n\r\n")
        assert peer.recv(100).startswith((b"HTTP/1.1 404", b"HTTP/1.1 303"))


@pytest.mark.parametrize("line", [b"GET /nothing", b"POST /nothing", b"nothing", b"GET / HTTP/0.9", b"GET / HTTP/2.0"])
def test_whatever_is_asked_the_answer_says_where_it_ends(page: LivePage, line: bytes) -> None:
    """HTTP/0.9 has answers without a head, which the next answer would be taken for a part of."""
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
        peer.sendall(line + b"\r\nHost: localhost\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
        head = peer.recv(1000)
    assert head.startswith(b"HTTP/1.1 ") and b"\r\nContent-Length: " in head


def test_invalid_requests_do_no_harm(page: LivePage, client: Any) -> None:
    for rubbish in (
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"GET /frame?after=" + b"9" * 5000 + b" HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port_of(page)), timeout=10) as peer:
            peer.sendall(rubbish)
    assert client.get("/state").status == 200
