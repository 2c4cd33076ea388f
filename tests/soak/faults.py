"""Faults: what fails, when, and for how long."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

KINDS = ("broker", "webhook", "camera", "disk", "page", "socket")


class Fallible(Protocol):
    """A server that can be frozen, killed and started again."""

    def send(self, signal_number: int) -> None: ...
    def start(self) -> None: ...


class Fault(NamedTuple):
    """One way to fail: `begin`, and `end` some seconds later."""

    kind: str
    what: str
    begin: Callable[[], None]
    end: Callable[[], None]


class Happened(NamedTuple):
    """A past fault, with its begin and end in seconds of `time.monotonic`."""

    kind: str
    what: str
    began: float
    ended: float


def freeze(kind: str, program: Fallible) -> Fault:
    """Freeze it: it stops answering, and its connections stay."""
    return Fault(kind, "frozen", lambda: program.send(signal.SIGSTOP), lambda: program.send(signal.SIGCONT))


def stop(kind: str, program: Fallible, signal_number: int) -> Fault:
    """End it with a signal, and start it again."""
    return Fault(
        kind, f"ended by {signal.Signals(signal_number).name}", lambda: program.send(signal_number), program.start
    )


def attack(kind: str, program: Fallible) -> Fault:
    """Start hostile clients, and stop them again."""
    return Fault(kind, "attacked by hostile clients", program.start, lambda: program.send(signal.SIGKILL))


def schedule(faults: dict[str, list[Fault]], every: float, until: float) -> Iterator[tuple[float, Fault, float]]:
    """Yield begin, fault and duration: in every stretch of `every` seconds one of each kind, in turn.

    A kind's faults take turns. Each begins with an equal distance after the one of the kind before and lasts two thirds
    of that, so that everything works between them. None begins that would not have ended by `until`.
    """
    number = 0
    while True:
        for place, kind in enumerate(KINDS):
            begin = (number + (place + 0.5) / len(KINDS)) * every
            apart = every / len(KINDS)
            if begin + apart > until:
                return
            yield begin, faults[kind][number % len(faults[kind])], apart * 2 / 3
        number += 1


def play(
    faults: dict[str, list[Fault]], every: float, until: float, began: float, wait: Callable[[float], bool]
) -> Iterator[Happened]:
    """Let faults happen, and yield each when it is over.

    Args:
        began: the beginning in seconds of `time.monotonic`. wait: waits until such a time; False ends it all.
    """
    for begin, fault, lasts in schedule(faults, every, until):
        if not wait(began + begin):
            return
        started = time.monotonic()
        fault.begin()
        try:
            goes_on = wait(started + lasts)
        finally:
            fault.end()
        yield Happened(fault.kind, fault.what, started, time.monotonic())
        if not goes_on:
            return
