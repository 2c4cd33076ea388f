"""An event loop with the service of `echo_service` at a socket of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from echo_service import LIMITS, Client, Echo, Start

from plate_devices.clients.event_loop import EventLoop
from plate_devices.clients.limits import ConnectionLimits


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    ends: list[Callable[[], None]] = []

    def start_(limits: ConnectionLimits = LIMITS) -> tuple[Echo, Callable[[], Client]]:
        listener, service = socket.socket(socket.AF_UNIX), Echo()
        listener.bind(str(tmp_path / "echo.sock"))
        listener.listen(512)
        loop = EventLoop(listener, service, limits)
        service.waiting = lambda: len(loop._workers._waiting)
        thread = threading.Thread(target=loop.serve_forever)
        thread.start()
        ends.extend((loop.close, thread.join))
        return service, lambda: Client(tmp_path / "echo.sock")

    yield start_
    for end in ends:
        end()
