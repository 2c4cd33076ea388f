"""Learning rate and averaging by step; stopping where one can go on."""

from __future__ import annotations

import os
import signal

import pytest

from plate_train.loop.checkpoint import State
from plate_train.loop.schedule import WARM_UP, Schedule
from plate_train.loop.steps import Goal, Stop, total_steps


def test_rate_rises_and_falls_to_a_hundredth() -> None:
    schedule = Schedule(1e-3, 10_000)
    rates = [schedule.rate(step) for step in range(10_000)]
    assert max(rates) == pytest.approx(1e-3, rel=1e-3)
    assert rates[0] < 1e-5
    assert rates[WARM_UP:] == sorted(rates[WARM_UP:], reverse=True)
    assert rates[-1] == pytest.approx(1e-5, rel=0.01)


def test_rate_stays_up_while_the_length_is_not_known() -> None:
    assert Schedule(1e-3, None).rate(50_000) == 1e-3


def test_average_is_short_at_first_and_in_short_runs() -> None:
    assert Schedule(1e-3, 100_000).average_weight(0) > 0.5
    assert Schedule(1e-3, 100_000, average=1000).average_weight(50_000) == pytest.approx(1 / 1000)
    assert Schedule(1e-3, 200, average=1000).average_weight(199) == pytest.approx(1 / 20)


def test_hours_become_steps_by_the_pace_of_the_first_rounds() -> None:
    goal, state = Goal(1e-3, 1000, hours=1.0), State(step=100, seconds=50.0)
    assert total_steps(goal, state) is None
    state.history = [{"step": step, "seconds": step / 2} for step in (50, 100, 150)]
    state.step, state.seconds = 150, 75.0
    assert total_steps(goal, state) == 7200
    assert total_steps(Goal(1e-3, 1000, steps=9, hours=1.0), state) == 9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_noted_and_takes_its_course_afterwards(number: signal.Signals) -> None:
    stop, past = Stop(), []
    before = signal.signal(number, _end)
    try:
        with pytest.raises(KeyboardInterrupt), stop.listening():
            os.kill(os.getpid(), number)
            past.append(stop())
    finally:
        signal.signal(number, before)
    assert past == [True]


def _end(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def test_a_second_one_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), Stop().listening():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("not reached")
