"""Fonts of synthetic pictures: the list, fetching them, and finding the fetched ones.

`fonts.toml` names packages of the npm registry, each pinned to a version and a digest. `fetch` gets them from the
registry that npm is configured with, npm itself is not needed, and keeps the Latin files and licences (10 MB) in
`$PLATE_EDGE_FONTS`, by default `~/.cache/plate-edge/fonts`. Run as a module it prints `docs/reference/fonts.md`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from plate_runtime.errors import DataError, DeviceError

from ..progress import progress
from .npm_registry import fetch_package, registry

FETCH_COMMAND = "plate-train fonts"
KINDS = ("plate", "condensed", "sans", "rounded", "square", "mono", "serif", "slab", "script")
_LIST = Path(__file__).with_name("fonts.toml")


@dataclass(frozen=True)
class FontFile:
    """One weight of one family, as a file that Pillow opens.

    Attributes:
        path: the file. family: its usual name. weight: 300 (light) to 900 (black).
        licence: SPDX name. package: the registry's package and its version, `name@version`.
        kind: one of `KINDS`; decides how often each domain uses the font.
    """

    path: Path
    family: str
    weight: int
    licence: str
    package: str
    kind: str = "sans"


@dataclass(frozen=True)
class FontPackage:
    """One entry of `fonts.toml`: a package, what it holds, and which of its weights are used."""

    name: str
    version: str
    family: str
    kind: str
    licence: str
    weights: tuple[int, ...]
    integrity: str = ""

    @property
    def spec(self) -> str:
        """`name@version`, as npm takes it."""
        return f"{self.name}@{self.version}"

    def file_name(self, weight: int) -> str:
        """Name of the upright Latin file of a weight inside the package's folder `files`."""
        return f"{self.name.rsplit('/', 1)[1]}-latin-{weight}-normal.woff2"


def listed_packages(path: Path = _LIST) -> list[FontPackage]:
    """Return the packages of `fonts.toml`, sorted by name.

    Raises:
        DataError: the file is not TOML, or an entry lacks a key.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["font"]
        packages = [
            FontPackage(
                entry["package"],
                entry["version"],
                entry["family"],
                entry["kind"],
                entry["licence"],
                tuple(entry["weights"]),
                entry["integrity"],
            )
            for entry in entries
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is not a valid list of fonts ({error!r}); restore it from the repository") from error
    return sorted(packages, key=lambda package: package.name)


def cache_folder() -> Path:
    """Folder that fetched fonts are kept in: `$PLATE_EDGE_FONTS`, else `~/.cache/plate-edge/fonts`."""
    named = os.environ.get("PLATE_EDGE_FONTS")
    return Path(named) if named else Path.home() / ".cache" / "plate-edge" / "fonts"


def installed_fonts() -> list[FontFile]:
    """Return every listed font, sorted by package and weight, so that equal lists give equal pictures.

    Raises:
        DataError: the fonts were not fetched, or a file of them is missing; names the command that fetches them.
    """
    packages = listed_packages()
    folder = _folder_of(packages)
    fonts = [
        FontFile(
            folder / package.name / package.file_name(weight),
            package.family,
            weight,
            package.licence,
            package.spec,
            package.kind,
        )
        for package in packages
        for weight in package.weights
    ]
    missing = [font.path.name for font in fonts if not font.path.is_file()]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(fonts)} fonts are missing in {folder}; fetch them with: {FETCH_COMMAND}"
        )
    return fonts


def fetch(force: bool = False) -> Path:
    """Fetch all listed fonts unless they are there, and return their folder.

    Args:
        force: fetch them again in any case.

    Raises:
        DeviceError: a package could not be fetched, or the disk could not be written.
        DataError: a package is not the pinned one, or does not hold the files that the list names.
    """
    packages = listed_packages()
    folder = _folder_of(packages)
    if folder.is_dir() and not force:
        return folder
    address = registry()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as scratch:
            kept = Path(scratch) / "kept"
            with progress(len(packages), "fetching fonts", "package") as bar:
                for package in packages:
                    files = fetch_package(address, package.name, package.version, package.integrity)
                    _keep(package, files, kept / package.name)
                    bar.update()
            if folder.exists():
                shutil.rmtree(folder)
            kept.rename(folder)
    except OSError as error:
        raise DeviceError(
            f"the fonts could not be stored in {folder.parent} ({error}); free space or set PLATE_EDGE_FONTS"
        ) from error
    return folder


def _folder_of(packages: Sequence[FontPackage]) -> Path:
    """Each list has its own folder, so that old fonts are never used after the list has changed."""
    pins = "\n".join(f"{package.spec} {package.weights}" for package in packages)
    return cache_folder() / hashlib.sha256(pins.encode()).hexdigest()[:16]


def _keep(package: FontPackage, files: Mapping[str, bytes], target: Path) -> None:
    target.mkdir(parents=True)
    for weight in package.weights:
        name = package.file_name(weight)
        if f"files/{name}" not in files:
            raise DataError(f"{package.spec} holds no {name}; correct its weights in {_LIST.name}")
        (target / name).write_bytes(files[f"files/{name}"])
    for name, content in files.items():
        if name.startswith("LICENSE") and "/" not in name:
            (target / name).write_bytes(content)


def fonts_page(packages: Sequence[FontPackage]) -> str:
    """Return the text of `docs/reference/fonts.md`: every package with family, licence, version and weights."""
    lines = [
        "# Fonts",
        "",
        f"Synthetic characters and plates use {len(packages)} font families of the npm registry, fetched with"
        f" `{FETCH_COMMAND}` and never copied into this repository, and stroke alphabets"
        " (`synthetic/glyphs/strokes.py`). Script fonts are used on plates only.",
        "Written by `python -m plate_train.synthetic.fonts > docs/reference/fonts.md` from"
        " `train/plate_train/synthetic/fonts.toml`.",
        "",
        "| family | kind | licence | package | version | weights |",
        "|---|---|---|---|---|---|",
    ]
    for package in packages:
        weights = " ".join(map(str, package.weights))
        row = (package.family, package.kind, package.licence, f"`{package.name}`", package.version, weights)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(fonts_page(listed_packages()))
