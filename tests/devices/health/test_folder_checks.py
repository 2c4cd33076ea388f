"""Folders of the settings: whether they can be written, and have space."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plate_devices.cli.infer_options import parse_infer
from plate_devices.config.load import Config
from plate_devices.config.sections import PictureSettings
from plate_devices.corrections.correction_settings import CorrectionSettings
from plate_devices.health import folder_checks
from plate_devices.health.findings import Finding
from plate_devices.health.folder_checks import check_folders
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.watchlists.watchlist_settings import WatchlistSettings


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "family.csv").write_text("AB 1\n")
    return Config(
        queue=QueueSettings(folder=tmp_path / "queue"),
        watchlists=(WatchlistSettings("family", tmp_path / "lists" / "family.csv"),),
        corrections=CorrectionSettings(tmp_path / "new" / "corrections"),
        pictures=PictureSettings(crops=tmp_path / "crops", events=tmp_path / "events"),
    )


def checked(config: Config | None) -> list[Finding]:
    return list(check_folders(parse_infer(["plate.jpg"])._replace(config=config)))


def test_every_folder_that_is_written_is_checked(config: Config, tmp_path: Path) -> None:
    found = checked(config)
    assert [one.check for one in found] == ["queue", "lists", "lists", "corrections", "pictures", "pictures"]
    assert {one.state for one in found} == {"ok"}
    assert found[3].message == f"corrected crops: {tmp_path / 'new' / 'corrections'} is writable"
    assert not (tmp_path / "new").exists(), "a check makes nothing"
    assert checked(None) == []


def test_what_is_not_writable_has_a_remedy(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "events").mkdir()
    refused = {str(tmp_path / "events"), str(tmp_path / "lists")}
    monkeypatch.setattr(os, "access", lambda path, _: str(path) not in refused)  # root may write everywhere
    found = {one.message: one for one in checked(config) if one.state != "ok"}
    assert [(one.check, one.state) for one in found.values()] == [("lists", "warning"), ("pictures", "failed")]
    events = found[f"pictures, events: {tmp_path / 'events'} is not writable for this user"]
    assert events.advice == f"give {tmp_path / 'events'} to the user of the service, or change [pictures] events"


def test_little_space_is_a_warning(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_checks, "disk_free", lambda _: 5 << 20)
    found = checked(config)
    assert {one.state for one in found} == {"warning"}
    assert found[0].message.startswith("waiting events and the audit log: 5 MB free for ")
    assert found[0].advice == "delete files, or change [queue] folder"
