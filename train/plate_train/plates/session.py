"""The runs of one command: a search, several seeds, or a single run; each can be resumed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from plate_runtime.errors import DataError, UsageError, damage_as

from ..atomic import replacing, write_json
from ..loop import checkpoint
from ..loop.run_files import MODEL_FILE, REPORT_FILE, SEARCHED_FILE, SETTINGS_FILE, number_in, read_json, write_report
from ..loop.scores import spread
from ..loop.shards import Store
from ..loop.shared_search import Address
from ..loop.tuning import FOLDER
from ..networks.model_name import named
from .run import run
from .search import search
from .settings import Settings


def session(
    settings: Settings,
    folder: Path,
    store: Store,
    *,
    resume: bool = False,
    retime: bool = False,
    chief: Address | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Search if that was asked for, then train once for each seed; see `run` for the arguments.

    With `chief`, workers on other hosts train the trials of the search.

    Raises:
        DataError, UsageError: data or options do not fit. DeviceError: the folder cannot be written.
    """
    _refuse_used(folder, resume)
    settings = named(settings, folder)
    if settings.trials and not (folder / SEARCHED_FILE).exists() and not (folder / checkpoint.FILE).exists():
        write_json(asdict(settings), folder / SETTINGS_FILE)
        settings = search(settings, folder, store, resume=resume, chief=chief, say=say)
    if settings.seeds > 1:
        _every_seed(settings, folder, store, retime=retime, say=say)
        return
    going_on = resume and ((folder / checkpoint.FILE).exists() or not settings.trials)
    run(settings, folder, store, resume=going_on, retime=retime, say=say)


def _refuse_used(folder: Path, resume: bool) -> None:
    if not resume and any((folder / name).exists() for name in (REPORT_FILE, FOLDER, SETTINGS_FILE)):
        raise UsageError(f"{folder} holds a run already; add --resume if it is unfinished, or name another folder")


def _every_seed(settings: Settings, folder: Path, store: Store, *, retime: bool, say: Callable[[str], None]) -> None:
    """Train with each seed on the same shards; the first model is that of the command."""
    write_json(asdict(settings), folder / SETTINGS_FILE)
    folders = [folder / f"seed-{settings.seed + place}" for place in range(settings.seeds)]
    for place, run_folder in enumerate(folders):
        if (run_folder / REPORT_FILE).exists():
            continue
        single = replace(settings, seed=settings.seed + place, drawing_seed=settings.synthetic_seed, seeds=1, trials=0)
        going_on = (run_folder / checkpoint.FILE).exists()
        run(single, run_folder, store, resume=going_on, retime=retime and going_on, say=say)
    reports = [read_json(run_folder / REPORT_FILE) for run_folder in folders]
    with damage_as(DataError, f"a report in {folder} is damaged"):
        names = reports[0]["scores"]
        folded = {name: spread([number_in(found["scores"][name], "folded") for found in reports]) for name in names}
    with replacing(folder / MODEL_FILE) as unfinished:
        shutil.copyfile(folders[0] / MODEL_FILE, unfinished)
    write_report(
        {
            "folded": folded,
            "seeds": {run_folder.name: found for run_folder, found in zip(folders, reports, strict=True)},
        },
        folder,
    )
    for name, found in folded.items():
        say(f"{name}: folded {found['mean']:.1f} ({found['min']} to {found['max']}) over {len(folders)} seeds")
