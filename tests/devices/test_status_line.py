"""What a terminal shows, and a pipe does not."""

from __future__ import annotations

import io

import pytest

from plate_devices.status_line import FrameRate, Progress, StatusLine, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_over_and_over() -> None:
    terminal = Terminal()
    line = StatusLine(terminal)
    assert line.due
    line.show("3 frames")
    assert not line.due
    line.show("4 frames")
    line.clear()
    line.clear()
    assert terminal.getvalue() == "\r\x1b[K3 frames\r\x1b[K4 frames\r\x1b[K"


def test_a_long_text_stays_on_one_line() -> None:
    terminal = Terminal()
    StatusLine(terminal).show("x" * 500)
    assert len(terminal.getvalue().removeprefix("\r\x1b[K")) == 79


def test_a_pipe_gets_nothing() -> None:
    pipe = io.StringIO()
    line = StatusLine(pipe)
    line.show("3 frames")
    line.clear()
    assert not line.due
    assert pipe.getvalue() == ""


def test_progress_yields_everything_and_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    assert list(progress("abc", 3, "set")) == ["a", "b", "c"]
    assert "set [" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_pipe_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now, pipe = [100.0], io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for _ in progress(range(8), 8, "set"):
        now[0] += 3
    lines = pipe.getvalue().splitlines()
    assert lines[0] == "set: 1 of 8 pictures, 0.33 a second, 21 s left"
    assert len(lines) == 2


def test_progress_shows_rate_and_time_left_once_the_total_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    now, terminal = [100.0], Terminal()
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    shown = Progress("reading", 0, StatusLine(terminal))
    now[0] += 2
    shown.update(4000)
    assert terminal.getvalue().endswith("reading: 4,000, 2000/s")
    shown.total = 16_000
    now[0] += 2
    shown.update(4000)
    assert terminal.getvalue().endswith(f"reading [{'#' * 15}{'.' * 15}] 8,000/16,000, 2000/s, 4 s left")
    shown.close()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_the_frame_rate_is_frames_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    rate = FrameRate()
    for _ in range(24):
        now[0] += 1 / 12
        rate.count()
    assert rate.value == pytest.approx(12, rel=0.1)
