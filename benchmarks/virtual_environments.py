"""Virtual environments for the programs that ours are measured beside; none of them becomes a dependency of ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from measuring import ROOT

RIVALS = ROOT / ".cache" / "rivals"


class UnavailableError(Exception):
    """A program cannot be had here; says why."""


def environment(name: str, packages: Sequence[str]) -> Path:
    """Return the Python of .cache/rivals/NAME with these packages installed, made at the first call.

    Raises:
        UnavailableError: they cannot be installed here.
    """
    folder = RIVALS / name
    python, done = folder / "bin" / "python", folder / "installed"
    wanted = "\n".join(packages)
    if done.is_file() and done.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing {', '.join(packages)} in {folder}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise UnavailableError(f"pip cannot install {' '.join(packages)}: {said[-1].removeprefix('ERROR: ')}")
    done.write_text(wanted, encoding="utf-8")
    return python


def site_packages(python: Path) -> Path:
    """Return where an environment's packages lie."""
    return next((python.parent.parent / "lib").glob("python*/site-packages"))
