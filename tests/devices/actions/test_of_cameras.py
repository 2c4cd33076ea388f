"""plate-infer with actions: from the camera to the program, with an audit row for each vehicle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plate_devices.audit.audit_log import FILE_NAME, AuditLog
from plate_devices.cli import doctor
from plate_devices.cli.infer import command
from plate_devices.sources.demo import vehicles

SETTINGS = """
[queue]
folder = "{folder}"
[[source]]
name = "gate"
address = "demo:4"
[read]
as = "plate"
{more}
[[watchlist]]
name = "family"
file = "{folder}/family.txt"
[[output]]
type = "lines"
path = "{folder}/events.jsonl"
[[action]]
type = "program"
name = "bell"
lists = ["family"]
min_confidence = 0.6
command = ["/bin/sh", "-c", "cat >> {folder}/rung"]
[[action]]
type = "gpio"
name = "relay"
lists = ["none"]
direction = ["leaving"]
pin = 17
simulate = true
"""


def write(folder: Path, more: str = "") -> list[str]:
    (folder / "family.txt").write_text(f"{next(iter(vehicles(1))).text}, Anna\n")
    (folder / "gate.toml").write_text(SETTINGS.format(folder=folder, more=more))
    return ["--config", str(folder / "gate.toml"), "--every"]


def test_listed_vehicle_starts_the_program_once(tmp_path: Path) -> None:
    assert command(write(tmp_path)) == 0
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [one["type"] for one in events] == ["vehicle"] * 4
    (rung,) = [json.loads(line) for line in (tmp_path / "rung").read_text().splitlines()]
    assert (rung["type"], rung["vehicle_id"]) == ("seen", events[0]["id"])
    assert (rung["plates"][0]["text"], rung["watchlists"][0]["plate_name"]) == (events[0]["plates"][0]["text"], "Anna")
    rows = AuditLog(tmp_path / FILE_NAME).rows(100)
    by_action = {name: [row for row in reversed(rows) if row.who == name] for name in ("bell", "relay")}
    assert [row.what for row in by_action["bell"] if row.what != "action.not"] == ["action.intent", "action.done"]
    refused = [row.why for row in by_action["bell"] if row.what == "action.not"]
    assert refused == ["it is on no watch list"] * 3
    assert [row.what for row in by_action["relay"]] == ["action.not"] * 4
    assert {row.details["vehicle_id"] for row in by_action["relay"]} == {one["id"] for one in events}


@pytest.mark.parametrize("mode", ["hash", "nothing"])
def test_privacy_holds_for_payloads_and_the_audit_log(tmp_path: Path, mode: str) -> None:
    key = f'key_file = "{tmp_path}/key"\n' if mode == "hash" else ""
    assert command(write(tmp_path, f'[privacy]\nmode = "{mode}"\n{key}')) == 0
    texts = [one.text for one in vehicles(4)]
    written = (tmp_path / "rung").read_text() + repr(AuditLog(tmp_path / FILE_NAME).rows(100))
    assert (tmp_path / "rung").read_text().count("vehicle_id") == 1
    assert "Anna" not in written
    assert not any(text in written for text in texts)


def test_doctor_checks_actions_without_doing_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write(tmp_path)[1]
    doctor.command(["--config", config, "--json"])
    found = {
        one["message"]: one["state"]
        for one in json.loads(capsys.readouterr().out)["findings"]
        if one["check"] == "actions"
    }
    assert found == {"bell is available; it was not done": "ok", "relay is only simulated": "warning"}
    assert not (tmp_path / "rung").exists()
