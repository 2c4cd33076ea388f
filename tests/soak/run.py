"""Run a station for some minutes, let things fail meanwhile, and judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from soak import verdict
from soak.camera import passings
from soak.faults import Happened, play
from soak.programs import Sample
from soak.station import Station
from soak.verdict import Check

_STARTED_WITHIN = 300.0
_DELIVERED_WITHIN = 90.0
_CAMERA_BACK = 12.0
"""Seconds after which a camera that is there again is opened at the latest; see `sources.outages`."""

_TOLD_WITHIN = 5.0
_ATTACK_OVER = 10.0  # a request that waits for a picture holds its file for 8 s

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """A run: what was checked and found, memory over time, and what the program said."""

    seconds: float
    faults: Sequence[Happened]
    events: int
    told: int
    passed: int
    samples: Sequence[tuple[float, Sample]]
    checks: Sequence[Check]
    log: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return all(check.holds for check in self.checks)


def soak(folder: Path, seconds: float, every: float, tell: Tell) -> Result:
    """Run for `seconds`, with each kind of fault once in `every` seconds; `tell` gets a line after each."""
    station = Station(folder)
    try:
        return _run(station, seconds, every, tell)
    finally:
        station.close()


def _run(station: Station, seconds: float, every: float, tell: Tell) -> Result:
    _let_start(station)
    began, samples = time.monotonic(), list[tuple[float, Sample]]()
    at_socket: list[Sample] = []

    def wait(until: float) -> bool:
        while (now := time.monotonic()) < until:
            if not station.program.runs:
                return False
            samples.append((now - began, station.program.sample()))
            if station.socket_program.runs:
                at_socket.append(station.socket_program.sample())
            time.sleep(min(1.0, max(0.0, until - now)))
        return station.program.runs

    happened = []
    for fault in play(station.faults, every, seconds, began, wait):
        happened.append(fault)
        tell(f"{fault.ended - began:6.0f} s: {fault.kind} {fault.what}; {samples[-1][1].memory:.1f} MB")
    runs = wait(began + seconds)
    _let_deliver(station, wait)
    ended = time.monotonic()
    for honest in station.honest.values():
        honest.close()
    code = station.program.stop(30.0)
    checks = [Check("it ran until it was stopped, and ended with 0", runs and code == 0, str(code))]
    checks += _judge(station, samples, happened, began)
    for name, honest in station.honest.items():
        answers = [took for when, took in honest.took if when >= began]
        checks.append(verdict.honest_clients_are_answered(name, answers))
    checks.append(verdict.socket_stands(at_socket, station.socket_program.stop(30.0)))
    plates = [str(vehicle["plates"][0]["text"]) for vehicle in station.vehicles]  # type: ignore[index]
    told, passed = verdict.told_of_passed(plates, _passed(station, began, ended), _without_camera(station, happened))
    return Result(ended - began, happened, len(plates), told, passed, samples, checks, station.program.log)


def _passed(station: Station, began: float, ended: float) -> list[tuple[float, float, str]]:
    """Return the vehicles of the run proper: a vehicle is told some seconds after it has passed."""
    passed = passings(ended - _TOLD_WITHIN - station.began)
    return [vehicle for vehicle in passed if vehicle[0] >= began - station.began]


def _without_camera(station: Station, happened: Sequence[Happened]) -> list[tuple[float, float]]:
    """Return when nothing could be seen, in seconds since the camera's first frame."""
    away = [one for one in happened if one.kind == "camera"]
    return [(one.began - station.began - 1, one.ended - station.began + _CAMERA_BACK) for one in away]


def _let_start(station: Station) -> None:
    """Wait for the first vehicle: a slow machine should not lose its first faults."""
    deadline = time.monotonic() + _STARTED_WITHIN
    while not station.vehicles:
        if not station.program.runs or time.monotonic() > deadline:
            raise SystemExit("plate-infer reads nothing: " + "\n".join(station.program.log))
        time.sleep(0.5)


def _let_deliver(station: Station, wait: Callable[[float], bool]) -> None:
    """Give outputs that were away the time to get what waits for them."""
    deadline = time.monotonic() + _DELIVERED_WITHIN
    while time.monotonic() < deadline and wait(time.monotonic() + 2.0):
        printed = {str(vehicle["id"]) for vehicle in station.vehicles[:-3]}
        if printed <= set(station.webhook_ids) and printed <= set(station.broker_ids):
            return


def _while_not_attacked(
    samples: Sequence[tuple[float, Sample]], happened: Sequence[Happened], began: float
) -> list[tuple[float, Sample]]:
    """Leave out when hostile clients held files of the page open, and the seconds after that."""
    attacks = [(one.began - began - 1, one.ended - began + _ATTACK_OVER) for one in happened if one.kind == "page"]
    return [one for one in samples if not any(begin <= one[0] <= end for begin, end in attacks)]


def _judge(
    station: Station, samples: Sequence[tuple[float, Sample]], happened: Sequence[Happened], began: float
) -> list[Check]:
    received = {
        "MQTT": station.broker_ids,
        "webhook": station.webhook_ids,
        "SQLite": verdict.ids_in_sqlite(station.disk.folder / "plates.sqlite"),
        "CSV": verdict.ids_in_csv(station.disk.folder / "plates.csv"),
    }
    return [
        *verdict.nothing_lost([str(vehicle["id"]) for vehicle in station.vehicles], received),
        verdict.memory_is_flat(samples),
        *verdict.nothing_left_over(_while_not_attacked(samples, happened, began)),
        *verdict.log_is_readable(station.program.log, happened),
    ]
