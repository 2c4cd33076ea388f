"""Runs a model file in a separate process, as on a device, without TensorFlow.

tflite-runtime and TensorFlow cannot share a process: they define the same native symbols. An interpreter that crashes
ends the check of its file, not the export.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime import backends
from plate_runtime.errors import ModelError, PlateEdgeError
from plate_runtime.model import Model, open_model
from plate_runtime.shipped import shipped_model

from .frame_texts import FoundPlate, read_crops, search_all

_CHUNK = 64


@dataclass(frozen=True)
class Reading:
    """The outputs and texts of a model for a set.

    Attributes:
        outputs: float32 (n, ...), for the inputs; backend, version: the interpreter that ran it.
        texts: of each original, a plate; plates: in each original, a frame.
    """

    outputs: NDArray[np.float32]
    backend: str
    version: str
    texts: list[str] = field(default_factory=list)
    plates: list[list[FoundPlate]] = field(default_factory=list)


def read_all(
    path: Path,
    backend: str,
    inputs: NDArray[np.float32],
    advance: Callable[[int], object] = lambda _count: None,
    *,
    debug: bool = False,
    originals: Sequence[NDArray[np.uint8]] = (),
) -> Reading:
    """Run a model file on all inputs, float32 (n, height, width, 1), through `plate_runtime.model`.

    Args:
        originals: gray, uint8 (h, w), that a plate model reads, or that a detector searches for the shipped reader.
        advance: called with the number of pictures after every batch; debug: show the interpreter's log lines.

    Raises:
        ModelError: the file is refused, or the interpreter crashes over it.
    """
    with tempfile.TemporaryDirectory(prefix="plate-export-") as folder:
        given, taken = Path(folder) / "inputs.npy", Path(folder) / "outputs.npy"
        np.save(given, inputs)
        arguments = [str(path), backend, str(given), str(taken)]
        if len(originals):
            arguments.append(str(Path(folder) / "originals.npz"))
            np.savez(arguments[-1], *originals)
        said = _child(arguments, advance, debug)
        plates = [[FoundPlate.from_json(one) for one in found] for found in said["plates"]]
        return Reading(np.load(taken), said["backend"], said["version"], said["texts"], plates)


def installed() -> dict[str, str | None]:
    """Return each interpreter's version, or None if it is not installed, found in a separate process."""
    return dict(_child([]))


def _child(
    arguments: Sequence[str], advance: Callable[[int], object] = lambda _count: None, debug: bool = False
) -> dict[str, Any]:
    """Run this module as a program; its lines are counts, the last one a JSON object."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", __spec__.name, *arguments]
    last: dict[str, Any] = {}
    with tempfile.TemporaryFile("w+") as log:
        errors = None if debug else log
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True) as child:
            try:
                assert child.stdout is not None
                for line in child.stdout:
                    value = json.loads(line)
                    if isinstance(value, int):
                        advance(value)
                    else:
                        last = value
            except BaseException:
                child.kill()
                raise
        log.seek(0)
        said = log.read().strip().splitlines()
    if "error" in last:
        raise ModelError(last["error"])
    if child.returncode or not last:
        reason = said[-1] if said else f"exit code {child.returncode}"
        raise ModelError(f"the interpreter crashed: {' '.join(arguments[:2])}: {reason}; run with --debug")
    return last


def _main(arguments: Sequence[str]) -> int:
    if not arguments:
        _say(backends.installed())
        return 0
    file, backend, given, taken, *originals = arguments
    inputs = np.load(given, mmap_mode="r")  # frames take a megabyte each
    try:
        with open_model(Path(file), None, backend) as model:
            outputs = []
            for start in range(0, len(inputs), _CHUNK):
                outputs.append(model.predict(np.ascontiguousarray(inputs[start : start + _CHUNK])))
                _say(len(outputs[-1]))
            np.save(taken, np.concatenate(outputs))
            read = _read(model, backend, Path(originals[0])) if originals else {}
            _say({"backend": model.backend.name, "version": model.backend.version, "texts": [], "plates": [], **read})
    except PlateEdgeError as error:
        _say({"error": str(error)})
        return 1
    return 0


def _read(model: Model, backend: str, file: Path) -> dict[str, Any]:
    """Read the originals as the product does."""
    with np.load(file) as stored:
        grays = (stored[name] for name in stored.files)  # one at a time: there may be a gigabyte of them
        if model.manifest.kind == "plate":
            return {"texts": read_crops(model, grays, _say)}
        with open_model(shipped_model("frame", backend), "plate", backend) as reader:
            found = search_all(model, reader, grays, _say)
        return {"plates": [[one.to_json() for one in plates] for plates in found]}


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
