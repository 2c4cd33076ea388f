"""Damage queues of events at random, and see whether anything that could still be read is lost, or an output blocked.

    python benchmarks/damaged_queues.py                  -> results/damaged-queues.csv: 600 queues, a row for each kind
    python benchmarks/damaged_queues.py 40 --seed 7      -> a quick look, other damage

A queue with events for two outputs is made, some are delivered, and its process ends or is killed. Then its files are
damaged. A new process must deliver, to each output, every event that it did not have and whose bytes are still there in
one piece or that SQLite still gives; then what is put from then on; and the same after one more start.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from measuring import command_line, whole, write_csv

from plate_devices.events.clock import Clock
from plate_devices.events.records import to_line
from plate_devices.outputs.delivery import Delivery
from plate_devices.outputs.fake import FakeOutput
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.outputs.queue import EventQueue
from plate_devices.outputs.recovery import FILE
from plate_devices.unique_ids import uuid7

QUEUES = 600
NAMES = ("fast", "slow")
PAGE = 4096
WITHIN = 30.0
"""Seconds after which an output counts as blocked."""

Damage = Callable[[Path, random.Random], None]


def on_bytes(change: Callable[[bytearray, random.Random], None], suffix: str = "") -> Damage:
    """Change the bytes of the database, or of the file beside it."""

    def damage(path: Path, chance: random.Random) -> None:
        file = path.with_name(path.name + suffix)
        content = bytearray(file.read_bytes()) if file.exists() else bytearray(PAGE)
        change(content, chance)
        file.write_bytes(content)

    return damage


def flip(content: bytearray, chance: random.Random) -> None:
    """Flip some bits."""
    for _ in range(chance.choice((1, 4, 16, 64))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def cut(content: bytearray, chance: random.Random) -> None:
    """Cut the end off."""
    del content[chance.randrange(len(content)) :]


def overwrite(value: int | None) -> Callable[[bytearray, random.Random], None]:
    """Overwrite a page with one value, or with any."""

    def change(content: bytearray, chance: random.Random) -> None:
        begin = chance.randrange(max(1, len(content) // PAGE)) * PAGE
        count = min(PAGE, len(content) - begin)
        content[begin : begin + count] = chance.randbytes(count) if value is None else bytes([value]) * count

    return change


def scramble(content: bytearray, chance: random.Random) -> None:
    """Overwrite some bytes at any place."""
    begin = chance.randrange(len(content))
    count = min(chance.randrange(1, 3000), len(content) - begin)
    content[begin : begin + count] = chance.randbytes(count)


def swap(content: bytearray, chance: random.Random) -> None:
    """Let two pages change places."""
    pages = len(content) // PAGE
    one, other = (chance.randrange(pages) * PAGE for _ in range(2))
    content[one : one + PAGE], content[other : other + PAGE] = (
        content[other : other + PAGE],
        content[one : one + PAGE],
    )


def header(content: bytearray, chance: random.Random) -> None:
    """Damage the first bytes."""
    for _ in range(chance.randrange(1, 12)):
        content[chance.randrange(min(100, len(content)))] = chance.randrange(256)


def become(new: bytes) -> Callable[[bytearray, random.Random], None]:
    """Be something else altogether."""
    return lambda content, _: content.__setitem__(slice(None), new)


def on_rows(*statements: str) -> Damage:
    """Change rows by SQL, ROW being one of them."""

    def damage(path: Path, chance: random.Random) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            rows = [row for (row,) in connection.execute("SELECT number FROM events")] or [1]
            for statement in statements:
                connection.execute(statement.replace("ROW", str(chance.choice(rows))))

    return damage


def body(value: str) -> Damage:
    """Give a row another body."""
    return on_rows(f"UPDATE events SET body = {value} WHERE number = ROW")


def is_folder(suffix: str) -> Damage:
    """Let a folder stand in the place of a file."""

    def damage(path: Path, _: random.Random) -> None:
        file = path.with_name(path.name + suffix)
        file.unlink(missing_ok=True)
        (file / "inside").mkdir(parents=True)

    return damage


def is_gone(suffix: str) -> Damage:
    """Delete a file."""
    return lambda path, _: path.with_name(path.name + suffix).unlink(missing_ok=True)


KINDS: dict[str, Damage] = {
    "bits flipped": on_bytes(flip),
    "cut off": on_bytes(cut),
    "a page of zeros": on_bytes(overwrite(0)),
    "a page of ones": on_bytes(overwrite(0xFF)),
    "a page of chance": on_bytes(overwrite(None)),
    "bytes of chance": on_bytes(scramble),
    "two pages swapped": on_bytes(swap),
    "a damaged header": on_bytes(header),
    "no header": on_bytes(lambda content, _: content.__setitem__(slice(0, 100), bytes(100))),
    "empty": on_bytes(become(b"")),
    "a text": on_bytes(become(b"this is no database\n" * 200)),
    "log: bits flipped": on_bytes(flip, "-wal"),
    "log: cut off": on_bytes(cut, "-wal"),
    "log: bytes of chance": on_bytes(scramble, "-wal"),
    "log: a damaged header": on_bytes(header, "-wal"),
    "log: zeros": on_bytes(overwrite(0), "-wal"),
    "log: gone": is_gone("-wal"),
    "log: a folder": is_folder("-wal"),
    "log left alone": is_gone(""),
    "a journal of chance": on_bytes(lambda content, chance: content.extend(chance.randbytes(5000)), "-journal"),
    "a folder": is_folder(""),
    "read-only": lambda path, _: path.chmod(0o400),
    "a body cut off": body("substr(body, 1, 100)"),
    "a body of bytes": body("x'ff7b2200'"),
    "a body with a Latin-1 byte": body("CAST(CAST(body AS BLOB) || x'e4' AS TEXT)"),
    "a body that is no object": body("'[1, 2]'"),
    "a body without an id": body('\'{"type": "vehicle"}\''),
    "a body that no output can take": body('\'{"id": "damaged", "type": 7, "plates": 3, "watchlists": 1}\''),
    "a body that is too deep": body("replace(hex(zeroblob(60000)), '0', '[')"),
    "a body of 5000 digits": body("'{\"id\": ' || replace(hex(zeroblob(2500)), '0', '9') || '}'"),
    "a size that is none": on_rows("UPDATE events SET size = 'x' WHERE number = ROW"),
    "a size beyond all": on_rows("UPDATE events SET size = 4611686018427387904 WHERE number = ROW"),
    "a number beyond all": on_rows("UPDATE events SET number = 9223372036854775807 WHERE number = ROW"),
    "an output far ahead": on_rows("UPDATE outputs SET acknowledged = acknowledged + 64"),
    "an output beyond all": on_rows("UPDATE outputs SET acknowledged = 9223372036854775807"),
    "an output that is none": on_rows("UPDATE outputs SET acknowledged = 'x', delivered = x'00'"),
    "an output of another name": on_rows("UPDATE outputs SET name = 'f' || x'00ff' WHERE name = 'fast'"),
    "no outputs": on_rows("DELETE FROM outputs", "UPDATE outputs SET dropped = 1"),
    "a table missing": on_rows("DROP TABLE outputs"),
    "a trigger": on_rows("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END"),
    "another version": on_rows("PRAGMA user_version = 77"),
    "other columns": on_rows("ALTER TABLE events RENAME COLUMN body TO content"),
}  # fmt: skip


def event(number: int, chance: random.Random) -> dict[str, Any]:
    """A vehicle, 200 bytes to 2 kB."""
    plate = {"text": f"AB{number}", "confidence": 0.9, "characters": ["x" * chance.randrange(10, 1800)]}
    return {"schema": 1, "type": "vehicle", "id": uuid7(), "last_time": None, "plates": [plate]}


def make_queue(folder: Path, chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Make a queue as its process left it, and return which events each output does not have."""
    work = folder / "work"
    work.mkdir(parents=True)
    queue = EventQueue(work / FILE, 64 << 20)
    queue.set_outputs(NAMES)
    owed: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
    for number in range(chance.randrange(5, 60)):
        put = event(number, chance)
        queue.put([put])
        for name, often in zip(NAMES, (0.8, 0.3), strict=True):
            owed[name].append(put)
            if chance.random() < often:
                taken = queue.take(name, chance.randrange(1, 4))
                queue.acknowledge(name, taken)
                del owed[name][: len(taken)]
    if chance.random() < 0.4:
        queue.close()
    (folder / "queue").mkdir()
    for path in work.iterdir():
        shutil.copy(path, folder / "queue" / path.name)
    queue.close()
    return owed


def readable(folder: Path, events: Sequence[dict[str, Any]], rows_alone: bool) -> set[str]:
    """Return the ids of events that are still there: SQLite gives them, or they are in one piece in a file.

    Where a body was changed by SQL (`rows_alone`), its earlier bytes are no event any more.
    """
    files = [path for path in folder.iterdir() if path.is_file()]
    content = b"" if rows_alone else b"\n".join(path.read_bytes() for path in files)
    found = {one["id"] for one in events if to_line(one).encode() in content}
    with tempfile.TemporaryDirectory() as copy:
        for path in files:
            shutil.copy(path, Path(copy) / path.name)
        with suppress(sqlite3.Error), closing(sqlite3.connect(Path(copy) / FILE)) as connection:
            for number in range(1, 100):
                with suppress(sqlite3.Error, ValueError, KeyError, TypeError, RecursionError):
                    query = "SELECT body FROM events WHERE number = ?"
                    for (text,) in connection.execute(query, (number,)):
                        found.add(json.loads(text)["id"])
    return found & {one["id"] for one in events}


class Strict(FakeOutput):
    """Looks at what it gets, as a table does."""

    def send(self, events: Sequence[dict[str, Any]]) -> int:
        """See `Output`."""
        for one in events:
            for plate in one.get("plates") or ():
                plate.get("text")
        return super().send(events)


def deliver(folder: Path, chance: random.Random, remarks: list[str]) -> tuple[list[Strict], list[str], bool]:
    """Start, put two events, and wait for them; return the outputs, the new ids, and whether any is blocked."""
    outputs = [Strict(name=name) for name in NAMES]
    delivery = Delivery(outputs, QueueSettings(folder=folder), Clock(), lambda word, _: remarks.append(word))
    new = [event(1000, chance), event(1001, chance)]
    for one in new:
        delivery.put(one)
    ids = [str(one["id"]) for one in new]
    deadline = time.monotonic() + WITHIN
    while not (done := all({one["id"] for one in output.events} >= set(ids) for output in outputs)):
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    in_memory = bool(delivery.disk_error)
    delivery.close(WITHIN)
    return outputs, ids, not done or in_memory


def try_one(kind: str, seed: int) -> Counter[str]:
    """Damage one queue and return counts; `lost` and `blocked` are to be 0."""
    chance = random.Random(f"{kind} {seed}")
    counts: Counter[str] = Counter(queues=1)
    with tempfile.TemporaryDirectory(prefix="damaged-queue-") as name:
        owed = make_queue(Path(name), chance)
        folder = Path(name) / "queue"
        with suppress(FileNotFoundError):
            KINDS[kind](folder / FILE, chance)
        there = {name: readable(folder, events, kind.startswith("a body")) for name, events in owed.items()}
        remarks: list[str] = []
        outputs, _, blocked = deliver(folder, chance, remarks)
        for output in outputs:
            got = {one["id"]: one for one in output.events}
            missing = {one["id"] for one in owed[output.name]} - set(got)
            counts["owed"] += len(owed[output.name])
            counts["readable"] += len(there[output.name])
            counts["lost"] += len(there[output.name] - set(got))
            counts["unreadable"] += len(missing - there[output.name])
            counts["twice"] += len(output.events) - len(got)
        _, _, again = deliver(folder, chance, [])
        counts["blocked"] += blocked or again
        counts["reported"] += "queue_damaged" in remarks or "event_unreadable" in remarks or "event_refused" in remarks
    return counts


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 1 where an event was lost or an output blocked."""
    parser = command_line(__doc__)
    parser.add_argument("queues", nargs="?", metavar="QUEUES", type=whole(1), default=QUEUES, help="how many (600)")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="other damage with another number")
    asked = parser.parse_args(arguments)
    rows: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for number in range(asked.queues):
        kind = list(KINDS)[number % len(KINDS)]
        counts = try_one(kind, asked.seed * 100_000 + number)
        rows[kind] += counts
        if counts["lost"] or counts["blocked"]:
            print(f"{kind}, number {number}: {dict(counts)}", file=sys.stderr, flush=True)
    total = sum(rows.values(), Counter[str]())
    print({name: total[name] for name in ("queues", "owed", "readable", "lost", "blocked", "reported")})
    columns = ("queues", "owed", "readable", "lost", "blocked", "unreadable", "twice", "reported")
    if asked.queues == QUEUES:
        found = [*rows.items(), ("all", total)]
        write_csv("damaged-queues", [{"kind": kind, **{name: row[name] for name in columns}} for kind, row in found])
    return int(bool(total["lost"] or total["blocked"]))


if __name__ == "__main__":
    sys.exit(main())
