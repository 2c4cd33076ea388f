"""The live page in a headless Chromium, on a desk and on a phone; see `browser_helpers`."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_helpers import PHONE, keep, wait_for, with_token

from plate_devices.events.records import Engine, Origin, vehicle_record
from plate_devices.follow import Follower
from plate_devices.serve.page_server import LivePage
from plate_devices.sources.demo import ROI, DemoCamera
from plate_runtime.reader import PlateReader

pytestmark = pytest.mark.system

ENGINE = Engine({"reader": "plate-reader@1.0.0"}, "litert")


class Loop(threading.Thread):
    """Reads the drawn drive at ten frames a second, over and over, and feeds a page."""

    def __init__(self, page: LivePage, camera: str = "") -> None:
        super().__init__(daemon=True)
        self.camera = camera
        self.page, self.stopped, self.paused = page, threading.Event(), threading.Event()

    def run(self) -> None:
        state = self.page.live_states[self.camera]
        with PlateReader() as reader:
            while not self.stopped.is_set():
                follower = Follower(True)
                for frame in DemoCamera("demo").frames():
                    while self.paused.is_set() and not self.stopped.wait(0.1):
                        pass
                    if self.stopped.wait(0.1):
                        return
                    x, y, width, height = roi = state.roi_for((640, 480), ROI) or (0, 0, 640, 480)
                    part = frame.rgb[y : y + height, x : x + width].copy()
                    plates = [moved(plate, x, y) for plate in reader.read(part, "plate")]
                    state.add_frame(frame.rgb, plates, 0.0, roi)
                    state.set_figures(source="demo", skipped=0, dropped=0)
                    for vehicle in follower.add(frame, plates):
                        record = vehicle_record(Origin("demo", ENGINE), vehicle)
                        record["watchlists"] = [{"name": "family", "match": "exact"}] if frame.number < 40 else []
                        state.add_vehicle(record, vehicle.picture)


def moved(plate: Any, x: int, y: int) -> Any:
    from dataclasses import replace

    box = (plate.box[0] + x, plate.box[1] + y, *plate.box[2:])
    return replace(plate, box=box, corners=tuple((across + x, down + y) for across, down in plate.corners))


@pytest.fixture
def page(open_page: Callable[..., LivePage], tmp_path: Path, token_file: Path) -> Iterator[LivePage]:
    page = open_page(roi_file=tmp_path / "roi.json", token_file=token_file)
    loop = Loop(page)
    loop.start()
    page.loop = loop
    yield page
    loop.stopped.set()
    loop.join(10)


def pixels(tab: Any) -> list[int]:
    """Mean colour of the canvas, and how many of its pixels are those of outlines."""
    return tab.evaluate(
        """() => {
          const canvas = document.querySelector("canvas");
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          let sum = 0, orange = 0;
          for (let i = 0; i < data.length; i += 4) {
            sum += data[i] + data[i + 1] + data[i + 2];
            orange += data[i] > 240 && Math.abs(data[i + 1] - 90) < 12 && Math.abs(data[i + 2] - 54) < 12;
          }
          return [Math.round(sum / data.length), orange];
        }"""
    )


def test_pictures_readings_and_who_has_passed(page: LivePage, tab: Any) -> None:
    tab.goto(with_token(page))
    wait_for(tab, "Number(document.body.dataset.frame) > 0")
    wait_for(tab, "document.querySelectorAll('#passed img').length >= 2")
    wait_for(tab, "[...document.querySelectorAll('#passed img')].every(image => image.complete && image.naturalWidth)")
    assert re.fullmatch(r"[A-Z0-9]{6,10}", tab.inner_text("#passed li:last-child .text"))
    assert tab.inner_text("#passed li:last-child .list") == "family"
    wait_for(tab, "document.querySelector('#hints .good')")
    assert "pixels wide, and sharp enough" in tab.inner_text("#hints .good")
    wait_for(tab, r"/^live, \d+\.\d frames\/s$/.test(document.querySelector('#connection').textContent)")
    until = time.monotonic() + 60
    light, outlines = pixels(tab)
    while outlines < 500 and time.monotonic() < until:
        tab.wait_for_timeout(50)
        light, outlines = pixels(tab)
    keep(tab, "watching")
    assert light > 30, "the canvas shows the street"
    assert outlines > 200, "corners of a plate are drawn in"
    wide = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing has to be scrolled sideways"
    assert not tab.problems, tab.problems


def test_an_roi_is_drawn_read_and_taken_away(page: LivePage, tab: Any) -> None:
    tab.goto(with_token(page))
    wait_for(tab, "Number(document.body.dataset.frame) > 0")
    tab.click("#draw")
    box = tab.locator("canvas").bounding_box()
    across, down = box["width"] / 640, box["height"] / 480
    tab.mouse.move(box["x"] + 420 * across, box["y"] + 420 * down)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 300 * across, box["y"] + 380 * down)
    tab.mouse.move(box["x"] + 160 * across, box["y"] + 310 * down)
    keep(tab, "drawing")
    tab.mouse.up()
    wait_for(tab, "document.querySelector('#message').textContent.includes('after a restart')")
    roi = page.live_states[""].roi
    assert roi is not None
    assert all(abs(value - wanted) <= 3 for value, wanted in zip(roi, (160, 310, 260, 110), strict=True)), roi
    assert tab.inner_text("#roi") == f"--roi {','.join(map(str, roi))}"
    assert tab.get_attribute("#draw", "aria-pressed") == "false"
    tab.wait_for_timeout(700)
    keep(tab, "roi")
    tab.click("#whole")
    wait_for(tab, "document.querySelector('#roi').textContent === '--roi 0,0,640,480'")
    assert page.live_states[""].roi_for((640, 480), (1, 2, 30, 40)) is None
    assert not tab.problems, tab.problems


def test_several_cameras_are_a_grid_and_one_is_large(
    open_page: Callable[..., LivePage], tab: Any, token_file: Path
) -> None:
    page = open_page(token_file=token_file)
    page.show_cameras(["gate", "yard", "ha/ll & more"])
    page.live_states["yard"].set_figures(state="lost, next try in 3 s")
    loops = [Loop(page, "gate"), Loop(page, "ha/ll & more")]
    for loop in loops:
        loop.start()
    tab.goto(with_token(page))
    wait_for(tab, "document.querySelectorAll('#grid button').length === 3")
    wait_for(tab, "document.querySelectorAll('#passed img').length >= 2")
    wait_for(tab, "[...document.querySelectorAll('#grid canvas')].filter(one => one.height > 160).length >= 2")
    wait_for(tab, "document.querySelector('#connection').textContent === '1 of 3 cameras without pictures'")
    assert tab.inner_text("#grid .lost .more") == "lost, next try in 3 s"
    assert tab.is_hidden("#view") and tab.is_hidden("#all")
    keep(tab, "grid")
    wide = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing has to be scrolled sideways"
    tab.click("#grid button:nth-child(3)")
    wait_for(tab, "Number(document.body.dataset.frame) > 0 && !document.querySelector('#view').hidden")
    wait_for(tab, "document.querySelector('#source').textContent === 'ha/ll & more'")
    wait_for(tab, "document.querySelector('#connection').textContent.startsWith('live, ')")
    keep(tab, "large")
    tab.click("#whole")
    wait_for(tab, "document.querySelector('#message').textContent.includes('the whole picture is read')")
    assert page.live_states["ha/ll & more"].roi_for((640, 480), ROI) is None
    assert page.live_states["gate"].roi_for((640, 480), ROI) == ROI
    tab.click("#all")
    wait_for(tab, "!document.querySelector('#grid').hidden")
    page.show_cameras(["gate"])
    wait_for(tab, "document.querySelector('#grid').hidden && !document.querySelector('#view').hidden")
    wait_for(tab, "document.querySelector('#connection').textContent.startsWith('live, ')")
    assert all("404" in one for one in tab.problems), "a picture of a camera that was removed"
    for loop in loops:
        loop.stopped.set()
        loop.join(10)


def test_a_finger_draws_too(page: LivePage, browser: Any) -> None:
    context = browser.new_context(**PHONE)
    tab = context.new_page()
    tab.goto(with_token(page))
    wait_for(tab, "Number(document.body.dataset.frame) > 0")
    tab.tap("#draw")
    box = tab.locator("canvas").bounding_box()
    session = context.new_cdp_session(tab)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (0.2, 0.2))
    for step in range(1, 6):
        touch("touchMove", (0.2 + 0.1 * step, 0.2 + 0.1 * step))
    touch("touchEnd")
    wait_for(tab, "document.querySelector('#message').textContent.includes('after a restart')")
    x, y, width, height = page.live_states[""].roi or (0, 0, 0, 0)
    assert abs(x - 128) < 6 and abs(y - 96) < 6 and abs(width - 320) < 8 and abs(height - 240) < 8
    assert tab.evaluate("scrollY") == 0, "the page stays where it is while a finger draws"
    context.close()


def test_trouble_is_shown(page: LivePage, tab: Any) -> None:
    tab.goto(with_token(page))
    wait_for(tab, "document.querySelector('#connection').className === 'good'")
    page.loop.paused.set()
    wait_for(tab, "document.querySelector('#connection').textContent.startsWith('no picture for')")
    page.live_states[""].set_figures(state="lost for 12 s")
    wait_for(tab, "document.querySelector('#connection').textContent === 'lost for 12 s'")
    assert not tab.problems, tab.problems
    page.close()
    wait_for(tab, "document.querySelector('#connection').textContent === 'no response from the device'")
    keep(tab, "trouble")


def test_other_machines_log_in(open_page: Callable[..., LivePage], tab: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("correct-horse-battery\n")
    (tmp_path / "token").chmod(0o600)
    page = open_page("0.0.0.0:0", token_file=tmp_path / "token")
    page.live_states[""].add_frame(next(DemoCamera("demo").frames()).rgb, [], 0.0)
    tab.goto(page.url)
    keep(tab, "login")
    tab.fill("#token", "wrong-horse-battery")
    tab.click("button")
    tab.wait_for_selector("#token")
    tab.fill("#token", "correct-horse-battery")
    tab.click("button")
    wait_for(tab, "Number(document.body.dataset.frame) > 0")
    assert "token" not in tab.url
    tab.reload()
    wait_for(tab, "Number(document.body.dataset.frame) > 0")


def test_a_browser_that_only_reads_says_so(open_page: Callable[..., LivePage], tab: Any, tmp_path: Path) -> None:
    page = open_page(token_file=tmp_path / "token", viewer_token_file=tmp_path / "viewer")
    page.live_states[""].add_frame(next(DemoCamera("demo").frames()).rgb, [], 0.0)
    tab.goto(f"{page.url}?token={(tmp_path / 'viewer').read_text().strip()}")
    wait_for(tab, "!document.querySelector('#readonly').hidden")
    assert "the full token" in tab.inner_text("#readonly")
    assert tab.is_disabled("#draw") and tab.is_disabled("#whole")
    keep(tab, "read-only")
    tab.click("#readonly a")
    tab.fill("#token", page.token)
    tab.click("button")
    wait_for(tab, "Number(document.body.dataset.frame) > 0")
    wait_for(tab, "document.querySelector('#readonly').hidden && !document.querySelector('#draw').disabled")
    assert not tab.problems, tab.problems
