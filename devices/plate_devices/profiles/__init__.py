"""What suits a board, as data: threads, size of the picture, frames a second, and the time that a frame may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from plate_devices.health.board import Board

FOLDER = Path(__file__).parent
AUTO = "auto"
OTHER = "cpu"


@dataclass(frozen=True)
class Profile:
    """What suits a board; options of the command line and settings of the file win over it.

    Attributes:
        matches: how the names of such boards begin.
        threads, backend: of the interpreter. size: that a camera is asked for. fps: most frames of a second.
        budget_ms: what a frame may take in the median, so that `fps` are read and a core stays free. It is what is
            wanted, not what was measured: `plate-doctor --bench` measures.
        models: in place of those that ship for what is read.
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
    """Return what profiles there are."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_profile(name: str, board: Board | None = None) -> Profile:
    """Return a profile; "auto" is the one of this board, or of `board`.

    Raises:
        UsageError: there is none of that name.
    """
    if name == AUTO:
        name = detect(board)
    if name not in names():
        raise UsageError(f"there is no profile {name!r}; there are {AUTO}, {', '.join(names())}")
    return _load(FOLDER / f"{name}.toml")


def detect(board: Board | None = None) -> str:
    """Return the name of the profile for this board, or for `board`; "cpu" where none is of its own."""
    from plate_devices.health.board import Board

    model = (board or Board()).model
    fitting = [name for name in names() if model.startswith(_load(FOLDER / f"{name}.toml").matches or "\0")]
    return fitting[0] if fitting else OTHER


def _load(path: Path) -> Profile:
    import tomllib

    from plate_devices.config.fields import Location, build

    return build(Profile, tomllib.loads(path.read_text("utf-8")), Location(str(path), (), {}))
