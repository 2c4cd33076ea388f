"""The completed trials of a search in one file, written completely or not at all.

KerasTuner rewrites its files in place and cannot read them after a kill. So they are copied after every trial, and
restored before a search continues.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from plate_runtime.errors import DataError, UsageError, damage_as

from ..atomic import write_json
from .run_files import read_json

FILE, OF_FILE = "completed.json", "search-of.json"
_DAMAGED = "the record of the search is damaged; start again without --resume"


def keep(folder: Path) -> None:
    """Copy KerasTuner's files in `folder` into the record."""
    files = sorted(path for path in folder.rglob("*.json") if path != folder / FILE)
    texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
    write_json(texts, folder / FILE)


def restore(folder: Path) -> None:
    """Restore `folder` from the record; without a record it is emptied.

    Raises:
        DataError: the record is damaged.
    """
    texts = _read(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if texts:
        write_json(texts, folder / FILE)


def require_same(folder: Path, digest: str) -> None:
    """Record what a search is of: trials on other data or with other settings cannot be compared.

    Raises:
        UsageError: the trials in `folder` are of another search. DataError: the record is damaged.
    """
    file = folder / OF_FILE
    if file.exists() and read_json(file, problem=_DAMAGED).get("digest") != digest:
        raise UsageError(
            f"{folder} holds trials on other data or with other settings; restore these to resume, "
            "or start again with another --out"
        )
    write_json({"digest": digest}, file)


def completed_trials(folder: Path) -> int:
    """Return how many trials the record holds.

    Raises:
        DataError: the record is damaged.
    """
    trials = [text for name, text in _read(folder).items() if name.endswith("/trial.json")]
    with damage_as(DataError, f"{folder / FILE}: {_DAMAGED}"):
        return sum(json.loads(text).get("status") == "COMPLETED" for text in trials)


def _read(folder: Path) -> dict[str, str]:
    file = folder / FILE
    if not file.exists():
        return {}
    texts = read_json(file, problem=_DAMAGED)
    if all(_inside(name) and isinstance(text, str) for name, text in texts.items()):
        return texts
    raise DataError(f"{file}: {_DAMAGED}")


def _inside(name: str) -> bool:
    """Whether a path stays within its folder."""
    return name.isprintable() and name != "" and ".." not in Path(name).parts and not Path(name).is_absolute()
