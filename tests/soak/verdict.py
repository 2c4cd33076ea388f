"""Checks of a soak: lost events, growing memory, unreadable log."""

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
"""Longest time in seconds until an honest client gets its answer. The median is far lower."""

SOCKET_MB = 420.0
"""Most memory of the program at the socket: large requests of all clients, and one decoded picture."""

LONGEST_LINE = 240
LINES_A_FAULT = 10
DISK_FAILS, DISK_IS_BACK = "events are kept in memory", "events are written to the disk again"


@dataclass(frozen=True)
class Check:
    """A condition, whether it holds, and what was found."""

    what: str
    holds: bool
    found: str


def nothing_lost(printed: Sequence[str], received: dict[str, list[str]]) -> list[Check]:
    """Check that every printed event is at every receiver, and once at a receiver that uses ids."""
    checks = [Check("events were acknowledged", bool(printed) and len(set(printed)) == len(printed), str(len(printed)))]
    for name, ids in received.items():
        lost, again = set(printed) - set(ids), len(ids) - len(set(ids))
        checks.append(Check(f"{name} has all", not lost, f"{len(lost)} lost, {again} sent again"))
    return checks


def memory_is_flat(samples: Sequence[tuple[float, Sample]]) -> Check:
    """Check that medians over minutes, or tenths of a short run, lie within 5 MB once the program is warm."""
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
    """Check that there are no zombies, and that files are closed."""
    zombies = max(sample.zombies for _, sample in samples)
    third = max(1, len(samples) // 3)
    early, late = (max(sample.files for _, sample in part) for part in (samples[:third], samples[-third:]))
    return [
        Check("no zombies", zombies == 0, str(zombies)),
        Check("files are closed again", late <= early + 5, f"at most {early} early, {late} late"),
    ]


def honest_clients_are_answered(name: str, took: Sequence[float]) -> Check:
    """Check that every request is answered in time, also while hostile clients attack."""
    late = sum(seconds > ANSWERED_WITHIN for seconds in took)
    reported = f"{late} of {len(took)} late"
    if took:
        reported += f", median {1000 * median(took):.0f} ms, longest {1000 * max(took):.0f} ms"
    return Check(f"{name} answers within {ANSWERED_WITHIN:g} s", bool(took) and not late, reported)


def socket_stands(samples: Sequence[Sample], code: int) -> Check:
    """Check that the program at the socket ran to the end, in bounded memory."""
    most = max((sample.memory for sample in samples), default=0.0)
    holds = bool(samples) and code in (0, 143) and most <= SOCKET_MB
    return Check(f"the socket's program stands, below {SOCKET_MB:g} MB", holds, f"{most:.1f} MB, ended with {code}")


def log_is_readable(log: Sequence[str], happened: Sequence[Happened]) -> list[Check]:
    """Check that the log has one short line when something happens and one when it is over, without tracebacks."""
    disk = sum(fault.kind == "disk" for fault in happened)
    reported, over = (sum(text in line for line in log) for text in (DISK_FAILS, DISK_IS_BACK))
    longest = max(map(len, log), default=0)
    most = LINES_A_FAULT * (len(happened) + 1)
    tracebacks = sum("Traceback" in line or "Error:" in line for line in log)
    return [
        Check("the log is short", len(log) <= most, f"{len(log)} lines for {len(happened)} faults"),
        Check("its lines are short", longest <= LONGEST_LINE, f"at most {longest} characters"),
        Check("no traceback", tracebacks == 0, str(tracebacks)),
        Check(
            "a full disk is reported once, and its end once",
            reported == over and 0 < reported <= disk,
            f"{reported} and {over} of {disk}",
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


def reported_of_passed(
    reported: Sequence[str], passed: Sequence[tuple[float, float, str]], away: Sequence[tuple[float, float]]
) -> tuple[int, int]:
    """Return how many vehicles that passed while the camera worked were reported, and how many passed.

    Args:
        reported: plates of all reported vehicles.
        passed: begin, end and plate of each vehicle.
        away: times while the camera did not work.
    """
    left = list(reported)
    found = count = 0
    for begin, end, text in passed:
        if any(begin < back and gone < end for gone, back in away):
            continue
        count += 1
        if text in left:
            left.remove(text)
            found += 1
    return found, count
