"""A trial run of a model file in a process of its own: a foreign network can crash an interpreter, or run endlessly.

The digest of a model file finds damage. A network that was built to break an interpreter has a valid digest.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import ModelError, described

SECONDS = 30.0
"""What opening a model and running it once may take; the slowest board needs two for the largest that ships."""
_MEMORY = 4 << 30
"""Address space of the process in bytes, where addresses have 64 bits."""


def try_model(path: str | Path, backend: str = "auto", seconds: float = SECONDS) -> None:
    """Open a model file and run it once on a blank input, in a process of its own. It costs about one cold start.

    Raises:
        ModelError: the file is refused, its output makes no sense, the process died over it, or took longer.
    """
    entries = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-P", "-m", f"{__package__}.trial", str(Path(path).absolute()), backend]
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": entries},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{path}: a trial run takes longer than {seconds:g} s; this model is not used") from error
    except OSError as error:
        raise ModelError(f"{path}: a trial run cannot be started: {error.strerror or error}") from error
    if ended.returncode < 0:
        name = signal.Signals(-ended.returncode).name
        raise ModelError(f"{path}: the interpreter crashes over it ({name}); this model is not used")
    if ended.returncode:
        said = ended.stdout.decode(errors="replace").strip().splitlines()
        raise ModelError(said[-1] if said else f"{path}: a trial run ends with exit code {ended.returncode}")


def _main(arguments: Sequence[str]) -> int:
    _set_limits()
    path, backend = arguments
    try:
        import numpy as np

        from .model import open_model

        with open_model(path, None, backend) as model:
            model.predict(np.zeros((1, *model.manifest.input.shape), np.float32))
    except Exception as error:
        said = described(error)
        print(said if path in said else f"{path}: {said}")
        return 2
    return 0


def _set_limits() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # there is no `resource` on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.maxsize > 1 << 32:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
