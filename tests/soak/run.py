"""Run a device for some minutes while parts of its surroundings fail, and judge the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from soak import verdict
from soak.camera import passings
from soak.device import Device
from soak.faults import Happened, play
from soak.programs import Sample
from soak.verdict import Check

_STARTED_WITHIN = 300.0
_DELIVERED_WITHIN = 90.0
_CAMERA_BACK = 12.0
"""Longest time in seconds until a camera that works again is opened; see `sources.outages`."""

_REPORTED_WITHIN = 5.0
_ATTACK_OVER = 10.0  # a request that waits for a picture holds its file for 8 s

Report = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """The result of a run: checks, memory over time, and the program's messages."""

    seconds: float
    faults: Sequence[Happened]
    events: int
    reported: int
    passed: int
    samples: Sequence[tuple[float, Sample]]
    checks: Sequence[Check]
    log: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether all checks hold."""
        return all(check.holds for check in self.checks)


def soak(folder: Path, seconds: float, every: float, report: Report) -> Result:
    """Run for `seconds`, with each kind of fault once in `every` seconds; `report` is called with a line after each."""
    device = Device(folder)
    try:
        return _run(device, seconds, every, report)
    finally:
        device.close()


def _run(device: Device, seconds: float, every: float, report: Report) -> Result:
    _let_start(device)
    began, samples = time.monotonic(), list[tuple[float, Sample]]()
    at_socket: list[Sample] = []

    def wait(until: float) -> bool:
        while (now := time.monotonic()) < until:
            if not device.program.runs:
                return False
            samples.append((now - began, device.program.sample()))
            if device.socket_program.runs:
                at_socket.append(device.socket_program.sample())
            time.sleep(min(1.0, max(0.0, until - now)))
        return device.program.runs

    happened = []
    for fault in play(device.faults, every, seconds, began, wait):
        happened.append(fault)
        report(f"{fault.ended - began:6.0f} s: {fault.kind} {fault.what}; {samples[-1][1].memory:.1f} MB")
    runs = wait(began + seconds)
    _let_deliver(device, wait)
    ended = time.monotonic()
    for honest in device.honest.values():
        honest.close()
    code = device.program.stop(30.0)
    checks = [Check("it ran until it was stopped, and ended with 0", runs and code == 0, str(code))]
    checks += _judge(device, samples, happened, began)
    for name, honest in device.honest.items():
        answers = [took for when, took in honest.took if when >= began]
        checks.append(verdict.honest_clients_are_answered(name, answers))
    checks.append(verdict.socket_stands(at_socket, device.socket_program.stop(30.0)))
    plates = [str(vehicle["plates"][0]["text"]) for vehicle in device.vehicles]  # type: ignore[index]
    reported, passed = verdict.reported_of_passed(
        plates, _passed(device, began, ended), _without_camera(device, happened)
    )
    return Result(ended - began, happened, len(plates), reported, passed, samples, checks, device.program.log)


def _passed(device: Device, began: float, ended: float) -> list[tuple[float, float, str]]:
    """Return the vehicles of the run itself: a vehicle is reported some seconds after it has passed."""
    passed = passings(ended - _REPORTED_WITHIN - device.began)
    return [vehicle for vehicle in passed if vehicle[0] >= began - device.began]


def _without_camera(device: Device, happened: Sequence[Happened]) -> list[tuple[float, float]]:
    """Return the times without a picture, in seconds since the camera's first frame."""
    away = [one for one in happened if one.kind == "camera"]
    return [(one.began - device.began - 1, one.ended - device.began + _CAMERA_BACK) for one in away]


def _let_start(device: Device) -> None:
    """Wait for the first vehicle: a slow machine should not lose its first faults."""
    deadline = time.monotonic() + _STARTED_WITHIN
    while not device.vehicles:
        if not device.program.runs or time.monotonic() > deadline:
            raise SystemExit("plate-infer reads nothing: " + "\n".join(device.program.log))
        time.sleep(0.5)


def _let_deliver(device: Device, wait: Callable[[float], bool]) -> None:
    """Give outputs that were not available the time to get their events."""
    deadline = time.monotonic() + _DELIVERED_WITHIN
    while time.monotonic() < deadline and wait(time.monotonic() + 2.0):
        printed = {str(vehicle["id"]) for vehicle in device.vehicles[:-3]}
        if printed <= set(device.webhook_ids) and printed <= set(device.broker_ids):
            return


def _while_not_attacked(
    samples: Sequence[tuple[float, Sample]], happened: Sequence[Happened], began: float
) -> list[tuple[float, Sample]]:
    """Omit the times while hostile clients held files of the page open, and the seconds after."""
    attacks = [(one.began - began - 1, one.ended - began + _ATTACK_OVER) for one in happened if one.kind == "page"]
    return [one for one in samples if not any(begin <= one[0] <= end for begin, end in attacks)]


def _judge(
    device: Device, samples: Sequence[tuple[float, Sample]], happened: Sequence[Happened], began: float
) -> list[Check]:
    received = {
        "MQTT": device.broker_ids,
        "webhook": device.webhook_ids,
        "SQLite": verdict.ids_in_sqlite(device.disk.folder / "plates.sqlite"),
        "CSV": verdict.ids_in_csv(device.disk.folder / "plates.csv"),
    }
    return [
        *verdict.nothing_lost([str(vehicle["id"]) for vehicle in device.vehicles], received),
        verdict.memory_is_flat(samples),
        *verdict.nothing_left_over(_while_not_attacked(samples, happened, began)),
        *verdict.log_is_readable(device.program.log, happened),
    ]
