"""Many clients at once: whose connection ends at a limit, who is answered next, and honest ones beside hostile ones."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from device_helpers import until
from echo_service import LIMITS, Start, is_cut_off, is_hung_up

from plate_devices.clients import event_loop
from plate_devices.clients.limits import ConnectionLimits, Peer


def test_who_holds_the_most_goes_where_all_hold_too_much(start: Start) -> None:
    _, connect = start()
    large, small = connect(), connect()
    small.send(b"s" * 300_000)
    large.send(b"l" * 700_000)
    with suppress(OSError):
        large.send(b"l" * 400_000)
    assert large.stream.readline() == b"too many\n"
    assert small.ask(b"end") == b"s" * 300_000 + b"end\n"


def test_answers_that_nobody_takes_count_as_well(start: Start) -> None:
    _, connect = start()
    deaf = [connect() for _ in range(4)]
    for client in deaf:
        client.send(b"much 700000\n")
    until(lambda: any(map(is_hung_up, deaf)))
    assert connect().ask(b"one") == b"one\n"
    assert any(len(client.stream.read(700_001)) < 700_001 for client in deaf), "one of them is cut off"


def test_one_connection_too_many_replaces_the_one_that_asked_least(start: Start) -> None:
    _, connect = start()
    crowd = [connect() for _ in range(LIMITS.connections)]
    assert crowd[0].ask(b"one") == b"one\n"
    assert connect().ask(b"two") == b"two\n"
    assert crowd[1].stream.readline() == b"too many\n" and is_cut_off(crowd[1])
    assert crowd[0].ask(b"three") == b"three\n"


def test_who_has_many_connections_loses_one_and_not_who_has_few(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = iter(["honest", *["crowd"] * 100])
    monkeypatch.setattr(event_loop, "peer_of", lambda _: Peer(next(groups), is_local=True))
    _, connect = start()
    honest = connect()
    assert honest.ask(b"one") == b"one\n"
    crowd = [connect() for _ in range(30)]
    assert crowd[-1].ask(b"two") == b"two\n"
    assert honest.ask(b"three") == b"three\n"


def test_places_are_reserved_for_this_machine(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    peers = iter([*[Peer(number, is_local=False) for number in range(20)], Peer("this machine", is_local=True)])
    monkeypatch.setattr(event_loop, "peer_of", lambda _: next(peers))
    limits = ConnectionLimits(connections=8, reserved=2, held_bytes=1 << 20, workers=1)
    _, connect = start(limits)
    crowd = [connect() for _ in range(20)]
    assert crowd[-1].ask(b"one") == b"one\n"
    assert connect().ask(b"two") == b"two\n"
    assert sum(not is_cut_off(client, 0.05) for client in crowd) == 6


def test_next_is_the_client_that_has_used_least(start: Start) -> None:
    service, connect = start()
    greedy, honest = connect(), connect()
    assert greedy.ask(b"work 0.3") == b"work 0.3\n"
    assert honest.ask(b"one") == b"one\n"
    first = connect()
    first.send(b"hold\n")
    until(lambda: service.asked[-1] == b"hold\n")
    greedy.send(b"two\n")
    until(lambda: service.waiting() == 1)
    honest.send(b"three\n")
    until(lambda: service.waiting() == 2)
    service.goes_on.set()
    assert greedy.stream.readline() == b"two\n"
    assert service.asked[-2:] == [b"three\n", b"two\n"]


# The fraction is so small for this machine that each of its responses would be delayed by the longest time, 2 s.
@pytest.mark.parametrize(("is_local", "fraction", "requests"), [(True, 1e-6, 20), (False, 0.02, 8)])
def test_another_machine_uses_a_share_of_the_processor_and_this_one_what_it_asks(
    start: Start, monkeypatch: pytest.MonkeyPatch, is_local: bool, fraction: float, requests: int
) -> None:
    monkeypatch.setattr(event_loop, "peer_of", lambda _: Peer("one", is_local))
    _, connect = start(replace(LIMITS, fraction=fraction))
    client, began = connect(), time.monotonic()
    for _ in range(requests):
        assert client.ask(b"work 0.05") == b"work 0.05\n"
    took = time.monotonic() - began
    assert took > 3 if not is_local else took < 30


HOSTILE = """
import socket, sys, threading, time

def attack(number):
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(sys.argv[1])
                client.sendall((b"", b"half", b"much 500000\\n" * 3, b"x" * 200_000, b"bad\\n")[number % 5])
                time.sleep(0.5)
        except OSError:
            time.sleep(0.05)

for number in range(200):
    threading.Thread(target=attack, args=(number,), daemon=True).start()
time.sleep(600)
"""


def test_200_hostile_clients_beside_an_honest_one(start: Start, tmp_path: Path) -> None:
    """They are another process, as the honest one sees them: it has few connections, and they have many."""
    service, connect = start(replace(LIMITS, connections=64, held_bytes=8 << 20, workers=2))
    with subprocess.Popen([sys.executable, "-c", HOSTILE, str(tmp_path / "echo.sock")]) as hostile:
        try:
            until(lambda: len(service.asked) > 100)
            for _ in range(20):
                client = connect()
                assert client.ask(b"one") == b"one\n"
                client.close()
            assert hostile.poll() is None
        finally:
            hostile.kill()
