"""What was measured, kept as benchmarks/results/arm.csv: one row for each machine, model and set, with its date."""

from __future__ import annotations

import csv
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from wheels import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "arm.csv"
_KEY = ("architecture", "release", "processor", "backend", "model", "pictures")
COLUMNS = (*_KEY, "count", "right", "right_on_x86", "other_texts", "confidence_apart", "pixels_apart",
           "interpreter", "python", "numpy", "pillow", "x86", "emulator", "commit", "date")  # fmt: skip


def wanted() -> bool:
    """Whether results are to be kept: PLATE_EDGE_ARM_RECORD is 1."""
    return os.environ.get("PLATE_EDGE_ARM_RECORD") == "1"


def keep(row: dict[str, object], file: Path = RESULTS) -> None:
    """Write a row in the place of the one with the same machine, model and pictures."""
    rows: list[dict[str, object]] = []
    if file.is_file():
        with file.open(newline="", encoding="utf-8") as stream:
            rows = [dict(one) for one in csv.DictReader(stream)]
    row = {key: str(value) for key, value in row.items()} | {
        "commit": commit(),
        "date": today(),
    }
    rows = [one for one in rows if _name(one) != _name(row)] + [row]
    half = file.with_suffix(".half")
    with half.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=_name))
    half.replace(file)


def _name(row: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in _KEY)


def today() -> str:
    """Return the date in UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def commit() -> str:
    """Return the short id of the checkout's commit, with a plus where files differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip()
