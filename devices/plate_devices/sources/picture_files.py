"""Pictures from files, folders and standard input."""

from __future__ import annotations

import io
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from plate_devices.sources.folder_walk import walk
from plate_devices.sources.source import Frame, Frames, Source
from plate_devices.sources.video_formats import is_video, refusal
from plate_runtime.errors import InputError, MissingPartError, PlateEdgeError
from plate_runtime.pictures.open_picture import open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO, BinaryIO

    import numpy as np
    from numpy.typing import NDArray

STANDARD_INPUT = "-"

MAX_STREAM_BYTES = 256 * 1024 * 1024
"""Most bytes that are read from a pipe: pipes do not state their length, and some never end."""

_IN_MEMORY = 4 * 1024 * 1024
# Bytes of a pipe that are kept in memory. More go to a temporary file, which leaves the memory to the decoder.


class PictureFile(Source):
    """One picture file."""

    still = True

    def __init__(self, path: str) -> None:
        self.name = path

    def frames(self) -> Frames:
        """Yield the one picture. Raises InputError where it cannot be read."""
        rgb = open_picture(self.name).rgb if os.path.isfile(self.name) else _read_pipe(self.name)  # noqa: PTH113
        yield Frame(rgb, 0, None)


class StandardInput(Source):
    """One picture on standard input."""

    still = True
    name = STANDARD_INPUT

    def frames(self) -> Frames:
        """Yield the one picture. Raises InputError where there is none."""
        if sys.stdin is None:
            raise InputError("standard input is closed")
        yield Frame(_read_bounded(sys.stdin.buffer, "standard input"), 0, None)


class UnreadablePath(Source):
    """A path that cannot be read. The error is raised when its frames are asked for; other paths are still read."""

    still = True

    def __init__(self, name: str, error: PlateEdgeError) -> None:
        self.name = name
        self._error = error

    def frames(self) -> Frames:
        """Raise the error."""
        raise self._error


class FileInput(NamedTuple):
    """One input of a command line: a path, and whether it was found in a folder."""

    path: str
    listed: bool = False


def list_inputs(paths: Sequence[str], leave_out: Sequence[Path] = (), ordered: bool = True) -> Iterator[FileInput]:
    """Yield the inputs that paths stand for, one by one; folders are listed file by file, see `walk`.

    Args:
        paths: pictures, videos, folders, or "-" for standard input.
        leave_out: output folders, which are not read.
        ordered: False to save the sorting where only the number of inputs matters.
    """
    written = {folder.resolve() for folder in leave_out}
    for path in paths:
        if path == STANDARD_INPUT or not os.path.isdir(path):  # noqa: PTH112  that of Path raises for too long a name
            yield FileInput(path)
            continue
        empty = True
        for file in walk(path, written, ordered):
            empty = False
            yield FileInput(file, listed=True)
        if empty:
            yield FileInput(path)


def open_input(found: FileInput, fps: float | None = None) -> Source:
    """Return the source of an input; an error is raised when its frames are asked for, so that others are still read.

    `fps` are the frames of each second of a video that are read, by default all.
    """
    path = found.path
    if path == STANDARD_INPUT:
        return StandardInput()
    # The methods of Path raise errors for a folder that may be listed but not entered.
    if os.path.isdir(path):  # noqa: PTH112
        problem = "is a folder that cannot be listed; check its permissions" if found.listed else "holds no pictures"
        return UnreadablePath(path, InputError(f"{path} {problem}"))
    if found.listed and os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
        # Pipes and devices in a folder: reading them may never end.
        return UnreadablePath(path, InputError(f"{path} is not a file that can be read"))
    if not is_video(path):
        return PictureFile(path)
    error = refusal(path)  # this needs no PyAV
    return UnreadablePath(path, error) if error else open_video(path, fps)


def open_video(path: str, fps: float | None = None, name: str | None = None) -> Source:
    """Return the source of a video, see `VideoFile`; that PyAV is missing is raised when its frames are asked for."""
    from plate_devices.sources.video import VideoFile

    try:
        return VideoFile(path, fps, name)
    except MissingPartError as missing:
        error = InputError(str(missing))
        error.exit_code = missing.exit_code
        return UnreadablePath(name or path, error)


def _read_pipe(path: str) -> NDArray[np.uint8]:
    """Read a pipe, such as that of `<(command)`."""
    try:
        with Path(path).open("rb") as stream:
            return _read_bounded(stream, path)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in its name
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _read_bounded(stream: BinaryIO, name: str) -> NDArray[np.uint8]:
    with closing(io.BytesIO()) as small:
        if _copy(stream, small, min(_IN_MEMORY, MAX_STREAM_BYTES)):
            return open_picture(small, name=name).rgb
        # Imported here because it takes a tenth of the start-up time.
        import tempfile

        with tempfile.TemporaryFile() as large:
            large.write(small.getbuffer())
            small.truncate(0)
            if not _copy(stream, large, MAX_STREAM_BYTES):
                raise InputError(f"{name} has more than {MAX_STREAM_BYTES >> 20} MB; this is not a picture")
            return open_picture(cast("BinaryIO", large), name=name).rgb


def _copy(source: BinaryIO, target: IO[bytes], most: int) -> bool:
    """Copy and return True at the end of the source; stop and return False above `most` bytes."""
    while target.tell() <= most:
        piece = source.read(1 << 16)
        if not piece:
            return True
        target.write(piece)
    return False
