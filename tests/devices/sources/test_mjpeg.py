"""MJPEG over HTTP, from a server that does everything wrong that servers do."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator

import pytest
from streams.mjpeg import QUIRKS, MjpegServer
from streams.pictures import draw, jpeg, number_of, numbers_of

from plate_devices.sources import http_connection, mjpeg, multipart
from plate_devices.sources.camera_address import parse_address
from plate_devices.sources.mjpeg import MjpegStream
from plate_devices.sources.open_camera import open_camera
from plate_devices.sources.reopening import LoginError
from plate_runtime.errors import DeviceError

SILENT = ("slow headers", "only json", "mute", "stall")
"""Faults of a server of which nothing comes."""


@pytest.fixture(autouse=True)
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a silent server for a second or two, for others longer than a busy machine makes them late.

    A picture may have less than a megabyte.
    """
    callspec = getattr(request.node, "callspec", None)
    is_silent = callspec is not None and callspec.params.get("fault") in SILENT
    wait_for_silent_servers(monkeypatch, 1.5 if is_silent else 30.0)
    monkeypatch.setattr(multipart, "LARGEST_PART", 1 << 20)
    monkeypatch.setattr(mjpeg, "SNAPSHOT_RATE", 50.0)


def wait_for_silent_servers(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    for module, name in (
        (http_connection, "CONNECT_WITHIN"),
        (http_connection, "SILENT_AFTER"),
        (mjpeg, "SILENT_AFTER"),
    ):
        monkeypatch.setattr(module, name, seconds)


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    with MjpegServer(rate=50.0) as running:
        yield running


def read(url: str, count: int = 5) -> list[int]:
    """The numbers of the first pictures."""
    return numbers_of(MjpegStream(parse_address(url)), count)


@pytest.mark.parametrize("quirk", QUIRKS)
def test_pictures_come_in_order_whatever_the_server_s_habits(server: MjpegServer, quirk: str) -> None:
    sent: list[int] = []
    server.fault, server.pictures = quirk, lambda number: sent.append(number) or jpeg(number)  # type: ignore[func-returns-value]
    source = MjpegStream(parse_address(server.url))
    frames = source.frames()
    found = [next(frames) for _ in range(5)]
    source.close()
    numbers = [number_of(frame.rgb) for frame in found]
    assert numbers == sorted(set(numbers))
    assert [sent.index(number) for number in numbers] == [frame.number for frame in found], "a skipped one is counted"


def test_png_is_read_where_the_server_says_that_it_is_png() -> None:
    def png(number: int) -> bytes:
        stream = io.BytesIO()
        draw(number).save(stream, "PNG")
        return stream.getvalue()

    with MjpegServer(pictures=png, rate=50.0) as server:
        server.fault = "said png"
        assert len(read(server.url)) == 5
        server.fault = ""
        with pytest.raises(DeviceError, match="format PNG; only JPEG is read here"):
            read(server.url)
    with MjpegServer(rate=50.0) as server:
        server.fault = "said png"
        with pytest.raises(DeviceError, match="format JPEG; only PNG is read here"):
            read(server.url)


def test_the_base_install_is_enough(server: MjpegServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("cv2", "av"):
        monkeypatch.setitem(sys.modules, module, None)
    source = open_camera(server.url)
    assert next(iter(source.frames())).rgb.any()
    source.close()


@pytest.mark.parametrize("scheme", ["basic", "digest", "digest-qop"])
def test_user_and_password_are_given_when_asked_for(scheme: str) -> None:
    with MjpegServer(user="joe", password="p@ss:w/rd%", scheme=scheme) as server:
        good = f"joe:p%40ss%3Aw%2Frd%25@127.0.0.1:{server.port}/video"
        assert len(read(f"http://{good}")) == 5
        with pytest.raises(LoginError, match=r"refuses user or password \(401\)") as refused:
            read(f"http://joe:wrong@127.0.0.1:{server.port}/video")
        assert "wrong" not in str(refused.value)
        assert "joe" not in str(refused.value)
        with pytest.raises(LoginError, match="asks for user and password"):
            read(f"http://127.0.0.1:{server.port}/video")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("missing", "responds with 404, not with a stream; is the path right"),
        ("moved", r"redirects to another host, elsewhere.*\[source\] redirect = \"elsewhere\""),
        ("other", "does not respond in HTTP; is the port right"),
        ("page", "sends text/html, not an MJPEG stream"),
        ("picture", "sends an empty picture"),
        ("headers", "endless headers"),
        ("slow headers", "endless headers|nothing complete"),
        ("part headers", "endless headers"),
        ("endless", "more than 1 MB without the end of a picture"),
        ("damaged", "sends pictures that cannot be read; one of them is"),
        ("text", "sends pictures that cannot be read; one of them is"),
        ("only json", r"nothing complete for 1\.5 s"),
        ("mute", r"nothing complete for 1\.5 s"),
        ("stall", r"nothing complete for 1\.5 s"),
        ("ends", "has ended without a JPEG or PNG picture"),
        ("brotli", "compressed in an unknown way; gzip and deflate are read"),
    ],
)
def test_what_goes_wrong_is_noticed_soon_and_said(server: MjpegServer, fault: str, message: str) -> None:
    server.fault = fault
    started = time.monotonic()
    with pytest.raises(DeviceError, match=message) as said:
        read(server.url)
    assert time.monotonic() - started < 30.0
    assert "hidden" not in str(said.value)


@pytest.mark.parametrize("fault", ["damaged", "stall", "part headers", "endless"])
def test_what_goes_wrong_later_is_noticed_too(server: MjpegServer, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_silent_servers(monkeypatch, 30.0)
    source = MjpegStream(parse_address(server.url))
    frames = source.frames()
    next(frames)
    server.fault = fault
    wait_for_silent_servers(monkeypatch, 1.5)
    with pytest.raises(DeviceError, match=r"^http://127\.0\.0\.1:\d+/video\?channel=1 "):
        list(frames)
    source.close()


def test_a_killed_server_and_none_at_all(server: MjpegServer) -> None:
    source = MjpegStream(parse_address(server.url))
    frames = source.frames()
    next(frames)
    server.kill()
    with pytest.raises(DeviceError, match=r"has ended|closed the connection|cannot be reached"):
        list(frames)
    source.close()
    with pytest.raises(DeviceError, match="cannot be reached: Connection refused"):
        read(server.url)
    with pytest.raises(DeviceError, match="cannot be reached: "):
        read("http://no-such-host.invalid/video")


def test_one_damaged_picture_is_left_out() -> None:
    sent: list[int] = []

    def pictures(number: int) -> bytes:
        sent.append(number)
        return jpeg(number)[: 400 if len(sent) % 4 == 0 else None]

    with MjpegServer(pictures, rate=50.0) as broken:
        source = MjpegStream(parse_address(broken.url))
        frames = source.frames()
        numbers = [next(frames).number for _ in range(8)]
        source.close()
    assert numbers == sorted(set(numbers))
    assert source.dropped > 0
    assert numbers[-1] <= 7 + source.dropped


def test_a_late_reader_gets_the_newest_and_the_rest_is_counted(server: MjpegServer) -> None:
    sent: list[int] = []
    server.pictures = lambda number: sent.append(number) or jpeg(number)  # type: ignore[func-returns-value]
    source = MjpegStream(parse_address(server.url))
    frames = source.frames()
    next(frames)
    until = time.monotonic() + 30.0
    while len(sent) < 25:
        assert time.monotonic() < until
        time.sleep(0.01)
    before = sent[-2]  # the last one may still be on its way
    after = next(frames)
    source.close()
    assert number_of(after.rgb) >= before
    assert source.dropped > 10
    assert after.number == source.dropped + 1
