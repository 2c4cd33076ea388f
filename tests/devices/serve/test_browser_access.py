"""Every view for all people: axe-core finds nothing serious, in light and dark, and the keyboard reaches everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import axe
import numpy as np
import pytest
from browser_helpers import DESK, PHONE, keep, wait_for, with_token
from device_helpers import make_plate, past_record
from explain_scenes import car_scene

from plate_devices.audit.audit_log import AuditLog
from plate_devices.config.load import Config
from plate_devices.config.sections import PictureSettings
from plate_devices.corrections.correction_settings import CorrectionSettings
from plate_devices.live.page_routes import page_routes
from plate_devices.outputs.event_pictures import EventPictures
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.serve.explained_frames import CameraReader
from plate_devices.serve.page_server import LivePage
from plate_devices.serve.steps_views import StepsSource
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime import PlateReader
from plate_runtime.script import LATIN

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def networks() -> Iterator[PlateReader]:
    """The shipped models."""
    with PlateReader(as_="frame") as opened:
        yield opened


@pytest.fixture
def page(open_page: Callable[..., LivePage], tmp_path: Path, token_file: Path, networks: PlateReader) -> LivePage:
    """A page with a frame, vehicles, lists and readings."""
    (tmp_path / "guests.csv").write_text("plate,name,note,to\nB-AB 123,Ann,flat 3,\nS GX 88,painter,,2026-11-06\n")
    output = SqliteOutput(SqliteSettings(path=tmp_path / "events.sqlite"))
    output.open()
    records = [past_record("BAB123", confidence=0.6), past_record("SGX88")]
    pictures = EventPictures(tmp_path / "pictures", 0.1)
    scenes = [car_scene(text=record["plates"][0]["text"]) for record in records]
    crops = [scene.crop((196, 306, 444, 367)) for scene in scenes]
    for record, scene, crop in zip(records, scenes, crops, strict=True):
        crop.save(tmp_path / f"{record['id']}.jpg")
        named = pictures.save(record["id"], crop, scene)
        output.send([record | {"crop": f"{record['id']}.jpg", "pictures": named}])
    output.close()
    config = Config(
        pictures=PictureSettings(events=tmp_path / "pictures"),
        outputs=(SqliteSettings(path=tmp_path / "events.sqlite"),),
        corrections=CorrectionSettings(tmp_path / "corrections"),
        watchlists=(WatchlistSettings("guests", tmp_path / "guests.csv"),),
    )
    options = SimpleNamespace(config=config, save_crops=str(tmp_path))
    routes = page_routes(options, AuditLog(tmp_path / "audit.sqlite"), lambda: LATIN)
    steps = StepsSource(lambda _: CameraReader(networks, "frame", None, None))
    page = open_page(token_file=token_file, routes=routes, steps=steps)
    page.live_states[""].add_frame(np.asarray(scenes[0]), [make_plate("BAB123", box=(200, 310, 240, 53))], 0.0, None)
    for record, crop, match in zip(records, crops, ("fuzzy", "exact"), strict=True):
        hit = {"name": "guests", "match": match}
        page.live_states[""].add_vehicle(record | {"watchlists": [hit]}, np.asarray(crop))
    return page


VIEWS = {
    "live": ("", "document.querySelectorAll('#passed li').length === 2 && Number(document.body.dataset.frame) > 0"),
    "steps": ("", "document.body && Number(document.body.dataset.frame) > 0"),
    "history": ("history", "document.querySelectorAll('#found img').length === 2"),
    "frame": ("history", "document.querySelectorAll('#found img').length === 2"),
    "lists": ("lists", "document.querySelectorAll('#entries tbody tr').length === 2"),
    "review": ("review", "document.querySelectorAll('#readings li').length === 2"),
    "login": ("login", "document.querySelector('#token')"),
}


@pytest.fixture(params=["light", "dark"])
def seen(request: pytest.FixtureRequest, browser: Any) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Open a tab in light or dark."""
    opened = []

    def open_(device: dict[str, Any]) -> Any:
        opened.append(browser.new_context(**device, color_scheme=request.param))
        tab = opened[-1].new_page()
        tab.kind = f"{request.param}-{'phone' if device is PHONE else 'desk'}"
        return tab

    yield open_
    for context in opened:
        context.close()


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(page: LivePage, seen: Any, view: str, device: dict[str, Any]) -> None:
    tab = seen(device)
    path, ready = VIEWS[view]
    tab.goto(with_token(page))
    tab.goto(page.url + path)
    wait_for(tab, ready)
    if view == "steps":
        tab.click("#steps")
        wait_for(tab, "document.querySelectorAll('#candidates img').length > 0")
        tab.locator("#explained").scroll_into_view_if_needed()
    if view == "frame":
        tab.click("#found li:first-child button")
        wait_for(tab, "document.querySelector('#large-picture').naturalWidth > 0")
    if view == "lists":
        tab.fill("#plate", "BAB123")
        tab.click("#try")
        wait_for(tab, "!document.querySelector('#preview').hidden")
    keep(tab, view)
    assert axe.problems(tab) == []
    wide = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing has to be scrolled sideways"


def test_on_a_phone_the_last_vehicles_come_first(page: LivePage, seen: Any) -> None:
    tab = seen(PHONE)
    tab.goto(with_token(page))
    wait_for(tab, VIEWS["live"][1])
    places = [tab.locator(one).bounding_box()["y"] for one in ("#last", "#view", "#side")]
    assert places == sorted(places)
    tab.goto(f"{page.url}history")
    wait_for(tab, VIEWS["history"][1])
    assert tab.locator("#found li").first.bounding_box()["y"] < PHONE["viewport"]["height"] - 100


@pytest.mark.parametrize("view", ["live", "history", "lists", "review"])
def test_the_keyboard_reaches_every_control(page: LivePage, seen: Any, view: str) -> None:
    tab = seen(DESK)
    path, ready = VIEWS[view]
    tab.goto(with_token(page))
    tab.goto(page.url + path)
    wait_for(tab, ready)
    controls = (
        "[...document.querySelectorAll('a, button, input, select')].filter(one => one.offsetParent && !one.disabled)"
    )
    tab.evaluate(f"window.left = new Set({controls}); document.activeElement.blur()")
    for _ in range(tab.evaluate("left.size") * 4 + 4):  # dates and times have several stops
        tab.keyboard.press("Tab")
        tab.evaluate("left.delete(document.activeElement)")
        lines = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert tab.evaluate("document.activeElement === document.body") or lines != "none", "the focus is seen"
    assert tab.evaluate("[...left].map(one => one.outerHTML)") == []


def test_the_history_is_searched_by_keyboard_alone(page: LivePage, seen: Any) -> None:
    tab = seen(DESK)
    tab.goto(with_token(page))
    tab.goto(f"{page.url}history")
    wait_for(tab, VIEWS["history"][1])

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if tab.evaluate(f"document.activeElement.matches('{selector}')"):
                return
            tab.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not reach {selector}")

    tab_to("#text")
    tab.keyboard.type("sgx")
    tab.keyboard.press("Enter")
    wait_for(tab, "document.querySelectorAll('#found li').length === 1")
    tab_to("#found button")
    tab.keyboard.press("Enter")
    wait_for(tab, "document.querySelector('#large').open")
    assert tab.evaluate("document.querySelector('#large').contains(document.activeElement)")
    tab.keyboard.press("Escape")
    wait_for(tab, "!document.querySelector('#large').open")
    assert tab.evaluate("document.activeElement.matches('#found button')"), "the focus returns to the vehicle"


def test_axe_finds_what_is_wrong(page: LivePage, seen: Any) -> None:
    tab = seen(DESK)
    tab.goto(with_token(page))
    tab.evaluate("document.body.append(document.createElement('input'), new Image(), document.createElement('button'))")
    found = axe.problems(tab)
    assert [one.partition(":")[0] for one in found] == ["button-name", "image-alt", "label"]
