"""What the benchmarks share: fair rounds, whole-process figures, CSV with the machine's name in it."""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results"
SHARED = Path(os.environ.get("PLATE_EDGE_SHARED_DATA", ROOT.parent / "shared" / "data"))


_LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=nowhere)
_, status, usage = os.wait4(process, 0)
print(json.dumps([status, time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
"""


@dataclass(frozen=True)
class Process:
    """One finished process: wall and CPU seconds, the largest resident memory in MiB, and its exit code."""

    wall: float
    cpu: float
    memory: float
    code: int = 0


def result_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file in `results`."""
    with (RESULTS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def markdown(table: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; its first row is the head."""
    head, *rows = table
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def command_line(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help is a script's docstring, examples included; what it does not know ends with code 2."""
    return argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )


def whole(least: int) -> Callable[[str], int]:
    """Return a converter to a whole number of at least `least`."""

    def convert(typed: str) -> int:
        if not typed.isdecimal() or int(typed) < least:
            raise argparse.ArgumentTypeError(f"{typed!r} is not a whole number of at least {least}")
        return int(typed)

    return convert


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """Return a converter that takes one of these names; argparse's own `choices` refuses that none is given."""

    def convert(typed: str) -> str:
        if typed not in names:
            raise argparse.ArgumentTypeError(f"{typed!r} is not one of {', '.join(names)}")
        return typed

    return convert


def in_rounds(candidates: Mapping[str, Callable[[], object]], rounds: int, repeat: int) -> dict[str, list[float]]:
    """Time each candidate `repeat` times a round, in turn, so that a machine's drift meets all of them alike.

    Returns:
        CPU milliseconds of one call, one figure a round.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for call in candidates.values():
        for _ in range(repeat):
            call()
    for _ in range(rounds):
        for name, call in candidates.items():
            started = time.process_time()
            for _ in range(repeat):
                call()
            times[name].append((time.process_time() - started) / repeat * 1000)
    return times


def run_process(command: Sequence[str], codes: Sequence[int] = (0,)) -> Process:
    """Run a command, named by its whole path, to its end, its output thrown away; return what the kernel accounted.

    `codes` are the exit codes that are no failure. A small process starts it: Linux counts the memory of the process
    that starts another as the new one's own.
    """
    # An installed package has its bytecode beside it; without this switch a run would compile it each time.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    ended = subprocess.run(launcher, capture_output=True, text=True, env=environment, check=True)
    status, wall, cpu, memory = json.loads(ended.stdout)
    code = os.waitstatus_to_exitcode(status)
    if code not in codes:
        raise SystemExit(f"{' '.join(command)} ended with {code}: {ended.stderr}")
    return Process(wall, cpu, memory / 1024, code)


def spread(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return minimum, median and maximum, rounded."""
    figures = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    return {name: round(value, digits) for name, value in figures.items()}


def write_csv(name: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows to results/NAME.csv, each with date, machine and Python beside it, and print them."""
    RESULTS.mkdir(exist_ok=True)
    context = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{processor()}, {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }
    with (RESULTS / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, [*rows[0], *context], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **context} for row in rows)
    widths = {key: max(len(key), *(len(str(row[key])) for row in rows)) for key in rows[0]}
    print(f"\n{name}\n" + "  ".join(key.ljust(widths[key]) for key in widths))
    for row in rows:
        print("  ".join(str(row[key]).ljust(widths[key]) for key in widths))


def processor() -> str:
    """Return the processor's name as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def python_command(code: str) -> list[str]:
    """Return the command that runs `code` in this Python."""
    return [sys.executable, "-c", code]
