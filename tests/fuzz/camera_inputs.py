"""What cameras send: streams of pictures over HTTP with all that is wrong in them, and films.

Functions that take a `random.Random` return one input; equal states give equal inputs.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from random import Random

from films import write_film
from streams.pictures import jpeg
from streams.snapshots import png

from fuzz.mutate import mutate_bytes

_LINES = (b"--frame", b"--frame", b"--frame--", b"--other", b"--", b"-- a b", b"--" + b"x" * 300, b"", b"frame")
_ENDS = (b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"")
_HEADERS = (
    b"Content-Type: image/jpeg", b"Content-Type: image/jpeg", b"content-type:image/png", b"Content-Type: text/plain",
    b"Content-Type: application/json", b"Content-Type: image/svg+xml", b"Content-Type", b"Content-Length: -1",
    b"Content-Length: 99999999999", b"Content-Length: 0", b"X: " + b"y" * 5000, b"\xff\xd8\xff", b"--frame", b"\0",
)  # fmt: skip
_BODIES = (
    b"", b"{}", b'{"motion": false}', b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"\xff" * 300,
    b"\xff\xd8\xff" * 9, b"\xff\xd8\xff\xe0\xff\xff", b"\x89PNG\r\n\x1a\n", b"%!PS", b"\r\n--frame\r\n" * 5, bytes(99),
)  # fmt: skip
FORMATS = (
    ("libx264", "mp4", {}), ("libx264", "mp4", {"movflags": "frag_keyframe+empty_moov"}), ("libx264", "matroska", {}),
    ("mjpeg", "avi", {}), ("libx264", "flv", {}), ("wmv2", "asf", {}), ("libx264", "mpegts", {}),
    ("mpeg2video", "mpeg", {}), ("libx264", "h264", {}), ("mpeg4", "m4v", {}), ("libvpx-vp9", "ivf", {}),
    ("mjpeg", "mpjpeg", {}),
)  # fmt: skip


def multipart_bytes(random: Random) -> bytes:
    """Return a stream of parts, sound ones among them, then damaged as a whole or not at all."""
    sent = b"".join(_part(random) for _ in range(random.randrange(1, 6)))
    return sent if random.random() < 0.5 else mutate_bytes(sent, random)


def chunked(content: bytes, random: Random) -> bytes:
    """Return bytes framed in chunks, some of which say a wrong size."""
    framed = bytearray()
    while content:
        size = random.randrange(1, len(content) + 1)
        said = size if random.random() < 0.9 else random.choice((0, size + 1, size - 1, 2**31, 2**40))
        framed += b"%x\r\n" % said + content[:size] + random.choice(_ENDS)
        content = content[size:]
    return bytes(framed) + b"0\r\n\r\n"


def _part(random: Random) -> bytes:
    end, body = random.choice(_ENDS[:3]), _body(random)
    headers = [random.choice(_HEADERS) for _ in range(random.randrange(3))]
    if random.random() < 0.5:
        headers.append(b"Content-Length: %d" % len(body))
    rows = b"".join(header + end for header in headers)
    return random.choice(_LINES) + end + rows + random.choice((end, end, b"")) + body + random.choice(_ENDS)


def _body(random: Random) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(_BODIES)
    content = png(random.randrange(9)) if kind == 1 else jpeg(random.randrange(99))
    return content if random.random() < 0.6 else mutate_bytes(content, random)


@cache
def films() -> list[bytes]:
    """Return a short film in each format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        return [write_film(path, 6, codec, container, options).read_bytes() for codec, container, options in FORMATS]
