"""Events some days ago, some of them too old to be kept, and what a folder still holds of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from plate_devices.events.records import timestamp
from plate_devices.outputs.output import Event
from plate_devices.unique_ids import uuid7

KEEP_DAYS = 30.0
OLD, YOUNG = b"OLDPLATE", b"NEWPLATE"
OLD_COUNT, YOUNG_COUNT = 10, 5


def made(days: float, number: int) -> tuple[str, str]:
    """Return id and time of an event some days ago."""
    moment = datetime.now(UTC) - timedelta(days=days, seconds=-number)
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-{uuid7()[14:]}", timestamp(moment) or ""


def events() -> list[Event]:
    found = []
    for number in range(OLD_COUNT + YOUNG_COUNT):
        old = number < OLD_COUNT
        id_, moment = made(60 if old else 2, number)
        text = f"{(OLD if old else YOUNG).decode()}{number}"
        plate = {"text": text, "confidence": 0.9, "region": None}
        base = {"schema": 1, "type": "vehicle", "id": id_, "source": f"gate {text}", "plates": [plate]}
        found.append(base | {"first_time": moment, "last_time": moment})
    return found


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
