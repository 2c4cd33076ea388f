"""The section [corrections] of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CorrectionSettings:
    """[corrections]: readings that are confirmed or corrected on the page `/review`.

    Attributes:
        folder: for the crops and their `labels.csv`; made with the first correction.
    """

    folder: Path
