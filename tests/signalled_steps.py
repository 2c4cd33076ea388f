"""Training runs that end themselves by a signal: from outside, a short run could be over before the signal comes."""

from __future__ import annotations

import os
from typing import Any

from plate_train.loop.steps import Steps


def signal_before(step: int, number: int) -> None:
    """Let a run in this process send itself a signal before a step."""
    take = Steps._step

    def take_or_signal(self: Steps, batch: Any) -> float:
        if self.state.step == step:
            os.kill(os.getpid(), number)
        return take(self, batch)

    Steps._step = take_or_signal  # type: ignore[method-assign]
