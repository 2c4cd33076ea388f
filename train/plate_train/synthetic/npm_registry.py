"""Packages of an npm registry, fetched without npm: one archive each, checked against a pinned digest."""

from __future__ import annotations

import base64
import configparser
import hashlib
import http.client
import io
import os
import tarfile
import urllib.request
from pathlib import Path

from plate_runtime.errors import DataError, DeviceError

DEFAULT = "https://registry.npmjs.org/"
LARGEST = 64 * 1024 * 1024
"""Bytes of an archive, and of all files kept of it."""
_TIMEOUT_SECONDS = 60


def registry() -> str:
    """Return the address that npm is configured with, without a trailing slash.

    It is `$npm_config_registry`, or `registry` in `.npmrc` of this folder or of the home, or npm's own.
    """
    named = os.environ.get("npm_config_registry") or os.environ.get("NPM_CONFIG_REGISTRY")  # noqa: SIM112  npm takes both
    for folder in () if named else (Path.cwd(), Path.home()):
        named = named or _configured(folder / ".npmrc")
    address = (named or DEFAULT).rstrip("/")
    if not address.startswith(("https://", "http://")):
        raise DataError(f"the registry {address} is not an http address; correct npm_config_registry or .npmrc")
    return address


def fetch_package(address: str, name: str, version: str, integrity: str) -> dict[str, bytes]:
    """Return the files of a package, by their paths in it.

    Args:
        address: of the registry. integrity: "sha512-" and the digest of the archive in base64, as npm pins it.

    Raises:
        DeviceError: it cannot be fetched. DataError: the archive is not the pinned one, or damaged.
    """
    url = f"{address}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:
            content: bytes = response.read(LARGEST + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeviceError(f"{name} cannot be fetched from {address} ({error}); check the network and repeat") from error
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != integrity:
        raise DataError(f"{name}@{version} from {address} is not the pinned package (its digest differs); try again")
    return _files(content, f"{name}@{version}")


def _files(content: bytes, what: str) -> dict[str, bytes]:
    """Read plain files of a .tgz into memory; nothing is unpacked to the disk."""
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() and member.size <= LARGEST else None
                if stream is not None:
                    files[member.name.partition("/")[2]] = stream.read()
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DataError(f"{what}: the archive is damaged ({error})") from error
    return files


def _configured(file: Path) -> str | None:
    """Return the value of `registry=` of an .npmrc."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    try:
        parser.read_string("[npm]\n" + file.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error):
        return None
    return parser.get("npm", "registry", fallback=None)
