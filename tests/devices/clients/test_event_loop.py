"""Each connection: order, deadlines, refusals, and what a client that stops reading or sending gets."""

from __future__ import annotations

import select
import socket
import time
from types import SimpleNamespace

import pytest
from device_helpers import until
from echo_service import HASTY, Start, is_cut_off, is_hung_up

from plate_devices.clients import event_loop


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
