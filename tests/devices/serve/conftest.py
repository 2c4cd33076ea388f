"""A live page on a free port, its client, and browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_helpers import DESK, PHONE, find_browser
from page_client import TOKEN, PageClient, port_of, write_token

from plate_devices.serve.page_server import LivePage
from plate_devices.serve.page_settings import ServeSettings


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
def client(page: LivePage) -> PageClient:
    """Asks that page."""
    return PageClient(port_of(page))


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
