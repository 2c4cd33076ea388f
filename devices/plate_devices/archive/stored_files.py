"""Files on disks and in object storage: listing addresses, and opening what is there."""

from __future__ import annotations

import os
import re
import tempfile
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from glob import iglob
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.archive.archive_rows import Address, require_pyarrow
from plate_devices.sources.folder_walk import COMPANIONS, walk
from plate_devices.sources.picture_files import MAX_STREAM_BYTES, FileInput, UnreadablePath, open_input, open_video
from plate_devices.sources.source import Frame, Frames, Source
from plate_devices.sources.video_formats import HEAD_BYTES, video_format
from plate_runtime.command_line import without_logins
from plate_runtime.errors import InputError, PlateEdgeError, UsageError, reason_of
from plate_runtime.pictures.open_picture import open_picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LIST_SUFFIXES = (".txt", ".list")
"""Names of files that hold one path or address a line."""

SCHEMES = ("s3", "gs")
"""Of addresses whose path is that of pyarrow's file system: bucket and key. Azure's are not."""

_PATTERN = re.compile(r"[*?\[]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://")
_VIDEO_BYTES = 64 << 30
_PIECE = 1 << 22
_LONGEST_LINE = 8192


def is_address(name: str) -> bool:
    """Return whether a name is an address such as s3://bucket/key, not a path."""
    return _ADDRESS.match(name) is not None


def list_addresses(inputs: Sequence[str], leave_out: Sequence[Path] = ()) -> Iterator[Address]:
    """Return the pictures and videos that inputs stand for, one by one; one may come more than once.

    Args:
        inputs: folders, files, patterns such as `cameras/*/2026-05-*.jpg`, lists (`LIST_SUFFIXES`), or addresses of
            folders, files and patterns in object storage.
        leave_out: output folders, which are not read if they lie in a folder that is.

    Raises:
        UsageError: an address is not supported, holds a password, or nothing is there. InputError: storage fails.
    """
    begun: dict[str, Iterator[Address]] = {}
    for name in inputs:  # before anything is read
        found = _listed(name, leave_out)
        first = next(found, None)
        if first is None:
            raise UsageError(f"{name}: there is no picture; name a folder, a file, a pattern, a list or s3://...")
        if is_address(name):  # to list a large folder in storage takes minutes
            begun[name] = chain([first], found)
    return chain.from_iterable(begun.pop(name) if name in begun else _listed(name, leave_out) for name in inputs)


def unordered_addresses(inputs: Sequence[str], leave_out: Sequence[Path] = ()) -> Iterator[Address]:
    """Yield what `list_addresses` returns, in no order, which saves sorting large folders; nothing in storage."""
    if not any(map(is_address, inputs)):
        yield from chain.from_iterable(_listed(name, leave_out, ordered=False) for name in inputs)


def _listed(name: str, leave_out: Sequence[Path], ordered: bool = True) -> Iterator[Address]:
    if is_address(name):
        yield from _listed_in_storage(name)
    elif Path(name).is_dir():
        yield from map(_local, walk(name, set(leave_out), ordered))
    elif Path(name).suffix.lower() in LIST_SUFFIXES and Path(name).is_file():
        yield from _of_list(Path(name))
    elif Path(name).exists() or not _PATTERN.search(name):
        yield _local(name)
    else:
        written = [folder.absolute() for folder in leave_out]
        for path in map(Path, iglob(name, recursive=True)):  # noqa: PTH207
            if os.path.isfile(path) and not any(  # noqa: PTH113  one that may not be looked at is left out
                path.absolute().is_relative_to(folder) for folder in written
            ):
                yield _local(str(path))


def _local(path: str) -> Address:
    place = os.path.abspath(path)  # noqa: PTH100  links stay: each is an input of its own
    try:
        seconds = Path(place).stat().st_mtime
        return Address(place, datetime.fromtimestamp(seconds, UTC))
    except (OSError, ValueError, OverflowError):
        return Address(place, None)


def _of_list(path: Path) -> Iterator[Address]:
    """Yield the addresses of a list; paths in it are relative to it."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
            while line := lines.readline(_LONGEST_LINE):
                name = line.rstrip("\r\n")
                while line and line[-1] != "\n":  # the rest of a line that is too long for a path; its row says so
                    line = lines.readline(_LONGEST_LINE)
                if name and not name.startswith("#"):
                    yield Address(_checked(name), None) if is_address(name) else _local(str(path.parent / name))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _listed_in_storage(name: str) -> Iterator[Address]:
    fixed = _PATTERN.split(_checked(name), maxsplit=1)[0]
    start = fixed if fixed == name else fixed.rpartition("/")[0]
    scheme = name.partition("://")[0]
    pa = require_pyarrow()
    try:
        filesystem, top = _filesystem(start)
        if filesystem.get_file_info(top).type == pa.fs.FileType.File:
            yield Address(name, filesystem.get_file_info(top).mtime)
            return
        folders = [top]
        while folders:
            entries = filesystem.get_file_info(pa.fs.FileSelector(folders.pop()))
            folders += [entry.path for entry in entries if not entry.is_file and entry.base_name[:1] != "."]
            for entry in entries:
                address = f"{scheme}://{entry.path}"
                wanted = entry.base_name[:1] != "." and entry.base_name not in COMPANIONS
                if entry.is_file and wanted and (start == name or fnmatchcase(address, name)):
                    yield Address(address, entry.mtime)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{without_logins(name)} cannot be listed: {reason_of(error)}") from error


def _checked(address: str) -> str:
    """Return an address. Raises UsageError if it holds a password: rows and messages would show it."""
    if without_logins(address) != address:
        raise UsageError(f"{without_logins(address)}: put the key into the environment, such as AWS_ACCESS_KEY_ID")
    return address


def _filesystem(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it. Raises UsageError if it is not supported."""
    scheme, _, rest = address.partition("://")
    return _connected(scheme, rest.partition("/")[0]), rest


@lru_cache(maxsize=32)
def _connected(scheme: str, bucket: str) -> Any:
    from pyarrow import ArrowException, fs

    require_pyarrow()
    if scheme not in SCHEMES:
        raise UsageError(
            f"{scheme}://{bucket} cannot be used; supported are {' and '.join(map('{}://'.format, SCHEMES))}"
        )
    try:
        return fs.FileSystem.from_uri(f"{scheme}://{bucket}")[0]
    except (OSError, ValueError, ArrowException) as error:
        raise UsageError(f"{scheme}://{bucket} cannot be used: {reason_of(error)}") from error


def open_address(address: str, fps: float | None = None) -> Source:
    """Return the source of a path or an address; an error is raised when its frames are asked for."""
    if not is_address(address):
        return open_input(FileInput(address, listed=True), fps)
    try:
        return _fetched(address, fps)
    except PlateEdgeError as error:
        return UnreadablePath(address, error)
    except Exception as error:  # storage raises almost anything
        return UnreadablePath(address, InputError(f"{address} cannot be read: {reason_of(error)}"))


def _fetched(address: str, fps: float | None) -> Source:
    filesystem, path = _filesystem(address)
    with filesystem.open_input_file(path) as stream:
        size = stream.size()
        head = stream.read(HEAD_BYTES)
        if video_format(head, address) is not None:
            return _fetched_video(address, head, stream, fps)
        if size > MAX_STREAM_BYTES:
            raise InputError(f"{address} has more than {MAX_STREAM_BYTES >> 20} MB; this is not a picture")
        return StoredPicture(address, head + stream.read())


def _fetched_video(address: str, head: bytes, stream: Any, fps: float | None) -> Source:
    if stream.size() > _VIDEO_BYTES:
        raise InputError(f"{address} has more than {_VIDEO_BYTES >> 30} GB; split it")
    copy = tempfile.TemporaryFile()  # noqa: SIM115  it has no name, so a kill leaves nothing on the disk
    try:
        copy.write(head)
        while piece := stream.read(_PIECE):
            copy.write(piece)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return StoredVideo(copy, open_video(f"/dev/fd/{copy.fileno()}", fps, address))


class StoredPicture(Source):
    """A picture that was fetched into memory."""

    still = True

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self._content = name, content

    def frames(self) -> Frames:
        """Yield the one picture. Raises InputError where it cannot be read."""
        yield Frame(open_picture(self._content, name=self.name).rgb, 0, None)


class StoredVideo(Source):
    """A video that was fetched into a temporary file, which is deleted when the source is closed."""

    def __init__(self, copy: Any, source: Source) -> None:
        self.name, self._copy, self._source = source.name, copy, source

    def frames(self) -> Frames:
        """Yield the frames. Raises InputError as `VideoFile`."""
        yield from self._source.frames()

    def close(self) -> None:
        """Delete the file."""
        self._source.close()
        self._copy.close()
