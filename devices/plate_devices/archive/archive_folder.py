"""The folder of an archive: one manifest, and Parquet files by day that are written whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from plate_devices.archive.archive_rows import day_of, require_pyarrow, stored, table_of
from plate_devices.archive.known_addresses import KnownAddresses
from plate_devices.private_files import clean_folder, create_folder, open_private, replacing, sync_folder
from plate_devices.unique_ids import uuid7
from plate_runtime.errors import DataError, DeviceError, UsageError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plate_devices.archive.archive_rows import Address, Row

MANIFEST, ROWS = "archive.json", "rows"
FORMAT = 1
"""Version of manifest and columns."""

NO_DAY = "__HIVE_DEFAULT_PARTITION__"
"""Stands for an unknown day in the name of a folder, as readers of partitioned Parquet expect it."""

Run = dict[str, dict[str, Any]]
"""What decides the rows: models with their SHA-256 by part, options by name, and versions, each in a section."""

FLUSH_ROWS, FLUSH_SECONDS = 10_000, 60.0
"""Rows and seconds after which rows are written: what is read again after the process was killed."""


class ArchiveFolder:
    """Takes one row for each address, in any order. Used by one process at a time.

    Attributes:
        deleted: rows that `retry_errors` has deleted.
        skipped: addresses that `new` did not yield, because they have a row.
    """

    def __init__(self, folder: Path, run: Run, retry_errors: bool = False) -> None:
        """Open the folder for a run like those before, or create it.

        Args:
            folder: of the archive.
            run: what decides the rows.
            retry_errors: delete the rows with an error, so that their addresses are new.

        Raises:
            UsageError: the folder holds rows of other models, options or versions. DataError: its files are damaged.
            DeviceError: it cannot be written, or another process writes there.
        """
        self.folder = folder
        self._rows: list[Row] = []
        self._since = 0.0
        self._known = KnownAddresses()
        self.deleted = self.skipped = 0
        try:
            create_folder(folder / ROWS)
            self._lock = open_private(folder / ".lock", os.O_RDWR)
        except OSError as error:
            raise DeviceError(f"{folder} cannot be used: {error.strerror or error}") from error
        try:
            self._be_alone()
            self._agree(run)
            if retry_errors:
                self._delete_errors()
            self._known.add_all(self._addresses())
        except BaseException:
            self.close()
            raise

    @property
    def count(self) -> int:
        """Number of addresses that have a row or were taken by `new`."""
        return len(self._known)

    def new(self, addresses: Iterable[Address]) -> Iterator[Address]:
        """Yield the addresses without a row, each once."""
        for address in addresses:
            if self._known.add(stored(address.name)):
                yield address
            else:
                self.skipped += 1

    def add(self, row: Row) -> None:
        """Take a row of an address from `new`. Raises DeviceError if rows cannot be written."""
        self._since = self._since if self._rows else time.monotonic()
        self._rows.append(row)
        if len(self._rows) >= FLUSH_ROWS or time.monotonic() - self._since > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write all rows to the disk, a file for each day. Raises DeviceError; what was not written is read again."""
        rows, self._rows = self._rows, []
        days: dict[str, list[Row]] = {}
        for row in rows:
            days.setdefault(day_of(row), []).append(row)
        pa = require_pyarrow()
        for day, some in days.items():
            folder = self.folder / ROWS / f"day={quote(day) or NO_DAY}"
            table = table_of(some)
            path = folder / f"part-{uuid7()}.parquet"
            self._write(path, lambda stream, table=table: pa.parquet.write_table(table, stream, compression="zstd"))

    def close(self) -> None:
        """Let other processes write; rows that were not flushed are lost."""
        self._known.close()
        with suppress(OSError):
            os.close(self._lock)

    def _be_alone(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DeviceError(f"{self.folder}: another plate-archive writes there; wait for its end") from error
        except OSError as error:  # some network file systems
            reason = error.strerror or error
            raise DeviceError(f"{self.folder} cannot be locked ({reason}); use a folder of another disk") from error

    def _agree(self, run: Run) -> None:
        """Compare a run with those before, or note it as the first."""
        clean_folder(self.folder)
        path = self.folder / MANIFEST
        if not path.exists():
            if next(self._parts(), None) is not None:
                raise DataError(f"{path} is missing, so the rows cannot be continued; use another --out")
            content = json.dumps({"format": FORMAT, **run}, indent=2) + "\n"
            self._write(path, lambda stream: stream.write(content.encode("ascii")))
            return
        before = read_manifest(self.folder)
        for section, values in run.items():
            for name in {**before[section], **values}:
                old, value = before[section].get(name), values.get(name)
                if old != value:
                    raise UsageError(
                        f"{self.folder} holds rows with {name} {_shown(old)}, not {_shown(value)}; rows are never"
                        " mixed, so use another --out, or the same models and options"
                    )

    def _parts(self) -> Iterator[Path]:
        """Yield the files of rows, and delete what killed processes left beside them."""
        for day in (self.folder / ROWS).glob("day=*"):
            clean_folder(day)
            yield from day.glob("part-*.parquet")

    def _addresses(self) -> Iterator[str]:
        for path in self._parts():
            with _opened(path) as file:
                for batch in file.iter_batches(columns=["address"]):
                    yield from batch.column(0).to_pylist()

    def _delete_errors(self) -> None:
        """Write each file without its rows with an error. A kill in between loses none of the others."""
        pa = require_pyarrow()
        for path in list(self._parts()):
            with _opened(path) as file:
                table = file.read()
            kept = table.filter(table["error"].is_null())
            self.deleted += table.num_rows - kept.num_rows
            if not kept.num_rows:
                path.unlink()
            elif kept.num_rows < table.num_rows:
                self._write(path, lambda stream, kept=kept: pa.parquet.write_table(kept, stream, compression="zstd"))

    def _write(self, path: Path, write: Any) -> None:
        try:
            create_folder(path.parent)
            with replacing(path) as stream:
                write(stream)
            sync_folder(path.parent)
        except OSError as error:
            raise DeviceError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file of rows. Raises DataError if it is damaged."""
    pa = require_pyarrow()
    try:
        with pa.parquet.ParquetFile(path) as file:
            yield file
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = reason_of(error)
        raise DataError(f"{path} is damaged ({reason}); delete it, and its inputs are read again") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an archive. Raises UsageError if there is none, DataError if it is damaged."""
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        if found["format"] != FORMAT:
            raise DataError(f"{path} is of version {found['format']}, this program reads {FORMAT}; use another --out")
        if not all(isinstance(found[section], dict) for section in ("models", "options", "versions")):
            raise ValueError("a section is missing")
    except FileNotFoundError as error:
        raise UsageError(f"{folder} holds no archive; make one with plate-archive INPUT --out {folder}") from error
    except DataError:
        raise
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{path} is damaged: {reason_of(error)}; use another --out") from error
    return dict(found)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
