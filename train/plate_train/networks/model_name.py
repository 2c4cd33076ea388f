"""Names of models: a user's model never has the name of one that ships."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

RESERVED = frozenset({"plate-character", "plate-reader", "plate-reader-nano", "plate-detector"})
"""Names of the models that ship."""
FALLBACK = "my-model"

S = TypeVar("S", bound=Any)


def model_name(*candidates: str) -> str:
    """Return the first candidate that can be a model's name and is not reserved, else `FALLBACK`.

    Characters that cannot be part of a file name become "-". A reserved name with a version is reserved too.
    """
    for candidate in candidates:
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", candidate).strip("-._")
        if name and re.sub(r"-[0-9.]+$", "", name) not in RESERVED:
            return name
    return FALLBACK


def named(settings: S, folder: Path) -> S:
    """Return the settings of a run in `folder` with a name; without one given the model is named after the folder."""
    return settings if settings.name else replace(settings, name=model_name(folder.resolve().name))
