"""Run a fleet on this machine: simulated devices, one broker, one database, one Prometheus. Ctrl-C ends it.

    python examples/fleet/fleet.py                          20 devices for 5 minutes
    python examples/fleet/fleet.py --devices 3 --minutes 1

It needs: apt-get install mosquitto postgresql prometheus, and pip install '.[mqtt,postgres]'. Every device is a
plate-infer with a simulated camera. Half-way one device is killed and started again. At the end each vehicle that a
device reported must be in the database once, and must have reached the broker.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from servers import HERE, Mosquitto, PostgreSQL, Prometheus, Server, free_port

STATUS_EVERY = 10.0
INFER = "from plate_devices.cli.infer import main; main()"


class Result(NamedTuple):
    """What became of the vehicles that the devices reported: distinct ids, by place."""

    reported: int
    in_database: int
    at_broker: int
    missing: int
    seconds: float
    server_cpu_ms: dict[str, float]
    """Processor time for one vehicle, by server."""


class Device:
    """A simulated device: plate-infer with settings, a queue and a log in a folder of its own."""

    def __init__(self, name: str, folder: Path, broker: Mosquitto, database: PostgreSQL) -> None:
        self.name, self.port = name, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = folder / name
        self._folder.mkdir()
        self._settings = self._folder / "settings.toml"
        self._settings.write_text(
            (HERE / "device.toml").read_text().format(
                name=name, folder=self._folder, page=self.port, broker=broker.port, database=database.port,
                password=database.folder / "password",
            )
        )  # fmt: skip

    def start(self) -> None:
        """Start it; its records go to a file."""
        program = [sys.executable, "-c", INFER, "--config", str(self._settings), "--json"]
        with (self._folder / "records").open("ab") as records, (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(["nice", *program], stdout=records, stderr=log)

    def stop(self, signal_number: int = signal.SIGTERM) -> None:
        """End or kill it, if it was started."""
        if self.process is None:
            return
        self.process.send_signal(signal_number)
        try:
            self.process.wait(30.0)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def reported(self) -> set[str]:
        """Return the ids of the vehicles that it has printed."""
        lines = (self._folder / "records").read_bytes().splitlines(keepends=True)
        records = [json.loads(line) for line in lines if line.endswith(b"\n")]
        return {record["id"] for record in records if record["type"] == "vehicle"}


class Subscriber:
    """Receives the vehicles of all devices from the broker."""

    def __init__(self, port: int) -> None:
        self.ids: set[str] = set()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="fleet", clean_session=False)
        self._client.on_connect = lambda client, *_: client.subscribe("plate-edge/+/vehicle", qos=1)
        self._client.on_message = lambda _, __, message: self.ids.add(json.loads(message.payload)["id"])
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def run(devices: int, minutes: float, folder: Path) -> Result:
    """Start the fleet in a folder, let it run, end it, and return what arrived."""
    with ExitStack() as stack:
        broker = Mosquitto(folder)
        stack.callback(broker.close)
        database = PostgreSQL(folder)
        stack.callback(database.close)
        database.create_tables()
        subscriber = Subscriber(broker.port)
        stack.callback(subscriber.close)
        fleet = [Device(f"gate-{number + 1:02}", folder, broker, database) for number in range(devices)]
        Prometheus.devices = [(device.name, device.port) for device in fleet]
        prometheus = Prometheus(folder)
        stack.callback(prometheus.close)
        print(f"Prometheus: http://127.0.0.1:{prometheus.port}   database: port {database.port}, user owner, "
              f"password in {database.folder / 'password'}   broker: port {broker.port}", flush=True)  # fmt: skip
        servers: list[Server] = [broker, database, prometheus]
        for device in fleet:
            stack.callback(device.stop)
            device.start()
        watch(fleet, minutes * 60.0, database, subscriber, prometheus)
        used = {server.name: processor_seconds(server.process.pid) for server in servers}
        stop_all(fleet)
        time.sleep(1.0)
        reported = set[str]().union(*(device.reported() for device in fleet))
        stored = {str(row[0]) for row in database.query("SELECT id FROM plate_edge.events WHERE type = 'vehicle'")}
        missing = len(reported - stored) + len(reported - subscriber.ids)
        cpu = {name: round(1000 * seconds / max(1, len(stored)), 2) for name, seconds in used.items()}
        return Result(len(reported), len(stored), len(subscriber.ids), missing, minutes * 60.0, cpu)


def watch(
    fleet: list[Device], seconds: float, database: PostgreSQL, subscriber: Subscriber, prometheus: Prometheus
) -> None:
    """Print a line every ten seconds; half-way, kill a device and start it again."""
    began, killed, shown = time.monotonic(), False, 0.0
    while (passed := time.monotonic() - began) < seconds:
        if passed > seconds / 2 and not killed:
            killed = True
            fleet[0].stop(signal.SIGKILL)
            fleet[0].start()
            print(f"{fleet[0].name} was killed and started again", flush=True)
        if passed - shown >= STATUS_EVERY:
            shown = passed
            [(stored,)] = database.query("SELECT count(*) FROM plate_edge.events")
            up = prometheus.query('sum(up{job="plate-edge"})')
            answering = up[0]["value"][1] if up else "0"
            firing = sorted({alert["metric"]["alertname"] for alert in prometheus.query('ALERTS{alertstate="firing"}')})
            print(f"{passed:4.0f} s: {answering} of {len(fleet)} devices answer, {stored} events in the database, "
                  f"{len(subscriber.ids)} vehicles at the broker; alerts: {', '.join(firing) or 'none'}",
                  flush=True)  # fmt: skip
        time.sleep(0.5)


def stop_all(fleet: list[Device]) -> None:
    """End all devices at once; each delivers what it has."""
    ends = [threading.Thread(target=device.stop) for device in fleet]
    for end in ends:
        end.start()
    for end in ends:
        end.join()


def processor_seconds(process: int) -> float:
    """Return the processor time of a process and its children so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if process in (int(stat.parent.name), int(fields[1])):
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / 100.0


def main() -> None:
    """Run the fleet that the command line describes. The exit code is 1 if a vehicle is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=20, metavar="N", help="how many devices (20)")
    parser.add_argument("--minutes", type=float, default=5.0, metavar="N", help="how long it runs (5)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the servers and devices end, too
    with tempfile.TemporaryDirectory(prefix="plate-edge-fleet-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        try:
            result = run(options.devices, options.minutes, folder)
        except KeyboardInterrupt:
            sys.exit(130)
    print(json.dumps(result._asdict()))
    sys.exit(1 if result.missing or not result.reported else 0)


if __name__ == "__main__":
    main()
