"""The models that ship with the installation, and the defaults that depend on them; it imports nothing slow."""

from __future__ import annotations

from pathlib import Path

from .backends import format_of
from .errors import ModelError, UsageError

MODELS = Path(__file__).parent / "models"
NAMES = {
    "character": "plate-character-1.0.0-int8",
    "plate": "plate-reader-2.1.0-int8",
    "frame": "plate-reader-nano-1.2.0-int8",
    "detector": "plate-detector-1.1.0-int8",
}
"""The model that ships for each purpose, without its suffix; the folder shows which are installed.

"character", "plate" and "detector" are kinds of models. "plate" reads the crop of one plate; "frame", of the same kind
and smaller, reads the plates that are detected in a frame. What one reads with doubt, the other reads too: two networks
trained apart make different errors; see docs/background/confidence.md."""


def ships(kind: str, backend: str = "auto") -> bool:
    """Return whether a model for that purpose, one of `NAMES`, ships in the format that `backend` reads."""
    return kind in NAMES and _path(kind, backend).is_file()


def shipped_model(kind: str, backend: str = "auto") -> Path:
    """Return the path of the model that ships for `kind`, in the format that `backend` reads.

    Raises:
        UsageError: none ships for that. ModelError: it is missing from the installation.
    """
    if kind not in NAMES or (kind == "detector" and not any(MODELS.glob("plate-detector-*"))):
        raise UsageError(f"no {kind} model ships yet; name one with its file")
    path = _path(kind, backend)
    if not path.is_file():
        raise ModelError(f"{path} is missing from the installation; install plate-edge again, or copy it there")
    return path


def named_model(name: str | Path, backend: str = "auto") -> Path:
    """Return the path of a model file, or of the shipped int8 model of that name, such as "plate-reader-nano".

    Raises:
        UsageError: it is a name, and no model of that name ships.
    """
    path = Path(name)
    if path.suffix or path.name != str(name) or path.exists():
        return path
    suffix = _suffix(backend)
    shipped = {found.name.rsplit("-", 2)[0]: found for found in sorted(MODELS.glob(f"*-int8{suffix}"))}
    if str(name) not in shipped:
        raise UsageError(f"no model called {name} ships; name a file, or one of {', '.join(shipped)}")
    return shipped[str(name)]


DETECTING = ("auto", "frame")
"""The modes in which plates are detected in a picture: always, or unless one plate fills it."""


def default_as(backend: str = "auto") -> str | None:
    """Return the mode in which commands read pictures without `--as`: "auto" if a detector ships, else None."""
    return "auto" if ships("detector", backend) else None


def _path(kind: str, backend: str) -> Path:
    return MODELS / f"{NAMES[kind]}{_suffix(backend)}"


def _suffix(backend: str) -> str:
    return f".{format_of(backend)}"
