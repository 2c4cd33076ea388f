"""Searches in a real PostgreSQL: who may search, for how long, and what is said if it fails."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from receivers.postgres import Database
from stored_events import Store, event, found, id_of, pattern

from plate_devices.history import postgres_search
from plate_devices.history.event_search import EventQuery, SearchError
from plate_devices.history.postgres_search import PostgresSearch
from plate_devices.outputs.postgres import PostgresOutput, PostgresSettings
from plate_runtime.alphabet import LOOK_ALIKE, fold

pytestmark = pytest.mark.system


@pytest.fixture
def store(open_postgres: Callable[[], Store]) -> Store:
    return open_postgres()


@pytest.fixture
def output(store: Store) -> PostgresSettings:
    assert isinstance(store.output, PostgresSettings)
    return store.output


def base(settings: PostgresSettings) -> str:
    return settings.url.rpartition("/")[2]


def searching(settings: PostgresSettings, **more: Any) -> PostgresSearch:
    return PostgresSearch(replace(settings, **more))


def test_events_of_other_devices_are_not_found(store: Store, output: PostgresSettings, password_file: Path) -> None:
    other = PostgresOutput(replace(output, device="gate-2"))
    other.open()
    other.send([event(1, "SAME")])
    other.close()
    store.send([event(2, "SAME")])
    assert found(store.search, pattern("SAME")) == [id_of(2)]
    assert found(searching(output.as_reader("viewer", password_file), device="gate-2"), EventQuery()) == [id_of(1)]


def test_a_role_of_a_device_may_not_search(output: PostgresSettings) -> None:
    with pytest.raises(SearchError, match=r"permission denied.*plate_edge_reader; see docs/operate/history\.md"):
        searching(output).find(EventQuery(), 9)


def test_a_reader_can_change_nothing(store: Store, database: Database, output: PostgresSettings) -> None:
    store.send([event(1)])
    for statement in ("DELETE FROM plate_edge.events", "UPDATE plate_edge.events SET text = ''",
                      "INSERT INTO plate_edge.events (device, type, record) VALUES ('x', 'x', '{}')",
                      "SELECT plate_edge.delete_older(0)"):  # fmt: skip
        with pytest.raises(psycopg.Error, match="permission denied"):
            database.query(statement, base(output), user="viewer")


def test_a_database_without_tables_says_what_to_do(database: Database, output: PostgresSettings) -> None:
    database.query("CREATE DATABASE bare")
    with pytest.raises(SearchError, match=r'"plate_edge\.events" does not exist.*history\.md'):
        searching(output, url=database.url.replace("/plates", "/bare")).find(EventQuery(), 9)


def test_a_wrong_password_is_not_shown(output: PostgresSettings, password_file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("wrong-one")
    wrong.chmod(0o600)
    for file, said in ((wrong, "password authentication failed"), (tmp_path / "missing", "missing")):
        with pytest.raises(SearchError, match=said) as failed:
            PostgresSearch(output.as_reader("viewer", file)).find(EventQuery(), 9)
        assert "wrong-one" not in str(failed.value) and "\n" not in str(failed.value)


def test_a_search_whose_time_is_over_says_so(store: Store, database: Database, output: PostgresSettings) -> None:
    store.send([event(1)])
    with psycopg.connect(
        host="127.0.0.1", port=database.port, dbname=base(output), user="owner", password="far from secret"
    ) as blocker:
        blocker.execute("LOCK TABLE plate_edge.events IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SearchError, match=r"longer than 0.2 s; name a time range, or more of the text"):
            store.search.find(EventQuery(), 9, "", 0.2)
    assert found(store.search, EventQuery()) == [id_of(1)]


def test_a_server_that_freezes_in_a_search_does_not_hold_the_page(
    store: Store, database: Database, output: PostgresSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_search, "_GRACE", 0.5)

    def freeze(*_: Any) -> tuple[bytes, dict[str, Any]]:
        database.send(signal.SIGSTOP)
        return b"SELECT 1", {}

    monkeypatch.setattr(postgres_search, "_statement", freeze)
    began = time.monotonic()
    try:
        with pytest.raises(SearchError, match="cannot be searched"):
            store.search.find(EventQuery(), 9, "", 0.2)
    finally:
        database.send(signal.SIGCONT)
    assert time.monotonic() - began < 30.0


def test_a_server_that_is_gone(output: PostgresSettings) -> None:
    with pytest.raises(SearchError, match=r"postgresql://127.0.0.1:1 cannot be searched: .*refused"):
        searching(output, url="postgresql://viewer@127.0.0.1:1/plates").find(EventQuery(), 9)


def test_the_database_folds_as_the_runtime_does(database: Database) -> None:
    every = "".join(LOOK_ALIKE) + "".join(map(chr, range(33, 127))).replace("'", "")
    assert database.query(f"SELECT plate_edge.fold('{every}')", "plates") == [(fold(every),)]


def test_a_database_of_an_earlier_version_is_prepared_in_place(
    store: Store, database: Database, output: PostgresSettings
) -> None:
    store.send([event(1, "\u0410\u041e1")])
    database.query("ALTER TABLE plate_edge.events DROP COLUMN folded", base(output))
    older = "ADD COLUMN folded text GENERATED ALWAYS AS (translate(text, 'OI', '01')) STORED"
    database.query(f"ALTER TABLE plate_edge.events {older}", base(output))
    assert found(store.search, pattern("A01")) == []
    for _ in range(2):  # the second time changes nothing
        database.run_schema(base(output))
        assert found(store.search, pattern("A01")) == [id_of(1)]
    indexes = database.query("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%folded%'", base(output))
    assert indexes == database.query("SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%folded%'", "plates")
