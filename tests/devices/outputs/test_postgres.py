"""Events in a real PostgreSQL: one row each, through outages, with rights that only add."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from receivers.postgres import PASSWORD, Database

from plate_devices.outputs import postgres
from plate_devices.outputs.output import Event, EventRefusedError, OutputError
from plate_devices.outputs.postgres import PostgresOutput, PostgresSettings
from plate_devices.setting_errors import SettingError
from plate_devices.unique_ids import uuid7

system = pytest.mark.system


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    started = Database()
    yield started
    started.close()


@pytest.fixture
def output(database: Database) -> Iterator[PostgresOutput]:
    database.query("TRUNCATE plate_edge.events", "plates")
    opened = output_of(database.url)
    opened.open()
    yield opened
    opened.close()


def output_of(url: str, **more: Any) -> PostgresOutput:
    return PostgresOutput(PostgresSettings(url=url, device="gate-1", **{"tls": False} | more))


def event(text: str = "AB123", **more: Any) -> Event:
    plate = {"text": text, "confidence": 0.9, "region": "ro"}
    times = {"first_time": "2026-05-01T12:00:00.000Z", "last_time": "2026-05-01T12:00:02.500Z"}
    return {"schema": 1, "type": "vehicle", "id": uuid7(), **times, "frames": 9, "plates": [plate], **more}


def rows(database: Database, columns: str) -> list[tuple[Any, ...]]:
    return database.query(f"SELECT {columns} FROM plate_edge.events ORDER BY id", "plates")


@system
def test_an_event_is_one_row_with_its_whole_record(database: Database, output: PostgresOutput) -> None:
    sent = event(camera="north", watchlists=[{"name": "family"}])
    assert output.send([sent]) == 1
    assert output.send([sent, event("B")]) == 2
    first, second = rows(database, "device, camera, text, confidence, region, watchlists, frames, last_time, record")
    assert first[:3] == ("gate-1", "north", "AB123") and first[4:7] == ("ro", ["family"], 9)
    assert first[7] == datetime(2026, 5, 1, 12, 0, 2, 500_000, UTC) and first[8] == sent
    assert second[1] is None and second[2] == "B"


@system
def test_closing_ends_the_connection(output: PostgresOutput) -> None:
    connection = output._connection
    assert connection is not None and not connection.closed
    output.close()
    assert connection.closed
    with pytest.raises(OutputError, match="is not connected"):
        output.send([event()])


@system
def test_a_device_can_only_add(database: Database, output: PostgresOutput) -> None:
    output.send([event()])
    for statement in ("SELECT * FROM plate_edge.events", "DELETE FROM plate_edge.events",
                      "UPDATE plate_edge.events SET text = ''", "SELECT plate_edge.delete_older(0)",
                      "SELECT plate_edge.like_text('AB')"):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.query(statement, "plates", user="gate")


@system
def test_the_clock_corrects_rows_of_this_boot(database: Database, output: PostgresOutput) -> None:
    wrong = event(boot_id="b", monotonic=60.0, time_set=False)
    output.send([wrong, event(boot_id="a", monotonic=60.0, time_set=False)])
    clock = {"schema": 1, "type": "clock", "id": uuid7(), "time": "2026-06-01T10:05:00.000Z", "boot_id": "b",
             "boot_time": "2026-06-01T10:00:00.000Z", "monotonic": 300.0, "time_set": True}  # fmt: skip
    output.send([clock, event(boot_id="b", monotonic=301.0, time_set=True)])
    corrected, other, *_ = rows(database, "first_time, last_time, time_set, record")
    assert corrected[0] == datetime(2026, 6, 1, 10, 0, 57, 500_000, UTC)
    assert corrected[1] == datetime(2026, 6, 1, 10, 1, 0, 0, UTC) and corrected[2]
    times = {"first_time": "2026-06-01T10:00:57.500Z", "last_time": "2026-06-01T10:01:00.000Z", "time_set": True}
    assert corrected[3] == wrong | times
    assert not other[2] and other[3]["last_time"] == "2026-05-01T12:00:02.500Z"


@system
def test_an_event_that_cannot_be_stored_is_refused_alone(database: Database, output: PostgresOutput) -> None:
    with pytest.raises(EventRefusedError, match="never accepts event") as refused:
        output.send([event("A"), event("B", source="a\0b"), event("C")])
    assert refused.value.acknowledged == 1
    assert output.send([event("C")]) == 1
    assert [text for (text,) in rows(database, "text")] == ["A", "C"]


@system
def test_readers_find_events_by_a_similar_text(database: Database, output: PostgresOutput) -> None:
    output.send([event("AB1230"), event("AB123O", camera="north"), event("XY98765")])
    found = database.query("SELECT text FROM plate_edge.like_text('ab123o')", "plates")
    assert sorted(text for (text,) in found) == ["AB1230", "AB123O"]
    seen = database.query("SELECT text, vehicles FROM plate_edge.last_seen ORDER BY text", "plates")
    assert seen == [("AB1230", 1), ("AB123O", 1), ("XY98765", 1)]


@system
def test_only_the_owner_deletes_old_events(database: Database, output: PostgresOutput) -> None:
    output.send([event(), event(last_time=datetime.now(UTC).isoformat())])
    notes: list[str] = []
    for _ in range(2):
        assert output.delete_before(datetime.now(UTC), notes.append) == 0
    assert len(notes) == 1 and "plate_edge.delete_older(DAYS)" in notes[0]
    assert database.query("SELECT plate_edge.delete_older(30)", "plates") == [(1,)]
    assert len(rows(database, "id")) == 1


@system
def test_a_database_without_tables_or_rights_says_what_to_do(tmp_path: Path) -> None:
    database = Database(prepare=False)
    try:
        database.query(f"CREATE ROLE gate LOGIN PASSWORD '{PASSWORD}'")
        for attempt in ("open", "check"):
            with pytest.raises(OutputError, match="postgres_schema") as failed:
                getattr(output_of(database.url), attempt)()
            assert failed.value.wait >= 60
        database.query("DROP ROLE gate")
        database.prepare()
        database.query("REVOKE plate_edge_device FROM gate", "plates")
        with pytest.raises(OutputError, match="GRANT plate_edge_device"):
            output_of(database.url).open()
        with pytest.raises(OutputError, match="password authentication failed") as failed:
            output_of(f"postgresql://gate:wrong@127.0.0.1:{database.port}/plates").open()
        assert "wrong" not in str(failed.value)
    finally:
        database.close()


@system
def test_tls_verifies_the_server(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    database = Database()
    try:
        with pytest.raises(OutputError, match="SSL"):
            output_of(database.url, tls=True).open()
        for file in (key, certificate):
            inside = database.folder / "data" / file.name
            inside.write_bytes(file.read_bytes())
            inside.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(inside, "postgres")
        database.query("ALTER SYSTEM SET ssl_cert_file = 'certificate.pem'")
        database.query("ALTER SYSTEM SET ssl_key_file = 'key.pem'")
        database.query("ALTER SYSTEM SET ssl = on")
        database.query("SELECT pg_reload_conf()")
        by_name = database.url.replace("127.0.0.1", "localhost")
        deadline = time.monotonic() + 30.0
        while True:
            try:
                output_of(by_name, tls=True, ca_file=certificate).check()
                break
            except OutputError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        with pytest.raises(OutputError, match="certificate"):
            output_of(by_name, tls=True).check()
        with pytest.raises(OutputError, match="certificate"):
            output_of(database.url, tls=True, ca_file=certificate).check()
    finally:
        database.close()


@system
def test_a_frozen_server_does_not_hold_the_device(
    database: Database, output: PostgresOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.send(signal.SIGSTOP)
    try:
        began = time.monotonic()
        with monkeypatch.context() as hasty:
            hasty.setattr(postgres, "_ANSWER_WITHIN", 1.0)
            hasty.setattr(postgres, "_OPEN_WITHIN", 2)
            with pytest.raises(OutputError, match="does not accept events"):
                output.send([event()])
            with pytest.raises(OutputError, match="does not accept events"):
                output_of(database.url).open()
        assert time.monotonic() - began < 30.0
    finally:
        database.send(signal.SIGCONT)
    output.close()
    output.open()
    assert output.send([event()]) == 1


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"url": "http://gate@host/plates"}, "url"),
        ({"url": "postgresql://host/plates"}, "url"),
        ({"url": "postgresql://gate@host/"}, "url"),
        ({"url": "postgresql://gate@host/plates?sslmode=disable"}, "url"),
        ({"url": "postgresql://gate@host/plates", "certificate_file": Path("c.pem")}, "key_file"),
        ({"url": "postgresql://gate@host/plates", "tls": False, "ca_file": Path("c.pem")}, "ca_file"),
    ],
)
def test_invalid_settings_name_their_key(more: dict[str, Any], key: str) -> None:
    with pytest.raises(SettingError) as failed:
        PostgresSettings(**more)
    assert failed.value.key == key


def test_the_address_is_shown_without_secrets() -> None:
    settings = PostgresSettings(url="postgresql://gate:secret@db.local/plates")
    assert settings.destination.shown == "postgresql://db.local:5432"
    assert "secret" not in repr(settings)
    assert settings.destination != PostgresSettings(url="postgresql://gate@db.local/other").destination
