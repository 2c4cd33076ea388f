"""No second action for one passing, whatever is reloaded and wherever it is killed; see benchmarks/actions.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from action_kills import Trial

pytestmark = pytest.mark.system


def test_kills_at_random(tmp_path: Path) -> None:
    trial = Trial(tmp_path, passings=3, seed=1)
    counts = trial.run(kills=4)
    assert max(counts) <= 1, counts
    assert sum(counts) >= 2, "the camera was hardly ever read"
    assert trial.kills == 12


def test_reloads_while_a_vehicle_stands_there(tmp_path: Path) -> None:
    changes = [("cool_down = 1", "cool_down = 2"), ('name = "gate"', 'name = "other"'), ("min_confidence = 0.6", "")]
    assert Trial(tmp_path, passings=1, seed=1).reload(changes) == 1
