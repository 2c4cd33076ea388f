"""Write a trained network with weights in half precision and compressed, for shipping and further training.

    python tools/shrink_h5.py runs/reader/model.h5 plate-reader-2.0.0.h5

Keras loads it like any other `.h5`, as float32. Export and check this file, not the original: weights change by up to
0.05 %.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from plate_runtime import command_line
from plate_runtime.errors import ModelError
from plate_train.atomic import replacing
from plate_train.networks import h5_file, weights_file

PROG = "shrink_h5.py"
_COMPRESSED = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
"""Bytes are sorted by their place in a number first: the upper ones repeat, the lower ones do not."""


def shrink(source: Path, target: Path) -> None:
    """Copy an `.h5` with its weights rounded to float16; the file appears complete or not at all.

    Raises:
        ModelError: it is not a model, or its weights exceed half precision. OSError: the place cannot be written.
    """
    import h5py

    weights_file.layer_names(source)
    with replacing(target) as unfinished, h5_file.checked_copy(source) as copy:
        shutil.copyfile(copy, unfinished)
        with h5py.File(unfinished, "r+") as file:
            found: list[str] = []
            file["model_weights"].visititems(lambda name, entry: found.append(name) if _is_weight(entry) else None)
            for name in found:
                _round(file["model_weights"], name, source)
        _repack(unfinished)


def command(arguments: Sequence[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog=PROG, description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="a .h5 of plate-train")
    parser.add_argument("target", type=Path, help="the .h5 to write")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    given = parser.parse_args(arguments)
    shrink(given.source, given.target)
    print(f"{given.target}: {given.target.stat().st_size:,} of {given.source.stat().st_size:,} bytes")
    return 0


def _is_weight(entry: Any) -> bool:
    return getattr(entry, "dtype", None) in (np.float32, np.float16)


def _round(group: Any, name: str, source: Path) -> None:
    with np.errstate(over="ignore"):
        halves = group[name][()].astype(np.float16)
    if not np.isfinite(halves).all():
        raise ModelError(f"{source}: {name} has numbers beyond 65,504, too large for half precision")
    del group[name]
    options = {"chunks": halves.shape, **_COMPRESSED} if halves.ndim > 1 else {}
    group.create_dataset(name, data=halves, **options)


def _repack(path: Path) -> None:
    """Copy the file's contents into a new one: HDF5 does not free the space of deleted entries."""
    import h5py

    packed = path.with_name(f"{path.name}.packed")
    try:
        with h5py.File(path, "r") as before, h5py.File(packed, "w") as after:
            for name in before:
                before.copy(name, after)
            for name, value in before.attrs.items():
                after.attrs[name] = value
        packed.replace(path)
    finally:
        packed.unlink(missing_ok=True)


if __name__ == "__main__":
    command_line.run(command, PROG)
