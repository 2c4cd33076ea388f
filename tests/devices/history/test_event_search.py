"""What searches find, wherever the events are stored: they agree with reading all rows, page by page."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_events import BLOCK_ROWS, MOMENT, QUERIES, Store, event, expected, found, id_of, pattern, random_events

from plate_devices.history.event_search import EventQuery, EventSearch, QueryError
from plate_devices.history.text_pattern import TextPattern
from plate_devices.outputs.output import Event

OpenStore = Callable[[], Store]


@dataclass
class Filled:
    """A store, and its events."""

    store: Store
    events: list[Event] = field(repr=False)

    @property
    def search(self) -> EventSearch:
        return self.store.search


@pytest.fixture(scope="module")
def many(open_store: OpenStore) -> Filled:
    """In SQLite thirty blocks and a half."""
    store, events = open_store(), random_events(30 * BLOCK_ROWS + BLOCK_ROWS // 2)
    for begin in range(0, len(events), 50):
        store.send(events[begin : begin + 50])
    return Filled(store, events)


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_search_agrees_with_reading_all_rows(many: Filled, query: EventQuery) -> None:
    assert found(many.search, query, 97) == expected(many.events, query)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    written=st.text("AB8301?*%_\\'\"#", min_size=1, max_size=8).filter(lambda written: written.strip("*")),
    fuzzy=st.booleans(),
    camera=st.sampled_from((None, "gate", "%", "_", "'")),
)
def test_no_pattern_is_taken_for_a_statement_or_for_like(
    many: Filled, written: str, fuzzy: bool, camera: str | None
) -> None:
    query = EventQuery(TextPattern(written, fuzzy), camera=camera)
    assert found(many.search, query, 97) == expected(many.events, query)


def test_marks_of_a_database_in_texts_are_characters(store: Store) -> None:
    texts = ["A%B", "A_B", "A\\B", "A'B", 'A"B', "AXB", "A%XB"]
    store.send([event(number, written) for number, written in enumerate(texts)])
    for number, written in enumerate(texts):
        for way in (written, f"{written[:2]}*"):
            assert id_of(number) in found(store.search, pattern(way)), way
        assert found(store.search, pattern(written)) == [id_of(number)]
    assert found(store.search, pattern("*%*")) == [id_of(6), id_of(0)]
    assert found(store.search, EventQuery(camera="a' OR '1'='1")) == []


@pytest.mark.parametrize("value", ["a\0b", "\udcff", "\u202e", "x" * 100_000])
def test_names_that_no_camera_has(store: Store, value: str) -> None:
    store.send([event(1, camera="gate")])
    for query in (EventQuery(camera=value), EventQuery(watchlist=value), EventQuery(text_hash=value), pattern("A\0")):
        assert found(store.search, query) == []


@pytest.mark.parametrize("key", ["x", "1", "1.x", ".", "9" * 400, "~", "2026-05-01~", "\0"])
def test_what_is_no_key(store: Store, key: str) -> None:
    with pytest.raises(QueryError, match="is not the key of a page"):
        store.search.find(EventQuery(), 9, key)


@pytest.mark.parametrize("moment", [-(10**18), -(10**14), 10**14, 10**18])
def test_times_that_no_event_has(store: Store, moment: int) -> None:
    store.send([event(1)])
    assert found(store.search, EventQuery(since=moment)) == ([id_of(1)] if moment < 0 else [])
    assert found(store.search, EventQuery(until=moment)) == ([] if moment < 0 else [id_of(1)])


def test_equal_times_are_paged_without_gaps(store: Store) -> None:
    store.send([event(number, "SAME", 0) for number in range(230)])
    assert found(store.search, pattern("S?ME"), 101) == [id_of(number) for number in reversed(range(230))]


def test_vehicles_that_pass_between_pages_change_no_page(store: Store) -> None:
    store.send([event(number) for number in range(10)])
    first = store.search.find(EventQuery(), 4)
    store.send([event(number) for number in range(10, 15)])
    second = store.search.find(EventQuery(), 4, first.next)
    numbers = [one["id"] for one in (*first.events, *second.events)]
    assert numbers == [id_of(number) for number in (9, 8, 7, 6, 5, 4, 3, 2)]


def test_a_page_beyond_the_end_is_empty(store: Store) -> None:
    store.send([event(number, seconds=10**6 + number) for number in range(3)])
    last = store.search.find(EventQuery(), 2)
    store_key = store.search.find(EventQuery(until=MOMENT), 1, last.next)
    assert (store_key.events, store_key.next) == ([], "")


def test_undated_events_come_last_and_meet_no_time(store: Store) -> None:
    store.send(
        [event(number, **({"first_time": None, "last_time": None} if number % 2 else {})) for number in range(6)]
    )
    assert found(store.search, EventQuery(), 2) == [id_of(number) for number in (4, 2, 0, 5, 3, 1)]
    assert found(store.search, EventQuery(since=0)) == [id_of(number) for number in (4, 2, 0)]


def test_texts_of_scripts_that_look_alike_are_equal(store: Store) -> None:
    store.send([event(0, "AB0I"), event(1, "\u0410\u0412\u041e\u0406"), event(2, "\u0391\u0392\u039f\u0399")])
    for query in (pattern("AB01"), pattern("*B0*"), pattern("4B01", fuzzy=True)):
        assert found(store.search, query) == [id_of(2), id_of(1), id_of(0)]


def test_corrected_times_order_the_events(store: Store) -> None:
    early = event(0, "EARLY", boot_id="b", monotonic=60.0, time_set=False)
    store.send([early, *(event(2 + number, "OTHER") for number in range(70))])
    clock = {
        "schema": 1, "type": "clock", "id": id_of(999), "time": "2026-06-01T10:05:00.000Z", "boot_id": "b",
        "boot_time": "2026-06-01T10:00:00.000Z", "monotonic": 300.0, "time_set": True,
    }  # fmt: skip
    store.send([clock])
    moment = int(datetime(2026, 6, 1, 10, 1, tzinfo=UTC).timestamp() * 1000)
    assert found(store.search, EventQuery(since=moment, until=moment)) == [id_of(0)]
    assert store.search.find(EventQuery(), 1).events[0]["last_time"] == "2026-06-01T10:01:00.000Z"


def test_a_record_is_returned_whole(store: Store) -> None:
    sent = event(1, "AB", models={"reader": "x"}, note="ä<b>'\"")
    store.send([sent])
    assert store.search.find(EventQuery(), 1).events == [json.loads(json.dumps(sent))]


def test_a_vehicle_by_its_id(store: Store) -> None:
    sent = event(1)
    store.send([sent, event(2, type="seen")])
    assert store.search.get(id_of(1)) == sent
    for other in (id_of(2), id_of(3), "", "x", "a\0b", "' OR ''='"):
        assert store.search.get(other) is None


def test_searches_of_several_threads_while_events_are_written(many: Filled) -> None:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(found(many.search, QUERIES[2], 97))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30):
        many.store.send([event(10**5 + number, "WRITTEN")])
    for thread in threads:
        thread.join()
    assert results == [expected(many.events, QUERIES[2])] * 4


@pytest.mark.parametrize(
    "damage",
    [{"plates": ["x"]}, {"plates": 5}, {"watchlists": [1]}, {"watchlists": [{"match": "exact"}]}, {"watchlists": "ab"}],
)
def test_a_damaged_event_meets_no_query(damage: dict[str, Any]) -> None:
    assert EventQuery().meets(event(1))
    assert not EventQuery().meets(event(1) | damage)
    assert not EventQuery().meets([])  # type: ignore[arg-type]
