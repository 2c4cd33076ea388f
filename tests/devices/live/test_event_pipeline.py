"""The pipeline of events: the audit log follows the queue's folder, and old rows are deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from action_helpers import occasion, settle
from fake_times import BOOT, FakeTimes

from plate_devices.audit.audit_log import FILE_NAME, AuditLog
from plate_devices.cli.infer_options import parse_infer
from plate_devices.live.event_pipeline import EventPipeline
from plate_devices.service.log import Log


def write(folder: Path, queue: str, more: str = "") -> list[str]:
    path = folder / "gate.toml"
    path.write_text(f'[source]\naddress = "demo"\n[queue]\nfolder = "{folder / queue}"\n{more}')
    return ["--config", str(path)]


def test_audit_log_lies_beside_the_queue(tmp_path: Path) -> None:
    pipeline = EventPipeline(parse_infer(write(tmp_path, "one")), Log("test"))
    try:
        assert not (tmp_path / "one").exists(), "it is made with its first row"
        pipeline.audit.add("list.changed", "page", "first")
        pipeline.apply(parse_infer(write(tmp_path, "two")))
        pipeline.audit.add("list.changed", "page", "second")
    finally:
        pipeline.close(1.0)
    for folder, why in (("one", "first"), ("two", "second")):
        assert [row.why for row in AuditLog(tmp_path / folder / FILE_NAME).rows()] == [why]


def test_first_actions_of_a_reload_are_not_for_vehicles_in_view(tmp_path: Path) -> None:
    """They may have stood there for days."""
    pipeline = EventPipeline(parse_infer(write(tmp_path, "one")), Log("test"))
    try:
        pipeline.apply(
            parse_infer(write(tmp_path, "one", '[[action]]\ntype = "fake"\nname = "gate"\nlists = ["any"]\n'))
        )
        assert pipeline.actions is not None
        parked, new = occasion(1), occasion(2, "XY34ZZZ")
        parked.record["stay_seconds"], new.record["stay_seconds"] = 600.0, 0.0
        for one in (parked, new):
            pipeline.actions.consider(one)
            pipeline.actions.left(one)
        settle(pipeline.actions)
    finally:
        pipeline.close(1.0)
    rows = [(row.what, row.why) for row in pipeline.audit.rows() if row.details["vehicle_id"] == "vehicle-1"]
    assert rows == [("action.not", "the vehicle was in view before the action was in the settings")]
    assert {row.what for row in pipeline.audit.rows()} >= {"action.intent", "action.done"}


def test_old_rows_of_the_audit_log_are_deleted(tmp_path: Path) -> None:
    times = FakeTimes()
    times.set_right()
    AuditLog(tmp_path / "one" / FILE_NAME, times).add("list.changed", "page", "old")
    options = parse_infer(write(tmp_path, "one", '[privacy]\nkeep_days = 3\n[service]\nclock = "trusted"\n'))
    pipeline = EventPipeline(options, Log("test"))
    try:
        retention = pipeline._retention
        assert retention is not None
        retention.close()
        retention.delete_old(datetime.fromtimestamp(BOOT, UTC) + timedelta(days=4))
        assert pipeline.audit.rows() == []
    finally:
        pipeline.close(1.0)
