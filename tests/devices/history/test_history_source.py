"""What the settings allow to look back at, wherever the events are stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from stored_events import Store, event, id_of, pattern

from plate_devices.config.sections import HistorySettings
from plate_devices.history import history_source
from plate_devices.history.event_search import EventQuery, QueryError, SearchError
from plate_devices.history.history_source import HistorySource
from plate_devices.outputs.postgres import PostgresSettings
from plate_devices.outputs.sqlite import SqliteSettings
from plate_devices.privacy.keys import RotatingKey
from plate_devices.privacy.privacy_settings import PrivacySettings


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "key"


def source(store: Store, privacy: PrivacySettings) -> HistorySource:
    return HistorySource([store.output], store.history, privacy)


def ids(source: HistorySource, query: EventQuery, text: str = "") -> list[str]:
    return [one["id"] for one in source.find(query, text, 50)[0].events]


def test_a_mode_that_stores_nothing_shows_nothing(store: Store) -> None:
    store.send([event(1)])
    hidden = source(store, PrivacySettings(mode="nothing"))
    assert hidden.find(EventQuery(), "", 50) == (([], "", True), hidden.reason) and "stores no plates" in hidden.reason


def test_hashes_are_found_by_the_whole_text_and_the_current_key(store: Store, key_file: Path) -> None:
    key = RotatingKey(key_file, 1.0, print)
    store.send(
        [event(number, "", plate={"text_hash": key.hash(written)}) for number, written in enumerate(("AB1", "CD2"))]
    )
    hashed = source(store, PrivacySettings(mode="hash", key_file=key_file))
    assert ids(hashed, pattern("AB1"), "AB1") == [id_of(0)]
    for query in (pattern("*AB1*"), pattern("AB?"), pattern("AB1", fuzzy=True)):
        with pytest.raises(QueryError, match="only a whole text"):
            hashed.find(query, "", 50)
    key_file.unlink()
    assert ids(hashed, pattern("AB1"), "AB1") == []
    RotatingKey(key_file, 1.0, print)
    assert ids(hashed, pattern("AB1"), "AB1") == []
    key_file.chmod(0o644)
    with pytest.raises(SearchError, match="run: chmod 600"):
        hashed.find(pattern("AB1"), "AB1", 50)


def test_texts_that_were_stored_before_are_hidden(store: Store, key_file: Path) -> None:
    characters = {"raw_text": "AB128", "characters": [{"text": "A", "confidence": 0.9}]}
    lists = [{"name": "family", "match": "exact", "listed": "AB128"}]
    store.send([event(1, "AB128", plate=characters, watchlists=lists, crop="crops/x-AB128.jpg")])
    hashed = source(store, PrivacySettings(mode="hash", key_file=key_file))
    (shown,) = hashed.find(EventQuery(watchlist="family"), "", 50)[0].events
    assert "AB128" not in str(shown) and shown["watchlists"] == [{"name": "family", "match": "exact"}]
    RotatingKey(key_file, 1.0, print)
    assert ids(hashed, pattern("AB128"), "AB128") == [], "a clear text is not found by its hash"


def test_vehicles_to_look_at(store: Store, key_file: Path) -> None:
    """For previews of list entries and for corrections: only where texts are stored, and shown."""
    texts = ["AB128", "XY9", "A8128", "AB1280", "AB1", "0B12I"]
    store.send([event(number, written) for number, written in enumerate(texts)])
    clear = source(store, PrivacySettings())
    assert clear.text_reason == ""
    assert [one["id"] for one in clear.near("AB128", 9)] == [id_of(3), id_of(2), id_of(0)]
    assert [one["id"] for one in clear.near("AB128", 2)] == [id_of(3), id_of(2)]
    assert [one["id"] for one in clear.near("?B1*", 9)] == [id_of(number) for number in (5, 4, 3, 0)]
    assert [one["id"] for one in clear.near("*", 2)] == [id_of(5), id_of(4)]
    assert [one["id"] for one in clear.newest(3)] == [id_of(5), id_of(4), id_of(3)]
    assert (clear.get(id_of(1)) or {})["plates"][0]["text"] == "XY9" and clear.get(id_of(9)) is None
    for mode in ("hash", "nothing"):
        hidden = source(store, PrivacySettings(mode=mode, key_file=key_file if mode == "hash" else None))
        assert f'privacy mode "{mode}" stores no texts' in hidden.text_reason
        assert list(hidden.near("AB128", 9)) == list(hidden.newest(9)) == [] and hidden.get(id_of(1)) is None


def test_more_vehicles_than_a_page_to_look_at(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_source, "_PAGE", 3)
    store.send([event(number) for number in range(10)])
    clear = source(store, PrivacySettings())
    assert [len(list(clear.newest(most))) for most in (1, 3, 4, 9, 10, 11)] == [1, 3, 4, 9, 10, 10]


def test_postgres_needs_a_reader_and_sqlite_comes_first(tmp_path: Path) -> None:
    postgres = PostgresSettings(url="postgresql://gate@127.0.0.1/plates", name="central")
    assert "name a [history] reader" in HistorySource([postgres], HistorySettings()).reason
    sqlite = SqliteSettings(path=tmp_path / "p.sqlite")
    assert HistorySource([postgres, sqlite], HistorySettings()).reason == ""
    assert "name a [history] reader" in HistorySource([postgres, sqlite], HistorySettings(output="central")).reason
