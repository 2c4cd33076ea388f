"""Run the example fleet, and measure how many events a second one broker and one database take.

    python benchmarks/fleet_capacity.py                     -> results/fleet.csv
    python benchmarks/fleet_capacity.py --devices 3 --minutes 1 --seconds 5      -> a quick look

First the fleet runs as in `examples/fleet`. Then clients, each in a process of its own, send events one by one, as
devices do, as fast as each is acknowledged. Clients and servers share this machine, so a server alone takes more.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from measuring import ROOT, command_line, whole, write_csv
from outputs import event

from plate_devices.outputs.make_outputs import make_outputs, settings_class
from plate_devices.unique_ids import uuid7

sys.path.insert(0, str(ROOT / "examples" / "fleet"))

CLIENTS = (1, 8, 32)


def send_for(kind: str, settings: dict[str, Any], seconds: float, ready: Any) -> int:
    """Send events one by one for so many seconds; return how many were acknowledged."""
    (output,) = make_outputs([settings_class(kind)(type=kind, **settings)])  # type: ignore[misc]
    output.open()
    ready.wait()
    sent, ends = 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        sent += output.send([event(sent) | {"id": uuid7()}])
    output.close()
    return sent


def capacity(kind: str, settings: dict[str, Any], clients: int, seconds: float, process: int) -> dict[str, object]:
    """Return the events a second that so many clients deliver, and the server's processor time for each."""
    from fleet import processor_seconds

    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(clients) as pool:
        ready = manager.Barrier(clients)
        before = processor_seconds(process)
        jobs = [(kind, settings | {"device": f"gate-{number}"}, seconds, ready) for number in range(clients)]
        sent = sum(pool.starmap(send_for, jobs, chunksize=1))
        used = processor_seconds(process) - before
    return {
        "server": kind, "clients": clients, "events_per_second": round(sent / seconds),
        "server_cpu_ms_per_event": round(1000 * used / sent, 3), "vehicles": "", "missing": "",
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the table."""
    parser = command_line(__doc__)
    parser.add_argument("--devices", type=whole(1), default=20, metavar="N", help="in the fleet (20)")
    parser.add_argument("--minutes", type=float, default=5.0, metavar="N", help="how long the fleet runs (5)")
    parser.add_argument("--seconds", type=float, default=15.0, metavar="N", help="for each number of clients (15)")
    options = parser.parse_args(arguments)
    from fleet import run
    from servers import Mosquitto, PostgreSQL

    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(dir=ROOT) as scratch:
        Path(scratch).chmod(0o755)
        result = run(options.devices, options.minutes, Path(scratch))
    per_second = round(result.reported / result.seconds, 1)
    for server, cpu in result.server_cpu_ms.items():
        rows.append({
            "server": f"{server}, {options.devices} devices", "clients": options.devices,
            "events_per_second": per_second, "server_cpu_ms_per_event": cpu, "vehicles": result.reported,
            "missing": result.missing,
        })  # fmt: skip
    with tempfile.TemporaryDirectory(dir=ROOT) as scratch, ExitStack() as stack:
        Path(scratch).chmod(0o755)
        broker, database = Mosquitto(Path(scratch)), PostgreSQL(Path(scratch))
        stack.callback(broker.close)
        stack.callback(database.close)
        database.create_tables()
        places = {
            "mqtt": ({"url": f"mqtt://127.0.0.1:{broker.port}", "discovery": False}, broker.process.pid),
            "postgres": (
                {"url": f"postgresql://gate:{database.password}@127.0.0.1:{database.port}/plates", "tls": False},
                database.process.pid,
            ),
        }
        for kind, (settings, process) in places.items():
            for clients in CLIENTS:
                rows.append(capacity(kind, settings, clients, options.seconds, process))
                print(rows[-1], flush=True)
        query = "SELECT pg_total_relation_size('plate_edge.events'), count(*) FROM plate_edge.events"
        [(size, count)] = database.query(query)
        print(f"{size / count:.0f} bytes an event in the database, indexes included")
        rows = [
            row | {"bytes_per_event": round(size / count) if "postgres" in str(row["server"]) else ""} for row in rows
        ]
    write_csv("fleet", rows)


if __name__ == "__main__":
    main()
