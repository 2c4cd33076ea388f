"""A live page on a free port, and a client that speaks plain HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from browser_helpers import DESK, PHONE, find_browser

from plate_devices.serve.page_server import LivePage
from plate_devices.serve.page_settings import ServeSettings


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


TOKEN = "correct-horse-battery"


class Client:
    """One connection, kept open; it sends the full token."""

    def __init__(self, port: int, token: str = TOKEN) -> None:
        self.port = port
        self.token = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        return self.ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), **headers)

    def ask(self, method: str, path: str, body: bytes | None, **headers: str) -> Answer:
        self.connection.request(method, path, body, {"Host": f"127.0.0.1:{self.port}", **self.token, **headers})
        found = self.connection.getresponse()
        return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())


@pytest.fixture
def picture() -> np.ndarray:
    """A frame with edges in it, 640x480."""
    rgb = np.random.default_rng(3).integers(90, 110, (480, 640, 3), dtype=np.uint8)
    rgb[100:140, 200:360] = 230
    rgb[110:130, 210:350:12] = 20
    return rgb


@pytest.fixture
def open_page() -> Iterator[Callable[..., LivePage]]:
    """Open a page on a free port: open_page("127.0.0.1:0", token_file=..., extra=...)."""
    opened = []

    def open_(address: str = "127.0.0.1:0", *arguments: Any, **options: Any) -> LivePage:
        files = {name: options.pop(name) for name in ("token_file", "viewer_token_file", "roi_file") if name in options}
        page = LivePage(ServeSettings(address, **files), *arguments, **options)
        page.start()
        opened.append(page)
        return page

    yield open_
    for page in opened:
        page.close()


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    return write_token(tmp_path / "token", TOKEN)


@pytest.fixture
def page(open_page: Callable[..., LivePage], token_file: Path) -> LivePage:
    """A page for this machine."""
    return open_page(token_file=token_file)


@pytest.fixture
def client(page: LivePage) -> Client:
    """Asks that page."""
    return Client(port_of(page))


def write_token(path: Path, token: str) -> Path:
    path.write_text(f"{token}\n")
    path.chmod(0o600)
    return path


def port_of(page: LivePage) -> int:
    """The port that was free."""
    return int(page.url.rstrip("/").rpartition(":")[2])


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    program = find_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        # No sandbox: the tests may run as root, and show their own page alone.
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def tab(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """A tab of a desk's or a phone's browser; whatever goes wrong on a page fails the test."""
    context = browser.new_context(**request.param)
    context.set_default_timeout(60_000)
    tab = context.new_page()
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    tab.problems, tab.kind = problems, request.node.callspec.id
    yield tab
    context.close()
