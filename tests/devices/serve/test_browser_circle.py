"""The learning circle: plates that are misread are corrected in a browser, trained, exported, reloaded and read.

The training has few steps; `benchmarks/learning_circle.py` shows what a whole one brings.
"""

from __future__ import annotations

import importlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_helpers import DESK, keep, wait_for
from device_helpers import past_record, process
from shipped_labels import shipped_label

from plate_devices.history.event_search import EventQuery
from plate_devices.history.sqlite_search import SqliteSearch
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_runtime.labels import read_labels
from plate_runtime.reader import PlateReader

pytestmark = pytest.mark.system

COUNT, SEED = 50, 501
TOKEN = "correct-horse-battery"


class Device:
    """A gate whose plates are in a lettering that the shipped reader misreads, and a service that shows its page."""

    def __init__(self, folder: Path, plates: list[tuple[bytes, str]]) -> None:
        self.folder, self.crops, self.truth = folder, folder / "crops", dict[str, str]()
        self.crops.mkdir()
        self.events = folder / "events.sqlite"
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        (folder / "token").write_text(TOKEN)
        (folder / "token").chmod(0o600)
        output = SqliteOutput(SqliteSettings(path=self.events))
        output.open()
        with PlateReader(reader="plate-reader") as reader:
            for number, (content, text) in enumerate(plates):
                path = self.crops / f"{number}.jpg"
                path.write_bytes(content)
                read = reader.read(path, "plate", min_confidence=0.0)
                record = past_record(read[0].text if read else "A", confidence=read[0].confidence if read else 0.0)
                output.send([record | {"crop": str(path)}])
                self.truth[record["id"]] = text
        output.close()
        self.set_model("plate-reader")

    def set_model(self, model: str) -> None:
        """Name the reader in the settings."""
        (self.folder / "gate.toml").write_text(
            f'[source]\naddress = "demo:100000"\nname = "gate"\n'
            f'[read]\nas = "plate"\nmodels = ["{model}"]\n[service]\n[queue]\nfolder = "{self.folder / "queue"}"\n'
            f'[pictures]\ncrops = "{self.crops}"\n[corrections]\nfolder = "{self.folder / "corrections"}"\n'
            f'[[output]]\ntype = "sqlite"\npath = "{self.events}"\n'
            f'[serve]\naddress = "{self.address}"\ntoken_file = "{self.folder / "token"}"\n'
        )

    def readers(self) -> set[str]:
        """The readers of the newest vehicles."""
        newest = SqliteSearch(self.events).find(EventQuery(), 3).events
        return {one.get("models", {}).get("reader", "") for one in newest}


@pytest.fixture
def device(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    return Device(tmp_path, list(importlib.import_module("other_lettering").plates(SEED, COUNT)))


@pytest.fixture
def service(device: Device) -> Iterator[subprocess.Popen[bytes]]:
    with (device.folder / "log").open("wb") as log:
        running = subprocess.Popen([*process(), "--config", "gate.toml"], cwd=device.folder, stderr=log, stdout=log)
    yield running
    running.send_signal(signal.SIGTERM)
    running.wait(60)


def test_misread_plates_are_corrected_trained_exported_reloaded_and_read(
    device: Device, service: subprocess.Popen[bytes], browser: Any
) -> None:
    context = browser.new_context(**DESK)
    tab = context.new_page()
    tab.kind = "desk"
    log_in(tab, device)
    misread = correct_all(tab, device)
    assert misread > COUNT // 2, "the shipped reader misreads this lettering"
    labels = read_labels(device.folder / "corrections" / "labels.csv")
    corrected = {one.group: one.text for one in labels if one.group in device.truth}
    assert corrected == device.truth

    run, out = device.folder / "mine", device.folder / "exported"
    command("plate_train", "plate", "--data", device.folder / "corrections", "--from", "plate-reader", "--steps", "2",
            "--shard", "64", "--validation", "64", "--drawings", device.folder / "drawings", "--workers", "1",
            "--out", run)  # fmt: skip
    command("plate_export", run / "model.h5", "--data", device.folder / "corrections", "--float", "--out", out)
    report = json.loads((out / "mine-1.0.0-report.json").read_text())
    assert report["set"]["name"] == "corrections/val" and report["kept"]["start"] == shipped_label("plate", " ")

    device.set_model(str(out / "mine-1.0.0-float32.tflite"))
    service.send_signal(signal.SIGHUP)
    until(tab, lambda: "mine@1.0.0" in device.readers())
    tab.goto(f"http://{device.address}/")
    wait_for(tab, "document.querySelector('#figures').textContent.includes('mine@1.0.0')")
    context.close()


def log_in(tab: Any, device: Device) -> None:
    def answers() -> bool:
        try:
            return bool(tab.goto(f"http://{device.address}/?token={TOKEN}"))
        except Exception:
            return False

    until(tab, answers)


def until(tab: Any, found: Any) -> None:
    for _ in range(600):
        if found():
            return
        tab.wait_for_timeout(200)
    pytest.fail("waited in vain")


def correct_all(tab: Any, device: Device) -> int:
    """Correct or confirm each reading of the plates; return how many were misread."""
    misread, done = 0, set[str]()
    tab.goto(f"http://{device.address}/review")
    while len(done) < COUNT:
        wait_for(tab, "document.querySelectorAll('#readings li').length > 0")
        for item in tab.locator("#readings li").all():
            vehicle = item.locator("img").get_attribute("src").removeprefix("review-crops/").removesuffix(".jpg")
            if vehicle in done or vehicle not in device.truth:
                continue
            text = item.locator("input")
            misread += text.input_value() != device.truth[vehicle]
            text.fill(device.truth[vehicle])
            text.press("Enter")
            done.add(vehicle)
        left = "[...document.querySelectorAll('#readings li')].filter(one => !one.matches('.done')).length"
        wait_for(tab, f"document.querySelectorAll('.said.good').length >= {len(done)} || {left} === 0")
        if len(done) == min(24, COUNT):
            keep(tab, "circle")
        if len(done) < COUNT:
            shown = tab.locator("#readings li").count()
            tab.click("#more")
            wait_for(tab, f"document.querySelectorAll('#readings li').length > {shown}")
    return misread


def command(package: str, *arguments: object) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", f"{package}.command", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
