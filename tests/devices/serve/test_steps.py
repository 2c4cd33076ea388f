"""The steps of the newest frame on the page: what `/steps` returns, to whom, and what it costs."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from explain_scenes import car_scene
from page_client import PageClient, port_of
from PIL import Image

from plate_devices.explain.as_picture import RETURNED
from plate_devices.serve import explained_frames
from plate_devices.serve.explained_frames import CameraReader, ExplainedFrames
from plate_devices.serve.live_state import LiveState
from plate_devices.serve.page_server import LivePage
from plate_devices.serve.steps_views import StepsSource
from plate_runtime import PlateReader
from plate_runtime.errors import UsageError


@pytest.fixture(scope="module")
def networks() -> Iterator[PlateReader]:
    """The shipped models."""
    with PlateReader(as_="frame") as opened:
        yield opened


@pytest.fixture
def page(open_page: Callable[..., LivePage], token_file: Path, networks: PlateReader) -> LivePage:
    reader = CameraReader(networks, "frame", None, None)
    return open_page(token_file=token_file, steps=StepsSource(lambda name: reader if name == "" else None))


def steps_of(client: Any, wanted: Callable[[dict[str, Any]], bool] = lambda steps: steps["final"]) -> Any:
    """Ask until there are steps as they are wanted."""
    until, after = time.monotonic() + 60, 0
    while time.monotonic() < until:
        answer = client.get(f"/steps?after={after}")
        assert answer.status in (200, 204), answer
        if answer.status == 200:
            assert answer.json["number"] > after
            after = answer.json["number"]
            if wanted(answer.json):
                return answer.json
        time.sleep(0.1)
    pytest.fail("no steps")


def opened(url: str) -> Image.Image:
    head, _, content = url.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")


def test_a_plate_that_is_read(page: LivePage, client: Any) -> None:
    assert client.get("/steps").status == 204, "there is no frame yet"
    page.live_states[""].add_frame(np.asarray(car_scene()), [], 0.0)
    steps = steps_of(client)
    assert steps["cause"] is None and ["result", "KR59ABC"] in steps["outcome"]
    one = steps["candidates"][0]
    assert (one["state"], one["title"], one["dropped"]) == ("returned", "KR59ABC", None)
    assert any(line.startswith("read KR59ABC") for line in one["sentences"]) and one["verdict"] == "returned"
    assert opened(one["picture"]).width == one["crop"][0]
    picture = opened(steps["picture"])
    assert picture.size == (640, 480)
    x, y = map(int, one["corners"][0])
    number = np.asarray(picture, int)[y - 20 : y, x : x + 12]
    assert (np.abs(number - RETURNED).sum(axis=2) < 60).mean() > 0.3, "its number is green"


def test_the_cause_comes_after_the_measures(page: LivePage, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    explain, seen = explained_frames.explain, threading.Event()

    def explain_later(*arguments: Any, **options: Any) -> Any:
        assert "reader" not in options or seen.wait(60)
        return explain(*arguments, **options)

    monkeypatch.setattr(explained_frames, "explain", explain_later)
    page.live_states[""].add_frame(np.asarray(car_scene(0.11)), [], 0.0)
    first = steps_of(client, lambda _: True)
    assert not first["final"]
    seen.set()
    last = steps_of(client)
    assert last["cause"]["name"] == "small" and last["number"] > first["number"]


def test_the_roi_and_several_cameras(page: LivePage, client: Any) -> None:
    page.show_cameras(["", "yard"])
    page.live_states[""].add_frame(np.asarray(car_scene()), [], 0.0, (0, 0, 640, 240))
    assert steps_of(client)["cause"]["name"] == "outside the ROI"
    assert client.get("/steps?camera=yard").status == 204, "it has no frame, and is not open"
    assert client.get("/steps?camera=none").status == 404


def test_privacy_and_pages_without_steps(open_page: Callable[..., LivePage], token_file: Path) -> None:
    hidden = open_page(token_file=token_file, steps=StepsSource(lambda _: None, "steps show what is hidden"))
    for page, reason in ((hidden, "steps show what is hidden"), (open_page(token_file=token_file), "no steps")):
        page.live_states[""].add_frame(np.asarray(car_scene()), [], 0.0)
        refused = PageClient(port_of(page)).get("/steps")
        assert refused.status == 409 and reason in refused.json["error"]


class Networks:
    """Reads nothing, and counts."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.calls, self.error = seconds, 0, False

    def read(self, image: Any, as_: str = "frame", *, steps: Any = None, **_: Any) -> list[Any]:
        self.calls += 1
        time.sleep(self.seconds)
        if self.error:
            raise UsageError("the networks are closed")
        if steps is not None:
            steps.read_as = as_
        return []

    def find(self, *_: Any, **__: Any) -> list[Any]:
        raise AssertionError


@pytest.fixture
def explaining() -> Iterator[Callable[[Networks], tuple[LiveState, ExplainedFrames]]]:
    """Explain the frames of one camera without a name."""
    opened = []

    def open_(networks: Networks) -> tuple[LiveState, ExplainedFrames]:
        state = LiveState()
        frames = ExplainedFrames({"": state}, lambda _: CameraReader(networks, "frame", None, None))
        frames.start()
        opened.append(frames)
        return state, frames

    yield open_
    for frames in opened:
        frames.close()


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def ask_until(frames: ExplainedFrames, condition: Callable[[], bool]) -> None:
    """Ask repeatedly, as a page does: one request counts for some seconds, in which a busy machine may do nothing."""

    def asked() -> bool:
        frames.newest("", 0)
        return condition()

    wait_until(asked)


def test_nothing_is_read_until_a_client_asks(explaining: Any, picture: np.ndarray) -> None:
    networks = Networks()
    state, frames = explaining(networks)
    state.add_frame(picture, [], 0.0)
    time.sleep(0.6)
    assert networks.calls == 0
    assert frames.newest("", 0) is None
    ask_until(frames, lambda: networks.calls > 0)


def test_a_reading_is_paid_for_with_a_pause(explaining: Any, picture: np.ndarray) -> None:
    networks = Networks(0.05)
    state, frames = explaining(networks)
    state.add_frame(picture, [], 0.0)
    paused: list[float] = []
    frames._pause = paused.append
    ask_until(frames, lambda: networks.calls > 4)
    share = 0.05 / explained_frames.FRACTION
    assert [one for one in paused if one > 0.8 * share], "each reading of 50 ms is followed by a third of a second"


def test_it_stops_when_no_client_asks_any_more(
    explaining: Any, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(explained_frames, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(explained_frames, "EVERY", 0.0)
    networks = Networks()
    state, frames = explaining(networks)
    state.add_frame(picture, [], 0.0)
    frames.newest("", 0)
    wait_until(lambda: networks.calls > 0)
    now[0] += explained_frames._ACTIVE_FOR + 1
    wait_until(lambda: not frames._requests)
    calls = networks.calls
    state.add_frame(picture, [], 0.0)
    time.sleep(0.6)
    assert networks.calls == calls


def test_closed_networks_end_an_explanation_but_not_the_thread(explaining: Any, picture: np.ndarray) -> None:
    networks = Networks()
    networks.error = True
    state, frames = explaining(networks)
    state.add_frame(picture, [], 0.0)
    frames.newest("", 0)
    wait_until(lambda: networks.calls > 0)
    networks.error = False
    found: list[Any] = []

    def ask() -> bool:
        state.add_frame(picture, [], 0.0)
        found.append(frames.newest("", 0))
        return found[-1] is not None

    wait_until(ask)
    assert any(thread.name == "steps of the live page" for thread in threading.enumerate())
