"""The table of routes: each change needs the full token, and each route holds what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from page_client import PageClient, port_of

from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer, PageRequest, RequestRefusedError
from plate_devices.serve.page_server import LivePage
from plate_devices.serve.routes import Route, RouteTable


def view(request: PageRequest) -> Answer:
    return Answer(200, request.rest.encode(), "text/plain")


@pytest.mark.parametrize("needs", [Access.NONE, Access.READ])
def test_a_change_without_the_full_token_cannot_be_a_route(needs: Access) -> None:
    with pytest.raises(ValueError, match="a change needs the full token"):
        Route("POST", "/lists", needs, view)
    with pytest.raises(ValueError, match="GET or POST"):
        Route("PUT", "/lists", Access.FULL, view)


def test_two_routes_of_one_path_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two routes GET /a"):
        RouteTable([Route("GET", "/a", Access.READ, view), Route("GET", "/a", Access.FULL, view)])


@pytest.mark.parametrize(
    ("path", "found"),
    [("/a", ""), ("/a/", None), ("/b/", ""), ("/b/c/d", "c/d"), ("/b", None), ("/", None), ("", None), ("b/c", None),
     ("//b/c", None), ("/b/../a", "../a")],
)  # fmt: skip
def test_paths(path: str, found: str | None) -> None:
    table = RouteTable([Route("GET", "/a", Access.READ, view), Route("GET", "/b/", Access.READ, view)])
    match = table.find("GET", path)
    assert (match[1] if match else None) == found
    assert table.find("POST", path) is None


@pytest.fixture
def guarded(open_page: Callable[..., LivePage], tmp_path: Path) -> LivePage:
    routes = [
        Route("POST", "/change", Access.FULL, view),
        Route("GET", "/secret", Access.FULL, view),
        Route("GET", "/more/", Access.READ, view),
        Route("GET", "/refused", Access.READ, _refuse),
    ]
    return open_page(token_file=tmp_path / "full", viewer_token_file=tmp_path / "viewer", routes=routes)


def _refuse(_request: PageRequest) -> Answer:
    raise RequestRefusedError(409, "not now")


def test_every_route_holds_its_access(guarded: LivePage, tmp_path: Path) -> None:
    """Of all routes, those of the page included; what they answer to a client with access does not matter."""
    port = port_of(guarded)
    tokens = {Access.NONE: "", Access.READ: (tmp_path / "viewer").read_text().strip(), Access.FULL: guarded.token}
    asked = 0
    for (method, path), route in guarded._routes.routes.items():
        for level, token in tokens.items():
            query = "?after=0&small=1" if path == "/frame" else ""
            status = PageClient(port, token).ask(method, path + query, b"" if method == "POST" else None).status
            assert (status in (401, 403)) == (level < route.needs), (method, path, level, status)
            asked += 1
    assert asked >= 3 * 14


def test_views_get_the_rest_of_the_path_and_refuse_in_a_sentence(guarded: LivePage) -> None:
    full = PageClient(port_of(guarded), guarded.token)
    assert full.get("/more/a/b.jpg?x=1").body == b"a/b.jpg"
    refused = full.get("/refused")
    assert (refused.status, refused.json) == (409, {"error": "not now"})
