"""The loop of a run: steps, a row of the log after every round, checkpoints, and a clean stop."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

from numpy.typing import NDArray

from plate_runtime.errors import DataError, UsageError
from plate_runtime.progress import duration

from ..progress import progress
from . import checkpoint
from .checkpoint import State
from .rounds import Batch, Rounds
from .schedule import Schedule, steps_for
from .scores import Scored
from .training import Training

_RECENT = 16
"""Number of recent batches for the statistics of averaged weights, see `Training.update_statistics`."""
_PACE_ROUNDS = 3
"""Rounds after which the number of steps within the hours is estimated."""
_POINTS = 200
"""Of the loss in the learning curve: one a step in short runs."""


@dataclass(frozen=True)
class Goal:
    """Length of a run, in `steps` or as many as fit into `hours`, and its highest learning rate; see `Schedule`."""

    learning_rate: float
    average: int
    steps: int | None = None
    hours: float | None = None


@dataclass
class Steps:
    """One piece of a run of any kind.

    Attributes:
        training: see `Training`. rounds: what it is shown. goal: see `Goal`. state: where it stands; changed here.
        folder: where checkpoint and log go. every: seconds between checkpoints.
        keep: called with the state at each checkpoint, writes the model. say: gets the lines for people.
        epoch: steps, not always whole, in which the user's own crops are seen once; 0 without any.
    """

    training: Training
    rounds: Rounds
    goal: Goal
    state: State
    folder: Path
    every: float
    keep: Callable[[State], None]
    say: Callable[[str], None]
    stop: Stop
    epoch: float = field(default=0.0, kw_only=True)
    _recent: list[float] = field(default_factory=list, init=False, repr=False)
    _epoch_losses: list[float] = field(default_factory=list, init=False, repr=False)
    _pace: tuple[int, float] = field(default=(0, 0.0), init=False, repr=False)
    _recent_batches: deque[NDArray[Any]] = field(default_factory=lambda: deque(maxlen=_RECENT), init=False, repr=False)

    score_name: ClassVar[str] = "% right"
    """Name of the scores in the line of a round."""

    def scores(self) -> Mapping[str, Scored]:
        """Score the averaged weights on every set."""
        raise NotImplementedError

    def fix_length(self, again: bool) -> None:
        """Fix the length of the run as far as it is known; call it before `run`. `again`: the goal has changed."""
        if again or self.state.total is None:
            self.state.total = total_steps(self.goal, self.state)
        self.rounds.total = self.state.total

    def run(self) -> None:
        """Train to the end, or until stopped: then the signal's usual consequence follows after the checkpoint.

        Raises:
            UsageError: the loss is not a number.
        """
        self._recent_batches.extend(batch[0] for batch in self._batches_before())
        self._pace = (self.state.step, self.state.seconds)
        length = f"up to step {self.state.total:,}" if self.state.total else f"for {self.goal.hours:g} hours"
        self.say(f"training {length}; before its first step TensorFlow compiles the network")
        batches = self.rounds.batches(self.state.step)
        saved = time.monotonic()
        with self._bar() as bar, contextlib.closing(batches), self._timed() as tick:  # type: ignore[type-var]
            try:
                while not self._finished() and not self.stop.asked and (batch := next(batches, None)) is not None:
                    rate = self._step(batch)
                    tick()
                    bar.update()
                    if self.state.step % self.rounds.plan.steps == 0 or self._finished():
                        self._close_round(rate, bar)
                    else:
                        self._say_epoch()
                    if time.monotonic() - saved > self.every:
                        self.save()
                        saved = time.monotonic()
            except DataError:  # rendering failed between two steps: save the training so far
                self.save()
                raise
        self.save()

    def save(self) -> None:
        """Write checkpoint, log and model."""
        self.training.update_statistics(self._recent_batches)
        checkpoint.save(self.folder, self.state, self.training.arrays())
        checkpoint.write_log(self.folder, self.state.history)
        self.keep(self.state)

    def _step(self, batch: Batch) -> float:
        """Train on a batch and return the learning rate."""
        schedule = Schedule(self.goal.learning_rate, self.state.total, self.goal.average)
        rate = schedule.rate(self.state.step)
        loss = self.training.step(*batch, rate, schedule.average_weight(self.state.step))
        if not math.isfinite(loss):
            raise UsageError(f"the loss of step {self.state.step} is not a number; lower --learning-rate")
        self._recent_batches.append(batch[0])
        self.state.step += 1
        self.state.losses += loss
        self._note(loss)
        return rate

    def _note(self, loss: float) -> None:
        self._epoch_losses.append(loss)
        self._recent.append(loss)
        if len(self._recent) >= (self.state.total or _POINTS * self.rounds.plan.steps) / _POINTS:
            self.state.curve.append((self.state.step, round(sum(self._recent) / len(self._recent), 5)))
            self._recent.clear()

    def _say_epoch(self) -> None:
        """Print a line where an epoch over the user's own crops ends."""
        step = self.state.step
        if self.epoch and step // self.epoch > (step - 1) // self.epoch:
            loss = sum(self._epoch_losses) / len(self._epoch_losses)
            self._epoch_losses.clear()
            self.say(f"epoch {int(step // self.epoch)}, {self._place()}, loss {loss:.4f}{self._left()}")

    def _place(self) -> str:
        return f"step {self.state.step:,}" + (f" of {self.state.total:,}" if self.state.total else "")

    def _left(self) -> str:
        """Return "; TIME left" by the pace of this piece, or by the hours of the goal while steps are not known."""
        step, seconds = self._pace
        if self.state.total is None:
            return f"; {duration((self.goal.hours or 0.0) * 3600 - self.state.seconds)} left"
        if self.state.step <= step:
            return ""
        each = (self.state.seconds - seconds) / (self.state.step - step)
        return f"; {duration(each * (self.state.total - self.state.step))} left"

    @contextlib.contextmanager
    def _timed(self) -> Iterator[Callable[[], None]]:
        """Give a function that brings the seconds trained up to now; they are at the block's end, too."""
        before, started = self.state.seconds, time.monotonic()

        def tick() -> None:
            self.state.seconds = before + time.monotonic() - started

        yield tick
        tick()

    def _batches_before(self) -> Iterator[Batch]:
        """The last batches before this piece, so that a resumed run has the same statistics as one without a stop."""
        first = max(self.state.step - _RECENT, self.rounds.first * self.rounds.plan.steps, 0)
        for step in range(first, self.state.step):
            if (batch := self.rounds.batch(step)) is not None:
                yield batch

    def _finished(self) -> bool:
        return self.state.total is not None and self.state.step >= self.state.total

    def _bar(self) -> Any:
        return progress(self.state.total or 0, "training", initial=self.state.step)

    def _close_round(self, rate: float, bar: Any) -> None:
        self.training.update_statistics(self._recent_batches)
        scored = self.scores()
        since = self.state.step - (self.state.history[-1]["step"] if self.state.history else 0)
        row = {
            "step": self.state.step,
            "round": -(-self.state.step // self.rounds.plan.steps),
            "loss": round(self.state.losses / since, 5),
            "learning_rate": float(f"{rate:.4g}"),
            "hours": round(self.state.seconds / 3600, 4),
            "seconds": round(self.state.seconds, 1),
            "total": self.state.total,
            "precision": self.training.precision,
            **{name: found.to_json() for name, found in scored.items()},
        }
        self.state.history.append(row)
        self.state.losses = 0.0
        checkpoint.write_log(self.folder, self.state.history)
        scores = ", ".join(f"{name} {found.percent:.1f}" for name, found in scored.items())
        self._epoch_losses.clear()
        if self.state.total is None:
            self.state.total = self.rounds.total = total_steps(self.goal, self.state)
            bar.total = self.state.total or 0
        line = f"round {row['round']}, {self._place()}, {row['hours']:.2f} h, loss {row['loss']:.4f}"
        self.say(f"{line}, {self.score_name}: {scores}{self._left()}")


def total_steps(goal: Goal, state: State) -> int | None:
    """Return the length of a run: as said, or from the pace of its last rounds; None while that is not known."""
    if goal.steps is not None:
        return goal.steps
    assert goal.hours is not None
    rows = state.history[-2 * _PACE_ROUNDS :]
    if len(state.history) < _PACE_ROUNDS or rows[-1]["step"] == rows[0]["step"]:
        return None
    spent = rows[-1]["seconds"] - rows[0]["seconds"]
    left = goal.hours * 3600 - state.seconds
    return state.step + steps_for(max(0.0, left), rows[-1]["step"] - rows[0]["step"], spent)


class Stop:
    """Ctrl-C and SIGTERM wait until a step is complete: half a step could not be resumed. A second one does not."""

    def __init__(self) -> None:
        self.asked: int | None = None

    def __call__(self) -> bool:
        """Whether a stop was requested."""
        return self.asked is not None

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Within the block signals are noted; at its end the first one takes its usual course."""
        before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self.asked is not None:
            handler = before[signal.Signals(self.asked)]
            if callable(handler):
                handler(self.asked, None)
            raise SystemExit(128 + self.asked)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.asked is not None:
            raise KeyboardInterrupt
        self.asked = number
