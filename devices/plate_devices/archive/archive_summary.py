"""Summarise an archive: counts, the plates seen most, days, folders, and a histogram of the confidences."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plate_devices.archive.archive_folder import ROWS, read_manifest
from plate_devices.live.tally import counted
from plate_devices.outputs.console_lines import printable
from plate_runtime.errors import DataError, missing_extra, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BINS = 20
"""Bins of the histogram, of equal width."""

_MOST = 20
# Rows of each table; --json has as many.

_QUERIES = {
    "counts": """
        SELECT count(*) AS inputs, count(*) FILTER (kind = 'picture') AS pictures,
            count(*) FILTER (kind = 'video') AS videos, count(*) FILTER (error IS NOT NULL) AS errors,
            count(*) FILTER (text IS NOT NULL) AS inputs_with_plates, coalesce(sum(len(plates)), 0)::BIGINT AS plates
        FROM archive""",
    "texts": f"""
        SELECT plate.text AS text, count(*) AS count, epoch_ms(min(modified)) AS first,
            epoch_ms(max(modified)) AS last
        FROM (SELECT unnest(plates) AS plate, modified FROM archive)
        GROUP BY ALL ORDER BY count DESC, text LIMIT {_MOST}""",
    "days": f"""
        SELECT day::VARCHAR AS day, count(*) AS inputs, sum(len(plates))::BIGINT AS plates
        FROM archive GROUP BY day ORDER BY day DESC NULLS LAST LIMIT {_MOST}""",
    "folders": f"""
        SELECT folder, count(*) AS inputs, sum(len(plates))::BIGINT AS plates
        FROM archive GROUP BY folder ORDER BY inputs DESC, folder LIMIT {_MOST}""",
    "errors": f"""
        SELECT regexp_replace(replace(error, address, 'FILE'), '[0-9]+', 'N', 'g') AS error, count(*) AS count,
            min(address) AS example
        FROM archive WHERE error IS NOT NULL GROUP BY 1 ORDER BY count DESC, 1 LIMIT {_MOST}""",
    "histogram": f"""
        SELECT least(floor(plate.confidence * {BINS}), {BINS - 1})::INTEGER AS bin, count(*) AS count
        FROM (SELECT unnest(plates) AS plate FROM archive) GROUP BY 1 ORDER BY 1""",
}

Summary = dict[str, list[dict[str, Any]]]


def print_summary(folder: Path, as_json: bool, histogram: Path | None) -> int:
    """Print the summary of an archive, save the histogram, and return the exit code.

    Raises:
        UsageError: there is no archive. DataError: its files are damaged. DeviceError: the picture cannot be saved.
        MissingPartError: duckdb is not installed.
    """
    manifest = read_manifest(folder)
    summary = summarise(folder)
    if as_json:
        print(json.dumps({**summary, "counts": summary["counts"][0], **manifest}))
    else:
        print(_text(summary))
    if histogram is not None:
        from plate_devices.archive.confidence_histogram import confidence_histogram
        from plate_devices.outputs.saved_pictures import save_picture

        counts = [0] * BINS
        for one in summary["histogram"]:
            counts[one["bin"]] = one["count"]
        save_picture(confidence_histogram(counts), histogram)
    return 0


def summarise(folder: Path) -> Summary:
    """Return the tables of a summary by their name, as lists of rows. Raises as `print_summary`."""
    with _opened(folder) as connection:
        found = {}
        for name, query in _QUERIES.items():
            cursor = connection.execute(query)
            columns = [column[0] for column in cursor.description]
            found[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    for row in found["texts"]:
        row |= {name: _moment(row[name]) for name in ("first", "last")}
    return found


def _moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    """Open the rows of an archive as a view `archive`."""
    try:
        import duckdb
    except ImportError as error:
        raise missing_extra("--summary needs duckdb", "archive") from error
    files = [str(path) for path in sorted((folder / ROWS).glob("day=*/part-*.parquet"))]
    if not files:
        raise DataError(f"{folder} holds no rows yet; run plate-archive INPUT --out {folder}")
    connection = duckdb.connect(":memory:")
    try:
        connection.read_parquet(files, hive_partitioning=True).create_view("archive")
        yield connection
    except duckdb.Error as error:
        raise DataError(f"{folder} cannot be read: {reason_of(error)}") from error
    finally:
        connection.close()


def _text(summary: Summary) -> str:
    counts = summary["counts"][0]
    parts = [
        f"{counted(counts['inputs'], 'input')} ({counted(counts['pictures'], 'picture')},"
        f" {counted(counts['videos'], 'video')}), {counted(counts['plates'], 'plate')} in"
        f" {counts['inputs_with_plates']:,} of them, {counts['errors']:,} not read"
    ]
    titles = {"texts": "plates seen most", "days": "days", "folders": "folders", "errors": "errors"}
    for name, title in titles.items():
        rows = summary[name]
        if rows:
            parts += ["", title, *_table(rows)]
    return "\n".join(parts)


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as aligned lines; numbers stand right."""
    cells = [[*rows[0]], *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [isinstance(value, int) for value in rows[0].values()]
    return [
        "  "
        + "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    ]


def _cell(value: object) -> str:
    if value is None:
        return "unknown"
    return f"{value:,}" if isinstance(value, int) else printable(str(value))
