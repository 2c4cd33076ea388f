"""A headless Chromium for tests of pages, on a desk and on a phone.

`PLATE_EDGE_SCREENSHOTS=DIR` keeps pictures of what it shows.
"""

from __future__ import annotations

import os
import shutil
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plate_devices.serve.page_server import LivePage

DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


def with_token(page: LivePage) -> str:
    """The address that logs a browser in."""
    return f"{page.url}?token={page.token}"


def find_browser() -> str:
    """Return the path of Chromium. Where it or what drives it is missing, tests fail, nowhere are they skipped."""
    if find_spec("playwright") is None:
        pytest.fail("playwright is not installed; pip install '.[dev]'", pytrace=False)
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        pytest.fail("no Chromium on PATH; apt-get install chromium-headless-shell", pytrace=False)
    return program


def keep(tab: Any, name: str) -> None:
    """Save a picture of the page for people to look at."""
    if folder := os.environ.get("PLATE_EDGE_SCREENSHOTS"):
        tab.screenshot(path=str(Path(folder) / f"{name}-{tab.kind}.png"), full_page=tab.kind == "phone")


def wait_for(tab: Any, condition: str) -> None:
    """Wait until an expression is true; Playwright's own waiting evaluates in the page, which its policy forbids."""
    until = time.monotonic() + 60
    while not tab.evaluate(condition):
        assert time.monotonic() < until, f"{condition}: {tab.inner_text('body')}"
        tab.wait_for_timeout(50)
