"""Where searches are tested: a file of SQLite with small blocks, and a PostgreSQL of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from receivers.postgres import PASSWORD, Database
from stored_events import BLOCK_ROWS, Store

from plate_devices.config.sections import HistorySettings
from plate_devices.history.postgres_search import PostgresSearch
from plate_devices.history.sqlite_search import SqliteSearch
from plate_devices.outputs import search_blocks
from plate_devices.outputs.postgres import PostgresOutput, PostgresSettings
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings


@pytest.fixture(scope="package", autouse=True)
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_blocks, "BITS", BLOCK_ROWS.bit_length() - 1)
        yield


@pytest.fixture(scope="package")
def database() -> Iterator[Database]:
    started = Database("fsync = off\nmax_connections = 150")
    yield started
    started.close()


@pytest.fixture(scope="package")
def password_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the password of the role `viewer`."""
    path = tmp_path_factory.mktemp("password") / "password"
    path.write_text(PASSWORD)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="package")
def open_postgres(database: Database, password_file: Path) -> Iterator[Callable[[], Store]]:
    """Open a new, empty store: a copy of the database."""
    with ExitStack() as stack:
        numbers = count()

        def open_() -> Store:
            name = f"events_{next(numbers)}"
            database.query(f"CREATE DATABASE {name} TEMPLATE plates")
            url = database.url.replace("/plates", f"/{name}")
            settings = PostgresSettings(url=url, device="gate-1", tls=False)
            output = PostgresOutput(settings)
            output.open()
            stack.callback(output.close)
            search = PostgresSearch(settings.as_reader("viewer", password_file))
            return Store(settings, HistorySettings("", "viewer", password_file), output.send, search)

        yield open_


@pytest.fixture(scope="package")
def open_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Store]]:
    """Open a new, empty store: a file."""
    with ExitStack() as stack:

        def open_() -> Store:
            settings = SqliteSettings(path=tmp_path_factory.mktemp("events") / "p.sqlite")
            output = SqliteOutput(settings)
            output.open()
            stack.callback(output.close)
            return Store(settings, HistorySettings(), output.send, SqliteSearch(settings.path))

        yield open_


KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.system)]


@pytest.fixture(scope="module", params=KINDS)
def open_store(request: pytest.FixtureRequest) -> Any:
    """Open a new, empty store of each kind."""
    return request.getfixturevalue(f"open_{request.param}")
