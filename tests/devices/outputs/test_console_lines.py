"""Lines on standard output."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from device_helpers import make_frame, make_plate

from plate_devices.events.records import Engine, Origin, frame_record
from plate_devices.outputs.console_lines import ConsoleLines, printable
from plate_runtime.errors import DeviceError

ENGINE = Engine({"reader": "m@1"}, "fake")


def record(*texts: str) -> dict[str, Any]:
    return frame_record(Origin("a.png", ENGINE), make_frame(), [make_plate(text, 0.98765) for text in texts], 1.0)


def test_text_is_a_line_for_each_plate() -> None:
    stream = io.StringIO()
    lines = ConsoleLines(as_json=False, stream=stream)
    lines.write(record("AB12", "XY9"), "a.png")
    lines.write(record(), "b.png")
    lines.write({"type": "error"}, "c.png")
    assert stream.getvalue() == "AB12\t0.988\ta.png\nXY9\t0.988\ta.png\n"


def test_json_is_a_line_for_each_record_at_once() -> None:
    class Watched(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    stream = Watched()
    lines = ConsoleLines(as_json=True, stream=stream)
    for count in range(1, 4):
        lines.write(record("AB12"), "a.png")
        assert stream.flushed == count
        assert len([json.loads(line) for line in stream.getvalue().splitlines()]) == count


def test_a_full_disk_is_one_clear_error() -> None:
    with suppress(OSError), Path("/dev/full").open("w") as stream:
        with pytest.raises(DeviceError, match="No space left") as refused:
            ConsoleLines(as_json=True, stream=stream).write(record("AB12"), "a.png")
        assert refused.value.exit_code == 4


def test_a_closed_pipe_is_left_to_the_command() -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        ConsoleLines(as_json=True, stream=Closed()).write(record("AB12"), "a.png")


@pytest.mark.parametrize(
    ("name", "shown"), [("ü b.png", "ü b.png"), ("a\tb\nc", "a\\x09b\\x0ac"), ("x\udcff", "x\\udcff")]
)
def test_file_names_cannot_break_a_line(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_file_names_fit_the_encoding_of_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert printable("ü.png") == "\\xfc.png"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\tb\x7f", "a\\x09b\\x7f"), ("a\x85b\x9b2J", "a\\x85b\\x9b2J"), ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("a\u202egpj.exe\u2067", "a\\u202egpj.exe\\u2067"), ("10\u202fAM \u200d\u00a0ü", "10\u202fAM \u200d\u00a0ü"),
    ],
)  # fmt: skip
def test_a_name_stays_on_its_line_and_moves_no_cursor(name: str, shown: str) -> None:
    stream = io.StringIO()
    ConsoleLines(as_json=False, stream=stream).write(record("AB12"), name)
    assert stream.getvalue() == f"AB12\t0.988\t{shown}\n"
