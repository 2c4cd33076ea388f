from __future__ import annotations

import io
import sys

import pytest

from plate_export.progress import Progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_steps_and_their_shares_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(3) as progress:
        progress.step("first")
        progress.step("second")
        progress.expect(4)
        progress.advance(0.5)
        progress.advance(0.9)
        assert progress._bar.n == pytest.approx(2)
        progress.step("third")
        assert (progress._bar.n, progress._bar.total) == (2, 4)
    assert "second" in terminal.getvalue()


def test_nobody_watching_means_no_bar(capfd: pytest.CaptureFixture[str]) -> None:
    with Progress(2) as progress:
        progress.step("first")
        progress.advance(0.5)
    assert capfd.readouterr().err == ""
