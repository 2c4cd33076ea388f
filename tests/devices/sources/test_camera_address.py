"""Addresses are taken apart as browsers do it, and shown without secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.sources.camera_address import HIDDEN, CameraAddress, parse_address, printable_name
from plate_runtime.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("rtsp://host/stream", CameraAddress("rtsp", "host", 554, "/stream")),
        ("RTSP://Host:8554", CameraAddress("rtsp", "Host", 8554, "/")),
        (
            "http://joe:p%40ss@10.0.0.9/v?channel=1#x",
            CameraAddress("http", "10.0.0.9", 80, "/v?channel=1", "joe", "p@ss"),
        ),
        ("https://joe@[fe80::1]:444?a", CameraAddress("https", "fe80::1", 444, "/?a", "joe")),
        ("rtsp://joe:a@b:c@host/", CameraAddress("rtsp", "host", 554, "/", "joe", "a@b:c")),
    ],
)
def test_parts(typed: str, expected: CameraAddress) -> None:
    assert parse_address(typed) == expected


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("rtsp://joe:secret@host/Streaming/Channels/101", "rtsp://host/Streaming/Channels/101"),
        ("rtsp://joe:secret@host:554/", "rtsp://host/"),
        ("rtsp://h/cam/realmonitor?channel=1&subtype=0", "rtsp://h/cam/realmonitor?channel=1&subtype=0"),
        ("http://h/v.cgi?user=joe&pwd=secret&resolution=640x480", "http://h/v.cgi?user=***&pwd=***&resolution=640x480"),
        ("rtsp://h/user=joe_password=secret_channel=1_stream=0.sdp", "rtsp://h/user=***_password=***_channel=1_stream=0.sdp"),
        ("http://h/v?token=secret#secret", "http://h/v?token=***"),
        ("https://h:444/v?channel=a-very-long-secret", "https://h:444/v?channel=***"),
        ("ftp://joe:secret@host/x", "ftp://***"),
        ("rtsp://joe:se/cret@host/x", "rtsp://***"),
        ("film.mp4", "film.mp4"),
    ],
)  # fmt: skip
def test_what_is_shown_holds_no_secret(typed: str, shown: str) -> None:
    assert printable_name(typed) == shown


@pytest.mark.parametrize(
    "typed",
    ["rtsp://", "rtsp:///secret", "rtsp://h:99999/secret", "rtsp://h:x/secret", "rtsp://a b/secret", "http://[::1/secret",
     "rtsp://joe:se#secret@h/", "rtsp://joe:s?secret@h/", "http://h/secret\nX: y"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_address(typed)
    assert "secret" not in str(refused.value)


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_any_login_survives_being_quoted(user: str, password: str) -> None:
    address = CameraAddress("rtsp", "host", 8554, "/stream", user, password)
    if any("\ud800" <= character <= "\udfff" for character in user + password):
        return
    if any(character < " " or character == "\x7f" for character in user):
        with pytest.raises(UsageError, match="control character"):
            parse_address(address.full)
        return
    assert parse_address(address.full) == address
    assert address.shown == address.bare == "rtsp://host:8554/stream"
    assert HIDDEN not in address.full or HIDDEN in user + password
