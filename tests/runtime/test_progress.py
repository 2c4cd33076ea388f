"""Lines of progress where no bar can move: the first soon, the next ones at a pace that suits the length."""

from __future__ import annotations

import io

import pytest

from plate_runtime.progress import Pace, ProgressLines, duration


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    monkeypatch.setattr("plate_runtime.progress.time.monotonic", lambda: clock[0])
    return clock


def test_the_first_line_comes_after_two_seconds_and_says_what_is_left(now: list[float]) -> None:
    stream = io.StringIO()
    lines = ProgressLines("training", 30, done=10, stream=stream)
    for _ in range(10):
        now[0] += 0.5
        lines.update()
    assert stream.getvalue() == "training: 14 of 30 steps, 8 s left\n"
    now[0] += 10
    lines.update(0)
    assert stream.getvalue().splitlines()[1] == "training: 20 of 30 steps, 15 s left"


@pytest.mark.parametrize(
    ("steps", "said"),
    [(5000, ", 1,000 a second"), (50, ", 10 a second"), (49, ", 9.8 a second"), (1, ", 0.2 a second"), (0, "")],
)
def test_how_many_are_done_in_a_second(now: list[float], steps: int, said: str) -> None:
    stream = io.StringIO()
    lines = ProgressLines("fuzzing", 0, done=100, stream=stream, rate=True)
    now[0] += 5
    lines.update(steps)
    assert stream.getvalue() == f"fuzzing: {100 + steps} steps{said}\n"


def test_lines_come_after_two_seconds_and_then_after_ten_or_a_twentieth(now: list[float]) -> None:
    pace, due = Pace(), []
    for second in range(1, 1200):
        now[0] += 1
        if pace.due():
            due.append(second)
    assert due[:3] == [2, 12, 22]
    assert due[-1] - due[-2] in (55, 56)


def test_an_unknown_total_is_left_out(now: list[float]) -> None:
    stream = io.StringIO()
    lines = ProgressLines("drawing", 0, "picture", stream=stream)
    now[0] += 3
    lines.update(5)
    assert stream.getvalue() == "drawing: 5 pictures\n"


def test_twelve_hours_are_no_flood(now: list[float]) -> None:
    pace, due = Pace(), 0
    for _ in range(12 * 3600):
        now[0] += 1
        due += pace.due()
    assert 100 < due < 150


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s"), (20.4, "20 s"), (180, "3 min"), (7800, "2 h 10 min"), (43200, "12 h 0 min")]
)
def test_spans_of_time(seconds: float, text: str) -> None:
    assert duration(seconds) == text
