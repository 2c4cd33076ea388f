"""Files of a run's folder: read again, or refused in one sentence."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plate_runtime.errors import DataError, UsageError
from plate_train.detector import options as detector
from plate_train.loop.run_files import SETTINGS_FILE, number_in, read_arrays, read_json
from plate_train.plates import options as plates

WILD = {
    "batch": 0, "threads": 10**400, "width": 1e9, "depth": -1, "hours": "long", "seed": 1.5, "watch": "labels.csv",
    "drawings": "a\0b", "learning_rate": float("nan"), "precision": "float7", "steps": True, "shard": None,
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WILD.items())
@pytest.mark.parametrize("read", [plates.read_settings, detector.read_settings])
def test_settings_that_no_option_allows_are_refused(
    read: Callable[[Path], Any], name: str, value: object, tmp_path: Path
) -> None:
    (tmp_path / SETTINGS_FILE).write_text(json.dumps({name: value}))
    with pytest.raises(UsageError, match=rf"settings\.json: {name} does not fit"):
        read(tmp_path)


@pytest.mark.parametrize("read", [plates.read_settings, detector.read_settings])
def test_what_was_recorded_comes_back(read: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(json.dumps({"steps": 7, "hours": 2, "watch": ["a.csv"], "later": 1}))
    settings = read(tmp_path)
    assert (settings.steps, settings.hours, settings.watch) == (7, 2.0, ("a.csv",))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' + "9" * 5000 + "}", "[]", "\ud800"])
def test_json_that_breaks_parsers_is_a_data_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(DataError, match=r"a\.json: the file is damaged"):
        read_json(tmp_path / "a.json")


def test_arrays_that_run_code_or_claim_too_much_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.array([object()], dtype=object))
    with pytest.raises(DataError, match="damaged"):
        read_arrays(path)
    np.savez_compressed(path, a=np.zeros(10_000_000))
    with pytest.raises(DataError, match="compressed arrays"):
        read_arrays(path)
    with zipfile.ZipFile(path, "w") as archive:
        header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }"
        archive.writestr("a.npy", header.ljust(127) + b"\n")
    with pytest.raises(DataError, match="damaged"):
        read_arrays(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"no array")
    with pytest.raises(DataError, match="neither numbers nor text"):
        read_arrays(path)
    np.savez(path, a=np.zeros(3))
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged: File 'a.npy' is encrypted"):
        read_arrays(path)


@pytest.mark.parametrize("value", [1.0, True, "1", -1, 10**400, None])
def test_numbers_of_records_are_whole_and_bounded(value: object) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        number_in({"count": value}, "count")
