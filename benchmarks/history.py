"""Measure searches among a million synthetic events, in SQLite and in PostgreSQL.

    python benchmarks/history.py                    -> results/history.csv
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
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from measuring import ROOT, command_line, whole, write_csv
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


def queries(kind: str, count: int, each: int) -> Iterator[tuple[EventQuery, str]]:
    """Yield queries of a kind with the key of the page before."""
    chance = random.Random(kind)
    step = max(1, count // each // 2)
    seen = [fold(text) for number, text in zip(range(count), texts(SEED), strict=False) if number % step == 0]
    for _ in range(each):
        moment = _BEGIN + timedelta(seconds=47 * chance.randrange(count))
        if kind == "newest":
            yield EventQuery(), ""
        elif kind == "camera and list":
            yield EventQuery(camera=chance.choice(("gate", "hall")), watchlist="post"), ""
        elif kind == "time without events":
            until = int((_BEGIN - timedelta(days=chance.randrange(1, 900))).timestamp() * 1000)
            yield EventQuery(since=until - 86_400_000, until=until), ""
        else:
            key = f"{int(moment.timestamp() * 1000)}.0" if kind == "deep page" else ""
            yield EventQuery(_pattern(kind, chance.choice(seen), chance)), key


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


def measure(search: EventSearch, kind: str, count: int, each: int) -> dict[str, object]:
    """Search, and return what that took."""
    took, found = [], 0
    for query, after in queries(kind, count, each):
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
    parser.add_argument("--postgres", action="store_true", help="measure PostgreSQL, too, if it is installed")
    parser.add_argument("--search", nargs=2, metavar=("FILE", "KIND"), help="search a file, and print the figures")
    options = parser.parse_args(arguments)
    if options.search:
        path, kind = options.search
        print(json.dumps(measure(SqliteSearch(Path(path)), kind, options.events, options.each)))
        return
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(dir=ROOT) as scratch:
        path = (options.keep or Path(scratch)) / "events.sqlite"
        if not path.exists():
            make_sqlite(path, options.events)
        for kind in KINDS:
            command = [sys.executable, __file__, str(options.events), "--each", str(options.each)]
            ended = subprocess.run([*command, "--search", str(path), kind], stdout=subprocess.PIPE, check=True)
            rows.append({"database": "sqlite", "events": options.events, "kind": kind, **json.loads(ended.stdout)})
            print(rows[-1])
    if options.postgres:
        rows += postgres_rows(options.events, options.each)
    write_csv("history", rows)


def postgres_rows(count: int, each: int) -> list[dict[str, object]]:
    """Measure the same searches in PostgreSQL; its server's memory is not counted."""
    sys.path.insert(0, str(ROOT / "tests"))
    from receivers.postgres import Database

    from plate_devices.history.postgres_search import PostgresSearch
    from plate_devices.outputs.postgres import PostgresOutput, PostgresSettings

    database = Database(more="shared_buffers = 128MB\nfsync = off")
    try:
        output = PostgresOutput(PostgresSettings(url=database.url, device="gate-1", tls=False))
        output.open()
        for batch in batches(count):
            output.send([{**one, "id": f"{one['id']:0>32}"} for one in batch])
        output.close()
        database.query("ANALYZE plate_edge.events", "plates")
        url = database.url.replace("gate:", "viewer:")
        search = PostgresSearch(PostgresSettings(url=url, device="gate-1", tls=False))
        rows = [
            {"database": "postgres", "events": count, "kind": kind, **measure(search, kind, count, each)}
            for kind in KINDS
        ]
    finally:
        database.close()
    for row in rows:
        print(row)
    return rows


if __name__ == "__main__":
    main()
