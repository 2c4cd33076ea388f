"""Measure searches among a million synthetic events, in SQLite and in PostgreSQL.

    python benchmarks/history.py                    -> results/history.csv, its rows of SQLite
    python benchmarks/history.py --postgres         -> its rows of PostgreSQL
    python benchmarks/history.py 20000 --each 20    a quick look
    python benchmarks/history.py --keep FOLDER      keep or use again the file of events

A year and a half of a gate: half of the events are of 2000 vehicles that come again, the others of vehicles that come
once. Each kind of search has queries of its own, from a seed; a page has 50 events, with their whole records. The
searches of a kind run in one process, whose peak memory is given.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from measuring import ROOT, command_line, result_rows, whole, write_csv
from outputs import event

from plate_devices.events.records import timestamp
from plate_devices.history.event_search import EventQuery, EventSearch
from plate_devices.history.sqlite_search import SqliteSearch
from plate_devices.history.text_pattern import TextPattern
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_runtime.alphabet import confused_with, fold

EVENTS, EACH, SEED = 1_000_000, 200, 18
PAGE = 50
KINDS = (
    "exact", "part", "wildcard", "fuzzy", "newest", "deep page", "one letter", "two letters", "?????", "absent",
    "camera and list", "time without events",
)  # fmt: skip
_LETTERS, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
_BATCH = 2000
_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def texts(seed: int) -> Iterator[str]:
    """Yield the texts of vehicles without end."""
    chance = random.Random(seed)

    def plate() -> str:
        kind = chance.randrange(3)
        form = ("LLDDLLL", "DDDLLL", "LLDDDD")[kind]
        return "".join(chance.choice(_LETTERS if one == "L" else _DIGITS) for one in form)

    known = [plate() for _ in range(2000)]
    while True:
        yield chance.choice(known) if chance.random() < 0.5 else plate()


def events(count: int) -> Iterator[dict[str, Any]]:
    """Yield events, the oldest first, 47 seconds apart."""
    chance = random.Random(SEED)
    for number, text in zip(range(count), texts(SEED), strict=False):
        moment = timestamp(_BEGIN + timedelta(seconds=47 * number, milliseconds=chance.randrange(40_000)))
        one = event(number)
        one |= {"first_time": moment, "last_time": moment, "camera": chance.choice(("gate", "yard"))}
        one["plates"][0] |= {"text": text, "raw_text": text, "confidence": round(1 - chance.random() ** 3 / 2, 4)}
        if chance.random() < 0.03:
            one["watchlists"] = [{"name": chance.choice(("family", "post")), "match": "exact"}]
        yield one


def batches(count: int) -> Iterator[list[dict[str, Any]]]:
    """Yield events in batches, and show the progress."""
    batch: list[dict[str, Any]] = []
    for number, one in enumerate(events(count), 1):
        batch.append(one)
        if len(batch) == _BATCH or number == count:
            yield batch
            batch = []
        if number % 100_000 == 0:
            print(f"{number} events", file=sys.stderr)


def queries(kind: str, count: int, each: int) -> Iterator[tuple[EventQuery, datetime | None]]:
    """Yield queries of a kind with the time that the page before ended at."""
    chance = random.Random(kind)
    step = max(1, count // each // 2)
    seen = [fold(text) for number, text in zip(range(count), texts(SEED), strict=False) if number % step == 0]
    for _ in range(each):
        moment = _BEGIN + timedelta(seconds=47 * chance.randrange(count))
        if kind == "newest":
            yield EventQuery(), None
        elif kind == "camera and list":
            yield EventQuery(camera=chance.choice(("gate", "hall")), watchlist="post"), None
        elif kind == "time without events":
            until = int((_BEGIN - timedelta(days=chance.randrange(1, 900))).timestamp() * 1000)
            yield EventQuery(since=until - 86_400_000, until=until), None
        else:
            query = EventQuery(_pattern(kind, chance.choice(seen), chance))
            yield query, moment if kind == "deep page" else None


def _pattern(kind: str, text: str, chance: random.Random) -> TextPattern:
    if kind == "part":
        length = chance.choice((3, 4, 5))
        begin = chance.randrange(len(text) - length + 1)
        return TextPattern(f"*{text[begin : begin + length]}*")
    if kind == "fuzzy":
        place = chance.randrange(len(text))
        other = chance.choice(confused_with(text[place]) or text[place])
        return TextPattern(text[:place] + other + text[place + 1 :], fuzzy=True)
    return TextPattern(
        {
            "exact": text,
            "wildcard": f"{text[:2]}?*{text[-2:]}",
            "deep page": f"*{text[:2]}*",
            "one letter": f"*{text[0]}*",
            "two letters": f"*{text[:2]}*",
            "?????": "?" * chance.choice((5, 9)),
            "absent": f"*{text[:2]}##*",
        }[kind]
    )


def measure(search: EventSearch, kind: str, count: int, each: int, key: Callable[[datetime], str]) -> dict[str, object]:
    """Search, and return what that took; `key` returns the key of a page that ended at a time."""
    took, found = [], 0
    for query, moment in queries(kind, count, each):
        after = key(moment) if moment else ""
        began = time.perf_counter()
        page = search.find(query, PAGE, after, seconds=60.0)
        took.append(1000 * (time.perf_counter() - began))
        found += len(page.events)
    took.sort()
    memory = next(
        int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return {
        "searches": each,
        "found_per_search": round(found / each, 1),
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[int(0.95 * len(took))], 1),
        "longest_ms": round(took[-1], 1),
        "peak_memory_mb": round(memory / 1024, 1),
    }


def make_sqlite(path: Path, count: int) -> None:
    """Write the events into a file."""
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    for batch in batches(count):
        output.send(batch)
    output.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Write events, search them, and write the table."""
    parser = command_line(__doc__)
    parser.add_argument("events", nargs="?", type=whole(100), default=EVENTS, metavar="EVENTS", help=f"({EVENTS})")
    parser.add_argument("--each", type=whole(1), default=EACH, help=f"searches of each kind ({EACH})")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="holds the file of events")
    parser.add_argument("--postgres", action="store_true", help="measure PostgreSQL, which has to be installed")
    parser.add_argument("--search", nargs=2, metavar=("FILE", "KIND"), help="search a file, and print the figures")
    options = parser.parse_args(arguments)
    if options.search:
        path, kind = options.search
        print(json.dumps(measure(SqliteSearch(Path(path)), kind, options.events, options.each, _sqlite_key)))
    elif options.postgres:
        write("postgres", postgres_rows(options.events, options.each))
    else:
        write("sqlite", sqlite_rows(options.events, options.each, options.keep))


def write(database: str, measured: list[dict[str, object]]) -> None:
    """Write the rows of a database; those of the other one stay."""
    rows: list[dict[str, object]] = [{"database": database, **row} for row in measured]
    others = [{key: row[key] for key in rows[0]} for row in result_rows("history") if row["database"] != database]
    write_csv("history", sorted([*others, *rows], key=lambda row: row["database"] != "sqlite"))


def sqlite_rows(count: int, each: int, keep: Path | None) -> list[dict[str, object]]:
    """Measure searches in a file, each kind in a process of its own."""
    rows = []
    with tempfile.TemporaryDirectory(dir=ROOT) as scratch:
        path = (keep or Path(scratch)) / "events.sqlite"
        if not path.exists():
            make_sqlite(path, count)
        for kind in KINDS:
            command = [sys.executable, __file__, str(count), "--each", str(each), "--search", str(path), kind]
            ended = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            rows.append({"events": count, "kind": kind, **json.loads(ended.stdout)})
            print(rows[-1])
    return rows


def postgres_rows(count: int, each: int) -> list[dict[str, object]]:
    """Measure the same searches in PostgreSQL; its server's memory is not counted."""
    from receivers.postgres import Database

    from plate_devices.outputs.postgres import PostgresOutput, PostgresSettings

    database = Database(more="shared_buffers = 128MB\nfsync = off")
    try:
        output = PostgresOutput(PostgresSettings(url=database.url, device="gate-1", tls=False))
        output.open()
        for batch in batches(count):
            output.send([{**one, "id": f"{one['id']:0>32}"} for one in batch])
        output.close()
        database.query("VACUUM ANALYZE plate_edge.events", "plates")  # as its own service does from time to time
        return search_postgres(database.url, count, each)
    finally:
        database.close()


def search_postgres(url: str, count: int, each: int) -> list[dict[str, object]]:
    """Measure searches in a database that is filled."""
    from plate_devices.history.postgres_search import PostgresSearch
    from plate_devices.outputs.postgres import PostgresSettings

    search = PostgresSearch(PostgresSettings(url=url.replace("gate:", "viewer:"), device="gate-1", tls=False))
    rows = []
    for kind in KINDS:
        rows.append({"events": count, "kind": kind, **measure(search, kind, count, each, _postgres_key)})
        print(rows[-1])
    return rows


def _sqlite_key(moment: datetime) -> str:
    return f"{int(moment.timestamp() * 1000)}.0"


def _postgres_key(moment: datetime) -> str:
    return f"{moment.isoformat()}~{UUID(int=0)}"


if __name__ == "__main__":
    main()
