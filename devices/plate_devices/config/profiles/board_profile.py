"""Profiles of boards: threads, frame size, frames a second, and the time budget of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from plate_devices.board import Board

FOLDER = Path(__file__).parent
AUTO = "auto"
OTHER = "cpu"


@dataclass(frozen=True)
class Profile:
    """Defaults for a board. Options and settings have priority over them.

    Attributes:
        matches: beginnings of the names of such boards.
        threads, backend: of the interpreter.
        size: width and height that a camera is asked for.
        fps: most frames a second.
        budget_ms: target for the median time of a frame, so that `fps` are read and a core stays free.
            `plate-doctor --bench` measures the real time.
        models: replace the default models.
    """

    description: str
    matches: tuple[str, ...]
    threads: int
    backend: str
    size: tuple[int, int]
    fps: float
    budget_ms: float
    models: tuple[str, ...] = ()


def names() -> list[str]:
    """Return the names of all profiles."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_profile(name: str, board: Board | None = None) -> Profile:
    """Return a profile; "auto" stands for that of this board, or of `board`.

    Raises:
        UsageError: there is no profile of that name.
    """
    if name == AUTO:
        name = name_for(board)
    if name not in names():
        raise UsageError(f"there is no profile {name!r}; profiles are {AUTO}, {', '.join(names())}")
    return _load(FOLDER / f"{name}.toml")


def name_for(board: Board | None = None) -> str:
    """Return the name of the profile for this board, or for `board`; "cpu" for other machines."""
    from plate_devices.board import Board

    model = (board or Board()).model
    fitting = [name for name in names() if model.startswith(_load(FOLDER / f"{name}.toml").matches or "\0")]
    return fitting[0] if fitting else OTHER


def _load(path: Path) -> Profile:
    import tomllib

    from plate_devices.config.fields import Location, build

    return build(Profile, tomllib.loads(path.read_text("utf-8")), Location(str(path), (), {}))
