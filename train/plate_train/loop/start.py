"""Start of a run: its folder, given weights, or the checkpoint it continues from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plate_runtime.errors import UsageError

from ..atomic import write_json
from ..networks import weights_file
from . import checkpoint, lock
from .checkpoint import State
from .rounds import Plan
from .run_files import BEFORE_FILE, REPORT_FILE, SEARCHED_FILE, SETTINGS_FILE, disk_errors
from .training import Training


@contextlib.contextmanager
def writable(folder: Path, settings: Any, resume: bool) -> Iterator[None]:
    """Make the run's folder and record the settings; a run that fails before its first checkpoint leaves nothing.

    Raises:
        UsageError: it holds another run already. DeviceError: it cannot be written.
    """
    if (folder / REPORT_FILE).exists() and not resume:
        raise UsageError(f"{folder} holds a finished run; name another folder with --out")
    if (folder / checkpoint.FILE).exists() != resume:
        hint = "no run that could be resumed" if resume else "an unfinished run; add --resume"
        raise UsageError(f"{folder} holds {hint}, or name another folder with --out")
    with occupied(folder, settings, keeps=(checkpoint.FILE, SEARCHED_FILE), leaves=(BEFORE_FILE, checkpoint.LOG)):
        yield


@contextlib.contextmanager
def occupied(folder: Path, settings: Any, keeps: Sequence[str], leaves: Sequence[str] = ()) -> Iterator[None]:
    """Make a folder, lock it, and record the settings; one where the block fails is cleared.

    Args:
        settings: a dataclass. keeps: files or folders that a resumed run needs; where one is there, nothing is cleared.
        leaves: files that are cleared beside the settings; in a folder that is new, pictures are, too.

    Raises:
        UsageError: another process trains there. DeviceError: the folder cannot be written.
    """
    existed = folder.exists()
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with lock.alone(folder):
            try:
                write_json(asdict(settings), folder / SETTINGS_FILE)
                yield
            except BaseException:  # also for Ctrl-C
                if not any((folder / name).exists() for name in keeps):
                    _clear(folder, existed, leaves)
                raise


def start_from(path: str, model: Any, what: str) -> None:
    """Give a new network the weights of a `.h5`. Raises UsageError if that is another one than `what` of this size."""
    before = weights_file.load(Path(path))
    if [tuple(w.shape) for w in before.weights] != [tuple(w.shape) for w in model.weights]:
        raise UsageError(f"{path} holds another network than {what} of this size; name another file with --from")
    model.set_weights(before.get_weights())


def begun(folder: Path, training: Training, digest: str, plan: Plan, resume: bool) -> State:
    """Return where a piece of a run begins, the training brought back to the checkpoint if it resumes one.

    A changed generator, with another `digest`, is used from the next round on.
    """
    state = State(generators=[(digest, 0)])
    if resume:
        state, arrays = checkpoint.load(folder)
        training.restore(arrays)
        if state.generators[-1][0] != digest:
            state.generators.append((digest, state.step // plan.steps))
    state.pieces += 1
    return state


def _clear(folder: Path, existed: bool, leaves: Sequence[str]) -> None:
    with contextlib.suppress(OSError):
        pictures = () if existed else folder.glob("*.png")
        for path in (*(folder / name for name in (SETTINGS_FILE, lock.FILE, *leaves)), *pictures):
            path.unlink(missing_ok=True)
        if not existed:
            folder.rmdir()
