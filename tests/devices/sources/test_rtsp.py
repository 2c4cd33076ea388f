"""RTSP, from a server on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from streams.pictures import number_of
from streams.rtsp import RtspServer

from plate_devices.sources import connection, rtsp
from plate_devices.sources.address import parse_address
from plate_devices.sources.reopening import LoginError
from plate_devices.sources.rtsp import Lag, RtspStream
from plate_runtime.errors import DeviceError


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a second or two at most."""
    monkeypatch.setattr(rtsp, "OPEN_WITHIN", 2.0)
    monkeypatch.setattr(rtsp, "READ_WITHIN", 1.0)
    monkeypatch.setattr(connection, "CONNECT_WITHIN", 1.0)


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with RtspServer() as running:
        yield running


def read(url: str, count: int = 5) -> list[int]:
    """The numbers of the first pictures."""
    source = RtspStream(parse_address(url))
    numbers = []
    try:
        for frame in source.frames():
            assert frame.time is not None
            assert frame.number == len(numbers)
            numbers.append(number_of(frame.rgb))
            if len(numbers) == count:
                break
    finally:
        source.close()
    return numbers


def test_pictures_come_in_order(server: RtspServer) -> None:
    numbers = read(server.url)
    assert numbers == list(range(numbers[0], numbers[0] + 5))


@pytest.mark.parametrize("scheme", ["basic", "digest", "digest-qop"])
def test_user_and_password_are_given_when_asked_for(scheme: str) -> None:
    with RtspServer("joe", "p@ss:w/rd%", scheme) as server:
        assert len(read(f"rtsp://joe:p%40ss%3Aw%2Frd%25@127.0.0.1:{server.port}/drawn")) == 5
        with pytest.raises(LoginError, match=r"refuses user or password \(401\)") as refused:
            read(f"rtsp://joe:wrong@127.0.0.1:{server.port}/drawn")
        assert "wrong" not in str(refused.value)
        assert "joe" not in str(refused.value)
        with pytest.raises(LoginError, match="asks for user and password"):
            read(f"rtsp://127.0.0.1:{server.port}/drawn")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("missing", "answers 404, not a stream; is the path right"),
        ("mute", "nothing whole|headers without an end"),
        ("stall", "no more pictures|no video"),
        ("other", "does not answer in RTSP"),
    ],
)
def test_what_goes_wrong_is_noticed_soon_and_said(
    server: RtspServer, fault: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server.fault = fault
    started = time.monotonic()
    with pytest.raises(DeviceError, match=message):
        read(server.url)
    assert time.monotonic() - started < 10.0
    assert capfd.readouterr().err == ""


def test_a_stall_a_killed_server_and_none_at_all(server: RtspServer) -> None:
    for break_it in (lambda: setattr(server, "fault", "stall"), server.kill):
        server.fault = ""
        source = RtspStream(parse_address(server.url))
        frames = source.frames()
        next(frames)
        break_it()
        started = time.monotonic()
        with pytest.raises(DeviceError, match="gives no more pictures"):
            list(frames)
        source.close()
        assert time.monotonic() - started < 5.0
    with pytest.raises(DeviceError, match="cannot be reached: Connection refused"):
        read(server.url)


def test_a_stream_that_falls_behind_is_noticed_and_a_hiccup_is_not() -> None:
    lag = Lag()
    assert not any(lag.too_long(now - 0.5, now) for now in range(60))
    # Ten seconds of silence, made up for at once.
    assert not lag.too_long(60.0, 70.5)
    assert not any(lag.too_long(now - 0.5, now) for now in range(71, 90))
    # Decoded at four fifths of the speed.
    noticed = [now for now in range(90, 200) if lag.too_long(90 + 0.8 * (now - 90), now)]
    assert 105 < noticed[0] < 115
