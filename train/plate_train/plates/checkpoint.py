"""Everything a run needs to go on as if it had never been interrupted, in one file that is complete or not there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError

from ..atomic import replacing

FILE = "checkpoint.npz"
LOG = "log.jsonl"


@dataclass
class State:
    """Where a run stands, apart from its arrays.

    Attributes:
        step: steps done. total: steps of the whole run; None while it is not known yet.
        seconds: trained, over all pieces. pieces: how often the run was started.
        losses: sum over the steps of the running round. history: rows of the log.
        generators: [digest, first shard drawn with it], the newest last.
    """

    step: int = 0
    total: int | None = None
    seconds: float = 0.0
    pieces: int = 0
    losses: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)
    generators: list[tuple[str, int]] = field(default_factory=list)


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
    try:
        with np.load(path, allow_pickle=False) as file:
            state = State(**json.loads(str(file["state"])))
            arrays = [file[name] for name in sorted(file.files) if name != "state"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise DataError(f"{path}: no complete checkpoint ({error})") from error
    state.generators = [(digest, int(first)) for digest, first in state.generators]
    return state, arrays


def write_log(folder: Path, history: Sequence[dict[str, Any]]) -> None:
    """Write the log, a JSON object a line; rows later than the checkpoint a run resumed from are gone with it."""
    with replacing(folder / LOG) as unfinished:
        unfinished.write_text("".join(json.dumps(row) + "\n" for row in history), encoding="utf-8")
