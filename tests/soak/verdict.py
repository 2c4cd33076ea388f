"""Was anything lost, did memory grow, can the log be read?"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from soak.faults import Happened
from soak.programs import Sample

FLAT_MB = 5.0
WARM = 120.0
"""Seconds after which memory has to stay flat; less in a run that is shorter than three times that."""

ANSWERED_WITHIN = 5.0
"""Seconds within which an honest client has its answer, whoever else asks. The median of all is far below."""

SOCKET_MB = 420.0
"""Memory of the program at the socket, at most: large requests of all clients, and one picture that is decoded."""

LONGEST_LINE = 240
LINES_A_FAULT = 10
DISK_FAILS, DISK_IS_BACK = "events are kept in memory", "events are written to the disk again"


@dataclass(frozen=True)
class Check:
    """One thing that has to hold, and what was found."""

    what: str
    holds: bool
    found: str


def nothing_lost(printed: Sequence[str], received: dict[str, list[str]]) -> list[Check]:
    """Every event that was printed, and so acknowledged, is at every receiver; one that honours ids has it once."""
    checks = [Check("events were acknowledged", bool(printed) and len(set(printed)) == len(printed), str(len(printed)))]
    for name, ids in received.items():
        lost, again = set(printed) - set(ids), len(ids) - len(set(ids))
        checks.append(Check(f"{name} has all", not lost, f"{len(lost)} lost, {again} sent again"))
    return checks


def memory_is_flat(samples: Sequence[tuple[float, Sample]]) -> Check:
    """The medians of stretches of a minute, or of a tenth of a short run, lie within 5 MB once it is warm."""
    whole = samples[-1][0]
    warm, stretch = min(WARM, whole / 3), min(60.0, whole / 10)
    stretches: dict[int, list[float]] = {}
    for seconds, sample in samples:
        if seconds >= warm:
            stretches.setdefault(int(seconds / stretch), []).append(sample.memory)
    medians = [median(stretch) for stretch in stretches.values()]
    span = max(medians) - min(medians)
    return Check(f"memory within {FLAT_MB:g} MB", span <= FLAT_MB, f"{min(medians):.1f} to {max(medians):.1f} MB")


def nothing_left_over(samples: Sequence[tuple[float, Sample]]) -> list[Check]:
    """No zombies, and files are closed again."""
    zombies = max(sample.zombies for _, sample in samples)
    third = max(1, len(samples) // 3)
    early, late = (max(sample.files for _, sample in part) for part in (samples[:third], samples[-third:]))
    return [
        Check("no zombies", zombies == 0, str(zombies)),
        Check("files are closed again", late <= early + 5, f"at most {early} early, {late} late"),
    ]


def honest_clients_are_answered(name: str, took: Sequence[float]) -> Check:
    """Every request is answered in time, also while hostile clients attack."""
    late = sum(seconds > ANSWERED_WITHIN for seconds in took)
    told = f"{late} of {len(took)} late"
    if took:
        told += f", median {1000 * median(took):.0f} ms, longest {1000 * max(took):.0f} ms"
    return Check(f"{name} answers within {ANSWERED_WITHIN:g} s", bool(took) and not late, told)


def socket_stands(samples: Sequence[Sample], code: int) -> Check:
    """The program at the socket ran to the end, in bounded memory."""
    most = max((sample.memory for sample in samples), default=0.0)
    holds = bool(samples) and code in (0, 143) and most <= SOCKET_MB
    return Check(f"the socket's program stands, below {SOCKET_MB:g} MB", holds, f"{most:.1f} MB, ended with {code}")


def log_is_readable(log: Sequence[str], happened: Sequence[Happened]) -> list[Check]:
    """One short line for what happens and one when it is over; none of them a traceback."""
    disk = sum(fault.kind == "disk" for fault in happened)
    told, over = (sum(text in line for line in log) for text in (DISK_FAILS, DISK_IS_BACK))
    longest = max(map(len, log), default=0)
    most = LINES_A_FAULT * (len(happened) + 1)
    tracebacks = sum("Traceback" in line or "Error:" in line for line in log)
    return [
        Check("the log is short", len(log) <= most, f"{len(log)} lines for {len(happened)} faults"),
        Check("its lines are short", longest <= LONGEST_LINE, f"at most {longest} signs"),
        Check("no traceback", tracebacks == 0, str(tracebacks)),
        Check(
            "a full disk is told once, and once that it is over",
            told == over and 0 < told <= disk,
            f"{told} and {over} of {disk}",
        ),
    ]


def ids_in_sqlite(path: Path) -> list[str]:
    """The ids of vehicles in the table that the output writes."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM events WHERE type = 'vehicle'")]


def ids_in_csv(path: Path) -> list[str]:
    """The ids of vehicles in the file that the output writes."""
    with path.open(newline="", encoding="utf-8") as stream:
        return [row["id"] for row in csv.DictReader(stream) if row["type"] == "vehicle"]


def told_of_passed(
    told: Sequence[str], passed: Sequence[tuple[float, float, str]], away: Sequence[tuple[float, float]]
) -> tuple[int, int]:
    """Return how many vehicles that passed while the camera was there were told, and how many there were.

    Args:
        told: plates of all vehicles told. passed: begin, end and plate. away: when the camera was not there.
    """
    left = list(told)
    found = count = 0
    for begin, end, text in passed:
        if any(begin < back and gone < end for gone, back in away):
            continue
        count += 1
        if text in left:
            left.remove(text)
            found += 1
    return found, count
