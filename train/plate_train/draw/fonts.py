"""The fonts that characters are drawn with: their list, fetching them, and finding those fetched.

`fonts.toml` names packages of the npm registry, each pinned to a version. `fetch` installs them with the npm client
into a temporary folder and keeps the Latin files and licences alone (about 10 MB) in
`$PLATE_EDGE_FONTS`, by default `~/.cache/plate-edge/fonts`. Run as a module it prints `docs/fonts.md`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plate_runtime.errors import DataError, DeviceError, MissingPartError

FETCH_COMMAND = "plate-train fonts"
KINDS = ("plate", "condensed", "sans", "rounded", "square", "mono", "serif", "slab", "script")
_LIST = Path(__file__).with_name("fonts.toml")
_PATIENCE_SECONDS = 900


@dataclass(frozen=True)
class FontFile:
    """One weight of one family, as a file that Pillow opens.

    Attributes:
        path: the file. family: its name as people know it. weight: 300 (light) to 900 (black).
        licence: SPDX name. package: the registry's package and its version, `name@version`.
        kind: one of `KINDS`; says how often the font is drawn in which world.
    """

    path: Path
    family: str
    weight: int
    licence: str
    package: str
    kind: str = "sans"


@dataclass(frozen=True)
class FontPackage:
    """One entry of `fonts.toml`: a package, what it holds and which weights of it are drawn with."""

    name: str
    version: str
    family: str
    kind: str
    licence: str
    weights: tuple[int, ...]

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
        DataError: the file is no TOML or an entry lacks a key.
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
            )
            for entry in entries
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no valid list of fonts ({error!r}); restore it from the repository") from error
    return sorted(packages, key=lambda package: package.name)


def cache_folder() -> Path:
    """Folder that fetched fonts are kept in: `$PLATE_EDGE_FONTS`, else `~/.cache/plate-edge/fonts`."""
    named = os.environ.get("PLATE_EDGE_FONTS")
    return Path(named) if named else Path.home() / ".cache" / "plate-edge" / "fonts"


def installed_fonts() -> list[FontFile]:
    """Return every listed font, sorted by package and weight, so that equal lists draw equal pictures.

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
    """Fetch all listed fonts with npm and return the folder they are in; nothing is done if they are there.

    Args:
        force: fetch them again in any case.

    Raises:
        MissingPartError: npm is not installed.
        DeviceError: npm could not fetch a package, or the disk could not be written.
        DataError: a package does not hold the files that the list names.
    """
    packages = listed_packages()
    folder = _folder_of(packages)
    if folder.is_dir() and not force:
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise MissingPartError(
            "npm, which fetches the fonts, is not installed; install Node.js (apt install npm) and repeat: "
            + FETCH_COMMAND
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as scratch:
            _install(npm, packages, Path(scratch))
            kept = Path(scratch) / "kept"
            for package in packages:
                _keep(package, Path(scratch) / "node_modules" / package.name, kept / package.name)
            if folder.exists():
                shutil.rmtree(folder)
            kept.rename(folder)
    except OSError as error:
        raise DeviceError(
            f"the fonts could not be stored in {folder.parent} ({error}); free space or set PLATE_EDGE_FONTS"
        ) from error
    return folder


def _folder_of(packages: Sequence[FontPackage]) -> Path:
    """A folder a list: after a change of the list the old fonts are never taken for the new ones."""
    pins = "\n".join(f"{package.spec} {package.weights}" for package in packages)
    return cache_folder() / hashlib.sha256(pins.encode()).hexdigest()[:16]


def _install(npm: str, packages: Sequence[FontPackage], prefix: Path) -> None:
    from tqdm import tqdm

    (prefix / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    options = [
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--no-package-lock",
        "--loglevel=error",
        "--fetch-retries=1",
    ]
    command = [npm, "install", "--prefix", str(prefix), *options, *(package.spec for package in packages)]
    messages = prefix / "npm.txt"
    with (
        messages.open("wb") as output,
        subprocess.Popen(
            command, cwd=prefix, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        bar = tqdm(total=len(packages), desc="fetching fonts", unit="package", disable=None)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.2)
                bar.update(sum((prefix / "node_modules" / p.name).is_dir() for p in packages) - bar.n)
        finally:
            if process.poll() is None:
                process.kill()
            bar.close()
    if process.returncode != 0:
        said = [line for line in messages.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        reason = said[0].strip() if said else f"it took more than {_PATIENCE_SECONDS} s"
        raise DeviceError(f"npm could not fetch the fonts ({reason}); check the network and repeat: {FETCH_COMMAND}")


def _keep(package: FontPackage, source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for weight in package.weights:
        file = source / "files" / package.file_name(weight)
        if not file.is_file():
            raise DataError(f"{package.spec} holds no {file.name}; correct its weights in {_LIST.name}")
        shutil.copyfile(file, target / file.name)
    for licence in source.glob("LICENSE*"):
        shutil.copyfile(licence, target / licence.name)


def fonts_page(packages: Sequence[FontPackage]) -> str:
    """Return the text of `docs/fonts.md`: every package with family, licence, version and weights."""
    lines = [
        "# Fonts",
        "",
        f"Drawn characters and plates are lettered with {len(packages)} families of the npm registry, fetched with"
        f" `{FETCH_COMMAND}` and never copied into this repository, and with stroke letters of our own"
        " (`draw/strokes.py`). Scripts stand on plates alone.",
        "Written by `python -m plate_train.draw.fonts > docs/fonts.md` from `train/plate_train/draw/fonts.toml`.",
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
