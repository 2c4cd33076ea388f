"""The page of corrections in a headless Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from browser_helpers import keep, wait_for, with_token
from device_helpers import past_record

from plate_devices.audit.audit_log import AuditLog
from plate_devices.config.load import Config
from plate_devices.corrections.correction_settings import CorrectionSettings
from plate_devices.live.page_routes import page_routes
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.serve.page_server import LivePage
from plate_runtime.labels import read_labels
from plate_runtime.reader import PlateReader
from plate_runtime.script import LATIN

pytestmark = pytest.mark.system

SAMPLES = Path(__file__).parents[3] / "devices" / "plate_devices" / "samples"


@pytest.fixture
def page(open_page: Callable[..., LivePage], tmp_path: Path, token_file: Path) -> LivePage:
    output = SqliteOutput(SqliteSettings(path=tmp_path / "events.sqlite"))
    output.open()
    with PlateReader() as reader:
        for number, name in enumerate(("blue.jpg", "tilted.jpg", "yellow.jpg")):
            (tmp_path / name).write_bytes((SAMPLES / name).read_bytes())
            (plate,) = reader.read(tmp_path / name, "plate", min_confidence=0.0)
            record = past_record(plate.text, confidence=0.5 + number / 10)
            record["plates"][0]["characters"][1]["confidence"] = 0.99 if number else 0.5
            output.send([record | {"crop": f"crops/{name}"}])
    output.close()
    config = Config(
        outputs=(SqliteSettings(path=tmp_path / "events.sqlite"),),
        corrections=CorrectionSettings(tmp_path / "corrections"),
    )
    options = SimpleNamespace(config=config, save_crops=str(tmp_path))
    return open_page(token_file=token_file, routes=page_routes(options, AuditLog(tmp_path / "a.sqlite"), lambda: LATIN))


def test_readings_are_corrected_and_confirmed(page: LivePage, tmp_path: Path, tab: Any) -> None:
    tab.goto(with_token(page))
    tab.goto(f"{page.url}review")
    wait_for(tab, "document.querySelectorAll('#readings li').length === 3")
    wait_for(tab, "[...document.querySelectorAll('#readings img')].every(one => one.complete && one.naturalWidth)")
    assert tab.locator("#readings li").first.locator("u").count() >= 1, "uncertain characters are marked"
    first, second, third = (tab.locator("#readings li").nth(place) for place in range(3))
    first.locator("input").fill("mine 1")
    assert first.locator("button").first.inner_text() == "Correct"
    first.locator("input").press("Enter")
    wait_for(tab, "document.querySelectorAll('.said')[0].textContent === 'kept as MINE1'")
    second.locator("button").first.click()
    third.get_by_text("No plate").click()
    wait_for(tab, "document.querySelector('#kept').textContent.startsWith('3 corrections in ')")
    keep(tab, "review")
    third.get_by_text("Undo").click()
    wait_for(tab, "document.querySelector('#kept').textContent.startsWith('2 corrections in ')")
    texts = [one.text for one in read_labels(tmp_path / "corrections" / "labels.csv")]
    assert texts == ["MINE1", second.locator("input").input_value()]
    first.locator("input").fill("A?1")
    first.locator("input").press("Enter")
    wait_for(tab, "document.querySelectorAll('.said')[0].textContent.includes('stands for an unknown character')")
    wide = tab.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], "nothing has to be scrolled sideways"
    tab.problems[:] = [one for one in tab.problems if "400" not in one]
    assert not tab.problems, tab.problems
