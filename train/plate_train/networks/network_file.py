"""A saved network, `.h5` or `.keras`, checked and copied before Keras loads it."""

from __future__ import annotations

import contextlib
import json
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from plate_runtime.errors import ModelError

from . import h5_file, keras_2, network_check

SUFFIXES = (".h5", ".hdf5", ".keras")
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_LARGEST = {_CONFIG: network_check.LONGEST, _METADATA: 1 << 16, _WEIGHTS: 1 << 30}
"""Largest size of each entry of a `.keras` file in bytes; other entries are not read."""
_MOST_ENTRIES = 1_000
ZIP_DAMAGE = (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, zlib.error, lzma.LZMAError)
"""What `zipfile` raises for a damaged archive; RuntimeError for an encrypted entry or an unknown compression."""


@dataclass(frozen=True)
class SavedNetwork:
    """A checked network.

    Attributes:
        description: of its layers, as Keras 3 reads it, see `keras_2.modern`.
        classes: the class of every layer, those of inner networks included.
        version: of the Keras that saved it; empty if the file has none.
        copy: a `.h5` with its weights, only within the block.
        zipped: whether the file is a `.keras`.
    """

    description: Mapping[str, Any]
    classes: list[str]
    version: str
    copy: Path
    zipped: bool

    def loadable(self) -> Path:
        """Write the description beside the copied weights and return a file that Keras can load."""
        if not self.zipped:
            with h5_file.import_h5py().File(self.copy, "r+") as file:
                file.attrs["model_config"] = json.dumps(self.description)
            return self.copy
        made = self.copy.with_suffix(".keras")
        with zipfile.ZipFile(made, "w") as file:
            file.writestr(_CONFIG, json.dumps(self.description))
            file.writestr(_METADATA, json.dumps({"keras_version": self.version, "date_saved": ""}))
            file.write(self.copy, _WEIGHTS)
        return made


def is_zip(path: Path) -> bool:
    """Whether a file is a `.keras`, by its first bytes, not its name."""
    with contextlib.suppress(OSError), path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"
    return False


@contextlib.contextmanager
def opened(path: Path) -> Iterator[SavedNetwork]:
    """Within the block, give the checked network of a file.

    Raises:
        ModelError: the file is missing, damaged, has only weights, may carry code (see `network_check`), or is of an
            earlier Keras and Keras 3 cannot load it.
    """
    if is_zip(path):
        with _unpacked(path) as (text, version, weights), h5_file.checked_copy(weights, str(path)) as copy:
            yield _checked(path, network_check.parse(text, str(path)), version, copy, zipped=True)
        return
    with h5_file.checked_copy(path) as copy:
        with h5_file.import_h5py().File(copy, "r") as file:
            text, version = file.attrs.get("model_config"), str(file.attrs.get("keras_version", ""))
        if text is None:
            raise ModelError(f"{path}: no network in the file, perhaps weights alone; save the whole model as .h5")
        yield _checked(path, network_check.parse(text, str(path)), version, copy, zipped=False)


def _checked(path: Path, saved: Mapping[str, Any], version: str, copy: Path, *, zipped: bool) -> SavedNetwork:
    if version.startswith(("0.", "1.")):
        raise ModelError(f"{path}{keras_2.advice(version, 'a format that Keras 3 no longer reads')}")
    classes = network_check.check(saved, str(path))
    return SavedNetwork(keras_2.modern(saved, version, str(path)), classes, version, copy, zipped)


@contextlib.contextmanager
def _unpacked(path: Path) -> Iterator[tuple[str, str, Path]]:
    """Within the block, give the description, the version of Keras and a file with the weights, nothing else."""
    with tempfile.TemporaryDirectory(prefix="plate-train-") as folder:
        weights = Path(folder) / "weights.h5"
        try:
            with zipfile.ZipFile(path) as file:
                names = [entry.filename for entry in file.infolist()]
                if len(names) > _MOST_ENTRIES or any(names.count(name) != 1 for name in (_CONFIG, _WEIGHTS)):
                    raise ValueError(f"it needs one {_CONFIG} and one {_WEIGHTS}")
                text = _entry(file, _CONFIG).decode()
                metadata = json.loads(_entry(file, _METADATA)) if _METADATA in names else {}
                with _bounded(file, _WEIGHTS) as source, weights.open("wb") as target:
                    shutil.copyfileobj(source, target)
        except (*ZIP_DAMAGE, EOFError, ValueError, RecursionError, LookupError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise ModelError(f"{path}: not a complete .keras file ({reason}); save the model as .h5") from error
        version = metadata.get("keras_version") if isinstance(metadata, dict) else None
        yield text, version if isinstance(version, str) and version.isprintable() else "", weights


def _entry(file: zipfile.ZipFile, name: str) -> bytes:
    with _bounded(file, name) as stream:
        return stream.read()


def _bounded(file: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open an entry that is not too large; `zipfile` never gives more bytes than the entry declares."""
    entry = file.getinfo(name)
    if entry.file_size > min(_LARGEST[name], (16 << 20) + 200 * entry.compress_size):
        raise ValueError(f"{name} claims {entry.file_size:,} bytes")
    return file.open(entry)
