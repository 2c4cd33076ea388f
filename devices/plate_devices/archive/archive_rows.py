"""Rows of an archive: one for each picture or video, with its plates or its error."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.archive.job_messages import Crashed, Printed
from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plate_devices.archive.job_messages import Event
    from plate_devices.live.tally import Tally

Row = dict[str, Any]

PARTS = ("detector", "reader", "second_reader")
"""Parts of models that a row names."""


class Address(NamedTuple):
    """One input of an archive: an absolute path or an address, and when it was last changed, None if unknown."""

    name: str
    modified: datetime | None


class Reading(NamedTuple):
    """What read the rows: name@version and SHA-256 of each model by its part, and the backend."""

    models: dict[str, str]
    digests: dict[str, str]
    backend: str


def require_pyarrow() -> Any:
    """Return the module pyarrow. Raises MissingPartError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise missing_extra("plate-archive needs pyarrow", "archive") from error
    return pyarrow


def schema() -> Any:
    """Return the Arrow schema of rows; docs/operate/archives.md explains the columns."""
    pa = require_pyarrow()
    plate = pa.struct(
        [
            ("text", pa.string()),
            ("raw_text", pa.string()),
            ("confidence", pa.float32()),
            ("detection_confidence", pa.float32()),
            ("corners", pa.list_(pa.float32())),
            ("region", pa.string()),
            ("first_seconds", pa.float64()),
            ("last_seconds", pa.float64()),
        ]
    )
    models = [name for part in PARTS for name in (part, f"{part}_sha256")]
    return pa.schema(
        [
            pa.field("address", pa.string(), nullable=False),
            ("folder", pa.string()),
            ("kind", pa.string()),
            ("modified", pa.timestamp("ms", "UTC")),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("frames", pa.int32()),
            ("text", pa.string()),
            ("confidence", pa.float32()),
            ("plates", pa.list_(plate)),
            ("error", pa.string()),
            *((name, pa.string()) for name in (*models, "backend")),
        ]
    )


def row_of(address: Address, events: Iterable[Event], tally: Tally, reading: Reading) -> Row:
    """Return the row of an input by the events of its reading; a video has one plate for each vehicle."""
    row: Row = {
        "address": stored(address.name),
        "folder": stored(address.name).rpartition("/")[0] or "/",
        "kind": "video" if tally.videos else "picture",
        "modified": address.modified,
        "width": None,
        "height": None,
        "frames": tally.frames if tally.videos else 1,
        "plates": [],
        "error": None,
        "backend": reading.backend,
    }
    for part in PARTS:
        row |= {part: reading.models.get(part), f"{part}_sha256": reading.digests.get(part)}
    for event in events:
        if isinstance(event, Crashed):
            row["error"] = event.reason
        elif isinstance(event, Printed):
            record = event.record
            if record["type"] == "error":
                row["error"] = record["error"]
            elif record["type"] == "frame":
                row |= {"width": record["width"], "height": record["height"]}
            row["plates"] += [_plate(plate, record) for plate in record.get("plates", ())]
    row["error"] = row["error"] and stored(row["error"])
    best = max(row["plates"], key=lambda plate: plate["confidence"], default=None)
    return row | {"text": best and best["text"], "confidence": best and best["confidence"]}


def stored(name: str) -> str:
    """Return a name as it is stored: bytes of a path that are not UTF-8 are escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def day_of(row: Row) -> str:
    """Return the day in UTC on which an input was last changed, as in `2026-05-01`; "" if unknown."""
    modified: datetime | None = row["modified"]
    return "" if modified is None else f"{modified.astimezone(UTC):%Y-%m-%d}"


def table_of(rows: Sequence[Row]) -> Any:
    """Return rows as an Arrow table."""
    return require_pyarrow().Table.from_pylist(list(rows), schema())


def _plate(plate: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    kept = {name: plate[name] for name in ("text", "raw_text", "confidence", "detection_confidence", "region")}
    corners = [value for point in plate["corners"] for value in point]
    times = {name: record.get(name) for name in ("first_seconds", "last_seconds")}
    return {**kept, "corners": corners, **times}
