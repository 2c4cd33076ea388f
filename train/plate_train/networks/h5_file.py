"""Open an `.h5` of unknown origin safely: another process checks it and copies what a network needs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plate_runtime.errors import ModelError, missing_extra

NETWORK = "model_weights"
ZIPPED = ("layers", "vars", "_layer_checkpoint_dependencies")
"""Groups of the weights in a `.keras` file."""
TRAINING = "plate_edge_training"
"""Name of the text data set beside the weights: HDF5 attributes end at 64 KB, a list of fonts may be longer."""
_LARGEST = 2 << 30
_TIMEOUT = 120  # seconds; most of it is for slow disks, the process itself may compute for 60


@contextlib.contextmanager
def checked_copy(path: Path, where: str | None = None) -> Iterator[Path]:
    """Within the block, give a copy with only the network, its weights and its attributes.

    This process opens only the copy. Links, external and virtual arrays, references, other types and sizes
    beyond `h5_copy.LARGEST` are refused; optimizer state and compile options are omitted. If `where` is given,
    messages name it instead of the path.

    Raises:
        ModelError: the file is missing, damaged, or holds any of these.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such file; name a model saved as .h5")
    if path.stat().st_size > _LARGEST:
        raise ModelError(f"{path} has more than {_LARGEST >> 30} GB, too large for a network of small devices")
    import_h5py()
    with tempfile.TemporaryDirectory(prefix="plate-train-") as folder:
        copy = Path(folder) / "model.h5"
        _run(path, copy, where or str(path))
        yield copy


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Within the block, give the `h5py.File` of a checked copy."""
    with checked_copy(path) as copy, import_h5py().File(copy, "r") as file:
        yield file


def import_h5py() -> Any:
    """Return h5py. Raises MissingPartError if it is not installed."""
    try:
        import h5py
    except ImportError as error:
        raise missing_extra("h5py is not installed", "train") from error
    return h5py


def _run(path: Path, copy: Path, where: str) -> None:
    # No filter that HDF5 would load from a library on disk, no lock on a file that may be read-only.
    settings = {"HDF5_PLUGIN_PRELOAD": "::", "HDF5_USE_FILE_LOCKING": "FALSE", "OPENBLAS_NUM_THREADS": "1"}
    environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-P", "-m", f"{__package__}.h5_copy", str(path.absolute()), str(copy)]
    try:
        ended = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{where}: reading it takes longer than {_TIMEOUT} s; save the model as .h5 again") from error
    if ended.returncode < 0:
        name = signal.Signals(-ended.returncode).name
        raise ModelError(f"{where}: the HDF5 library crashes over it ({name}), it is damaged; save the model again")
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines() or ["unknown reason"]
        raise ModelError(f"{where}: {said[-1]}; save the model as .h5 again")
