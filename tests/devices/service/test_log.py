"""Messages as text, for the journal, and as JSON."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from plate_devices.service.log import Log


def test_text_is_one_line() -> None:
    stream = io.StringIO()
    Log("plate-infer", stream=stream).say("source_lost", "street\n is\x1b[2J lost", source="street")
    assert stream.getvalue() == "plate-infer: street\\x0a is\\x1b[2J lost\n"


def test_json_has_event_level_and_details() -> None:
    stream = io.StringIO()
    log = Log("plate-infer", as_json=True, stream=stream)
    log.say("output_lost", "mqtt: away", "error", output="mqtt", since=Path("x"))
    reported = json.loads(stream.getvalue())
    assert reported.pop("time").endswith("Z")
    assert reported == {
        "level": "error", "program": "plate-infer", "event": "output_lost", "message": "mqtt: away",
        "output": "mqtt", "since": "x",
    }  # fmt: skip


def test_the_journal_gets_the_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    with path.open("w") as stream, (tmp_path / "other").open("w") as other:
        found = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        Log("plate-infer", stream=stream).say("reloaded", "settings were read again", "notice")
        Log("plate-infer", stream=other).say("reloaded", "settings were read again", "notice")
    assert path.read_text() == "<5>plate-infer: settings were read again\n"
    assert (tmp_path / "other").read_text() == "plate-infer: settings were read again\n"


def test_a_closed_stream_ends_nothing() -> None:
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115
    Log("plate-infer", stream=full).say("a", "b")
    with pytest.raises(OSError, match="No space"):
        full.close()
    Log("plate-infer", stream=full).say("a", "b")
