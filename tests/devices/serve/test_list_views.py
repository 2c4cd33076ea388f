"""Watch lists over HTTP: entries, changes with an audit row, previews, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from device_helpers import past_record
from page_client import PageClient, port_of

from plate_devices.audit.audit_log import AuditLog
from plate_devices.serve.list_views import PAGE_ENTRIES, ListViews, PastSource
from plate_devices.serve.page_server import LivePage
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime.script import LATIN


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "family.txt"
    file.write_text("AB 801, Ann\nCD 2 # guest\n")
    return file


@pytest.fixture
def audit(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / "audit.sqlite")


@pytest.fixture
def client(path: Path, audit: AuditLog, tmp_path: Path, open_page: Callable[..., LivePage], token_file: Path) -> Any:
    """Asks a page with lists, with the full token."""
    past = {"AB801": [past_record("AB801"), past_record("AB807")]}
    views = ListViews(
        [WatchlistSettings("family", path, True)], audit, PastSource(lambda text, _: past[text]), lambda: LATIN
    )
    viewer = tmp_path / "viewer"
    viewer.write_text("only-reads-everything\n")
    viewer.chmod(0o600)
    page = open_page(token_file=token_file, viewer_token_file=viewer, routes=views.routes())
    return PageClient(port_of(page))


def change(client: Any, do: Any, line: Any = None, version: str | None = None, **entry: str) -> Any:
    if version is None:
        version = client.get("/api/list?list=family").json["version"]
    asked = {"list": "family", "version": version, "do": do, "line": line, "entry": entry}
    return client.post("/api/list", asked)


def test_lists_and_entries_are_shown(client: Any, path: Path) -> None:
    assert client.get("/api/lists").json == {
        "lists": [{"name": "family", "file": str(path), "fuzzy": True}], "may_write": True, "read_only": "",
    }  # fmt: skip
    found = client.get("/api/list?list=family").json
    ann = {"line": 1, "plate": "AB 801", "name": "Ann", "note": "", "from": "", "to": ""}
    assert found["entries"][0] == ann and found["problem"] == "" and not found["more"]
    assert [one["line"] for one in client.get("/api/list?list=family&text=aNN").json["entries"]] == [1]
    assert client.get("/api/list?list=club").status == 404
    for page in ("/lists", "/lists.js", "/views.css", "/shared.js"):
        assert client.get(page).status == 200


def test_changes_are_written_and_audited(client: Any, path: Path, audit: AuditLog) -> None:
    assert change(client, "add", plate="EF 3", note="<b>x</b>", to="2026-12-31").status == 200
    assert change(client, "replace", 3, plate="CD 22").status == 200
    assert change(client, "delete", 2).status == 200
    assert path.read_text() == "plate,name,note,from,to\nCD 22 # guest\nEF 3,,<b>x</b>,,2026-12-31\n"
    rows = audit.rows()
    assert [row.what for row in rows] == ["list.deleted", "list.changed", "list.added"]
    assert rows[2].details["entry"]["plate"] == "EF 3" and rows[2].details["list"] == "family"
    assert (rows[1].details["before"]["plate"], rows[1].details["entry"]["plate"]) == ("CD 2", "CD 22")
    assert rows[0].details["before"]["plate"] == "AB 801" and "entry" not in rows[0].details


def test_long_names_of_any_script_are_audited(client: Any, audit: AuditLog) -> None:
    long = {"plate": "EF 3", "name": "\U0001f697" * 80, "note": "\U0001f697" * 200}
    assert change(client, "add", **long).status == 200
    assert change(client, "replace", 3, **long | {"plate": "EF 4"}).status == 200
    assert audit.rows()[0].details["entry"]["note"] == long["note"]


def test_an_entry_of_any_length_is_deleted(client: Any, path: Path, audit: AuditLog) -> None:
    path.write_text(f"plate,name,note\nAB 1,Ann,{'x' * 100_000}\n")
    assert change(client, "delete", 2).status == 200
    assert audit.rows()[0].details["before"]["note"] == "x" * 200


def test_an_added_entry_has_no_line(client: Any, audit: AuditLog) -> None:
    assert change(client, "add", ["x" * 3900], plate="EF 3").status == 200, "whatever line says"
    assert len(audit.rows()) == 1


@pytest.mark.parametrize(
    ("do", "line", "entry", "status"),
    [
        ("add", None, {"plate": "---"}, 400),
        ("add", None, {"plate": "AB801"}, 400),
        ("replace", 9, {"plate": "X1"}, 400),
        ("replace", None, {"plate": "X1"}, 400),
        ("delete", True, {}, 400),
        ("drop", 1, {}, 400),
        (["add"], 1, {"plate": "X1"}, 400),
        ({}, 1, {"plate": "X1"}, 400),
        ("add", None, {"plate": 5}, 400),
    ],
)
def test_nonsense_is_refused_without_an_audit_row(
    client: Any, path: Path, audit: AuditLog, do: Any, line: Any, entry: dict[str, Any], status: int
) -> None:
    before = path.read_bytes()
    assert change(client, do, line, **entry).status == status
    assert path.read_bytes() == before and audit.rows() == []


def test_a_list_that_was_changed_in_the_meantime_is_409(client: Any, path: Path, audit: AuditLog) -> None:
    seen = client.get("/api/list?list=family").json["version"]
    path.write_text("ZZ 1\n")
    answer = change(client, "delete", 1, seen)
    assert answer.status == 409 and "was changed in the meantime" in answer.json["error"]
    assert path.read_text() == "ZZ 1\n" and audit.rows() == []
    path.write_text("!!\n")
    assert client.get("/api/list?list=family").status == 409, "a broken list is named"


def test_a_viewer_sees_lists_and_changes_none(client: Any, path: Path) -> None:
    viewer = PageClient(client.port, "only-reads-everything")
    version = viewer.get("/api/list?list=family").json["version"]
    assert viewer.get("/api/lists").json["may_write"] is False
    assert viewer.get("/api/list-preview?plate=AB801").status == 200
    assert change(viewer, "delete", 1, version).status == 403
    stranger = PageClient(client.port, "")
    for path_ in ("/api/lists", "/api/list?list=family", "/api/list-preview?plate=AB801"):
        assert stranger.get(path_).status == 401
    other = client.post("/api/list", {}, Origin="http://evil.example")
    assert other.status == 403
    assert path.read_text().startswith("AB 801")


def test_without_an_audit_log_nothing_is_changed(client: Any, path: Path, tmp_path: Path) -> None:
    (tmp_path / "audit.sqlite").mkdir()
    assert change(client, "delete", 1).status == 503
    assert path.read_text() == "AB 801, Ann\nCD 2 # guest\n"


def test_a_preview_names_matches_and_near_misses(client: Any) -> None:
    found = client.get("/api/list-preview?plate=ab-80i").json
    assert [one["text"] for one in found["matches"]] == ["AB801"]
    assert [one["text"] for one in found["confusable"]] == ["AB807"]
    assert found["uncertain"] == [] and found["looked_at"] == 2
    assert client.get("/api/list-preview?plate=").status == 400
    assert client.get("/api/list-preview?plate=" + "A" * 5000).status == 400


def test_long_lists_come_in_parts(client: Any, path: Path) -> None:
    path.write_text("".join(f"A {number}\n" for number in range(PAGE_ENTRIES + 5)))
    first = client.get("/api/list?list=family").json
    assert len(first["entries"]) == PAGE_ENTRIES and first["more"]
    rest = client.get(f"/api/list?list=family&after={first['entries'][-1]['line']}").json
    assert [one["plate"] for one in rest["entries"]] == [f"A {PAGE_ENTRIES + number}" for number in range(5)]
    assert not rest["more"]
