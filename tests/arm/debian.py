"""What Debian gives: an emulator of ARM processors and roots for them, without chroot, mount and binfmt."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

KEPT = Path(__file__).parents[2] / ".cache" / "arm"
"""Roots and packages stay here between runs; about 250 MB for each root with its packages."""

# QEMU 7.2 of Debian 12 crashes LiteRT and onnxruntime and can give wrong int8 results; Debian 13 has version 10.
_EMULATOR_FROM = "trixie"
_EMULATORS = {"arm64": "qemu-aarch64", "armhf": "qemu-arm"}
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_LONGEST = 3600


def mirror() -> str:
    """Return the address of the Debian mirror that apt uses here, or DEBIAN_MIRROR."""
    named = os.environ.get("DEBIAN_MIRROR")
    if named:
        return named.rstrip("/")
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()
    if not found:
        raise RuntimeError("apt knows no Debian mirror here: run apt-get update, or name one in DEBIAN_MIRROR")
    return found[0].rstrip("/")


def emulator(architecture: str) -> Path:
    """Return the program that runs programs of `architecture` ("arm64", "armhf"), fetched at the first call."""
    folder = KEPT / "emulator"
    program = folder / "usr" / "bin" / _EMULATORS[architecture]
    if not program.is_file():
        with Half(folder) as half:
            _fetch_package("qemu-user", half)
    return program


def emulator_version(architecture: str) -> str:
    """Return the emulator's version, such as "10.0.2"."""
    said = run([str(emulator(architecture)), "--version"])
    return said.split("version ")[1].split()[0]


def root(architecture: str, release: str, packages: Sequence[str]) -> Path:
    """Return a root of a Debian release with these packages unpacked, made at the first call."""
    folder = KEPT / f"{architecture}-{release}" / "root"
    if not folder.is_dir():
        with Half(folder) as half:
            # Unpacked and not configured: that would run programs of the root while it is made.
            how = ["--mode=root", "--variant=extract", "--skip=check/qemu", "--skip=output/dev"]
            what = [f"--architectures={architecture}", f"--include={','.join(packages)}", f"--keyring={_KEYRING}"]
            run(["mmdebstrap", "--quiet", *how, *what, release, str(half), mirror()])
            _link(half)
    return folder


def _link(folder: Path) -> None:
    """Make the links that configuring the packages would have made: /lib in /usr, and numpy's linear algebra."""
    for name in ("bin", "lib", "sbin"):
        if not (folder / name).exists():
            (folder / name).symlink_to(Path("usr", name))
    for part in ("blas", "lapack"):
        for library in folder.glob(f"usr/lib/*/{part}/lib{part}.so.3"):
            (library.parent.parent / library.name).symlink_to(Path(part, library.name))


def _fetch_package(name: str, folder: Path) -> None:
    """Unpack the newest `name` for this machine into `folder`, with lists of apt that are nobody else's."""
    apt = folder / "apt"
    (apt / "lists" / "partial").mkdir(parents=True)
    (apt / "cache" / "archives" / "partial").mkdir(parents=True)
    source = f"deb [signed-by={_KEYRING}] {mirror()} {_EMULATOR_FROM} main\n"
    (apt / "sources.list").write_text(source, encoding="utf-8")
    settings = {
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "Dir::State::Lists": apt / "lists",
        "Dir::Cache": apt / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    run(["apt-get", *options, "update"])
    run(["apt-get", *options, "download", name], working_folder=apt)
    (package,) = apt.glob("*.deb")
    run(["dpkg-deb", "--extract", str(package), str(folder)])
    shutil.rmtree(apt)


class Half:
    """A folder that gets its name once it is whole, so that nothing half made is taken for it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._half = folder, folder.with_name(f"{folder.name}.half")

    def __enter__(self) -> Path:
        shutil.rmtree(self._half, ignore_errors=True)
        self._half.mkdir(parents=True)
        return self._half

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._half.rename(self._folder)


def run(command: Sequence[str], working_folder: Path | None = None) -> str:
    """Run a command to its end and return its standard output. Raises RuntimeError with what it said where it fails."""
    ended = subprocess.run(command, cwd=working_folder, capture_output=True, text=True, timeout=_LONGEST, check=False)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return ended.stdout
