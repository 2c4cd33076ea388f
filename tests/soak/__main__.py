"""Soak plate-infer: `make soak MINUTES=30`, which is `unshare --mount --map-root-user python -m soak --minutes 30`."""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

from arm.record import commit, today

from soak.programs import ROOT
from soak.run import Result, soak

LOG, MEMORY = ROOT / ".cache" / "soak.log", ROOT / ".cache" / "soak-memory.csv"


def main() -> int:
    """Return 0 if all checks hold, else 3."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--every", type=float, default=60.0, help="seconds in which each kind of fault happens once")
    parser.add_argument("--record", metavar="FILE.csv", type=Path, help="add the result to it, as a row")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plate-edge-soak-") as folder:
        result = soak(Path(folder), options.minutes * 60, options.every, lambda line: print(line, flush=True))
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("\n".join([*result.log, ""]), encoding="utf-8")
    memory = [f"{seconds:.0f},{sample.memory:.2f},{sample.files}\n" for seconds, sample in result.samples]
    MEMORY.write_text("".join(["second,megabytes,open_files\n", *memory]), encoding="utf-8")
    show(result)
    if options.record is not None:
        record(options.record, result, options.minutes, options.every)
    return 0 if result.holds else 3


def show(result: Result) -> None:
    """Print the result."""
    print(f"\n{result.seconds / 60:.1f} minutes, {len(result.faults)} faults, {result.events} vehicles;", end=" ")
    print(
        f"of {result.passed} that passed while the camera worked, {result.reported} were reported. See {LOG}, {MEMORY}."
    )
    for check in result.checks:
        print(f"{'holds' if check.holds else 'FAILS'}  {check.what}: {check.found}")


def record(file: Path, result: Result, minutes: float, every: float) -> None:
    """Add a row to results."""
    row: dict[str, object] = {"date": today(), "commit": commit(), "minutes": minutes, "fault_every_s": every}
    row |= {
        "faults": len(result.faults),
        "vehicles": result.events,
        "reported": result.reported,
        "passed": result.passed,
    }
    row |= {"cpu_s": round(result.samples[-1][1].cpu), "holds": "yes" if result.holds else "no"}
    row |= {check.what: check.found for check in result.checks}
    rows: list[dict[str, object]] = []
    if file.is_file():
        with file.open(newline="", encoding="utf-8") as stream:
            rows += csv.DictReader(stream)
    rows.append(row)
    with file.open("w", newline="", encoding="utf-8") as stream:
        # Runs from before a check was there have nothing in its column.
        columns = list(dict.fromkeys(key for one in rows for key in one))
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
