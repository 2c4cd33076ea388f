"""The history over HTTP: searches, pages, export, pictures, and what privacy hides."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from page_client import PageClient, port_of

from plate_devices.config.sections import HistorySettings
from plate_devices.events.records import timestamp
from plate_devices.history import history_source
from plate_devices.history.history_source import HistorySource
from plate_devices.history.history_views import HistoryViews
from plate_devices.outputs.json_lines import LinesSettings
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.privacy.keys import RotatingKey
from plate_devices.privacy.privacy_settings import PrivacySettings
from plate_devices.serve.page_server import LivePage
from plate_devices.unique_ids import uuid7

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)


def event(number: int, text: str, **more: Any) -> dict[str, Any]:
    moment = timestamp(BEGIN + timedelta(minutes=number))
    plate = {"text": text, "raw_text": text, "confidence": 0.9, "characters": [{"text": "A"}], **more.pop("plate", {})}
    return {"type": "vehicle", "id": uuid7(), "first_time": moment, "last_time": moment, "plates": [plate], **more}


EVENTS = [
    event(0, "AB123", camera="gate"),
    event(1, "AB128", camera="gate", watchlists=[{"name": "family", "match": "exact", "listed": "AB128"}]),
    event(2, "XO7", camera="yard", plate={"confidence": 0.6}),
    event(3, "=1+1", source="@x"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


@pytest.fixture
def stored(path: Path) -> Iterator[SqliteOutput]:
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    output.send(EVENTS)
    yield output
    output.close()


Open = Callable[..., Any]


@pytest.fixture
def ask(open_page: Callable[..., LivePage], stored: SqliteOutput, path: Path, tmp_path: Path) -> Open:
    """Open the page over the events: ask(privacy=..., outputs=..., settings=...) returns a client."""

    def open_(
        privacy: PrivacySettings | None = None, outputs: Any = None, settings: Any = None, token: str = ""
    ) -> Any:
        outputs = (SqliteSettings(path=path),) if outputs is None else outputs
        source = HistorySource(outputs, settings or HistorySettings(), privacy)
        views = HistoryViews(source, ["gate", "yard"], ["family"], tmp_path / "pictures")
        page = open_page(routes=views.routes())
        return PageClient(port_of(page), token)

    return open_


def texts(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [one["plates"][0]["text"] for one in answer.json["events"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["=1+1", "XO7", "AB128", "AB123"]),
        ("text=b12", ["AB128", "AB123"]),
        ("text=ab-123&match=exact", ["AB123"]),
        ("text=X07&match=exact", ["XO7"]),
        ("text=A*3&match=pattern", ["AB123"]),
        ("text=4B128&match=fuzzy", ["AB128"]),
        ("text=*", ["=1+1", "XO7", "AB128", "AB123"]),
        ("camera=yard", ["XO7"]),
        ("list=family", ["AB128"]),
        ("max_confidence=0.7", ["XO7"]),
        ("min_confidence=0.6&max_confidence=.6", ["XO7"]),
        ("since=2026-05-01T12:01:00Z&until=2026-05-01T14:02:00%2B02:00", ["XO7", "AB128"]),
        ("since=2026-05-01T12:03:00", ["=1+1"]),
        ("text=QQQ", []),
        ("text=b%0012", ["AB128", "AB123"]),
        ("text=%25b_12", ["AB128", "AB123"]),
        ("camera=a%00b", []),
        ("camera=%25", []),
        ("list=x%27%20OR%20%271%27=%271", []),
    ],
)
def test_searches(ask: Open, query: str, found: list[str]) -> None:
    answer = ask().get(f"/api/events?{query}")
    assert texts(answer) == found
    assert answer.json == {"events": answer.json["events"], "next": "", "complete": True, "note": ""}


def test_pages_by_their_keys(ask: Open) -> None:
    client = ask()
    first = client.get("/api/events?limit=3")
    assert texts(first) == ["=1+1", "XO7", "AB128"]
    second = client.get(f"/api/events?limit=3&after={first.json['next']}")
    assert (texts(second), second.json["next"]) == (["AB123"], "")


@pytest.mark.parametrize(
    "query",
    ["match=best", "text=-&match=exact", "text=A?&match=exact", "since=yesterday", "until=9e99", "min_confidence=2",
     "min_confidence=nan", "max_confidence=-1", "limit=0", "limit=9999", "limit=x", "after=x", "limit=%C2%B2",
     "text=" + "A" * 40],
)  # fmt: skip
def test_what_cannot_be_searched_is_one_sentence(ask: Open, query: str) -> None:
    answer = ask().get(f"/api/events?{query}")
    if answer.status == 200:  # a separator alone has no text
        pytest.fail(f"{query}: {answer.body!r}")
    assert answer.status == 400 and answer.json["error"] and "\n" not in answer.json["error"]


def test_exports_follow_pages_and_hold_no_formula(ask: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ask()
    found, lines, after = [], [], "/api/events.csv?limit=3&min_confidence=0.1"
    while after:
        answer = client.get(after)
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"] == 'attachment; filename="events.csv"'
        lines += list(csv.reader(io.StringIO(answer.body.decode())))
        link = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("link", ""))
        after = link[1] if link else ""
    columns = lines[0]
    assert [row[columns.index("text")] for row in lines[1:]] == ["'=1+1", "XO7", "AB128", "AB123"]
    assert lines[1][columns.index("source")] == "'@x"
    answer = client.get("/api/events.jsonl?camera=gate")
    found = [json.loads(line) for line in answer.body.splitlines()]
    assert found == [EVENTS[1], EVENTS[0]] and "link" not in answer.headers
    assert answer.headers["content-type"] == "application/jsonl"


def test_the_form_and_its_files(ask: Open) -> None:
    client = ask()
    about = client.get("/api/history").json
    assert about["cameras"] == ["gate", "yard"] and about["lists"] == ["family"] and about["reason"] == ""
    assert b"<form" in client.get("/history").body
    assert client.get("/history.js").status == client.get("/history.css").status == 200


def test_nothing_is_found_without_a_table_of_events(ask: Open, tmp_path: Path) -> None:
    for outputs, settings in (((LinesSettings(),), HistorySettings()), (None, HistorySettings(output="other"))):
        answer = ask(outputs=outputs, settings=settings).get("/api/events")
        assert texts(answer) == [] and 'type = "sqlite" or "postgres"' in answer.json["note"]
    (tmp_path / "damaged").write_bytes(b"damaged" * 99)
    answer = ask(outputs=(SqliteSettings(path=tmp_path / "damaged"),)).get("/api/events")
    assert answer.status == 503 and "cannot be searched" in answer.json["error"]


def test_an_output_is_chosen_by_its_name(ask: Open, tmp_path: Path, path: Path) -> None:
    outputs = (SqliteSettings(path=tmp_path / "none"), SqliteSettings(path=path, name="years"))
    assert texts(ask(outputs=outputs).get("/api/events")) == []
    assert len(texts(ask(outputs=outputs, settings=HistorySettings(output="years")).get("/api/events"))) == 4


def test_more_searches_than_allowed_are_refused(ask: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_source, "AT_ONCE", 0)
    monkeypatch.setattr(history_source, "_WAIT", 0.01)
    answer = ask().get("/api/events")
    assert (answer.status, answer.json) == (503, {"error": "other searches are running; try again"})


class TestPrivacy:
    """What the mode of today hides, whatever was stored."""

    def test_a_mode_that_stores_nothing_shows_nothing(self, ask: Open, tmp_path: Path) -> None:
        client = ask(PrivacySettings(mode="nothing"))
        answer = client.get("/api/events?text=AB123")
        assert texts(answer) == [] and "there is no history" in answer.json["note"]
        assert client.get("/api/events.csv").status == 409
        assert client.get("/api/history").json["reason"] == answer.json["note"]

    @pytest.fixture
    def key_file(self, tmp_path: Path) -> Path:
        return tmp_path / "key"

    def hashed(self, key_file: Path, number: int, text: str) -> dict[str, Any]:
        key = RotatingKey(key_file, 1.0, print)
        return event(number, "", plate={"raw_text": "", "text_hash": key.hash(text), "characters": []})

    def test_hashes_are_found_by_the_whole_text_and_the_current_key(
        self, ask: Open, stored: SqliteOutput, key_file: Path
    ) -> None:
        passed = self.hashed(key_file, 10, "HA5O1")
        stored.send([passed])
        client = ask(PrivacySettings(mode="hash", key_file=key_file))
        answer = client.get("/api/events?text=ha501")
        assert [one["id"] for one in answer.json["events"]] == [passed["id"]]
        assert "only of events since the current key was made" in answer.json["note"]
        assert client.get("/api/events?text=HA502").json["events"] == []
        for match in ("part", "pattern", "fuzzy"):
            refused = client.get(f"/api/events?text=HA501&match={match}")
            assert refused.status == 400 and "only a whole text" in refused.json["error"]
        key_file.unlink()  # it was destroyed, and the service makes another one
        gone = client.get("/api/events?text=HA501")
        assert gone.json["events"] == [] and "the key is missing" in gone.json["note"]
        self.hashed(key_file, 11, "X")
        assert client.get("/api/events?text=HA501").json["events"] == []
        key_file.write_text("damaged")
        damaged = client.get("/api/events?text=HA501")
        assert damaged.status == 503 and "is damaged; delete it" in damaged.json["error"]

    def test_texts_that_were_stored_before_are_hidden(self, ask: Open, key_file: Path) -> None:
        client = ask(PrivacySettings(mode="hash", key_file=key_file))
        for path in ("/api/events", "/api/events.csv", "/api/events.jsonl"):
            body = client.get(path).body
            assert b"AB12" not in body and b"XO7" not in body and EVENTS[0]["id"].encode() in body
        (listed,) = client.get("/api/events?list=family").json["events"]
        assert listed["watchlists"] == [{"name": "family", "match": "exact"}]
        assert listed["plates"][0]["characters"] == []


class TestPictures:
    """Only pictures of events are served."""

    def test_a_picture_of_an_event(self, ask: Open, tmp_path: Path) -> None:
        folder = tmp_path / "pictures"
        folder.mkdir()
        name = uuid7()
        (folder / f"{name}.jpg").write_bytes(b"crop")
        (folder / f"{name}-frame.jpg").write_bytes(b"frame")
        client = ask()
        assert client.get(f"/pictures/{name}.jpg").body == b"crop"
        found = client.get(f"/pictures/{name}-frame.jpg")
        assert (found.body, found.headers["content-type"]) == (b"frame", "image/jpeg")

    @pytest.mark.parametrize(
        "name",
        ["secret.jpg", "../events.sqlite", "..%2fevents.sqlite", "", "/etc/passwd", "ID.jpg/x", "LINK.jpg", "%00"],
    )
    def test_other_files_are_not_served(self, ask: Open, tmp_path: Path, name: str) -> None:
        folder = tmp_path / "pictures"
        folder.mkdir()
        (folder / "secret.jpg").write_bytes(b"x")
        id_, link = uuid7(), uuid7()
        (folder / f"{id_}.jpg").write_bytes(b"x")
        (folder / f"{link}.jpg").symlink_to(folder / "secret.jpg")
        assert ask().get(f"/pictures/{name.replace('ID', id_).replace('LINK', link)}").status == 404
