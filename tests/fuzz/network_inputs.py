"""What clients and settings bring: requests on the Unix socket, requests of HTTP, addresses and topics of brokers.

Each function takes a `random.Random` and returns one input; equal states give equal inputs.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from random import Random
from typing import Any

from PIL import Image

_WORDS = (
    b"\0", b"\r\n", b"\n", b"\r\n\r\n", b"{", b"}", b"[" * 40, b'"', b"\\", b"\\u0000picture", b"NaN", b"Infinity",
    b"1e999", b"-0", b"9" * 400, b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"%", b"%00", b"%ff", b"..", b"/", b"#",
    b"@", b"?", b"Content-Length: 9\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Host: localhost\r\n",
    b"GET ", b"POST ", b"HTTP/1.1", b"HTTP/0.9", b"+", b"$SYS", b":" * 3, b"\x1b[31m",
)  # fmt: skip
_PATHS = (
    "crop.png", "/dev/zero", "/dev/stdin", "/proc/self/mem", "/proc/kmsg", "/", "", ".", "a\0b", "\udcff", "\ud800",
    "x" * 5000, "/sys/power/state", "-", "http://host/x",
)  # fmt: skip
_HOSTS = (
    "host",
    "127.0.0.1",
    "[::1]",
    "bücher.example",
    "a..b",
    "-a",
    "x" * 64,
    "300.1.1.1",
    "host:",
    "",
    "\udc80",
    "ⅷ",
)
_TEXTS = (
    "", "joe", "p@ss", "p/ss", "p#ss", "p?ss", "p%ss", "p%41", "p ss", "pä€", "\0", "\n", "\udcff", "a:b", "x" * 70000,
)  # fmt: skip
_TOPICS = ("", "yard", "a/b/c", "a/+", "#", "$SYS/x", "höf", "\0", "\ud800", "\u200b", "x" * 70000, "//", " ")
_PAGES = (
    "/", "/state", "/frame?after=1", "/health", "/crops/x.jpg", "/page.js", "/login", "/roi", "/?token=x", "*",
    "//h/", "/%00", "/..%2f..", "http://[", "/frame?after=" + "9" * 30,
)  # fmt: skip
_BODIES = (b"", b"token=x", b'{"roi": [1, 2, 300, 400]}', b'{"roi": null}', b"[" * 3000, b"\xff" * 5000)
_HEADERS = ("Cookie", "Authorization", "Origin", "Expect", "Connection", "X-" + "y" * 300)
_VALUES = (
    "plate_edge_token=x", "Bearer x", "http://localhost", "100-continue", "close", "keep-alive", "é" * 99, ";" * 999,
)  # fmt: skip


def damaged(content: bytes, random: Random) -> bytes:
    """Return bytes with some of them changed, cut out, repeated, or with a word of some protocol between them."""
    found = bytearray(content)
    for _ in range(random.choice((0, 1, 1, 2, 4, 16))):
        at = random.randrange(len(found) + 1)
        action = random.randrange(5)
        if action == 0 and found:
            found[at % len(found)] = random.randrange(256)
        elif action == 1:
            del found[at : at + random.randrange(1, 40)]
        elif action == 2:
            found[at:at] = random.choice(_WORDS)
        elif action == 3:
            found[at:at] = found[at : at + random.randrange(1, 60)] * random.randrange(1, 5)
        else:
            found[at:at] = random.randbytes(random.randrange(1, 9))
    return bytes(found)


def socket_bytes(random: Random) -> bytes:
    """Return what a client of the Unix socket may send: some requests, then damaged as a whole or not at all."""
    sent = b"".join(_socket_request(random) for _ in range(random.randrange(1, 4)))
    return sent if random.random() < 0.3 else damaged(sent, random)


def http_bytes(random: Random) -> bytes:
    """Return what a client of the live page may send."""
    sent = b"".join(_http_request(random) for _ in range(random.randrange(1, 4)))
    return sent if random.random() < 0.3 else damaged(sent, random)


def address(random: Random, schemes: tuple[str, ...] = ("http", "https", "rtsp", "mqtt", "mqtts", "ftp", "")) -> str:
    """Return an address of a camera, a broker or a server that may be none."""
    login = f"{random.choice(_TEXTS)}:{random.choice(_TEXTS)}@" if random.random() < 0.6 else ""
    port = random.choice(("", "", ":1883", ":0", ":99999", ":x", ":-1", ":\u0661"))
    typed = f"{random.choice(schemes)}://{login}{random.choice(_HOSTS)}{port}/{random.choice(_TOPICS)}"
    if random.random() < 0.2:
        typed += random.choice(
            ("?ca_file=/no", "?x=1", "?ca_file", "#x", "?key_file=/dev/null&certificate_file=/dev/null")
        )
    if random.random() < 0.3:
        typed = damaged(typed.encode("utf-8", "surrogatepass"), random).decode("utf-8", "surrogateescape")
    return typed


def mqtt_settings(random: Random) -> dict[str, Any]:
    """Return the values of an output `type = "mqtt"` that may make no sense."""
    return {
        "url": address(random, ("mqtt", "mqtt", "mqtts", "http")),
        "topic": random.choice(_TOPICS),
        "device": random.choice(_TOPICS),
        "discovery_prefix": random.choice(("homeassistant", *_TOPICS)),
        "keepalive": random.choice((30, 5, 0, -1, 10**30)),
    }


def _socket_request(random: Random) -> bytes:
    picture = _picture(random)
    made: tuple[Callable[[], tuple[dict[str, Any], bytes]], ...] = (
        lambda: ({"bytes": len(picture)}, picture),
        lambda: ({"image": base64.b64encode(picture).decode()}, b""),
        lambda: ({"path": random.choice(_PATHS)}, b""),
        lambda: ({"bytes": 12, "width": 2, "height": 2}, bytes(12)),
        lambda: ({"bytes": random.choice((-1, 0, 3, 1 << 40, True, "1", None))}, b"abc"),
        lambda: ({"image": "A" * 40_000 + random.choice(("", "==", "€"))}, b""),
    )
    asked, content = random.choice(made)()
    id_ = random.choice((1, None, "x", [[]], {"a": [float("nan")]}, float("inf"), "\ud800", "y" * 50_000, 10**400))
    extra: dict[str, Any] = {"id": id_}
    if random.random() < 0.3:
        key = random.choice(("as", "region", "min_confidence", "colour", "width", "height", "nothing"))
        extra[key] = random.choice(("plate", "frame", "gb", "rgb", 0, 1, -1, float("nan"), None, [], {}, 1 << 70))
    return json.dumps({**asked, **extra}).encode() + b"\n" + content


def _http_request(random: Random) -> bytes:
    method = random.choice(("GET", "GET", "POST", "HEAD", "PUT", "get", "OPTIONS"))
    path, body = random.choice(_PAGES), random.choice(_BODIES)
    heads = {"Host": random.choice(("localhost", "127.0.0.1:80", "evil.example", "")), "Content-Length": str(len(body))}
    if random.random() < 0.3:
        heads[random.choice(_HEADERS)] = random.choice(_VALUES)
    first = f"{method} {path} HTTP/1.{random.choice('1102')}"
    return "\r\n".join([first, *(f"{key}: {heads[key]}" for key in heads), "", ""]).encode("latin-1") + body


def _picture(random: Random) -> bytes:
    stream = io.BytesIO()
    colour = tuple(random.randrange(256) for _ in range(3))
    Image.new("RGB", (random.randrange(1, 60), random.randrange(1, 40)), colour).save(
        stream, random.choice(("PNG", "JPEG", "GIF", "BMP"))
    )
    return damaged(stream.getvalue(), random)
