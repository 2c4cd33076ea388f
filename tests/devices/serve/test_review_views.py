"""Corrections over HTTP: doubtful readings, what is kept, and what privacy forbids."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from device_helpers import past_record
from page_client import PageClient, port_of
from PIL import Image

from plate_devices.audit.audit_log import AuditLog
from plate_devices.config.load import Config
from plate_devices.corrections.correction_settings import CorrectionSettings
from plate_devices.live.page_routes import page_routes, page_settings
from plate_devices.outputs.saved_pictures import PictureFolder
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.privacy.privacy_settings import PrivacySettings
from plate_devices.watchlists.watchlist_settings import WatchlistSettings
from plate_runtime.labels import read_labels
from plate_runtime.script import LATIN


class Device:
    """A device with two vehicles in its SQLite output, their crops, and a page."""

    def __init__(self, folder: Path, open_page: Any, client: Any, token_file: Path) -> None:
        self._open_page, self._client, self._token_file = open_page, client, token_file
        self.crops, self.corrections = folder / "crops", folder / "corrections"
        self.crops.mkdir()
        self.audit = AuditLog(folder / "audit.sqlite")
        self.sure, self.doubtful = past_record("AB801", confidence=0.97), past_record("CD5", confidence=0.4)
        self.doubtful["watchlists"] = [{"name": "family", "match": "fuzzy"}]
        output = SqliteOutput(SqliteSettings(path=folder / "events.sqlite"))
        output.open()
        for record in (self.sure, self.doubtful):
            name = f"{record['plates'][0]['text']}.jpg"
            Image.new("RGB", (60, 20), "white").save(self.crops / name)
            record["crop"] = f"elsewhere/{name}"
            output.send([record])
        output.close()
        self.config = Config(
            outputs=(SqliteSettings(path=folder / "events.sqlite"),),
            corrections=CorrectionSettings(self.corrections),
            watchlists=(WatchlistSettings("family", self._list(folder)),),
        )

    def ask(self, **changes: Any) -> Any:
        """A client of a page with these settings."""
        options = SimpleNamespace(config=replace(self.config, **changes), save_crops=str(self.crops))
        routes = page_routes(options, self.audit, lambda: LATIN)
        page = self._open_page(token_file=self._token_file, routes=routes)
        return type(self._client)(port_of(page))

    def _list(self, folder: Path) -> Path:
        (folder / "family.txt").write_text("CD 5\n")
        return folder / "family.txt"


@pytest.fixture
def device(tmp_path: Path, open_page: Callable[..., Any], client: Any, token_file: Path) -> Device:
    return Device(tmp_path, open_page, client, token_file)


def test_doubtful_readings_come_first_with_their_crops(device: Device) -> None:
    client = device.ask()
    found = client.get("/api/review").json
    assert [one["text"] for one in found["readings"]] == ["CD5", "AB801"]
    assert found["corrections"] == 0 and found["next"] is None and found["may_write"]
    crop = client.get(f"/review-crops/{device.doubtful['id']}.jpg")
    assert crop.headers["content-type"] == "image/jpeg" and Image.open(io.BytesIO(crop.body)).size == (60, 20)
    assert client.get("/review-crops/x.jpg").status == 404
    assert client.get("/api/review?after=x,y").status == 400
    for page in ("/review", "/review.js"):
        assert client.get(page).status == 200


def test_a_reading_is_corrected_confirmed_and_withdrawn(device: Device) -> None:
    client, vehicle = device.ask(), device.doubtful["id"]
    assert client.post("/api/review", {"id": vehicle, "do": "correct", "text": "cd-55"}).json["text"] == "CD55"
    assert client.post("/api/review", {"id": device.sure["id"], "do": "confirm"}).json["text"] == "AB801"
    labels = read_labels(device.corrections / "labels.csv")
    assert [(one.text, one.group) for one in labels] == [("CD55", vehicle), ("AB801", device.sure["id"])]
    assert client.get("/api/review").json["readings"] == []
    assert client.post("/api/review", {"id": vehicle, "do": "no_plate"}).json["text"] == ""
    assert client.post("/api/review", {"id": vehicle, "do": "undo"}).status == 200
    assert [one["text"] for one in client.get("/api/review").json["readings"]] == ["CD5"]
    rows = device.audit.rows()
    assert [row.details["text"] for row in rows] == ["", "", "AB801", "CD55"]
    assert {row.what for row in rows} == {"correction"} and rows[-1].details["read"] == "CD5"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"do": "correct", "text": ""}, 400),
        ({"do": "correct", "text": "A" * 17}, 400),
        ({"do": "correct", "text": "A?1"}, 400),
        ({"do": "correct"}, 400),
        ({"do": "sell"}, 400),
        ({"do": ["confirm"]}, 400),
        ({"id": "../../x", "do": "confirm"}, 404),
        ({"id": 7, "do": "confirm"}, 400),
    ],
)
def test_nonsense_is_refused(device: Device, asked: dict[str, Any], status: int) -> None:
    assert device.ask().post("/api/review", {"id": device.sure["id"]} | asked).status == status
    assert not device.corrections.exists() and device.audit.rows() == []


def test_a_crop_that_is_gone_or_no_picture_teaches_nothing(device: Device) -> None:
    client = device.ask()
    (device.crops / "AB801.jpg").write_text("no picture")
    (device.crops / "CD5.jpg").unlink()
    (device.crops / "CD5.jpg").symlink_to("/etc/passwd")
    for vehicle in (device.sure["id"], device.doubtful["id"]):
        assert client.get(f"/review-crops/{vehicle}.jpg").status == 404
        answer = client.post("/api/review", {"id": vehicle, "do": "confirm"})
        assert answer.status == 409 and "this vehicle has no crop" in answer.json["error"]


def test_privacy_forbids_what_it_hides(device: Device) -> None:
    client = device.ask(privacy=PrivacySettings(blur_others=True))
    for vehicle in (device.sure, device.doubtful):
        assert client.get(f"/review-crops/{vehicle['id']}.jpg").status == 404, "it was saved unmasked"
    assert client.post("/api/review", {"id": device.doubtful["id"], "do": "confirm"}).status == 409
    PictureFolder(device.crops, masked=True).save(Image.new("RGB", (60, 20)), "CD5", unique=True)
    refused = client.post("/api/review", {"id": device.sure["id"], "do": "confirm"})
    assert refused.status == 409 and "blur_others keeps no picture of this plate" in refused.json["error"]
    assert client.post("/api/review", {"id": device.doubtful["id"], "do": "confirm"}).status == 200
    for privacy in (PrivacySettings("nothing"), PrivacySettings("hash", Path("/tmp/key"))):
        hidden = device.ask(privacy=privacy)
        for path in ("/api/review", f"/review-crops/{device.sure['id']}.jpg", "/api/list-preview?plate=A1"):
            assert hidden.get(path).status == 409, path
            assert f'privacy mode "{privacy.mode}" stores no texts' in hidden.get(path).json["error"]
        assert hidden.post("/api/review", {"id": device.sure["id"], "do": "confirm"}).status == 409


def test_nothing_is_learned_from_what_an_earlier_privacy_mode_has_hidden(device: Device, tmp_path: Path) -> None:
    PictureFolder(device.crops, masked=True).save(Image.new("RGB", (60, 20)), "AB801", unique=True)
    hashed = past_record("") | {"crop": "elsewhere/CD5.jpg"}
    hashed["plates"][0]["text_hash"] = "k:00"
    output = SqliteOutput(SqliteSettings(path=tmp_path / "events.sqlite"))
    output.open()
    output.send([hashed])
    output.close()
    client = device.ask()
    for vehicle, status in ((device.sure, 409), (hashed, 404)):
        for do in ("confirm", "no_plate"):
            assert client.post("/api/review", {"id": vehicle["id"], "do": do}).status == status
    assert not device.corrections.exists()


def test_missing_settings_are_named(device: Device) -> None:
    assert "name a [corrections] folder" in device.ask(corrections=None).get("/api/review").json["error"]
    assert 'an output of type = "sqlite" or "postgres"' in device.ask(outputs=()).get("/api/review").json["error"]


def test_a_viewer_looks_and_changes_nothing(device: Device, tmp_path: Path) -> None:
    client = device.ask()
    stranger = PageClient(client.port, "")
    for path in ("/api/review", f"/review-crops/{device.sure['id']}.jpg"):
        assert stranger.get(path).status == 401
    assert stranger.post("/api/review", {"id": device.sure["id"], "do": "confirm"}).status == 401


def test_the_page_opens_again_if_these_settings_change(device: Device) -> None:
    options = SimpleNamespace(config=device.config, save_crops="a")
    same = SimpleNamespace(config=replace(device.config), save_crops="a")
    other = SimpleNamespace(config=replace(device.config, corrections=None), save_crops="a")
    assert page_settings(options) == page_settings(same) != page_settings(other)
    assert page_settings(SimpleNamespace(config=None, save_crops=None)) == ()


def test_a_correction_has_the_time_of_its_vehicle(device: Device) -> None:
    device.ask().post("/api/review", {"id": device.sure["id"], "do": "confirm"})
    changed = (device.corrections / f"{device.sure['id']}.jpg").stat().st_mtime
    assert time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(changed)) == device.sure["last_time"][:19]
