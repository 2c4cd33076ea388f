"""plate-infer: read the plates in pictures, videos and cameras."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from plate_runtime.command_line import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.run_options import InferOptions


def main() -> None:
    """Run plate-infer with the arguments of this process."""
    # numpy's linear algebra is not used; its threads would take a third of the CPU time of a start in a busy loop.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(command, "plate-infer")


def command(arguments: Sequence[str]) -> int:
    """Read the inputs that `arguments` name, and return the exit code."""
    from plate_devices.cli.infer_options import parse_infer  # only now: before `run`, Ctrl-C shows a traceback

    options = parse_infer(arguments)
    if options.camera is not None:
        from plate_devices.live.session import Session

        return Session(options, lambda: parse_infer(arguments)).run()
    if options.socket:
        return _serve_socket(options, options.socket)
    from plate_devices.archive.read_files import read_files

    return read_files(options)


def _serve_socket(options: InferOptions, path: str) -> int:
    from pathlib import Path

    from plate_devices.open_models import open_reader
    from plate_devices.unix_socket.socket_server import serve

    with open_reader(options) as reader:
        return serve(Path(path), reader, options.read_as, options.region, options.min_confidence)
