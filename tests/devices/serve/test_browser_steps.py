"""The switch "Steps" of the live page in a browser: what it shows, holds, and refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_helpers import keep, wait_for, with_token
from explain_scenes import car_scene

from plate_devices.serve.explained_frames import CameraReader
from plate_devices.serve.page_server import LivePage
from plate_devices.serve.steps_views import StepsSource
from plate_runtime import PlateReader

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def networks() -> Iterator[PlateReader]:
    """The shipped models."""
    with PlateReader(as_="frame") as opened:
        yield opened


def test_the_steps_of_the_newest_picture(
    open_page: Callable[..., LivePage], tab: Any, token_file: Path, networks: PlateReader
) -> None:
    reader = CameraReader(networks, "frame", None, None)
    page = open_page(token_file=token_file, steps=StepsSource(lambda _: reader))
    page.live_states[""].add_frame(np.asarray(car_scene()), [], 0.0)
    tab.goto(with_token(page))
    assert tab.is_hidden("#explained")
    tab.focus("#steps")
    tab.keyboard.press("Enter")
    assert tab.get_attribute("#steps", "aria-pressed") == "true"
    wait_for(tab, "document.querySelector('#cause').textContent === 'KR59ABC is read.'")
    assert tab.inner_text("#candidates li:first-child .text") == "KR59ABC"
    sentences = tab.inner_text("#candidates li:first-child")
    assert "read KR59ABC" in sentences and "detected 1.00" in sentences and "returned" in sentences
    wait_for(tab, "document.querySelector('#explainedpicture').naturalWidth === 640")
    wait_for(tab, "document.querySelector('#candidates img').naturalWidth > 0")
    keep(tab, "steps-read")
    page.live_states[""].add_frame(np.asarray(car_scene(0.11)), [], 0.0)
    wait_for(tab, "document.querySelector('#cause').textContent.includes('pixels wide. Move closer')")
    keep(tab, "steps-small")
    tab.click("#hold")
    page.live_states[""].add_frame(np.asarray(car_scene()), [], 0.0)
    tab.wait_for_timeout(4000)
    assert "Move closer" in tab.inner_text("#cause"), "it is held"
    tab.click("#hold")
    wait_for(tab, "document.querySelector('#cause').textContent === 'KR59ABC is read.'")
    tab.click("#steps")
    assert tab.is_hidden("#explained")
    assert not tab.problems, tab.problems


def test_privacy_shows_no_steps(open_page: Callable[..., LivePage], tab: Any, token_file: Path) -> None:
    page = open_page(token_file=token_file, steps=StepsSource(lambda _: None, "steps show what is hidden"))
    page.live_states[""].add_frame(np.asarray(car_scene()), [], 0.0)
    tab.goto(with_token(page))
    tab.click("#steps")
    wait_for(tab, "document.querySelector('#message').textContent === 'no steps: steps show what is hidden'")
    assert tab.is_hidden("#explained") and tab.get_attribute("#steps", "aria-pressed") == "false"
