"""Which models came with the installation, and what follows from that; imports nothing that takes time."""

from __future__ import annotations

from pathlib import Path

from .errors import ModelError, UsageError

MODELS = Path(__file__).parent / "models"
NAMES = {
    "character": "plate-character-1.0.0-int8",
    "plate": "plate-reader-0.9.0-int8",
    "locator": "plate-locator-1.0.0-int8",
}
"""The model of each kind that ships, without its suffix; the folder says which are there."""


def ships(kind: str, backend: str = "auto") -> bool:
    """Whether a model of that kind ships in the format that `backend` reads."""
    return kind in NAMES and _path(kind, backend).is_file()


def shipped_model(kind: str, backend: str = "auto") -> Path:
    """Return the path of the model that ships for `kind`, in the format that `backend` reads.

    Raises:
        UsageError: no model of that kind ships. ModelError: it is missing from the installation.
    """
    if kind not in NAMES or (kind == "locator" and not any(MODELS.glob("plate-locator-*"))):
        raise UsageError(f"no {kind} model ships yet; name one with its file")
    path = _path(kind, backend)
    if not path.is_file():
        raise ModelError(f"{path} is missing from the installation; install plate-edge again")
    return path


def default_as(backend: str = "auto") -> str | None:
    """Return how commands read a picture when nobody says: "frame" where a locator ships, else None."""
    return "frame" if ships("locator", backend) else None


def _path(kind: str, backend: str) -> Path:
    return MODELS / f"{NAMES[kind]}.{'onnx' if backend == 'onnx' else 'tflite'}"
