"""Files of known plates: what people write, what is refused, and changes while it runs."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from device_helpers import until

from plate_devices.setting_errors import SettingError
from plate_devices.watchlists import lists as watch_lists
from plate_devices.watchlists.lists import WatchLists
from plate_devices.watchlists.plate_file import read_plates
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime.errors import DataError, UsageError


def reading(text: str) -> dict[str, object]:
    return {"text": text, "characters": [{"text": s, "confidence": 0.99, "alternatives": []} for s in text]}


def open_lists(path: Path, warnings: list[str] | None = None) -> WatchLists:
    return WatchLists([WatchlistSettings("family", path)], (warnings if warnings is not None else []).append)


def matches_after_reload(lists: WatchLists, text: str) -> bool:
    lists.reload()
    return bool(lists.matches(reading(text)))


def test_plates_are_read_as_people_write_them(tmp_path: Path) -> None:
    path = tmp_path / "family.txt"
    path.write_text(
        "\ufeff# the family\n\nab-123 cd\nB·ÄR 7\nm ab 12, the blue one\nА777ВС\nxyz1;x # y\n", encoding="utf-8"
    )
    listed = [(one.text, one.name) for (one,) in read_plates(path).exact.values()]
    assert listed == [("AB123CD", ""), ("BAR7", ""), ("MAB12", "the blue one"), ("A777BC", ""), ("XYZ1", "x")]


def test_wildcards_a_header_and_other_encodings_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "club.csv"
    path.write_bytes("Plate;Owner\r\nAB?123;Zoë\r\nABC*\r\n".encode("cp1252"))
    lists = open_lists(path)
    for text, found in (("AB7123", "AB?123"), ("AB123", None), ("ABC", "ABC*"), ("ABC99", "ABC*"), ("PLATE", None)):
        assert [hit["listed"] for hit in lists.matches(reading(text))] == ([found] if found else []), text
    assert lists.matches(reading("ABX123")) == [
        {"name": "family", "match": "pattern", "listed": "AB?123", "plate_name": "Zoë"}
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ABC123\n---\n", "line 2: '---' is not a plate"),
        ("Ж123".encode(), "line 1: 'Ж' is not on the plates that are read"),
        (b"ABC123 DEF456 GHI789\n", "line 1.*longer than any plate"),
        (b"\xff\xfe\x00", "is not text"),
        (b"ABC123\n?*\n", r"line 2: '\?\*' is not a plate"),
    ],
)
def test_what_is_no_plate_is_refused_with_its_line(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "family.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=reason):
        read_plates(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no\.txt cannot be read: No such file"):
        open_lists(tmp_path / "no.txt")


def test_two_lists_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A1")
    one = WatchlistSettings("family", tmp_path / "a.txt")
    with pytest.raises(UsageError, match="'family'"):
        WatchLists([one, one], print)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a" * 65, "a;b", "any", "none"])
def test_a_list_needs_a_name_that_means_it_alone(name: str) -> None:
    with pytest.raises(SettingError) as refused:
        WatchlistSettings(name, Path("a.txt"))
    assert refused.value.key == "name"


def test_records_name_the_lists(tmp_path: Path) -> None:
    path = tmp_path / "family.txt"
    path.write_text("ABC 123\n")
    record = {"plates": [reading("ABC123")]}
    open_lists(path).mark(record)
    assert record["watchlists"] == [{"name": "family", "match": "exact", "listed": "ABC123"}]
    record = {"plates": [reading("ABC124")]}
    open_lists(path).mark(record)
    assert record["watchlists"] == []
    WatchLists([], print).mark(empty := {"plates": [reading("ABC123")]})
    assert "watchlists" not in empty


def test_a_changed_list_is_read_again_and_a_broken_one_keeps_its_plates(tmp_path: Path) -> None:
    path = tmp_path / "family.txt"
    path.write_text("ABC123\n")
    warnings: list[str] = []
    lists = open_lists(path, warnings)
    path.write_text("ABC123\nDEF456\n")
    lists.reload()
    assert lists.matches(reading("DEF456"))
    path.write_text("ABC123\n!!\n")
    lists.reload()
    lists.reload()
    assert lists.matches(reading("DEF456"))
    assert len(warnings) == 1 and "line 2" in warnings[0] and "2 plates stay" in warnings[0]
    path.unlink()
    lists.reload()
    assert lists.matches(reading("DEF456")) and len(warnings) == 2
    path.write_text("GHI789\n")
    os.utime(path, ns=(1, 1))
    lists.reload()
    assert lists.matches(reading("GHI789")) and not lists.matches(reading("DEF456"))


def test_a_large_list_is_read_beside_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "family.txt"
    path.write_text("ABC123\n")
    lists = open_lists(path)
    may_read, readers = threading.Event(), []

    def slow(*given: Any) -> Any:
        readers.append(threading.current_thread().name)
        may_read.wait(60.0)
        return read_plates(*given)

    monkeypatch.setattr(watch_lists, "read_plates", slow)
    monkeypatch.setattr(watch_lists, "READ_AT_ONCE", 10)
    path.write_text("DEF456\nGHI789\n")
    lists.reload()
    lists.reload()
    assert lists.matches(reading("ABC123")) and not lists.matches(reading("DEF456")), "the old one is used until then"
    after = WatchLists([WatchlistSettings("others", path)], print, before=lists)
    assert after.matches(reading("ABC123")), "new settings do not wait for it either"
    may_read.set()
    for one in (lists, after):
        until(partial(matches_after_reload, one, "DEF456"))
    assert readers == ["watch list family", "watch list others"]


def test_new_settings_take_over_an_unchanged_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "family.txt"
    path.write_text("ABC123\n")
    settings = [WatchlistSettings("family", path)]
    before = WatchLists(settings, print)
    monkeypatch.setattr(watch_lists, "read_plates", None)
    assert WatchLists(settings, print, before=before).matches(reading("ABC123"))
    monkeypatch.undo()
    path.write_text("!!\n")
    with pytest.raises(DataError, match="line 1"):
        WatchLists(settings, print, before=before)


def test_a_header_names_notes_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "guests.csv"
    path.write_text(
        'Plate;Owner;Until;Colour;Note\nAB 1 # a guest\nCD 2;"Doe; J";2026-12-31;red;"flat #3, ""up"""\nEF 3;\'=x\n'
    )
    (ab,), (cd,), (ef,) = read_plates(path).exact.values()
    assert (ab.text, ab.name, ab.note) == ("AB1", "", "")
    assert (cd.text, cd.name, cd.note) == ("CD2", "Doe; J", 'flat #3, "up"')
    assert ef.name == "=x"
    assert cd.begin == float("-inf") and cd.end == datetime(2027, 1, 1).timestamp(), "the whole last day"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("AB1,x,,31.12.2026,", r"line 2: '31\.12\.2026' is not a date; write 2026-12-31"),
        ("AB1,x,,2026-02-30,", "line 2: '2026-02-30' is not a date"),
        ("AB1,x,,2026-05-02,2026-05-01", "line 2: the period from 2026-05-02 to 2026-05-01 is empty"),
        ("AB1,x,,,9999-12-31", "line 2: '9999-12-31' is not a date"),
        ('AB1,"x,,,', "line 2: a quote is not closed"),
    ],
)
def test_a_wrong_date_is_refused_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "guests.csv"
    path.write_text(f"plate,name,note,from,to\n{row}\n")
    with pytest.raises(DataError, match=reason):
        read_plates(path)


def test_an_entry_matches_in_its_period_alone(tmp_path: Path) -> None:
    path = tmp_path / "guests.csv"
    path.write_text("plate,from,to\nAB1,2026-11-01,2026-11-02\nAB1,2026-11-05 18:00,2026-11-05 19:00\nC?,,2026-11-02\n")
    lists = open_lists(path)
    for moment, text, found in (
        (datetime(2026, 10, 31, 23, 59), "AB1", False),
        (datetime(2026, 11, 1, 0, 0), "AB1", True),
        (datetime(2026, 11, 2, 23, 59, 59), "AB1", True),
        (datetime(2026, 11, 3, 0, 0), "AB1", False),
        (datetime(2026, 11, 5, 18, 0), "AB1", True),
        (datetime(2026, 11, 5, 19, 0), "AB1", False),
        (datetime(2026, 11, 1), "CX", True),
        (datetime(2026, 11, 3), "CX", False),
    ):
        assert bool(lists.matches(reading(text), moment.timestamp())) == found, (moment, text)
        record = {"last_time": moment.astimezone(UTC).isoformat(), "plates": [reading(text)]}
        lists.mark(record)
        assert bool(record["watchlists"]) == found


def test_while_the_clock_is_wrong_entries_with_dates_do_not_match(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "guests.csv"
    path.write_text("plate,from,to\nAB1,,2099-01-01\nCD2\n")
    lists = open_lists(path)
    assert lists.matches(reading("AB1"))
    record = {"last_time": "2026-11-01T00:00:00.000Z", "time_set": False, "plates": [reading("AB1"), reading("CD2")]}
    lists.mark(record)
    assert [hit["listed"] for hit in record["watchlists"]] == ["CD2"]
    monkeypatch.setattr("plate_devices.watchlists.lists.time.time", lambda: 1e9)
    assert not lists.matches(reading("AB1")) and lists.matches(reading("CD2"))
