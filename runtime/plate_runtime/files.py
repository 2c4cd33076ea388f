"""Reading foreign files as a whole, up to a limit, and what may be replaced by a new file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import PlateEdgeError


def read_whole(path: Path, most: int, kind: type[PlateEdgeError], what: str = "") -> bytes:
    """Return the content of a regular file of at most `most` bytes.

    Pipes and devices are not opened: that may block indefinitely.

    Args:
        kind: the error to raise; what: stands before the path in its text, such as "watch list ".
    """
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise kind(f"{what}{path} cannot be read: it is a folder")
        if not stat.S_ISREG(path.stat().st_mode):
            raise kind(f"{what}{path} cannot be read: it is a pipe, a socket or a device, not a file")
        with path.open("rb") as stream:
            # Python allocates the requested size before it reads.
            size = os.fstat(stream.fileno()).st_size
            content = stream.read(min(size, most) + 1)
            if len(content) > size:  # it grows, or its file system does not know its size
                content += stream.read(max(0, most + 1 - len(content)))
    except (OSError, ValueError) as error:  # ValueError: a zero byte in its name
        raise kind(f"{what}{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > most:
        raise kind(f"{what}{path} cannot be read: it has more than {most / (1 << 20):g} MB")
    return content


def require_replaceable(path: Path) -> None:
    """Raise OSError if a path is a device, a pipe or a socket: a new file in its place would destroy it."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(None, "it is a device, a pipe or a socket, not a file")


def page_files(file: Path, count: int) -> list[Path]:
    """Return the files of so many pages: `file` for one, else NAME-1.png, NAME-2.png, ..."""
    return [file] if count == 1 else [_page(file, number) for number in range(1, count + 1)]


def delete_old_pages(file: Path, count: int) -> None:
    """Delete pages that an earlier run has written in addition to `page_files`."""
    if count != 1 and file.is_file():
        file.unlink()
    number = 1 if count == 1 else count + 1
    while (old := _page(file, number)).is_file():
        old.unlink()
        number += 1


def _page(file: Path, number: int) -> Path:
    return file.with_name(f"{file.stem}-{number}{file.suffix}")
