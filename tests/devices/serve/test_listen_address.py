"""Where the page is served, as people type it."""

from __future__ import annotations

import pytest

from plate_devices.serve.listen_address import ListenAddress, parse_listen, resolve
from plate_devices.serve.page_settings import ServeSettings
from plate_devices.setting_errors import SettingError
from plate_runtime.errors import DeviceError


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("9000", ("127.0.0.1", 9000)),
        ("localhost", ("localhost", 8080)),
        (":8080", ("0.0.0.0", 8080)),
        ("[::1]:81", ("::1", 81)),
        ("[::]", ("::", 8080)),
        ("::1", ("::1", 8080)),
        (" gate.local:80 ", ("gate.local", 80)),
    ],
)
def test_addresses(typed: str, found: tuple[str, int]) -> None:
    assert parse_listen(typed) == ListenAddress(*found)


@pytest.mark.parametrize(
    "typed", ["", "host:port", "host:70000", "http://host:80", "a b:80", "1:2:3", "[::1]x", "[]:80"]
)
def test_what_is_none(typed: str) -> None:
    with pytest.raises(ValueError, match="use for example"):
        parse_listen(typed)
    if typed:
        with pytest.raises(SettingError):
            ServeSettings(typed)


def test_who_reaches_it() -> None:
    assert resolve(ListenAddress("127.0.0.1", 0))[2]
    assert resolve(ListenAddress("localhost", 0))[2]
    assert not resolve(ListenAddress("0.0.0.0", 0))[2]
    with pytest.raises(DeviceError, match="no such address"):
        resolve(ListenAddress("no-such-host.invalid", 0))


def test_shown_as_a_browser_wants_it() -> None:
    assert ListenAddress("0.0.0.0", 80).shown == "localhost:80"
    assert ListenAddress("fe80::2", 80).shown == "[fe80::2]:80"
