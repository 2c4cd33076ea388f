"""Files of a run's folder, read again by a later command: JSON, settings, and arrays. Each of them may be damaged."""

from __future__ import annotations

import argparse
import json
import math
import re
import types
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from plate_runtime.errors import DataError, DeviceError, PlateEdgeError, UsageError, damage_as, reason_of
from plate_runtime.files import read_whole

from ..atomic import write_json
from ..networks.network_file import ZIP_DAMAGE

MODEL_FILE, SETTINGS_FILE, REPORT_FILE = "model.h5", "settings.json", "report.json"
BEFORE_FILE, SEARCHED_FILE = "before.json", "search.json"
_LARGEST = 256 << 20
_LARGEST_NUMBER = 2**53


def read_json(
    path: Path, kind: type[PlateEdgeError] = DataError, problem: str = "the file is damaged"
) -> dict[str, Any]:
    """Return a JSON object.

    Args:
        kind: the error where the file is missing, damaged, or another value; problem: what it says then.
    """
    content = read_whole(path, _LARGEST, kind)
    with damage_as(kind, f"{path}: {problem}"):
        found = json.loads(content)
    if not isinstance(found, dict):
        raise kind(f"{path}: {problem}: no JSON object")
    return found


def read_arrays(path: Path, problem: str = "the file is damaged") -> dict[str, NDArray[Any]]:
    """Return the arrays of an uncompressed `.npz` by name: numbers, truth values and text.

    Raises:
        DataError: the file is missing or damaged, or its arrays claim to be larger than it is.
    """
    try:
        with damage_as(DataError, f"{path}: {problem}"):
            size = path.stat().st_size
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
            if any(one.compress_type != zipfile.ZIP_STORED for one in members):
                raise DataError(f"{path}: {problem}: compressed arrays")
            if sum(one.file_size for one in members) > size or len({one.filename for one in members}) < len(members):
                raise DataError(f"{path}: {problem}: its arrays claim to be larger than it is")
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
    except ZIP_DAMAGE as error:
        raise DataError(f"{path}: {problem}: {getattr(error, 'strerror', None) or reason_of(error)}") from error
    if strange := [name for name, array in arrays.items() if np.asarray(array).dtype.kind not in "fiubU"]:
        raise DataError(f"{path}: {problem}: {strange[0][:40]!r} is neither numbers nor text")
    return arrays


def recorded_settings(folder: Path, name: str, cls: type[Any], parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Return what a run's folder records of the fields of `cls`, each as the options of `parser` allow it.

    Raises:
        UsageError: there is no such file, or a value that no option allows.
    """
    path = folder / name
    if not path.is_file():
        raise UsageError(f"{folder} holds no run that could be resumed; name one with --out")
    recorded = read_json(path, UsageError)
    hints = get_type_hints(cls)
    options = {action.dest: action for action in parser._actions}
    found = {}
    for key in (entry.name for entry in fields(cls) if entry.name in recorded):
        with damage_as(UsageError, f"{path}: {key} does not fit"), _argument_errors():
            found[key] = _fitting(hints[key], recorded[key])
            _allowed(found[key], options.get(key))
    return found


def _fitting(annotation: Any, value: Any) -> Any:
    """Return a JSON value as a field of that type holds it. Raises ValueError where it is another."""
    for one in get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,):
        if get_origin(one) is tuple and isinstance(value, list):
            return tuple(_fitting(get_args(one)[0], entry) for entry in value)
        if value is None and one is types.NoneType:
            return None
        if isinstance(value, str) and one is str and value.isprintable():
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or one not in (int, float):
            continue
        if (one is float or isinstance(value, int)) and math.isfinite(value) and abs(value) <= _LARGEST_NUMBER:
            return one(value)
    raise ValueError("a value of another type, or out of range")


def _allowed(value: Any, option: argparse.Action | None) -> None:
    """Hold a value against an option as if it had been typed. Raises what the option's type raises, or ValueError."""
    if option is None or value is None:
        return
    for one in value if isinstance(value, tuple) else (value,):
        if callable(option.type):
            option.type(str(one))
        if option.choices is not None and one not in option.choices:
            raise ValueError(f"not one of {', '.join(map(str, option.choices))}")


@contextmanager
def _argument_errors() -> Iterator[None]:
    try:
        yield
    except argparse.ArgumentTypeError as error:
        raise ValueError(str(error)) from error


def number_in(record: Mapping[str, Any], key: str, least: int = 0, most: int = 10_000_000) -> int:
    """Return a whole number of a record. Raises KeyError where it is missing, ValueError where it is another value."""
    value = record[key]
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{key} is not a whole number from {least} to {most}")
    return value


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Raise DeviceError with the reason where a file of a run's folder cannot be read or written."""
    try:
        yield
    except OSError as error:
        in_hdf5 = re.search(r"error message = '([^']+)'", str(error))  # HDF5 has no strerror, and tells addresses
        reason = error.strerror or (in_hdf5[1] if in_hdf5 else reason_of(error))
        where = error.filename or folder
        raise DeviceError(
            f"{where} cannot be read or written ({reason}); free some space there, or name another folder with --out"
        ) from error


def write_report(report: Mapping[str, Any], folder: Path) -> None:
    """Write the report; it comes last, a folder with a report is complete."""
    write_json(dict(report), folder / REPORT_FILE)


def unfinished_run(runs: Path, kind: str) -> Path:
    """Return the newest unfinished run of a kind in `runs`. Raises UsageError if there is none."""
    found = [path.parent for path in runs.glob(f"{kind}-*/{SETTINGS_FILE}") if not (path.parent / REPORT_FILE).exists()]
    if not found:
        raise UsageError(f"no unfinished training in {runs}/; name a run with --out")
    return max(found, key=lambda path: (path / SETTINGS_FILE).stat().st_mtime)
