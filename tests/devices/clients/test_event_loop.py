"""Limits hold for every client, and honest clients are answered beside hostile ones, at real sockets."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from plate_devices.clients import event_loop
from plate_devices.clients.event_loop import EventLoop
from plate_devices.clients.limits import ConnectionLimits, Peer, RefusedError, Response

LIMITS = ConnectionLimits(connections=8, held_bytes=1 << 20, workers=1, request_within=60.0, response_within=60.0)
HASTY = replace(LIMITS, request_within=0.6, response_within=0.6)


class Lines:
    """Finds lines."""

    def end(self, received: bytearray, at_end: bool) -> int | None:
        if received.startswith(b"bad"):
            raise RefusedError(b"refused\n")
        return received.find(b"\n") + 1 or None


class Echo:
    """Answers a line with itself; "work S" takes S seconds, "much N" gives N bytes, "late S" is held back.

    Attributes:
        asked: the lines. goes_on: what "hold" waits for. waiting: how many requests wait for a worker.
    """

    too_late, too_many = b"too late\n", b"too many\n"

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.goes_on = threading.Event()
        self.waiting: Callable[[], int]

    def framer(self) -> Lines:
        return Lines()

    def answer(self, request: bytearray, _peer: Peer) -> Response:
        self.asked.append(bytes(request))
        words = request.split()
        if words[0] == b"hold":
            assert self.goes_on.wait(60)
        if words[0] == b"work":
            ends = time.thread_time() + float(words[1])
            while time.thread_time() < ends:
                continue
        if words[0] == b"fail":
            raise RuntimeError("a mistake")
        if words[0] == b"much":
            return Response(b"x" * int(words[1]) + b"\n")
        return Response(
            bytes(request), stays_open=words[0] != b"end", delay=float(words[1]) if words[0] == b"late" else 0.0
        )


Start = Callable[..., tuple[Echo, Callable[[], "Client"]]]


class Client:
    """One connection."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")

    def send(self, words: bytes) -> None:
        self.socket.sendall(words)

    def ask(self, words: bytes) -> bytes:
        self.send(words + b"\n")
        return self.stream.readline()

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


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


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_hung_up(client: Client) -> bool:
    """Whether the other side has closed the connection; nothing is read."""
    poll = select.poll()
    poll.register(client.socket, 0)
    return bool(poll.poll(0))


def is_cut_off(client: Client, within: float = 30.0) -> bool:
    """Whether the connection ends; what still comes is read."""
    client.socket.settimeout(within)
    try:
        while client.socket.recv(1 << 16):
            continue
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def test_requests_are_answered_in_order_over_one_connection(start: Start) -> None:
    _, connect = start()
    client = connect()
    assert client.ask(b"one") == b"one\n"
    client.send(b"two\nthree\nfo")
    client.send(b"ur\n")
    assert [client.stream.readline() for _ in range(3)] == [b"two\n", b"three\n", b"four\n"]
    assert client.ask(b"end") == b"end\n" and is_cut_off(client)


def test_a_client_that_stops_sending_is_still_answered(start: Start) -> None:
    _, connect = start()
    client = connect()
    client.send(b"one\ntwo\nhalf")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.stream.read() == b"one\ntwo\n"


def test_a_refused_request_gets_its_reason_though_more_is_sent(start: Start) -> None:
    _, connect = start()
    client = connect()
    client.send(b"bad" + b"x" * 100_000)
    assert client.stream.readline() == b"refused\n" and is_cut_off(client)


def test_a_mistake_in_an_answer_ends_one_connection_alone(start: Start) -> None:
    _, connect = start()
    failing, other = connect(), connect()
    failing.send(b"fail\n")
    assert is_cut_off(failing)
    assert other.ask(b"one") == b"one\n"


def test_a_request_has_to_be_whole_in_time_however_it_trickles(start: Start) -> None:
    _, connect = start(HASTY)
    idle, slow = connect(), connect()
    began = time.monotonic()
    try:
        while time.monotonic() - began < 30:
            slow.send(b"x")
            time.sleep(0.02)
        pytest.fail("it is never cut off")
    except OSError:
        assert time.monotonic() - began > 0.4
    assert slow.stream.readline() == b"too late\n"
    assert idle.ask(b"one") == b"one\n", "a connection that asks nothing may stay"


def test_a_client_that_never_reads_is_cut_off(start: Start) -> None:
    _, connect = start(HASTY)
    deaf, other = connect(), connect()
    deaf.send(b"much 900000\n")
    until(lambda: is_hung_up(deaf))
    assert other.ask(b"one") == b"one\n"
    assert len(deaf.stream.read()) < 900_000


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


def test_a_client_that_has_gone_costs_no_work(start: Start) -> None:
    service, connect = start()
    busy, gone = connect(), connect()
    busy.send(b"hold\n")
    until(lambda: service.asked)
    gone.send(b"gone\n")
    until(lambda: service.waiting() == 1)
    gone.close()
    service.goes_on.set()
    assert busy.stream.readline()
    assert busy.ask(b"one") == b"one\n"
    assert b"gone\n" not in service.asked


def test_an_answer_that_is_held_back_takes_no_worker(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = [0.0]
    monkeypatch.setattr(event_loop, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead[0]))
    service, connect = start()
    late, other = connect(), connect()
    late.send(b"late 3000\n")
    until(lambda: service.asked)
    assert other.ask(b"one") == b"one\n"
    ahead[0] = 2900.0
    assert other.ask(b"two") == b"two\n"
    assert not select.select([late.socket], [], [], 0.3)[0]
    ahead[0] = 3000.0
    assert late.stream.readline() == b"late 3000\n"


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
