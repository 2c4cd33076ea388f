"""An event as one row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plate_devices.outputs.output import Event

COLUMNS = (
    "id", "type", "text", "confidence", "region", "text_hash", "watchlists", "first_time", "last_time", "source",
    "frames", "crop", "boot_id", "monotonic", "time_set", "boot_time",
    "camera", "direction", "stay_seconds",
)  # fmt: skip
"""Columns are only ever added, at the end."""

Value = str | float | int | None


def to_row(event: Event) -> dict[str, Value]:
    """Return an event's columns, with its first plate.

    `watchlists` holds names separated by `;`, `time_set` is 1 or 0.
    """
    plate: Event = next(iter(event.get("plates") or ()), {})
    lists = event.get("watchlists") or ()
    row = {column: event.get(column) for column in COLUMNS}
    row |= {column: plate.get(column) for column in ("text", "confidence", "region", "text_hash")}
    row["watchlists"] = ";".join(str(one["name"]) for one in lists) or None
    row["last_time"] = event.get("last_time") or event.get("time")
    row["first_time"] = event.get("first_time") or row["last_time"]
    row["time_set"] = int(event["time_set"]) if "time_set" in event else None
    return row
