"""RTSP, from a server on loopback."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import av
import pytest
from streams.pictures import HEIGHT, WIDTH, draw, number_of, numbers_of
from streams.rtsp import RtspServer
from streams.serving import CERTIFICATE

from plate_devices.sources import http_connection, rtsp
from plate_devices.sources.camera_address import parse_address
from plate_devices.sources.frame_rate_limit import FrameRateLimit
from plate_devices.sources.reopening import LoginError
from plate_devices.sources.rtsp import Backlog, RtspStream, StreamLag
from plate_runtime.errors import DeviceError, MissingPartError


@pytest.fixture(autouse=True)
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a silent server for a second or two, for others longer than a busy machine makes them late."""
    callspec = getattr(request.node, "callspec", None)
    is_silent = callspec is not None and callspec.params.get("fault") in ("mute", "stall")
    monkeypatch.setattr(rtsp, "OPEN_WITHIN", 2.0 if is_silent else 30.0)
    monkeypatch.setattr(rtsp, "READ_WITHIN", 1.0 if is_silent else 30.0)
    monkeypatch.setattr(http_connection, "CONNECT_WITHIN", 1.0 if is_silent else 30.0)


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with RtspServer() as running:
        yield running


def read(url: str, count: int = 5) -> list[int]:
    """The numbers of the first pictures."""
    return numbers_of(RtspStream(parse_address(url)), count)


def test_pictures_come_in_order(server: RtspServer) -> None:
    numbers = read(server.url)
    assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_pictures_above_the_limit_of_cameras_are_refused(server: RtspServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp, "CAMERA", rtsp.CAMERA._replace(pixels=WIDTH * HEIGHT - 1))
    with pytest.raises(DeviceError, match="megapixels; choose its smaller stream"):
        read(server.url)


@pytest.mark.parametrize("scheme", ["basic", "digest", "digest-qop"])
def test_user_and_password_are_given_when_asked_for(scheme: str) -> None:
    with RtspServer(user="joe", password="p@ss:w/rd%", scheme=scheme) as server:
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
        ("missing", "responds with 404, not with a stream; is the path right"),
        ("mute", "nothing complete|endless headers"),
        ("stall", "no more pictures|no video"),
        ("other", "does not respond in RTSP"),
    ],
)
def test_what_goes_wrong_is_noticed_soon_and_said(
    server: RtspServer, fault: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    server.fault = fault
    started = time.monotonic()
    with pytest.raises(DeviceError, match=message):
        read(server.url)
    assert time.monotonic() - started < 30.0
    assert capfd.readouterr().err == ""


def test_a_stall_a_killed_server_and_none_at_all(server: RtspServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp, "READ_WITHIN", 1.0)
    for break_it in (lambda: setattr(server, "fault", "stall"), server.kill):
        server.fault = ""
        source = RtspStream(parse_address(server.url))
        frames = source.frames()
        next(frames)
        break_it()
        started = time.monotonic()
        with pytest.raises(DeviceError, match="sends no more pictures"):
            list(frames)
        source.close()
        assert time.monotonic() - started < 30.0
    with pytest.raises(DeviceError, match="cannot be reached: Connection refused"):
        read(server.url)


def test_a_stream_that_falls_behind_is_noticed_and_a_hiccup_is_not() -> None:
    lag = StreamLag()
    assert not any(lag.too_long(now - 0.5, now) for now in range(60))
    # Ten seconds of silence, made up for at once.
    assert not lag.too_long(60.0, 70.5)
    assert not any(lag.too_long(now - 0.5, now) for now in range(71, 90))
    # Decoded at four fifths of the speed.
    noticed = [now for now in range(90, 200) if lag.too_long(90 + 0.8 * (now - 90), now)]
    assert 105 < noticed[0] < 115


def test_a_clock_that_goes_slow_is_not_taken_for_a_delay() -> None:
    lag = StreamLag()
    assert not any(lag.too_long(now * (1 - 1e-4), now) for now in range(0, 1_000_000, 5))


def test_packets_are_skipped_up_to_a_key_picture_while_decoding_is_too_slow() -> None:
    backlog = Backlog()
    now, skipped = 0.0, []
    for number in range(200):
        # Every packet is there already, up to number 90; a key picture every 25.
        waited = 0.0 if number < 90 else 0.03
        now += 0.04
        if backlog.skips(number % 25 == 0, waited, now):
            skipped.append(number)
    assert skipped == [*range(13, 25), *range(26, 50), *range(51, 75), *range(76, 100)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 drawn pictures as H.264, a key picture every 30; those from 30 to 49 are damaged on the way."""
    stream = io.BytesIO()
    with av.open(stream, "w", format="h264") as out:
        video = out.add_stream("libx264", 25, options={"g": "30", "tune": "zerolatency", "x264-params": "scenecut=0"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(120):
            out.mux(video.encode(av.VideoFrame.from_image(draw(number))))
        out.mux(video.encode())
    chance = Random(5)
    pieces = re.split(rb"(?=\x00\x00\x01[\x21\x41\x61\x25\x45\x65])", stream.getvalue())
    for number in range(30, 50):
        piece = bytearray(pieces[1 + number])
        piece[8:] = bytes(chance.randrange(4, 256) for _ in piece[8:])
        pieces[1 + number] = bytes(piece)
    path = tmp_path_factory.mktemp("film") / "damaged.h264"
    path.write_bytes(b"".join(pieces))
    return path


def watch(clip: Path, monkeypatch: pytest.MonkeyPatch) -> RtspStream:
    """A stream that plays a file, which never has to wait for a packet."""
    monkeypatch.setattr(rtsp, "NO_WAIT_FOR", float("inf"))
    source = RtspStream(parse_address("rtsp://gate/"))
    monkeypatch.setattr(source, "_open", lambda: av.open(str(clip)))
    return source


def test_damaged_pictures_are_left_out_until_whole_ones_come(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = watch(clip, monkeypatch)
    numbers = []
    with pytest.raises(DeviceError, match="no more pictures"):
        for frame in source.frames():
            assert number_of(frame.rgb) == frame.number
            numbers.append(frame.number)
    assert numbers == [*range(30), *range(60, 120)]
    assert source.dropped == 30


def test_a_stream_that_is_too_fast_is_decoded_at_its_key_pictures(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = watch(clip, monkeypatch)
    monkeypatch.setattr(rtsp, "NO_WAIT_FOR", -1.0)
    monkeypatch.setattr(rtsp, "NO_WAIT", float("inf"))
    numbers = []
    with pytest.raises(DeviceError, match="no more pictures"):
        for frame in source.frames():
            assert number_of(frame.rgb) == frame.number
            assert source.decoding == "key frames"
            numbers.append(frame.number)
    assert numbers in ([0, 60, 90], [0, 30, 60, 90])
    assert source.dropped == 120 - len(numbers)


def test_pictures_of_mjpeg_that_are_not_due_are_not_decoded(server: RtspServer) -> None:
    source = RtspStream(parse_address(server.url), FrameRateLimit(server.rate / 4))
    frames = source.frames()
    found = [next(frames) for _ in range(4)]
    frames.close()
    source.close()
    assert [number_of(frame.rgb) - number_of(found[0].rgb) for frame in found] == [frame.number for frame in found]
    assert found[-1].number == 3 + source.dropped
    assert source.dropped >= 6


def test_nothing_but_damaged_pictures_is_noticed(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp, "DAMAGED_FOR", 0.0)
    with pytest.raises(DeviceError, match="rtsp://gate/ sends damaged pictures"):
        list(watch(clip, monkeypatch).frames())


def test_without_pyav_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingPartError, match=r"pip install '.*\[camera\]'"):
        RtspStream(parse_address("rtsp://gate/"))


def test_an_encrypted_stream_is_read_from_whom_it_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with RtspServer(user="joe", password="s3cret") as server:
        server.encrypted = True
        url = f"rtsps://joe:s3cret@localhost:{server.port}/drawn"
        with pytest.raises(DeviceError, match=r"cannot be trusted.*SSL_CERT_FILE"):
            read(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert len(read(url)) == 5
        with pytest.raises(DeviceError, match="cannot be trusted"):  # the certificate is another host's
            read(url.replace("localhost", "127.0.0.1"))
    for module, name in ((rtsp, "OPEN_WITHIN"), (rtsp, "READ_WITHIN"), (http_connection, "CONNECT_WITHIN")):
        monkeypatch.setattr(module, name, 1.0)  # a server without TLS waits for more
    with RtspServer() as server, pytest.raises(DeviceError, match="cannot be trusted"):  # it is not encrypted
        read(f"rtsps://localhost:{server.port}/drawn")


def test_a_login_does_not_go_to_where_a_camera_sends_on_to() -> None:
    with RtspServer(user="joe", password="s3cret") as camera, RtspServer(user="eve", password="x") as other:
        camera.moved = f"rtsp://localhost:{other.port}/drawn"
        url = f"rtsp://joe:s3cret@127.0.0.1:{camera.port}/drawn"
        with pytest.raises(DeviceError, match="redirects to another host, localhost"):
            read(url)
        assert other.logins == []
        source = RtspStream(parse_address(url), redirect="localhost")
        with pytest.raises(LoginError):
            list(source.frames())
        assert set(other.logins) == {""}
        other.user = ""
        frame = next(iter(source.frames()))
        source.close()
        assert frame.rgb.any()
        assert set(other.logins) == {""}
        camera.moved = f"rtsp://127.0.0.1:{camera.port}/drawn"
        with pytest.raises(DeviceError, match="more than 5 times"):
            read(url)
