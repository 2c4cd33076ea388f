"""One run of plate-infer with cameras: what it said and needed, once a second."""

from __future__ import annotations

import json
import statistics
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from measuring import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from soak.programs import Watched

from plate_devices.status_line import StatusLine
from plate_runtime.errors import DeviceError

STARTS_WITHIN = 120.0
"""Seconds until plate-infer answers."""


@dataclass
class Watch:
    """One run of plate-infer.

    Attributes:
        began: of the drives, in seconds since 1970.
        cameras: numbers of the cameras.
        records: of vehicles.
        looks: `/health` once a second; memory in MB and processor seconds of plate-infer and of the servers.
        log: what plate-infer said.
        code: with which it ended.
    """

    began: float
    seconds: float
    cameras: list[int]
    records: list[dict[str, Any]] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    code: int = 0

    @property
    def memory(self) -> float:
        """The median of the last minute, of a short run of its last half, in MB."""
        last = self.looks[-1]["second"]
        return statistics.median(look["memory"] for look in self.looks if look["second"] >= last - min(60, last / 2))

    def delays(self) -> list[float]:
        """Milliseconds from capture to the end of reading, once a second and camera that sends pictures."""
        each = (one for look in self.looks for one in look["health"]["cameras"])
        return [1000 * one["behind"] for one in each if one["behind"] is not None and not one["source_state"]]

    def percent(self, key: str) -> float:
        """Return the processor time of `cpu` or `server_cpu`, in percent of a core."""
        first, last = self.looks[0], self.looks[-1]
        return 100 * (last[key] - first[key]) / (last["second"] - first["second"])


def look_until(found: Watch, program: Watched, server: Watched, page: str) -> None:
    """Look at `/health` and at the processes once a second, until the end of the run.

    Raises:
        DeviceError: plate-infer ends. OSError: its page does not answer in time.
    """
    line = StatusLine()
    deadline = found.began + STARTS_WITHIN
    while (second := time.time() - found.began) < found.seconds + 2.0:
        if not program.runs:
            raise DeviceError("plate-infer has ended: " + "\n".join(program.log))
        try:
            with urllib.request.urlopen(f"http://{page}/health", timeout=30) as answer:
                health = json.load(answer)
        except OSError:
            if time.time() > deadline:
                raise
            time.sleep(0.2)
            continue
        if second >= 0:
            one, other = program.sample(), server.sample()
            found.looks.append(
                {"second": second, "memory": one.memory, "cpu": one.cpu, "server_cpu": other.cpu, "health": health}
            )
        line.show(f"{len(found.cameras)} cameras: {second:.0f} of {found.seconds:.0f} s")
        time.sleep(1.0)
    line.clear()
