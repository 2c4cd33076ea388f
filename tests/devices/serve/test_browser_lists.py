"""The page of watch lists in a headless Chromium: by mouse, by keyboard, and as a viewer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser_helpers import keep, wait_for, with_token
from device_helpers import past_record

from plate_devices.audit.audit_log import AuditLog
from plate_devices.serve.list_views import ListViews, PastSource
from plate_devices.serve.page_server import LivePage
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime.script import LATIN

pytestmark = pytest.mark.system

GUESTS = """# guests of this house
plate,name,note,from,to
B-AB 123,Ann,"flat 3, blue",,
S GX 88,painter,,2026-11-02,2026-11-06
M XY 4567,<b>parcel</b>,"<img src=x onerror=alert(1)>",2099-11-05 08:00,2099-11-05 18:00
H* 77?,the club,,,
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "guests.csv"
    file.write_text(GUESTS)
    return file


@pytest.fixture
def page(open_page: Callable[..., LivePage], path: Path, tmp_path: Path, token_file: Path) -> LivePage:
    (tmp_path / "family.txt").write_text("AB 1\n")
    records = [past_record(text) for text in ("BAB123", "BAB128", "8AB123", "HH771", "MXY4567", "BAB123")]
    records[1]["plates"][0]["characters"][5] |= {"confidence": 0.8, "alternatives": [["3", 0.15]]}
    lists = [WatchlistSettings("guests", path), WatchlistSettings("family", tmp_path / "family.txt", True)]
    views = ListViews(
        lists, AuditLog(tmp_path / "audit.sqlite"), PastSource(lambda _, most: records[:most]), lambda: LATIN
    )
    return open_page(token_file=token_file, routes=views.routes())


def test_an_entry_is_previewed_added_changed_and_deleted(page: LivePage, path: Path, tab: Any) -> None:
    tab.goto(with_token(page))
    tab.goto(f"{page.url}lists")
    wait_for(tab, "document.querySelectorAll('#entries tbody tr').length === 4")
    assert tab.locator("#entries b, #entries img").count() == 0, "names and notes are texts"
    assert "not yet" in tab.inner_text("#entries tbody tr:nth-child(3)")
    tab.fill("#plate", "bab 123")
    tab.click("#try")
    wait_for(tab, "!document.querySelector('#preview').hidden")
    shown = [one.split("\n")[0] for one in tab.locator("#kinds .readings").all_inner_texts()]
    assert [one.split()[0] for one in shown] == ["BAB123", "BAB128", "8AB123"]
    assert tab.locator("#kinds ul").nth(0).locator("li").count() == 2
    keep(tab, "lists")
    tab.fill("#plate", "ZZ 9")
    tab.fill("#note", "new")
    tab.fill("#to-day", "2099-12-31")
    tab.press("#note", "Enter")
    wait_for(tab, "document.querySelector('#message').textContent === 'ZZ 9 is added'")
    assert path.read_text() == GUESTS + "ZZ 9,,new,,2099-12-31\n"
    tab.get_by_label("Change ZZ 9").click()
    tab.fill("#to-time", "18:00")
    tab.click("#save")
    wait_for(tab, "document.querySelector('#message').textContent === 'ZZ 9 is saved'")
    assert path.read_text() == GUESTS + "ZZ 9,,new,,2099-12-31 18:00\n"
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.get_by_label("Delete ZZ 9").click()
    wait_for(tab, "document.querySelector('#message').textContent === 'ZZ 9 is deleted'")
    assert path.read_text() == GUESTS
    wide = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing has to be scrolled sideways"
    assert not tab.problems, tab.problems


def test_an_entry_with_a_time_that_is_not_touched_stays(page: LivePage, path: Path, tab: Any) -> None:
    path.write_text("plate,to\nA 1,2026-11-05T08:00:30Z\n")
    tab.goto(with_token(page))
    tab.goto(f"{page.url}lists?list=guests")
    tab.get_by_label("Change A 1").click()
    tab.fill("#name", "Bo")
    tab.click("#save")
    wait_for(tab, "document.querySelector('#message').textContent === 'A 1 is saved'")
    assert path.read_text() == "plate,to,name,note,from\nA 1,2026-11-05T08:00:30Z,Bo\n"


def test_a_change_from_outside_is_shown_and_kept(page: LivePage, path: Path, tab: Any) -> None:
    tab.goto(with_token(page))
    tab.goto(f"{page.url}lists?list=family")
    wait_for(tab, "document.querySelectorAll('#entries tbody tr').length === 1")
    family = path.with_name("family.txt")
    family.write_text("AB 1\nCD 2\n")
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.get_by_label("Delete AB 1").click()
    wait_for(tab, "document.querySelector('#message').textContent.includes('changed in the meantime')")
    wait_for(tab, "document.querySelectorAll('#entries tbody tr').length === 2")
    assert family.read_text() == "AB 1\nCD 2\n"
    tab.problems[:] = [one for one in tab.problems if "409" not in one]
    assert not tab.problems, tab.problems


def test_without_the_full_token_nothing_can_be_changed(
    open_page: Callable[..., LivePage], path: Path, tmp_path: Path, tab: Any
) -> None:
    views = ListViews(
        [WatchlistSettings("guests", path)], AuditLog(tmp_path / "a.sqlite"), PastSource(None, "no past"), lambda: LATIN
    )
    page = open_page(routes=views.routes())
    tab.goto(f"{page.url}lists")
    wait_for(tab, "document.querySelectorAll('#entries tbody tr').length === 4")
    assert tab.inner_text("#readonly").startswith("Read only: changes need a token")
    assert not tab.locator("#save, .act button").first.is_visible()
    keep(tab, "lists-read-only")
