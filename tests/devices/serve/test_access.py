"""The token: required from other machines, kept private, never logged."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from page_client import PageClient, port_of

from plate_devices.serve.access import load_or_create_token
from plate_devices.serve.page_server import LivePage
from plate_devices.serve.page_settings import ServeSettings
from plate_devices.setting_errors import SettingError
from plate_runtime.errors import DataError, DeviceError, UsageError


@pytest.fixture
def reported() -> list[str]:
    return []


@pytest.fixture
def guarded(open_page: Callable[..., LivePage], token_file: Path, reported: list[str]) -> LivePage:
    """A page for all machines."""
    return open_page("0.0.0.0:0", reported.append, token_file=token_file)


@pytest.fixture
def stranger(guarded: LivePage) -> Any:
    """Another machine's browser."""
    return PageClient(port_of(guarded), "")


def test_strangers_see_the_login_alone(stranger: Any) -> None:
    start = stranger.get("/")
    assert start.status == 401 and b"<form" in start.body
    assert stranger.get("/page.css").status == 200
    for path in ("/frame", "/state", "/page.js", "/metrics", "/health", "/crops/1.jpg"):
        assert stranger.get(path).status == 401
    assert stranger.post("/roi", {"roi": None}).status == 401


def test_the_token_opens_the_page_for_a_year(stranger: Any) -> None:
    found = stranger.get("/?token=correct-horse-battery")
    assert (found.status, found.headers["location"]) == (303, "./")
    cookie = found.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    known = {"Cookie": cookie.partition(";")[0]}
    assert b"<canvas" in stranger.get("/", **known).body
    assert stranger.get("/state", Host="gate.local:8080", **known).status == 200
    typed = stranger.post("/login", b"token=correct-horse-battery")
    assert typed.headers["set-cookie"] == cookie


def test_programs_bring_it_in_a_header(stranger: Any) -> None:
    assert stranger.get("/state", Authorization="Bearer correct-horse-battery").status == 200
    assert stranger.get("/state", Authorization="Basic correct-horse-battery").status == 401


@pytest.mark.parametrize("word", ["", "correct-horse-batter", "correct-horse-battery0", "%C3%A4"])
def test_a_wrong_token_takes_a_while_and_opens_nothing(stranger: Any, word: str) -> None:
    started = time.monotonic()
    found = stranger.get(f"/?token={word}&x=1") if word else stranger.post("/login", b"token=")
    assert found.status == 303 and "set-cookie" not in found.headers
    assert time.monotonic() - started > 0.9


@pytest.mark.parametrize("cookie", ["plate_edge_token=wrong", "plate_edge_token", "=;=;", "a\x01b=2", 'x="'])
def test_other_cookies_open_nothing(stranger: Any, cookie: str) -> None:
    assert stranger.get("/state", Cookie=cookie).status == 401


def test_the_log_names_the_file_and_not_the_token(guarded: LivePage, reported: list[str], token_file: Path) -> None:
    assert reported == [f"the page is opened with the token in {token_file}"]
    assert "horse" not in guarded.url


def test_a_token_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "state" / "token"
    token = load_or_create_token(path)
    assert len(token) >= 24 and path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_token(path) == token


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_service_without_a_file_is_refused_and_a_terminal_shows_a_token(
    monkeypatch: pytest.MonkeyPatch, open_page: Callable[..., LivePage]
) -> None:
    page = LivePage(ServeSettings("0.0.0.0:0"))
    with pytest.raises(UsageError, match=r"token_file, or serve on 127\.0\.0\.1"):
        page.start()
    page.close()
    monkeypatch.setattr(sys, "stderr", Terminal())
    page = open_page("0.0.0.0:0")
    assert sys.stderr.getvalue() == f"open {page.url}?token={page.token}\n"
    assert len(page.token) >= 24


def test_this_machine_reads_without_a_token_and_changes_with_that_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, open_page: Callable[..., LivePage]
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    page = open_page()
    assert sys.stderr.getvalue() == f"open {page.url}?token={page.token}\n"
    local = PageClient(port_of(page), "")
    state = local.get("/state")
    assert (state.status, state.json["may_write"]) == (200, False)
    refused = local.post("/roi", {"roi": None})
    assert refused.status == 403 and "open the address that the terminal shows" in refused.json["error"]
    assert state.json["read_only"] == refused.json["error"]
    cookie = local.get(f"/?token={page.token}").headers["set-cookie"].partition(";")[0]
    assert local.post("/roi", {"roi": None}, Cookie=cookie).status == 200
    assert local.get("/state", Cookie=cookie).json["may_write"] is True


def test_a_service_without_a_token_file_changes_nothing_and_names_the_setting(
    open_page: Callable[..., LivePage],
) -> None:
    page = open_page()
    local = PageClient(port_of(page), "")
    assert local.get("/state").status == 200
    refused = local.post("/roi", {"roi": None})
    assert (refused.status, refused.json) == (
        403, {"error": "changes need a token; name a [serve] token_file in the settings"}
    )  # fmt: skip
    assert page.token == ""


class TestViewers:
    """Others of the household have a token of their own."""

    VIEWER = "viewer-horse-battery"

    @pytest.fixture(params=["127.0.0.1:0", "0.0.0.0:0"])
    def shared(
        self, request: pytest.FixtureRequest, open_page: Callable[..., LivePage], token_file: Path, tmp_path: Path
    ) -> LivePage:
        viewer = tmp_path / "viewer"
        viewer.write_text(self.VIEWER)
        viewer.chmod(0o600)
        return open_page(request.param, token_file=token_file, viewer_token_file=viewer)

    def test_they_read_and_change_nothing(self, shared: LivePage) -> None:
        viewer = PageClient(port_of(shared), self.VIEWER)
        assert (viewer.get("/state").status, viewer.get("/state").json["may_write"]) == (200, False)
        refused = viewer.post("/roi", {"roi": None})
        assert refused.status == 403 and "the full token" in refused.json["error"]
        assert viewer.post("/roi", {"roi": None}, Origin="http://evil.example").status == 403
        assert viewer.get("/login").status == 200, "to enter the full token"

    def test_a_token_file_closes_loopback_too(self, shared: LivePage) -> None:
        """Behind another web server, each client seems to be on this machine."""
        stranger = PageClient(port_of(shared), "")
        assert stranger.get("/state").status == stranger.post("/roi", {"roi": None}).status == 401

    def test_both_tokens_open_the_page(self, shared: LivePage) -> None:
        stranger = PageClient(port_of(shared), "")
        for token, status in ((self.VIEWER, 403), ("correct-horse-battery", 200)):
            cookie = stranger.post("/login", f"token={token}".encode()).headers["set-cookie"].partition(";")[0]
            assert stranger.get("/state", Cookie=cookie).status == 200
            assert stranger.post("/roi", {"roi": None}, Cookie=cookie).status == status

    def test_the_same_token_twice_is_refused(self, token_file: Path, tmp_path: Path) -> None:
        copied = tmp_path / "copied"
        copied.write_text(token_file.read_text())
        copied.chmod(0o600)
        page = LivePage(ServeSettings("127.0.0.1:0", token_file=token_file, viewer_token_file=copied))
        with pytest.raises(DataError, match="holds the full token"):
            page.start()
        with pytest.raises(SettingError, match="another file"):
            ServeSettings("127.0.0.1:0", token_file=token_file, viewer_token_file=token_file)

    def test_the_viewers_token_alone_serves_other_machines(
        self, open_page: Callable[..., LivePage], tmp_path: Path
    ) -> None:
        page = open_page("0.0.0.0:0", viewer_token_file=tmp_path / "viewer")
        viewer = PageClient(port_of(page), (tmp_path / "viewer").read_text().strip())
        assert viewer.get("/state").status == 200
        assert "name a [serve] token_file" in viewer.post("/roi", {"roi": None}).json["error"]


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [("short", 0o600, "16 letters"), ("two words of a token", 0o600, "one word"), ("ä" * 20, 0o600, "one word"),
     ("correct-horse-battery", 0o644, "chmod 600")],
)  # fmt: skip
def test_files_that_hold_no_token(tmp_path: Path, content: str, mode: int, reason: str) -> None:
    path = tmp_path / "token"
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(DataError, match=reason):
        load_or_create_token(path)


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match="cannot be read or created"):
        load_or_create_token(tmp_path / "file" / "token")
