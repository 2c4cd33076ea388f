"""After any damage of a table, old events are deleted, and recent ones stay."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aged_events import KEEP_DAYS, OLD, YOUNG, YOUNG_COUNT, content, events

from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.privacy.retention import Retention


def of_rows(statement: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with sqlite3.connect(path) as connection:
            connection.execute(statement)
        connection.close()

    return damage


def of_bytes(change: Callable[[bytearray], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        found = bytearray(path.read_bytes())
        change(found)
        path.write_bytes(found)

    return damage


def fill(begin: int, end: int, value: int) -> Callable[[bytearray], object]:
    return lambda found: found.__setitem__(slice(begin, end), bytes([value]) * (min(end, len(found)) - begin))


TABLES = {
    "no time": of_rows("UPDATE events SET last_time = NULL WHERE rowid = 5"),
    "no time and another id": of_rows("UPDATE events SET last_time = NULL, id = 'x' WHERE rowid = 1"),
    "a time that is none": of_rows("UPDATE events SET last_time = 'later' WHERE rowid = 5"),
    "a time of bytes": of_rows("UPDATE events SET last_time = x'ff00ff' WHERE rowid = 5"),
    "a time in the future": of_rows("UPDATE events SET last_time = '2199-01-01T00:00:00.000Z' WHERE rowid = 5"),
    "a number as id": of_rows("UPDATE events SET last_time = 7, id = 7 WHERE rowid = 5"),
    "a record that is none": of_rows("UPDATE events SET record = x'ff7b00' WHERE rowid = 5"),
    "a record that is too deep": of_rows("UPDATE events SET record = '[' || hex(zeroblob(100000)) WHERE rowid = 5"),
    "texts that are none": of_rows("UPDATE events SET text = CAST(x'e4ff' AS TEXT) WHERE rowid = 5"),
    "a wrong header": of_bytes(fill(0, 16, 0x58)),
    "a first page of zeros": of_bytes(fill(0, 4096, 0)),
    "later pages of ones": of_bytes(fill(8192, 1 << 30, 0xFF)),
    "half a file": of_bytes(lambda found: found.__delitem__(slice(len(found) // 2, None))),
    "a first page with a name that is no UTF-8": of_bytes(
        lambda found: found.__setitem__(found.index(b"tableevents") + 6, 0xFA)
    ),
    "a file of one byte": of_bytes(lambda found: found.__delitem__(slice(1, None))),
}


@pytest.mark.parametrize("damage", TABLES)
def test_of_a_damaged_table_nothing_old_is_left(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "p.sqlite"
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    output.send(events())
    output.close()
    TABLES[damage](path)
    os.utime(path, (1.7e9, 1.7e9))
    Retention(KEEP_DAYS, [], [lambda moment: output.delete_before(moment, print)]).delete_old(datetime.now(UTC))
    assert OLD not in content(tmp_path)
    if "page" not in damage and "file" not in damage and "header" not in damage:
        assert content(tmp_path).count(YOUNG) >= YOUNG_COUNT
    output.open()
    assert output.send([events()[-1]]) == 1
    output.close()
