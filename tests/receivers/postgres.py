"""PostgreSQL in its own process, prepared as its owner prepares it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from receivers.broker import free_port

PASSWORD = "far from secret"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
port = {port}
shared_buffers = 16MB
max_connections = 40
{more}
"""


def program(name: str) -> str:
    """Return the path of a program of PostgreSQL; Debian keeps its server's outside PATH."""
    folders = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ["PATH"]]))
    assert found, "apt install postgresql"
    return found


class Database:
    """A server on its own port, with the schema, a role `gate` of the devices and a role `viewer` of the readers."""

    def __init__(self, more: str = "", prepare: bool = True) -> None:
        """Start it; `more` holds further lines of its settings. It refuses to run as root."""
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.folder = Path(tempfile.mkdtemp(prefix="plate-edge-postgres-"))
        self.port = free_port()
        if os.geteuid() == 0:
            shutil.chown(self.folder, self._user)
        data = self.folder / "data"
        self._as_owner([program("initdb"), "-D", str(data), "-U", "owner", "--auth-host=scram-sha-256", "-N",
                        "--pwfile", self._password_file(), "-E", "UTF8", "--locale=C"])  # fmt: skip
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(port=self.port, more=more))
        self._command = [program("postgres"), "-D", str(data)]
        self.start()
        self.query("CREATE DATABASE plates")
        if prepare:
            self.prepare()

    @property
    def url(self) -> str:
        """The address for a device."""
        return f"postgresql://gate:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/plates"

    def prepare(self) -> None:
        """Make the tables, the role of a device, and that of a reader."""
        self.run_schema("plates")
        for role, group in (("gate", "plate_edge_device"), ("viewer", "plate_edge_reader")):
            self.query(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' IN ROLE {group}", "plates")

    def run_schema(self, database: str) -> None:
        """Run the SQL that prepares a database, as its owner does."""
        command = [sys.executable, "-m", "plate_devices.outputs.postgres_schema"]
        self.query(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout, database)

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        self._running = subprocess.Popen(
            self._command, user=self._owner, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60.0
        while True:
            try:
                self.query("SELECT 1")
                return
            except psycopg.OperationalError:
                assert self._running.poll() is None and time.monotonic() < deadline
                time.sleep(0.05)

    def send(self, signal_number: int) -> None:
        """Freeze, thaw, end or kill it with all its processes."""
        every = Path(f"/proc/{self._running.pid}/task/{self._running.pid}/children").read_text().split()
        for process in [self._running.pid, *map(int, every)]:
            with suppress(ProcessLookupError):  # one may have ended by itself
                os.kill(process, signal_number)
        if signal_number in (signal.SIGKILL, signal.SIGINT):
            self._running.wait()

    def close(self) -> None:
        """Kill it, and delete its data."""
        if self._running.poll() is None:
            self.send(signal.SIGKILL)
        shutil.rmtree(self.folder)

    def query(self, text: str, database: str = "postgres", user: str = "owner") -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=user, password=PASSWORD, autocommit=True,
            connect_timeout=5,
        ) as connection:  # fmt: skip
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    @property
    def _owner(self) -> str | None:
        return self._user if os.geteuid() == 0 else None

    def _as_owner(self, command: list[str]) -> None:
        subprocess.run(command, user=self._owner, check=True, stdout=subprocess.DEVNULL)

    def _password_file(self) -> str:
        path = self.folder / "password"
        path.write_text(PASSWORD)
        path.chmod(0o644)
        return str(path)
