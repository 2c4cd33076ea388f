"""Search for a network's size and its learning rate, within a limit of multiply-adds, scored on synthetic plates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from plate_runtime.errors import UsageError

from ..atomic import write_json
from ..loop import checkpoint
from ..loop.run_files import SEARCHED_FILE
from ..loop.shards import Store
from ..loop.shared_search import Address, Share, digest_of, worker_name
from ..loop.tuning import Tried, tune, work
from ..networks.multiply_adds import multiply_adds
from .architectures import Size, build
from .run import train
from .settings import Settings

OBJECTIVE = "val_folded"
TRIALS_FOLDER = "trials"
_WIDTHS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.5)
_DEPTHS = (1, 2, 3, 4)
_LEAST_SHARE = 0.3
_OF_THIS_HOST = (
    "data", "hours", "watch", "drawings", "kept", "minutes", "seeds", "trials", "threads", "workers", "name", "version",
)  # fmt: skip


def search(
    settings: Settings,
    folder: Path,
    store: Store,
    *,
    resume: bool,
    chief: Address | None = None,
    say: Callable[[str], None] = print,
) -> Settings:
    """Return the settings with the best of `settings.trials` random choices; all trials are kept in `folder`.

    Every trial is trained for `settings.trial_steps` on the same shards with the same seed, so that only the
    choice differs. With `chief`, workers on other hosts train them.
    """
    allowed = sizes(settings.model, settings.most_multiply_adds * 1e6)
    digest = _digest(settings, store)
    tried, _ = tune(
        lambda hp: declare(hp, allowed), _trial(settings, folder, store, say),
        objective=OBJECTIVE, trials=settings.trials, seed=settings.seed, run=folder, resume=resume, say=say,
        digest=digest, share=None if chief is None else Share(chief, "", digest),
    )  # fmt: skip
    best = max(tried, key=lambda trial: trial.score)
    write_json({"trials": [_row(trial, allowed) for trial in tried], "best": best.number}, folder / SEARCHED_FILE)
    return with_values(settings, best.values)


def help_search(
    settings: Settings, folder: Path, store: Store, *, chief: Address, say: Callable[[str], None] = print
) -> None:
    """Train trials of the search of a chief on another host, until none is left; see `work`."""
    allowed = sizes(settings.model, settings.most_multiply_adds * 1e6)
    share = Share(chief, worker_name(folder), _digest(settings, store))
    work(
        lambda hp: declare(hp, allowed), _trial(settings, folder, store, say),
        objective=OBJECTIVE, run=folder, share=share, say=say,
    )  # fmt: skip


def _trial(settings: Settings, folder: Path, store: Store, say: Callable[[str], None]) -> Callable[[str, Any], float]:
    def try_out(number: str, hp: Any) -> float:
        chosen = with_values(settings, hp.values)
        where = folder / TRIALS_FOLDER / number
        short = replace(chosen, steps=settings.trial_steps, epochs=None, watch=(), trials=0)
        where.mkdir(parents=True, exist_ok=True)
        going_on = (where / checkpoint.FILE).exists()
        loop, _, _ = train(short, where, store, resume=going_on, say=lambda _line: None)
        found = loop.scores()["drawn"]
        say(f"trial {number}: width {chosen.width}, depth {chosen.depth}, rate {chosen.learning_rate:.2g}: {found}")
        return found.folded / max(1, found.count)

    return try_out


def _digest(settings: Settings, store: Store) -> str:
    """Return what must be the same on all hosts: not paths, names and what only changes the speed."""
    values = {name: value for name, value in asdict(settings).items() if name not in _OF_THIS_HOST}
    labels = Path(settings.data) / "labels.csv" if settings.data else None
    own = hashlib.sha256(labels.read_bytes()).hexdigest() if labels is not None and labels.is_file() else ""
    return digest_of({"settings": values, "generator": store.digest, "crops": own})


def declare(hp: Any, allowed: dict[str, int]) -> None:
    """Declare the space to KerasTuner: a size "WIDTHxDEPTH" of those allowed, and the highest learning rate."""
    hp.Choice("size", list(allowed))
    hp.Float("learning_rate", 3e-4, 4e-3, sampling="log")


def with_values(settings: Settings, values: dict[str, Any]) -> Settings:
    """Return the settings with KerasTuner's values."""
    width, _, depth = str(values["size"]).partition("x")
    rate = float(f"{values['learning_rate']:.3g}")
    return replace(settings, width=float(width), depth=int(depth), learning_rate=rate)


def sizes(name: str, most: float) -> dict[str, int]:
    """Return the sizes of a network, "WIDTHxDEPTH", with their multiply-adds: up to `most`, and not much fewer.

    Raises:
        UsageError: no size is small enough.
    """
    found = {}
    for depth in _DEPTHS:
        for width in _WIDTHS:
            cost = multiply_adds(build(name, Size(width, depth)))
            if cost > most:
                break
            if cost >= _LEAST_SHARE * most:
                found[f"{width}x{depth}"] = cost
    if not found:
        raise UsageError(f"no size of {name} has about {most / 1e6:g} M multiply-adds; change --most-multiply-adds")
    return found


def _row(trial: Tried, allowed: dict[str, int]) -> dict[str, Any]:
    cost = allowed[trial.values["size"]]
    return {"number": trial.number, **trial.values, "multiply_adds": cost, "score": trial.score}
