"""The three servers of a fleet, on free ports of loopback, with everything they keep in one folder."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

HERE = Path(__file__).parent


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def find_program(name: str) -> str:
    """Return the path of a server's program. Exits with a sentence if it is not installed."""
    folders = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin", *folders]))
    if found is None:
        sys.exit(f"fleet: {name} is missing; apt-get install mosquitto postgresql prometheus")
    return found


class Server:
    """A server in a process of its own."""

    name = ""

    def __init__(self, folder: Path) -> None:
        """Prepare a folder, start the server, and wait until it listens."""
        self.folder, self.port = folder / self.name, free_port()
        self.folder.mkdir(parents=True)
        self._user: str | None = None
        command = self.prepare()
        self._log = (folder / f"{self.name}.log").open("wb")
        self.process = subprocess.Popen(command, user=self._user, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + 60.0
        try:
            while not self._listens():
                if self.process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"fleet: {self.name} does not start; see {self._log.name}")
                time.sleep(0.1)
        except BaseException:
            self.close()
            raise

    def prepare(self) -> Sequence[str]:
        """Write what the server needs, and return its command."""
        raise NotImplementedError

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(20.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._log.close()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
            return True
        return False


class Mosquitto(Server):
    """The broker."""

    name = "mosquitto"

    def prepare(self) -> Sequence[str]:
        """See `Server`."""
        settings = self.folder / "mosquitto.conf"
        settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        return [find_program("mosquitto"), "-c", str(settings)]


class PostgreSQL(Server):
    """The database, with the tables of Plate Edge and a role for devices."""

    name = "postgresql"

    def prepare(self) -> Sequence[str]:
        """See `Server`. PostgreSQL refuses to run as root, so root starts it as the user postgres."""
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.password = secrets.token_urlsafe(16)
        if os.geteuid() == 0:
            shutil.chown(self.folder, self._user)
        else:
            self._user = None
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o644)
        data = str(self.folder / "data")
        command = [find_program("initdb"), "-D", data, "-U", "owner", "-A", "scram-sha-256", "--pwfile", str(password)]
        subprocess.run([*command, "-E", "UTF8", "--locale=C"], user=self._user, check=True, stdout=subprocess.DEVNULL)
        here = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200"]
        return [find_program("postgres"), "-D", data, "-p", str(self.port), *here]

    def create_tables(self) -> None:
        """Prepare the database as its owner."""
        command = [sys.executable, "-m", "plate_devices.outputs.postgres_schema"]
        self.query("CREATE DATABASE plates", database="postgres")
        self.query(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        self.query(f"CREATE ROLE gate LOGIN PASSWORD '{self.password}' IN ROLE plate_edge_device")

    def query(self, text: str, database: str = "plates") -> list[tuple[Any, ...]]:
        """Return the rows of a query by the owner."""
        deadline = time.monotonic() + 30.0
        while True:
            try:
                connection = psycopg.connect(
                    host="127.0.0.1", port=self.port, dbname=database, user="owner", password=self.password,
                    autocommit=True,
                )  # fmt: skip
                break
            except psycopg.OperationalError:  # it listens before it accepts connections
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        with connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []


class Prometheus(Server):
    """Collects the metrics of all devices, and evaluates `rules.yml`."""

    name = "prometheus"
    devices: Sequence[tuple[str, int]] = ()

    def prepare(self) -> Sequence[str]:
        """See `Server`."""
        import json

        shutil.copy(HERE / "rules.yml", self.folder)
        shutil.copy(HERE / "prometheus.yml", self.folder)
        targets = [{"targets": [f"127.0.0.1:{port}"], "labels": {"device": name}} for name, port in self.devices]
        (self.folder / "devices.json").write_text(json.dumps(targets))
        return [
            find_program("prometheus"),
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression."""
        import json
        from urllib.parse import quote
        from urllib.request import urlopen

        with urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?query={quote(expression)}", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return found
