"""Layouts of plates: `layouts.toml`, typed and checked."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plate_runtime.errors import DataError

from .other_scripts import SCRIPTS

Range = tuple[float, float]
SEPARATORS = (
    "none", "space", "dash", "dot", "dots", "seal", "seals", "emblem", "outline", "letter", "stack", "slash", "bracket",
    "bolt", "star", "foreign",
)  # fmt: skip
_FILE = Path(__file__).with_name("layouts.toml")


@dataclass(frozen=True)
class Layout:
    """One family of plates; its attributes are explained at the top of `layouts.toml`."""

    name: str
    weight: float
    regions: tuple[str, ...]
    aspect: Range
    height: Range
    span: Range
    squeeze: Range
    gap: Range
    alphabets: dict[str, float] = field(hash=False)
    separators: dict[str, float] = field(hash=False)
    split: str = "train"
    two_rows: bool = False
    light_ink: float = 0.0
    band: float = 0.0
    right_band: float = 0.0
    head: float = 0.0
    foot: float = 0.0
    panel: float = 0.0
    border: float = 0.0
    frame: float = 0.0
    above: float = 0.0
    below: float = 0.0
    print: Range = (0.08, 0.15)
    script: float = 0.0
    picture: float = 0.0
    tags: float = 0.0
    bolts: float = 0.0
    stacked: float = 0.0
    side: float = 0.0
    uneven: float = 0.25
    upper: Range = (0.7, 1.0)
    mixed: float = 0.02
    block: float = 0.0
    ends: float = 0.04
    watermark: float = 0.03
    scripts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SCRIPTS, 1.0), hash=False)
    foreign: Range = (0.0, 0.0)
    foreign_line: float = 0.0


@functools.lru_cache(maxsize=4)
def load_layouts(split: str, path: Path = _FILE) -> tuple[Layout, ...]:
    """Return the layouts of a split, "train" or "measure".

    Raises:
        DataError: the file is not TOML, or an entry has an unknown or a missing key.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["layout"]
        layouts = [_layout(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not a valid list of layouts ({error}); restore it from the repository") from error
    return tuple(layout for layout in layouts if layout.split == split)


def _layout(entry: dict[str, Any]) -> Layout:
    ranges = {one.name for one in dataclasses.fields(Layout) if one.type in ("Range", "tuple[str, ...]")}
    values: dict[str, Any] = {key: tuple(value) if key in ranges else value for key, value in entry.items()}
    layout = Layout(**values)
    for what, named, known in (("separators", layout.separators, SEPARATORS), ("scripts", layout.scripts, SCRIPTS)):
        if unknown := set(named) - set(known):
            raise ValueError(f"{layout.name}: unknown {what} {sorted(unknown)}")
    return layout
