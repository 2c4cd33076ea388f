"""The server of the page: its files, health and metrics, its port and its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from device_helpers import until
from page_client import PageClient, port_of

from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer
from plate_devices.serve.page_server import LivePage
from plate_devices.serve.page_settings import ServeSettings
from plate_devices.serve.routes import Route
from plate_runtime.errors import DeviceError


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


def test_health_and_metrics_are_served_where_there_are_any(open_page: Callable[..., LivePage], client: Any) -> None:
    assert client.get("/metrics").status == client.get("/health").status == 404
    metrics = Route("GET", "/metrics", Access.READ, lambda _: Answer(200, b"up 1\n", "text/plain; version=0.0.4"))
    page = open_page(routes=[metrics], health=lambda: {"up": True})
    other = PageClient(port_of(page))
    found = other.get("/metrics")
    assert (found.body, found.headers["content-type"]) == (b"up 1\n", "text/plain; version=0.0.4")
    assert other.get("/health").json == {"up": True} == other.get("/state").json["health"]


def test_a_taken_port_is_one_clear_error(page: LivePage) -> None:
    with pytest.raises(DeviceError, match=r"cannot be served: Address already in use; choose another port"):
        LivePage(ServeSettings(f"127.0.0.1:{port_of(page)}")).start()


def test_closing_ends_all_threads_and_connections() -> None:
    before = threading.active_count()
    page = LivePage(ServeSettings("127.0.0.1:0"))
    page.start()
    other = PageClient(port_of(page))
    other.get("/state")
    waiting = threading.Thread(target=lambda: other.connection.request("GET", "/frame?after=5"))
    waiting.start()
    page.close()
    waiting.join()
    until(lambda: threading.active_count() <= before)
