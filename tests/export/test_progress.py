from __future__ import annotations

import io
import sys

import pytest

from plate_export.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_steps_and_fractions_of_steps_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress("mine", 3) as progress:
        progress.step("first")
        progress.step("second")
        progress.expect(4)
        progress.advance(0.5)
        progress.advance(0.9)
        assert progress._bar.n == pytest.approx(2)
        progress.step("third")
        assert (progress._bar.n, progress._bar.total) == (2, 4)
    assert "second" in terminal.getvalue()


def test_without_a_terminal_every_step_is_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("plate_runtime.progress.time.monotonic", lambda: now[0])
    with Progress("mine", 2) as progress:
        progress.step("first")
        progress.advance(0.5)
        now[0] += 3
        progress.advance(0.25)
        progress.step("second")
    assert capsys.readouterr().err.splitlines() == ["mine: first", "mine: first, 75%", "mine: second"]
