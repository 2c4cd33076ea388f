"""The page below a path of another web server, as Home Assistant's ingress serves it: links, login, changes, frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_helpers import wait_for
from ingress_proxy import PREFIX, IngressProxy
from page_client import TOKEN, PageClient, port_of

from plate_devices.serve import page_server
from plate_devices.serve.page_server import LivePage

FILES = sorted((Path(page_server.__file__).parent / "page").iterdir())


@pytest.fixture
def proxy(page: LivePage) -> Iterator[IngressProxy]:
    proxy = IngressProxy(port_of(page))
    yield proxy
    proxy.close()


ABSOLUTE = re.compile(r"""(?:(?:href|src|action)=|fetch\(|url\(|location(?:\.\w+)?\s*=\s*)["'`]?/""")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_pages_name_nothing_by_an_absolute_path(file: Path) -> None:
    assert not ABSOLUTE.findall(file.read_text())


def test_the_login_stays_below_the_prefix_and_so_does_its_cookie(proxy: IngressProxy) -> None:
    client = PageClient(proxy.server_address[1], token="")
    assert client.get(f"{PREFIX}/").status == 401, "Home Assistant's users are not those of the page"
    opened = client.post(f"{PREFIX}/login", f"token={TOKEN}".encode())
    assert (opened.status, opened.headers["location"]) == (303, "./")
    assert "Path=" not in opened.headers["set-cookie"], "by default the folder of the request: the prefix"
    known = {"Cookie": opened.headers["set-cookie"].partition(";")[0]}
    assert client.get(f"{PREFIX}/", **known).status == 200
    assert client.get(f"{PREFIX}/crops/1.jpg?token={TOKEN}").headers["location"] == "../"
    assert "frame-ancestors 'self'" in client.get(f"{PREFIX}/", **known).headers["content-security-policy"]


def test_changes_come_from_the_page_alone(proxy: IngressProxy) -> None:
    client = PageClient(proxy.server_address[1])
    here = f"127.0.0.1:{client.port}"
    body = {"roi": [0, 0, 64, 48]}
    assert client.post(f"{PREFIX}/roi", body, Origin=f"http://{here}").status != 403
    assert client.post(f"{PREFIX}/roi", body, Host="home.example", Origin="https://home.example").status != 403
    for origin in ("http://evil.example", "null"):
        assert client.post(f"{PREFIX}/roi", body, Origin=origin).status == 403


@pytest.mark.system
def test_a_browser_uses_it_in_a_frame(proxy: IngressProxy, page: LivePage, tab: Any, picture: np.ndarray) -> None:
    page.live_states[""].add_frame(picture, [], 0.0, None)
    port = proxy.server_address[1]
    tab.goto(f"http://127.0.0.1:{port}{PREFIX}/")
    tab.problems.clear()  # the login is answered with 401
    tab.fill("input[name=token]", TOKEN)
    tab.press("input[name=token]", "Enter")
    wait_for(tab, "document.body && Number(document.body.dataset.frame) > 0")
    assert tab.url == f"http://127.0.0.1:{port}{PREFIX}/"
    (cookie,) = tab.context.cookies()
    assert cookie["path"] == PREFIX
    tab.click("nav a[href='./']")
    wait_for(tab, "document.body && Number(document.body.dataset.frame) > 0")
    tab.goto(f"http://127.0.0.1:{port}/outside")
    inside = tab.frames[1]
    inside.wait_for_selector("canvas")
    wait_for(inside, "Number(document.body.dataset.frame) > 0")
    assert not tab.problems
