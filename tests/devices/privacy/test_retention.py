"""Everything too old is deleted, and nothing else."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aged_events import KEEP_DAYS, OLD, OLD_COUNT, content, events

from plate_devices.outputs.csv import CsvOutput, CsvSettings
from plate_devices.privacy.retention import Retention
from plate_devices.unique_ids import uuid7
from plate_runtime.errors import DeviceError

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def put(folder: Path, name: str, days: float) -> Path:
    path = folder / name
    path.write_bytes(b"x")
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_old_pictures_of_this_program_are_deleted(tmp_path: Path) -> None:
    id_ = uuid7()
    names = [f"{id_}.jpg", f"{id_}-2.jpg", f".{id_}.77.part.jpg"]
    old = [put(tmp_path, name, 31) for name in names]
    young = put(tmp_path, f"{uuid7()}.jpg", 29)
    others = [
        put(tmp_path, name, 400)
        for name in ("holiday.jpg", "holiday-read.jpg", "notes.txt", "plate.jpg", "labels.csv", "a-read.png")
    ]
    assert Retention(30, [tmp_path, tmp_path / "not made yet"]).delete_old(NOW) == 3
    assert not any(path.exists() for path in old)
    assert young.exists() and all(path.exists() for path in others)


def test_rows_are_deleted_and_a_locked_table_is_reported() -> None:
    asked: list[datetime] = []
    reported: list[str] = []

    def delete(before: datetime) -> int:
        asked.append(before)
        return 7

    def locked(before: datetime) -> int:
        raise DeviceError("plates.db is locked")

    assert Retention(30, [], [locked, delete], warn=reported.append).delete_old(NOW) == 7
    assert asked == [NOW - timedelta(days=30)]
    assert reported == ["plates.db is locked; events before 2026-05-02 00:00 are not deleted"]


def test_a_folder_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    reported: list[str] = []
    file = put(tmp_path, "file", 1)
    assert Retention(30, [file], warn=reported.append).delete_old(NOW) == 0
    assert len(reported) == 1 and "cannot be deleted" in reported[0]


def test_it_starts_once_the_clock_is_set(tmp_path: Path) -> None:
    path = put(tmp_path, f"{uuid7()}.jpg", 365 * 5)
    is_set: list[bool] = []
    retention = Retention(30, [tmp_path], clock_set=lambda: bool(is_set))
    retention.start()
    time.sleep(1.5)
    assert path.exists()
    is_set.append(True)
    until = time.monotonic() + 30
    while path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    retention.close()
    assert not path.exists()


def test_everything_is_kept_by_default(tmp_path: Path) -> None:
    path = put(tmp_path, f"{uuid7()}.jpg", 365 * 5)
    retention = Retention(0, [tmp_path])
    retention.start()
    retention.close()
    assert path.exists()


def test_files_of_another_rotation_and_no_others(tmp_path: Path) -> None:
    for rotate in ("day", "month", "never"):
        output = CsvOutput(CsvSettings(path=tmp_path / "p.csv", rotate=rotate))
        output.open()
        output.send(events())
        output.close()
    kept = tmp_path / "p-backup.csv"
    kept.write_bytes(OLD)
    assert output.delete_before(datetime.now(UTC) - timedelta(days=KEEP_DAYS), print) == 3 * OLD_COUNT
    kept.unlink()
    assert OLD not in content(tmp_path)
