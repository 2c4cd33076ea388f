"""The checkpoint of a run in one file: a resumed run gives the same result as one without a stop."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, damage_as

from ..atomic import replacing
from .run_files import number_in, read_arrays

FILE = "checkpoint.npz"
LOG = "log.jsonl"
_DAMAGED = "no complete checkpoint"


@dataclass
class State:
    """Progress of a run, apart from its arrays.

    Attributes:
        step: steps done. total: steps of the whole run; None while it is not known yet.
        seconds: trained, over all pieces. pieces: how often the run was started.
        losses: sum over the steps of the running round. history: rows of the log.
        generators: [digest, first shard drawn with it], the newest last.
        curve: [step, mean loss since the one before], at most some hundreds in all, for the learning curve.
    """

    step: int = 0
    total: int | None = None
    seconds: float = 0.0
    pieces: int = 0
    losses: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)
    generators: list[tuple[str, int]] = field(default_factory=list)
    curve: list[tuple[int, float]] = field(default_factory=list)


def save(folder: Path, state: State, arrays: Sequence[NDArray[Any]]) -> None:
    """Write the checkpoint of a run."""
    named = {f"array_{place:04d}": array for place, array in enumerate(arrays)}
    text = np.array(json.dumps(asdict(state)))
    with replacing(folder / FILE) as unfinished:
        np.savez(unfinished, state=text, **named)  # type: ignore[arg-type]


def load(folder: Path) -> tuple[State, list[NDArray[Any]]]:
    """Return the state and the arrays of a run's checkpoint.

    Raises:
        DataError: there is none, or it is damaged.
    """
    path = folder / FILE
    arrays = read_arrays(path, _DAMAGED)
    with damage_as(DataError, f"{path}: {_DAMAGED}"):
        state = _state(json.loads(str(arrays.pop("state"))))
        numbers = [arrays[name] for name in sorted(arrays)]
        if any(array.dtype.kind == "U" for array in numbers):
            raise DataError(f"{path}: {_DAMAGED}: it holds text where numbers belong")
    return state, numbers


def _state(recorded: dict[str, Any]) -> State:
    """Return the recorded state. Raises ValueError, KeyError, TypeError where a value makes no sense."""
    total = recorded["total"]
    seconds, losses = float(recorded["seconds"]), float(recorded["losses"])
    history, generators = recorded["history"], recorded["generators"]
    if not (math.isfinite(seconds) and math.isfinite(losses) and seconds >= 0):
        raise ValueError("times or losses that are not numbers")
    if not isinstance(history, list) or not all(isinstance(row, dict) for row in history) or not generators:
        raise ValueError("no log, or no generator")
    return State(
        step=number_in(recorded, "step", most=10**12),
        total=None if total is None else number_in(recorded, "total", most=10**12),
        seconds=seconds,
        pieces=number_in(recorded, "pieces"),
        losses=losses,
        history=history,
        generators=[(str(digest), number_in({"first": first}, "first", most=10**12)) for digest, first in generators],
        curve=[(int(step), float(loss)) for step, loss in recorded.get("curve", [])],
    )


def write_log(folder: Path, history: Sequence[dict[str, Any]]) -> None:
    """Write the log, a JSON object a line; rows later than the checkpoint a run resumed from are gone with it."""
    with replacing(folder / LOG) as unfinished:
        unfinished.write_text("".join(json.dumps(row) + "\n" for row in history), encoding="utf-8")
