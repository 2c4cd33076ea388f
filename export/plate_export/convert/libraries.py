"""The heavy libraries of an export: checks that they are installed, and silences their log lines."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version

from plate_runtime.errors import missing_extra

ALWAYS = ("tensorflow", "keras", "h5py", "matplotlib", "tqdm")
_RECORDED = ("tensorflow-cpu", "tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime", "ai-edge-litert", "numpy")


def require(modules: Iterable[str]) -> None:
    """Raise MissingPartError, naming all that are missing, unless every module can be found; imports none."""
    missing = [name for name in modules if not _is_there(name)]
    if missing:
        raise missing_extra(f"not installed: {', '.join(missing)}", "export")


def versions() -> dict[str, str]:
    """Return the versions of the libraries that the content of exported files depends on."""
    found = {}
    for package in _RECORDED:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


@contextlib.contextmanager
def quiet(debug: bool = False) -> Iterator[None]:
    """Keep the converters' native log lines off the terminal; with `debug` they pass.

    They write to file descriptor 2 directly, not through `logging` or `sys.stderr`. Exceptions pass unchanged.
    """
    if debug:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with tempfile.TemporaryFile() as dropped:
            os.dup2(dropped.fileno(), 2)
            try:
                with warnings.catch_warnings(action="ignore"):
                    yield
            finally:
                sys.stderr.flush()
                os.dup2(kept, 2)
    finally:
        os.close(kept)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
