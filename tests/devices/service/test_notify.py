"""Notifications of systemd, at a real socket."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from plate_devices.service import notify
from plate_devices.service.notify import Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """Return a socket like that of systemd, and its name in NOTIFY_SOCKET."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@plate-edge-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1))
        listening.settimeout(5)
        yield listening, name


def heard(systemd: tuple[socket.socket, str]) -> list[str]:
    return systemd[0].recv(4096).decode().split("\n")


def test_it_says_when_it_is_ready_reloads_and_stops(systemd: tuple[socket.socket, str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd[1]})
    assert notifier.is_service
    notifier.ready("watching\na gate")
    assert heard(systemd) == ["READY=1", "STATUS=watching a gate"]
    before = time.monotonic()
    notifier.reloading()
    said, moment = heard(systemd)
    assert said == "RELOADING=1"
    name, _, value = moment.partition("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(value) / 1e6 + 1e-6 <= time.monotonic() + 1e-3
    notifier.stopping()
    assert heard(systemd) == ["STOPPING=1"]


def test_a_keep_alive_is_sent_twice_in_the_watchdog_s_time(
    systemd: tuple[socket.socket, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd[1], "WATCHDOG_USEC": "400000", "WATCHDOG_PID": str(os.getpid())})
    now = [100.0]
    monkeypatch.setattr(notify, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for _ in range(200):
        notifier.alive(lambda: "12 frames/s")
        now[0] += 0.005
    systemd[0].settimeout(0)
    said = []
    with pytest.raises(BlockingIOError):
        while True:
            said += heard(systemd)
    assert said.count("WATCHDOG=1") == 5
    assert said.count("STATUS=12 frames/s") == 1


@pytest.mark.parametrize(
    "others", [{}, {"WATCHDOG_USEC": "400000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}]
)
def test_without_a_watchdog_no_keep_alive_is_sent(systemd: tuple[socket.socket, str], others: dict[str, str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd[1], **others})
    notifier.alive()
    systemd[0].settimeout(0)
    with pytest.raises(BlockingIOError):
        heard(systemd)


def test_a_slow_receiver_delays_nothing(systemd: tuple[socket.socket, str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd[1], "WATCHDOG_USEC": "1"})
    started = time.monotonic()
    for _ in range(1000):
        notifier.alive()
    assert time.monotonic() - started < 10, "a second each, if it waited"


def test_no_receiver(tmp_path: Path) -> None:
    assert not Notifier({}).is_service
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}, {"NOTIFY_SOCKET": "vsock:1"}):
        notifier = Notifier(environment)
        notifier.ready("watching")
        notifier.stopping()
