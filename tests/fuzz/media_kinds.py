"""Pictures, films and what cameras send over HTTP."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
import zlib
from itertools import islice
from pathlib import Path

import numpy as np
from picture_seeds import SEEDS

from . import camera_inputs as inputs
from . import camera_targets as targets
from .base import Kind, refused_or_read
from .mutate import mutate_bytes, mutate_text


def check_picture(path: Path) -> None:
    """A picture file, and the same bytes from a camera."""
    from plate_runtime.pictures.cost import MAX_SIDE
    from plate_runtime.pictures.open_picture import CAMERA_PNG, open_picture

    rgb = np.zeros((1, 1, 3), np.uint8)

    def read() -> None:
        nonlocal rgb
        rgb = open_picture(path).rgb

    refused_or_read(read)
    assert rgb.dtype == np.uint8 and rgb.ndim == 3 and max(rgb.shape) <= MAX_SIDE
    content = path.read_bytes()
    refused_or_read(lambda: open_picture(content, name="one of them", limits=CAMERA_PNG))


def check_video(path: Path) -> None:
    """A film."""
    targets.read_film(path, refused_or_read)


def check_multipart(path: Path) -> None:
    """A stream of pictures, cut into pieces in two ways, and the same bytes as chunks."""
    content = path.read_bytes()
    targets.feed_parts(content, random.Random(len(content)))
    targets.feed_chunks(content, random.Random(len(content)))


def check_camera(path: Path) -> None:
    """A camera that answers each request with the bytes of the file, and hangs up."""
    from plate_devices.sources.camera_address import parse_address
    from plate_devices.sources.mjpeg import MjpegStream

    answer = path.read_bytes()
    with socket.create_server(("127.0.0.1", 0)) as server:
        served = threading.Thread(target=serve, args=(server, answer), daemon=True)
        served.start()
        camera = MjpegStream(parse_address(f"http://127.0.0.1:{server.getsockname()[1]}/stream"))
        try:
            refused_or_read(lambda: [frame.rgb.shape for frame in islice(camera.frames(), 2)])
        finally:
            camera.close()
            server.shutdown(socket.SHUT_RDWR)
            served.join()


def serve(server: socket.socket, *answers: bytes) -> None:
    """Give each connection these answers, each a moment after the client has sent something, then an end.

    Returns when the server is shut down.
    """
    while True:
        try:
            connection = server.accept()[0]
        except OSError:
            return
        connection.settimeout(30.0)
        with connection, contextlib.suppress(OSError):
            for number, answer in enumerate(answers):
                connection.recv(65536)
                time.sleep(0.05 if number else 0.0)
                connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def mutate_picture(content: bytes, rng: random.Random) -> bytes:
    """Change a picture, half the time in its first bytes; the sums of a PNG are often right again."""
    begin = 64 if rng.random() < 0.5 else len(content)
    content = mutate_bytes(content[:begin], rng) + content[begin:]
    return _right_sums(content) if content.startswith(b"\x89PNG") and rng.random() < 0.8 else content


def _right_sums(content: bytes) -> bytes:
    data, at = bytearray(content), 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(data)


def _answers() -> list[bytes]:
    jpeg, png = SEEDS["jpeg"], SEEDS["png"]
    length = b"Content-Length: %d\r\n\r\n" % len(jpeg)
    part = b"--b\r\nContent-Type: image/jpeg\r\n" + length + jpeg + b"\r\n"
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (part, part)) + b"0\r\n\r\n"
    return [
        stream + b"\r\n" + part * 3,
        stream + b"Transfer-Encoding: chunked\r\n\r\n" + chunks,
        b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n" + length + jpeg,
        b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + png,
        b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\nContent-Length: 0\r\n\r\n',
    ]


def _mutate_answer(content: bytes, rng: random.Random) -> bytes:
    head, _, body = content.partition(b"\r\n\r\n")
    if rng.random() < 0.5:
        return mutate_text(head, rng) + b"\r\n\r\n" + body
    return head + b"\r\n\r\n" + rng.choice((mutate_bytes, mutate_text))(body, rng)


def _streams() -> list[bytes]:
    return [inputs.multipart_bytes(random.Random(number)) for number in range(20)]


def _mutate_stream(content: bytes, rng: random.Random) -> bytes:
    return inputs.multipart_bytes(rng) if rng.random() < 0.3 else mutate_bytes(content, rng)


def _pictures(is_tiff: bool) -> list[bytes]:
    return [content for name, content in SEEDS.items() if (name in _TIFF) == is_tiff]


_TIFF = ("tiff", "deflate", "lzw", "tiff jpeg", "fax", "tiles", "big tiff", "float")
KINDS = {
    "picture": Kind(".jpg", lambda: _pictures(False), mutate_picture, check_picture),
    "tiff": Kind(".tif", lambda: _pictures(True), mutate_picture, check_picture),
    "video": Kind(".mkv", inputs.films, mutate_bytes, check_video),
    "multipart": Kind(".mjpeg", _streams, _mutate_stream, check_multipart),
    "camera": Kind(".http", _answers, _mutate_answer, check_camera),
}
