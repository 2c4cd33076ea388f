"""Events as rows of a PostgreSQL table that many devices share; needs psycopg."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote

from plate_devices.events.records import to_line
from plate_devices.outputs.call_limit import call_limit
from plate_devices.outputs.identity import device_id
from plate_devices.outputs.output import EventRefusedError, Output, OutputError
from plate_devices.outputs.output_settings import Destination, OutputSettings, check_events_of_rows
from plate_devices.outputs.table_rows import to_row
from plate_devices.outputs.urls import Target, check_secret, destination, parse_url, read_secret
from plate_devices.setting_errors import SettingError
from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    import psycopg

    from plate_devices.outputs.output import Event

_PORTS = {"postgresql": 5432, "postgres": 5432}
_OPEN_WITHIN = 10
_ANSWER_WITHIN = 20.0
_SLOW = 60.0

_COLUMNS = (
    "id", "device", "camera", "type", "text", "confidence", "region", "text_hash", "watchlists", "first_time",
    "last_time", "source", "frames", "boot_id", "time_set", "record",
)  # fmt: skip
# Without a target, ON CONFLICT needs no right to read.
_INSERT = (
    f"INSERT INTO plate_edge.events ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join(f'%({column})s' for column in _COLUMNS)}) ON CONFLICT DO NOTHING"
)
_CORRECT = "SELECT plate_edge.correct_clock(%s, %s, %s)"
_MAY_INSERT = "SELECT has_table_privilege('plate_edge.events', 'INSERT')"
_SCHEMA_HINT = "its owner runs: python -m plate_devices.outputs.postgres_schema | psql"


@dataclass(frozen=True, kw_only=True)
class PostgresSettings(OutputSettings):
    """type = "postgres": a row for each event in the table `plate_edge.events`, which many devices share.

    Attributes:
        url: postgresql://user@host/database.
        password_file: its first line is the password.
        tls: whether the connection is encrypted and the server's certificate and name are verified.
        ca_file: certificates to trust for the server, by default those of the system.
        certificate_file, key_file: of this client, in PEM.
        device: name of this device; by default its host name and a hash of its machine id.
    """

    type: Literal["postgres"] = "postgres"
    url: str = field(repr=False)
    password_file: Path | None = None
    tls: bool = True
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    device: str = ""

    def __post_init__(self) -> None:
        check_events_of_rows(self)
        target = self.target
        if not target.user or not _database(target):
            raise SettingError("url", "this address needs user and database: postgresql://user@host/database")
        if "/" in _database(target) or "?" in target.path:
            raise SettingError("url", "only the name of the database may follow the host; files are keys of their own")
        if (self.certificate_file is None) != (self.key_file is None):
            missing = "key_file" if self.key_file is None else "certificate_file"
            raise SettingError(missing, "certificate_file and key_file need each other")
        for key in ("ca_file", "certificate_file", "key_file"):
            if getattr(self, key) is not None and not self.tls:
                raise SettingError(key, "it needs tls = true")
        check_secret("password_file", self.password_file, lambda word: "\0" not in word, "text")

    def as_reader(self, user: str, password_file: Path | None) -> PostgresSettings:
        """Return these settings for another role of the same database."""
        target = self.target
        host = f"[{target.host}]" if ":" in target.host else target.host
        url = f"{target.scheme}://{quote(user, safe='')}@{host}:{target.port}/{_database(target)}"
        return replace(self, url=url, password_file=password_file)

    @property
    def target(self) -> Target:
        """Its parsed address."""
        return parse_url("url", self.url, _PORTS)

    @property
    def destination(self) -> Destination:
        """See `OutputSettings`: host, port and database."""
        return destination(self.target, self.target.path)


class PostgresOutput(Output):
    """Inserts each event once; a batch is one transaction."""

    Settings: ClassVar[type[OutputSettings]] = PostgresSettings

    def __init__(self, settings: PostgresSettings, name: str = "postgres") -> None:
        """Use an address; nothing is connected yet. Raises MissingPartError if psycopg is not installed."""
        try:
            import psycopg
        except ImportError:
            raise missing_extra("PostgreSQL needs psycopg", "postgres") from None
        self._psycopg = psycopg
        self.name = name
        self.device = settings.device or device_id()
        self._settings = settings
        self._target = settings.target
        self._connection: psycopg.Connection[Any] | None = None
        self._retention_noted = False

    def open(self) -> None:
        self.close()
        self._connection = self._connect()

    def check(self) -> None:
        self._connect().close()

    def close(self) -> None:
        if self._connection is not None:
            with suppress(self._psycopg.Error):
                self._connection.close()
        self._connection = None

    def send(self, events: Sequence[Event]) -> int:
        """See `Output`. A `clock` record corrects the times of earlier rows of this device."""
        if self._connection is None:
            raise OutputError(f"{self._target.shown} is not connected")
        with self._explained(self._connection):
            try:
                self._store(self._connection, events)
            except self._psycopg.DataError:
                self._store_singly(self._connection, events)
        return len(events)

    def delete_before(self, before: datetime, note: Callable[[str], None]) -> int:  # noqa: ARG002
        """Delete nothing: the role of a device must not be able to. Notes once who deletes."""
        if not self._retention_noted:
            self._retention_noted = True
            note(f"{self.name}: the owner of the database deletes old events: SELECT plate_edge.delete_older(DAYS)")
        return 0

    def _store(self, connection: psycopg.Connection[Any], events: Sequence[Event]) -> None:
        if not events:
            connection.execute("SELECT 1")
            return
        with connection.pipeline(), connection.transaction():
            for event in events:
                connection.execute(_INSERT, _values(event, self.device))
                if event.get("type") == "clock":
                    connection.execute(_CORRECT, (self.device, event["boot_id"], event["boot_time"]))

    def _store_singly(self, connection: psycopg.Connection[Any], events: Sequence[Event]) -> None:
        for done, event in enumerate(events):
            try:
                self._store(connection, [event])
            except self._psycopg.DataError as error:
                message = f"{self._target.shown} never accepts event {event.get('id')}: {first_line(error)}"
                raise EventRefusedError(message, done) from error

    def _connect(self) -> psycopg.Connection[Any]:
        target = self._target
        with self._explained(None):
            connection = self._psycopg.connect(**connect_options(self._settings))
        try:
            with self._explained(connection):
                row = connection.execute(_MAY_INSERT).fetchone()
                if row is None or not row[0]:
                    message = f"{target.shown}: user {target.user} may not insert; GRANT plate_edge_device TO it"
                    raise OutputError(message, wait=_SLOW)
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _explained(self, connection: psycopg.Connection[Any] | None) -> Iterator[None]:
        """Raise errors of psycopg as OutputError, and end a call that the server does not answer."""
        try:
            with nullcontext() if connection is None else call_limit(_ANSWER_WITHIN, lambda: cut(connection)):
                yield
        except self._psycopg.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: psycopg.Error) -> OutputError:
        errors = self._psycopg.errors
        where = self._target.shown
        if isinstance(error, errors.UndefinedTable | errors.UndefinedFunction | errors.InvalidSchemaName):
            return OutputError(f"{where}: the database is not prepared; {_SCHEMA_HINT}", wait=_SLOW)
        if isinstance(error, errors.InsufficientPrivilege):
            return OutputError(f"{where}: {first_line(error)}; GRANT plate_edge_device TO the user", wait=_SLOW)
        return OutputError(f"{where} does not accept events: {first_line(error)}")


def connect_options(settings: PostgresSettings) -> dict[str, Any]:
    """Return the arguments of `psycopg.connect`. Raises OutputError if the password cannot be read."""
    target = settings.target
    return {
        "host": target.host,
        "port": target.port,
        "dbname": _database(target),
        "user": target.user,
        "password": read_secret(settings.password_file) or target.password or None,
        "sslmode": "verify-full" if settings.tls else "disable",
        "sslrootcert": str(settings.ca_file or "system") if settings.tls else None,
        "sslcert": _text(settings.certificate_file),
        "sslkey": _text(settings.key_file),
        "connect_timeout": _OPEN_WITHIN,
        "application_name": f"plate-edge {settings.device or device_id()}"[:63],
        "autocommit": True,
    }


def cut(connection: psycopg.Connection[Any]) -> None:
    """End a connection that waits for the server in another thread."""
    with socket.socket(fileno=os.dup(connection.fileno())) as copy:
        copy.shutdown(socket.SHUT_RDWR)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _database(target: Target) -> str:
    return target.path.strip("/")


def _values(event: Event, device: str) -> dict[str, Any]:
    row: dict[str, Any] = to_row(event)
    lists = [str(one["name"]) for one in event.get("watchlists") or ()]
    more = {"device": device, "camera": event.get("camera"), "watchlists": lists, "record": to_line(event)}
    return row | more | {"time_set": event.get("time_set")}


def first_line(error: Exception) -> str:
    """Return the first line of what libpq says, which names the reason; hints follow it."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
