"""Past vehicles of an SQLite output, read while it is written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from device_helpers import past_record

from plate_devices.outputs.past_vehicles import PastVehicles
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_runtime.errors import DeviceError


def test_the_newest_come_first(tmp_path: Path) -> None:
    path = tmp_path / "events ?#.sqlite"
    assert list(PastVehicles(path).newest(5)) == [] and not path.exists(), "reading makes no file"
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    events = [past_record(f"AB{number}", f"2026-05-0{number}T12:00:00.000Z") for number in (1, 3, 2)]
    output.send([*events, {"type": "frame", "id": "x", "schema": 1, "plates": []}])
    past = PastVehicles(path)
    assert [one.text for one in past.newest(2)] == ["AB3", "AB2"]
    assert [one.record["plates"][0]["text"] for one in past.newest(9)] == ["AB3", "AB2", "AB1"]
    assert past.one(events[0]["id"]) == events[0] and past.one("x") is None and past.one("nothing") is None
    output.close()


def test_damage_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    with pytest.raises(DeviceError, match=r"events\.sqlite cannot be searched"):
        list(PastVehicles(path).newest(1))
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE events (id, type, text, last_time, record)")
        other.execute("INSERT INTO events VALUES ('a', 'vehicle', NULL, '2026', 'no JSON')")
    (one,) = PastVehicles(tmp_path / "other.sqlite").newest(1)
    assert (one.text, one.record) == ("", {})
