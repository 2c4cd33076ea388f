"""The history in a headless Chromium: search, pages, the frame behind a vehicle, and export."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from browser_helpers import keep, wait_for, with_token
from PIL import Image

from plate_devices.config.sections import HistorySettings
from plate_devices.events.records import timestamp
from plate_devices.history.history_source import HistorySource
from plate_devices.history.history_views import HistoryViews
from plate_devices.outputs.event_pictures import EventPictures
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.privacy.privacy_settings import PrivacySettings
from plate_devices.serve.page_server import LivePage
from plate_devices.sources.demo import DemoCamera
from plate_devices.unique_ids import uuid7

pytestmark = pytest.mark.system

TEXTS = ("BC37FYK", "SGX8801", "MXY4567", "HH77OO", "KL123AB", "B5CD221")
COUNT = 120


def searched(tab: Any, number: int) -> None:
    wait_for(tab, f"document.body.dataset.searched === '{number}'")


@pytest.fixture
def events(tmp_path: Path) -> Iterator[Path]:
    """Vehicles of two days, the newest ones with pictures."""
    path = tmp_path / "events.sqlite"
    output = SqliteOutput(SqliteSettings(path=path))
    output.open()
    pictures = EventPictures(tmp_path / "pictures", 0.1)
    frames = [Image.fromarray(frame.rgb) for frame, _ in zip(DemoCamera("demo").frames(), range(60), strict=False)]
    crop = frames[40].crop((180, 330, 460, 402))
    begin = datetime(2026, 5, 1, 12, tzinfo=UTC)
    for number in range(COUNT):
        moment = timestamp(begin + timedelta(minutes=20 * number))
        text = TEXTS[number % len(TEXTS)]
        one = {"type": "vehicle", "id": uuid7(), "first_time": moment, "last_time": moment, "frames_read": 9,
               "camera": ("gate", "yard")[number % 2], "direction": "approaching", "stay_seconds": 2.4,
               "source": "<img src=x onerror=alert(1)>",
               "plates": [{"text": text, "confidence": 0.6 + number % 4 / 10}]}  # fmt: skip
        if number % 7 == 0:
            one["watchlists"] = [{"name": "<b>family</b>", "match": "exact", "plate_name": "Ann"}]
        if number >= COUNT - 60:
            one["pictures"] = pictures.save(one["id"], crop, frames[40])
        output.send([one])
    output.close()
    return path


@pytest.fixture
def open_history(
    open_page: Callable[..., LivePage], events: Path, tmp_path: Path, token_file: Path
) -> Callable[..., LivePage]:
    def open_(privacy: PrivacySettings | None = None) -> LivePage:
        source = HistorySource((SqliteSettings(path=events),), HistorySettings(), privacy)
        views = HistoryViews(source, ["gate", "yard"], ["<b>family</b>"], tmp_path / "pictures")
        return open_page(token_file=token_file, routes=views.routes())

    return open_


def test_search_pages_and_the_frame_behind(open_history: Callable[..., LivePage], tab: Any) -> None:
    page = open_history()
    tab.goto(with_token(page))
    tab.goto(f"{page.url}history")
    searched(tab, 1)
    assert tab.locator("#found li").count() == 50
    wait_for(tab, "document.querySelector('#found img').naturalWidth > 0")
    keep(tab, "history")
    wide = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing has to be scrolled sideways"
    first = tab.inner_text("#found li:first-child .text")
    tab.click("#older")
    searched(tab, 2)
    tab.click("#older")
    searched(tab, 3)
    assert tab.locator("#found li").count() == 20 and tab.is_disabled("#older")
    tab.click("#newer")
    searched(tab, 4)
    tab.click("#newer")
    searched(tab, 5)
    assert tab.inner_text("#found li:first-child .text") == first and tab.is_disabled("#newer")
    if not tab.is_visible("#camera"):  # on a phone
        tab.click("#filters summary")
    tab.fill("#text", "hh77 00")
    tab.select_option("#match", "exact")
    tab.select_option("#camera", "yard")
    tab.press("#text", "Enter")
    searched(tab, 6)
    assert tab.locator("#found li").count() == 20
    assert set(tab.locator("#found .text").all_inner_texts()) == {"HH77OO"}
    assert "text=hh77+00&match=exact&camera=yard" in tab.url
    tab.reload()
    searched(tab, 1)
    assert tab.locator("#found li").count() == 20 and tab.input_value("#text") == "hh77 00"
    tab.click("#found li:first-child button")
    wait_for(
        tab, "document.querySelector('#large').open && document.querySelector('#large-picture').naturalWidth > 300"
    )
    assert "<img src=x onerror=alert(1)>" in tab.inner_text("#large-figures")
    keep(tab, "history-frame")
    tab.press("body", "Escape")
    wait_for(tab, "!document.querySelector('#large').open")
    tab.click("#clear")
    searched(tab, 2)
    tab.select_option("#list", "<b>family</b>")
    tab.fill("#since", "2026-05-02T00:00")
    tab.click("#form [type=submit]")
    searched(tab, 3)
    assert 0 < tab.locator("#found li").count() < 18
    assert "<b>family</b>: Ann" in tab.inner_text("#found li:first-child")
    assert not tab.problems, tab.problems


def test_an_export_is_saved_whole(open_history: Callable[..., LivePage], tab: Any, tmp_path: Path) -> None:
    page = open_history()
    tab.goto(with_token(page))
    tab.goto(f"{page.url}history?camera=gate")
    searched(tab, 1)
    for kind in ("csv", "jsonl"):
        with tab.expect_download() as download:
            tab.click(f"#{kind}")
        download.value.save_as(tmp_path / f"saved.{kind}")
    lines = (tmp_path / "saved.csv").read_text().splitlines()
    assert len(lines) == 1 + COUNT // 2 and lines[0].startswith("id,type,text")
    records = [json.loads(line) for line in (tmp_path / "saved.jsonl").read_text().splitlines()]
    assert len(records) == COUNT // 2 and {one["camera"] for one in records} == {"gate"}
    assert not tab.problems, tab.problems


def test_what_privacy_hides_is_said(open_history: Callable[..., LivePage], tab: Any, tmp_path: Path) -> None:
    page = open_history(PrivacySettings(mode="nothing"))
    tab.goto(with_token(page))
    tab.goto(f"{page.url}history")
    searched(tab, 1)
    assert tab.locator("#found li").count() == 0 and "there is no history" in tab.inner_text("#message")
    page = open_history(PrivacySettings(mode="hash", key_file=tmp_path / "key"))
    tab.goto(with_token(page))
    tab.goto(f"{page.url}history")
    searched(tab, 1)
    assert "BC37FYK" not in tab.inner_text("body")
    tab.fill("#text", "BC37FYK")
    tab.click("#form [type=submit]")
    searched(tab, 2)
    assert "the key is missing" in tab.inner_text("#message")
    assert not tab.problems, tab.problems
