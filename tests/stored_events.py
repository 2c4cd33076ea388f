"""Events for tests of searches, what a search of them has to find, and where they are stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from plate_devices.config.sections import HistorySettings
from plate_devices.events.records import timestamp
from plate_devices.history.event_search import EventQuery, EventSearch
from plate_devices.history.text_pattern import TextPattern
from plate_devices.outputs.output import Event
from plate_devices.outputs.output_settings import OutputSettings
from plate_devices.outputs.search_blocks import milliseconds

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
MOMENT = int(BEGIN.timestamp() * 1000)

BLOCK_ROWS = 64
"""Rows of a block of SQLite in tests: few, for speed."""


class Store(NamedTuple):
    """An output that is open, and what searches it."""

    output: OutputSettings
    history: HistorySettings
    send: Callable[[Sequence[Event]], int]
    search: EventSearch


def id_of(number: int) -> str:
    return str(UUID(int=number))


def event(number: int, written: str = "AB123", seconds: float | None = None, **more: Any) -> Event:
    """A vehicle of a second after `BEGIN`, by default that of its number."""
    moment = timestamp(BEGIN + timedelta(seconds=number if seconds is None else seconds))
    plate = {"text": written, "confidence": 0.9, **more.pop("plate", {})}
    times = {"first_time": moment, "last_time": moment}
    return {"type": "vehicle", "id": id_of(number), **times, "plates": [plate]} | more


def random_events(count: int) -> list[Event]:
    """Events not in the order of time, some undated or hashed, in two scripts, with records of other types."""
    chance = Random(7)
    events = []
    for number in range(count):
        written = "".join(chance.choice("AB8301") for _ in range(chance.choice((0, 4, 5, 6, 6))))
        if chance.random() < 0.05:
            written = written.translate(str.maketrans("AB0", "\u0410\u0412\u041e"))  # Cyrillic
        one = event(number, written, number + chance.randrange(300), camera=chance.choice(("gate", "yard", "")))
        one["plates"][0]["confidence"] = chance.choice((0.5, 0.75, 0.9, None))
        if chance.random() < 0.1:
            names = ("family", "post")[: chance.choice((1, 2))]
            one["watchlists"] = [{"name": name, "match": "exact"} for name in names]
        if chance.random() < 0.05:
            one |= {"first_time": None, "last_time": None}
        if chance.random() < 0.1:
            one["plates"][0] |= {"text": "", "text_hash": f"key1:{chance.randrange(9):032x}"}
        if chance.random() < 0.02:
            one["type"] = chance.choice(("clock_", "seen", "frame"))
        events.append(one)
    return events


def pattern(written: str, fuzzy: bool = False) -> EventQuery:
    return EventQuery(TextPattern(written, fuzzy))


QUERIES = [
    EventQuery(),
    pattern("AB8301"),
    pattern("*AB8*"),
    pattern("A?8*1"),
    pattern("AB8301", fuzzy=True),
    pattern("A?8*1", fuzzy=True),
    EventQuery(TextPattern("AB830", near=True)),
    pattern("????"),
    pattern("*X*"),
    pattern("*B*"),
    EventQuery(text_hash=f"key1:{3:032x}"),
    EventQuery(text_hash=f"key2:{3:032x}"),
    EventQuery(camera="yard"),
    EventQuery(camera=""),
    EventQuery(camera="hall"),
    EventQuery(watchlist="post"),
    EventQuery(since=MOMENT + 500_000, until=MOMENT + 560_000),
    EventQuery(since=MOMENT + 10**12),
    EventQuery(until=MOMENT - 1),
    EventQuery(least=0.75, most=0.8),
    EventQuery(TextPattern("*B8*"), camera="gate", watchlist="family", least=0.6, since=MOMENT + 300_000),
]


def found(search: EventSearch, query: EventQuery, limit: int = 50) -> list[str]:
    """Ids of all pages; no page is longer than asked, none but the last is shorter."""
    ids: list[str] = []
    after = ""
    while True:
        page = search.find(query, limit, after, 60.0)
        assert page.complete and (len(page.events) == limit or not page.next)
        ids += [one["id"] for one in page.events]
        after = page.next
        if not after:
            return ids


def expected(events: list[Event], query: EventQuery) -> list[str]:
    """Ids of the vehicles that meet a query, the newest first."""
    order = sorted(
        range(len(events)), key=lambda place: (milliseconds(events[place].get("last_time")), place), reverse=True
    )
    return [events[place]["id"] for place in order if events[place]["type"] == "vehicle" and query.meets(events[place])]
