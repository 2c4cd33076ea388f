"""Draws the layers of the code from its imports, as the site shows them: `python docs/hooks/layers.py layers.svg`.

A box is a folder, or a file at the top of a package. It imports only from rows below it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import grimp

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

PACKAGES = ("plate_runtime", "plate_train", "plate_export", "plate_devices")
PAGE = """# Layers

Drawn from the imports of the code. A box is a folder, or a file at the top of a package.
It imports only from rows below it, and from the packages that its own may use.

![Boxes in rows: the runtime at the bottom, training and export on its left, devices on its right](layers.svg)
"""
_COLOURS = {"plate_runtime": "#37808a", "plate_train": "#7a6a2f", "plate_export": "#8a4a37", "plate_devices": "#4a5a8a"}
_SAYS = {
    "plate_runtime": "reads: imports no other package",
    "plate_train": "trains: may use runtime",
    "plate_export": "converts and checks: may use train, runtime",
    "plate_devices": "cameras, outputs, service: may use runtime only",
}
_PLACES = {  # left and right of the column that a package fills
    "plate_export": (10, 545), "plate_train": (10, 545), "plate_devices": (555, 1090), "plate_runtime": (10, 1090),
}  # fmt: skip
_LETTER, _HIGH, _GAP, _HEAD, _PAD = 6.7, 22, 6, 26, 8


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page of the layers, and its drawing; MkDocs calls it."""
    from mkdocs.structure.files import File

    for name, content in (("background/layers.md", PAGE), ("background/layers.svg", draw())):
        files.append(File.generated(config, name, content=content))
    return files


def rows_of(package: str, graph: grimp.ImportGraph) -> list[list[str]]:
    """Return the boxes of a package, in rows of which each imports only from the later ones."""
    below: dict[str, set[str]] = {}
    for module in graph.find_descendants(package):
        box = module.split(".")[1]
        imported = {one.split(".")[1] for one in graph.find_modules_directly_imported_by(module)
                    if one.startswith(f"{package}.")}  # fmt: skip
        below.setdefault(box, set()).update(imported - {box})

    @cache
    def level(box: str) -> int:
        return 1 + max((level(one) for one in below.get(box, ())), default=-1)

    rows: dict[int, list[str]] = defaultdict(list)
    for box in sorted(below):
        rows[level(box)].append(box)
    return [rows[number] for number in sorted(rows, reverse=True)]


def draw() -> str:
    """Return the drawing as SVG. Raises RecursionError where boxes import each other in a circle."""
    graph = grimp.build_graph(PACKAGES[0], *PACKAGES[1:], cache_dir=None)
    panels = {name: _Panel(name, rows_of(name, graph)) for name in PACKAGES}
    left = panels["plate_export"].height + _GAP + panels["plate_train"].height
    upper = max(left, panels["plate_devices"].height)
    train_top = 10 + upper - panels["plate_train"].height
    tops = {
        "plate_export": 10, "plate_train": train_top, "plate_devices": 10 + upper - panels["plate_devices"].height,
        "plate_runtime": 10 + upper + _GAP,
    }  # fmt: skip
    tops["plate_export"] = train_top - _GAP - panels["plate_export"].height
    high = tops["plate_runtime"] + panels["plate_runtime"].height + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1100 {high}" font-family="sans-serif" font-size="12">',
        f'<rect width="1100" height="{high}" fill="#ffffff"/>',
    ]
    for name, panel in panels.items():
        parts += panel.drawn(tops[name])
    return "\n".join([*parts, "</svg>", ""])


class _Panel:
    """One package: its rows, wrapped to the width of its column."""

    def __init__(self, name: str, rows: list[list[str]]) -> None:
        self._name, (self._left, self._right) = name, _PLACES[name]
        self._rows = [line for row in rows for line in self._wrapped(row)]
        self.height = _HEAD + len(self._rows) * (_HIGH + _GAP) + _PAD

    def drawn(self, top: int) -> list[str]:
        """Return its elements, with its upper edge at `top`."""
        colour, width = _COLOURS[self._name], self._right - self._left
        parts = [
            f'<rect x="{self._left}" y="{top}" width="{width}" height="{self.height}" fill="{colour}" '
            f'fill-opacity="0.12" stroke="{colour}" rx="4"/>',
            f'<text x="{self._left + _PAD}" y="{top + 18}" fill="{colour}">'
            f'<tspan font-weight="bold">{self._name}</tspan>  {escape(_SAYS[self._name])}</text>',
        ]
        for number, row in enumerate(self._rows):
            x, y = self._left + _PAD, top + _HEAD + number * (_HIGH + _GAP)
            for box in row:
                wide = _width(box)
                parts.append(f'<rect x="{x}" y="{y}" width="{wide}" height="{_HIGH}" fill="{colour}" rx="3"/>')
                parts.append(f'<text x="{x + wide / 2:g}" y="{y + 15}" fill="#fff" text-anchor="middle">{box}</text>')
                x += wide + _GAP
        return parts

    def _wrapped(self, row: list[str]) -> list[list[str]]:
        lines, space_left = [list[str]()], self._right - self._left - 2 * _PAD
        for box in row:
            if sum(_width(one) + _GAP for one in [*lines[-1], box]) > space_left:
                lines.append([])
            lines[-1].append(box)
        return lines


def _width(box: str) -> int:
    return round(len(box) * _LETTER) + 16


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(), encoding="utf-8")
