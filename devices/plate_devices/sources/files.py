"""Pictures from files, folders and standard input."""

from __future__ import annotations

import io
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, cast

from plate_devices.sources.folder_walk import walk
from plate_devices.sources.source import Frame, Roi, Source
from plate_devices.sources.video_formats import is_video, refusal
from plate_runtime.errors import InputError, PlateEdgeError
from plate_runtime.pictures.open_picture import open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO, BinaryIO

    import numpy as np
    from numpy.typing import NDArray

STANDARD_INPUT = "-"

MAX_STREAM_BYTES = 256 * 1024 * 1024
"""Most that is taken from a pipe; a pipe does not say how long it is, and some never end."""

_IN_MEMORY = 4 * 1024 * 1024
# Bytes of a pipe that are kept in memory; more of them wait in a temporary file, so that decoding has the memory.


class PictureFile:
    """One picture file."""

    still = True
    dropped = 0
    state = ""
    default_roi: Roi | None = None

    def __init__(self, path: str) -> None:
        self.name = path

    def frames(self) -> Iterator[Frame]:
        """Yield the one picture. Raises InputError where it cannot be read."""
        rgb = open_picture(self.name).rgb if Path(self.name).is_file() else _read_pipe(self.name)
        yield Frame(rgb, 0, None)

    def close(self) -> None:
        """Nothing stays open."""


class StandardInput:
    """One picture on standard input."""

    still = True
    dropped = 0
    state = ""
    default_roi: Roi | None = None
    name = STANDARD_INPUT

    def frames(self) -> Iterator[Frame]:
        """Yield the one picture. Raises InputError where there is none."""
        if sys.stdin is None:
            raise InputError("standard input is closed")
        yield Frame(_read_bounded(sys.stdin.buffer, "standard input"), 0, None)

    def close(self) -> None:
        """Standard input is not ours to close."""


class Unreadable:
    """A path that cannot become a picture; it says so when its turn comes, and the rest is read."""

    still = True
    dropped = 0
    state = ""
    default_roi: Roi | None = None

    def __init__(self, name: str, error: PlateEdgeError) -> None:
        self.name = name
        self._error = error

    def frames(self) -> Iterator[Frame]:
        """Raise the error."""
        raise self._error

    def close(self) -> None:
        """Nothing was opened."""


def open_paths(paths: Sequence[str], fps: float | None = None, leave_out: Sequence[Path] = ()) -> list[Source]:
    """Turn what stands on the command line into sources, folders file by file in natural order.

    Args:
        paths: pictures, videos, folders, or "-" for standard input.
        fps: how many frames of each second of a video are read, by default all.
        leave_out: folders that are written into and therefore not read.

    Raises:
        MissingPartError: there is a video among them and nothing that decodes it.
    """
    written = {folder.resolve() for folder in leave_out}
    return [source for path in paths for source in _open_path(path, fps, written)]


def _open_path(path: str, fps: float | None, written: set[Path]) -> list[Source]:
    if path == STANDARD_INPUT:
        return [StandardInput()]
    if Path(path).is_dir():
        files = list(walk(path, written))
        if files:
            return [_open_entry(file, fps) for file in files]
        return [Unreadable(path, InputError(f"{path} holds no pictures"))]
    return [_open_file(path, fps)]


def _open_entry(path: str, fps: float | None) -> Source:
    """Open what was found in a folder: nobody asked for its pipes and devices, and reading them may never end."""
    found = Path(path)
    if found.exists() and not found.is_file():
        return Unreadable(path, InputError(f"{path} is not a file that can be read"))
    return _open_file(path, fps)


def _open_file(path: str, fps: float | None) -> Source:
    if is_video(path):
        if error := refusal(path):
            return Unreadable(path, error)  # without PyAV, too
        from plate_devices.sources.video import VideoFile

        return VideoFile(path, fps)
    return PictureFile(path)


def _read_pipe(path: str) -> NDArray[np.uint8]:
    """Read what is no ordinary file, such as the pipe of `<(command)`."""
    try:
        with Path(path).open("rb") as stream:
            return _read_bounded(stream, path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _read_bounded(stream: BinaryIO, name: str) -> NDArray[np.uint8]:
    with closing(io.BytesIO()) as small:
        if _copy(stream, small, min(_IN_MEMORY, MAX_STREAM_BYTES)):
            return open_picture(small, name=name).rgb
        # Only now: the import takes a tenth of the start.
        import tempfile

        with tempfile.TemporaryFile() as large:
            large.write(small.getbuffer())
            small.truncate(0)
            if not _copy(stream, large, MAX_STREAM_BYTES):
                raise InputError(f"{name} gives more than {MAX_STREAM_BYTES >> 20} MB; that is no picture")
            return open_picture(cast("BinaryIO", large), name=name).rgb


def _copy(source: BinaryIO, target: IO[bytes], most: int) -> bool:
    """Copy until the source ends, and return True; or stop once the target holds more than `most` bytes."""
    while target.tell() <= most:
        piece = source.read(1 << 16)
        if not piece:
            return True
        target.write(piece)
    return False
