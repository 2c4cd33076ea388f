"""The names of the models that ship, so that tests do not repeat their versions."""

from __future__ import annotations

from plate_runtime.shipped import NAMES


def shipped_label(purpose: str, separator: str = "@") -> str:
    """Return name and version of the model that ships for a purpose, one of `shipped.NAMES`."""
    name, version, _ = NAMES[purpose].rsplit("-", 2)
    return f"{name}{separator}{version}"
