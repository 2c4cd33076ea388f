"""Measure what an event costs until all outputs have it: time, processor, bytes written, and catching up.

    python benchmarks/outputs.py         -> results/outputs.csv
    python benchmarks/outputs.py 50      -> a quick look

Events are put one after the other, as vehicles come, with several sets of outputs; then as many at once, as after an
outage. The web server is a program of its own on loopback; MQTT and PostgreSQL are measured where their servers are
installed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import ROOT, command_line, whole, write_csv

from plate_devices.events.clock import Clock
from plate_devices.outputs.delivery import deliver
from plate_devices.outputs.make_outputs import settings_class
from plate_devices.outputs.output_settings import OutputSettings, QueueSettings

sys.path.insert(0, str(ROOT / "tests"))

SETS = ("fake", "lines", "csv", "sqlite", "webhook", "mqtt", "postgres", "lines csv sqlite webhook mqtt")
EVENTS = 500
PAUSE = 0.02
"""Seconds between two events: far more traffic than a road has."""


def event(number: int) -> dict[str, Any]:
    """A vehicle as the reader of plates describes it, about 1.1 kB."""
    characters = [{"text": "A", "confidence": 0.9876, "alternatives": [["4", 0.0123], ["R", 0.0012]]}] * 7
    plate = {"text": "ABC1234", "raw_text": "ABC1234", "confidence": 0.98, "detection_confidence": 0.99}
    corners = [[100, 200], [180, 200], [180, 220], [100, 220]]
    place = {"box": [100, 200, 80, 20], "corners": corners, "region": None}
    times = {"first_time": "2026-05-01T12:00:00.000Z", "last_time": "2026-05-01T12:00:03.000Z"}
    return {
        "schema": 1, "type": "vehicle", "id": f"{number:032d}", "source": "rtsp://gate/stream", **times,
        "frames": 14, "frames_read": 20, "plates": [plate | place | {"characters": characters}], "crop": None,
        "backend": "litert",
    }  # fmt: skip


def written() -> int:
    """Bytes that this process has had written to disks."""
    lines = Path("/proc/self/io").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def measure(settings: Sequence[OutputSettings], folder: Path, events: int) -> dict[str, object]:
    """Put events, wait until all have them, and return what that took."""
    delivery = deliver(settings, QueueSettings(folder=folder / "queue"), Clock(), print)
    waits: list[float] = []
    processor, before = time.process_time(), written()
    for number in range(events):
        started = time.perf_counter()
        delivery.put(event(number))
        waits.append(1000 * (time.perf_counter() - started))
        time.sleep(PAUSE)
    while any(state.waiting for state in delivery.state()):
        time.sleep(0.01)
    processor, bytes_ = time.process_time() - processor, written() - before
    started = time.perf_counter()
    delivery.put_all(event(events + number) for number in range(events))
    while any(state.waiting for state in delivery.state()):
        time.sleep(0.01)
    passed = time.perf_counter() - started
    delivery.close(5.0)
    return {
        "put_ms_median": round(statistics.median(waits), 2),
        "put_ms_95th": round(statistics.quantiles(waits, n=20)[-1], 2),
        "cpu_ms_per_event": round(1000 * processor / events, 2),
        "written_kb_per_event": round(bytes_ / events / 1000, 1),
        "behind_events_per_second": round(events / passed),
    }


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """Start who listens, and yield the settings of each output by its type."""
    from receivers.broker import Broker, free_port

    port = free_port()
    command = [sys.executable, "-m", "receivers", str(port), str(folder / "ids")]
    web = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT / "tests")})
    assert web.stdout is not None
    web.stdout.readline()
    broker = database = None
    known: dict[str, dict[str, Any]] = {
        "fake": {},
        "lines": {"path": folder / "p.jsonl"},
        "csv": {"path": folder / "p.csv"},
        "sqlite": {"path": folder / "p.sqlite"},
        "webhook": {"url": f"http://127.0.0.1:{port}/"},
    }
    try:
        broker = Broker(folder / "broker")
        known["mqtt"] = {"url": f"mqtt://127.0.0.1:{broker.port}"}
    except AssertionError as error:
        print(f"MQTT is left out: {error}", file=sys.stderr)
    try:
        from receivers.postgres import Database

        database = Database()
        known["postgres"] = {"url": database.url, "tls": False}
    except (AssertionError, ImportError) as error:
        print(f"PostgreSQL is left out: {error}", file=sys.stderr)
    try:
        yield known
    finally:
        web.kill()
        web.communicate()
        if broker is not None:
            broker.send(9)
        if database is not None:
            database.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each set of outputs, and write the table."""
    parser = command_line(__doc__)
    parser.add_argument("events", nargs="?", type=whole(2), default=EVENTS, metavar="EVENTS", help=f"({EVENTS})")
    events = parser.parse_args(arguments).events
    rows: list[dict[str, object]] = []
    for names in SETS:
        # Not in /tmp, which may be memory.
        with tempfile.TemporaryDirectory(dir=ROOT) as scratch, servers(Path(scratch)) as known:
            wanted = [name for name in names.split() if name in known]
            if not wanted:
                continue
            settings = [settings_class(name)(type=name, **known[name]) for name in wanted]
            row = {"outputs": " ".join(wanted), "events": events, "bytes_per_event": len(json.dumps(event(0)))}
            rows.append(row | measure(settings, Path(scratch), events))
            print(rows[-1])
    write_csv("outputs", rows)


if __name__ == "__main__":
    main()
