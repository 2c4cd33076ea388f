"""Files that outputs wrote, and damage changed: they are written again, and what is old in them goes."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .base import Kind, refused_or_read
from .mutate import mutate_bytes, mutate_text


def event(number: int, days: float = 0.0) -> dict[str, Any]:
    """Return a vehicle of some days ago."""
    from plate_devices.events.records import timestamp
    from plate_devices.unique_ids import uuid7

    moment = datetime.now(UTC) - timedelta(days=days, seconds=-number)
    digits = f"{int(moment.timestamp() * 1000):012x}"
    plate = {"text": f"AB{number}", "confidence": 0.9, "region": None}
    id_ = f"{digits[:8]}-{digits[8:]}-{uuid7()[14:]}"
    stamp = timestamp(moment)
    return {"schema": 1, "type": "vehicle", "id": id_, "source": "gate", "first_time": stamp, "last_time": stamp,
            "plates": [plate]}  # fmt: skip


def _output(kind: str, path: Path) -> Any:
    from plate_devices.outputs.csv import CsvOutput, CsvSettings
    from plate_devices.outputs.json_lines import LinesOutput, LinesSettings
    from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings

    if kind == "csv":
        return CsvOutput(CsvSettings(path=path))
    return LinesOutput(LinesSettings(path=path)) if kind == "lines" else SqliteOutput(SqliteSettings(path=path))


def _check(kind: str, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"plates{path.suffix}"
        shutil.copy(path, target)
        output = _output(kind, target)
        refused_or_read(lambda: output.delete_before(datetime.now(UTC) - timedelta(days=30), lambda _: None))
        refused_or_read(output.open)
        refused_or_read(lambda: output.send([event(99)]))
        refused_or_read(output.close)


def _files(kind: str) -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plates"
        output = _output(kind, path)
        output.open()
        output.send([event(number, 60 if number < 6 else 1) for number in range(9)])
        output.close()
        return [path.read_bytes()]


KINDS = {
    "csv": Kind(".csv", lambda: _files("csv"), mutate_text, lambda path: _check("csv", path)),
    "lines": Kind(".jsonl", lambda: _files("lines"), mutate_text, lambda path: _check("lines", path)),
    "table": Kind(".sqlite", lambda: _files("sqlite"), mutate_bytes, lambda path: _check("sqlite", path)),
}
