"""An honest client, which asks once in a while and notes how long each answer took."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from plate_devices.imaging.plate_picture import draw_plate

TOOK_TOO_LONG = 30.0
"""Seconds that stand for no answer."""


def ask_health(port: int) -> bool:
    """Ask /health over a connection of its own; whether it is answered well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TOOK_TOO_LONG)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status == 200 and bool(json.loads(answer.read()))
    finally:
        connection.close()


def ask_socket(path: Path) -> bool:
    """Have a plate read over a connection of its own; whether the answer is right."""
    picture = draw_plate("BK24PTR", 60)
    asked = {"bytes": picture.width * picture.height * 3, "width": picture.width, "height": picture.height}
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(TOOK_TOO_LONG)
        peer.connect(str(path))
        peer.sendall(json.dumps(asked).encode() + b"\n" + picture.convert("RGB").tobytes())
        answer = json.loads(peer.makefile("rb").readline())
    return [plate["text"] for plate in answer.get("plates", ())] == ["BK24PTR"]


class Honest:
    """Asks every `every` seconds in a thread; `took` holds when each answer came and after how many seconds."""

    def __init__(self, ask: Callable[[], bool], every: float) -> None:
        self._ask, self._every = ask, every
        self.took: list[tuple[float, float]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask no more."""
        self._ended.set()
        self._thread.join(TOOK_TOO_LONG)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            began = time.monotonic()
            try:
                well = self._ask()
            except (OSError, ValueError, http.client.HTTPException):
                well = False
            self.took.append((began, time.monotonic() - began if well else TOOK_TOO_LONG))
