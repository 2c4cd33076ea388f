"""Opening a picture file: its format and its cost are checked before it is decoded. No other code opens one."""

from __future__ import annotations

import io
import logging
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from PIL import Image, ImageFile

from ..errors import InputError
from .cost import (
    MAX_FILE,
    MEMORY,
    METADATA,
    Cost,
    check_memory,
    check_png,
    check_shape,
    check_slow,
    memory_of,
    read_jpeg,
    webp_cost,
)
from .kinds import HEAD_BYTES, PLUGINS, identify

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

logging.getLogger("PIL").addHandler(logging.NullHandler())
# Otherwise Python prints Pillow's log messages of damaged files beside our error.

_READS = 100_000
# Reads of a header, each a step of a loop in Python, about 2 us.

_TIFF_METADATA = 4 * 1024 * 1024
# Pillow makes 300 bytes of the 2 to 8 of a strip's offset, and reads all tags twice.


class Limits(NamedTuple):
    """Limits for pictures from one kind of source: formats, some of `kinds.PLUGINS`, and the most pixels."""

    formats: tuple[str, ...]
    pixels: int


FILES = Limits(tuple(PLUGINS), 50_000_000)
"""Picture files and pictures that a client sends."""

CAMERA = Limits(("JPEG",), 16_000_000)
"""Pictures that a camera sends."""

CAMERA_PNG = Limits(("PNG",), 16_000_000)
"""Pictures from a camera that announces PNG."""


@contextmanager
def decoded(source: Path | bytes | BinaryIO, name: str, limits: Limits) -> Iterator[tuple[ImageFile.ImageFile, bool]]:
    """Open and decode a picture file; a context, because Pillow closes the file late.

    Yields the picture, and whether Pillow reduced its samples from 16 bits to 8.

    Raises:
        InputError: it is missing, empty, damaged, of a format that is not accepted, or would cost too much.
    """
    with one_clear_error(name):
        if not isinstance(source, Path | bytes) and not source.seekable():
            source = _read_all(source, name)
        with _stream_of(source, name) as stream:
            image = _open(stream, name, limits, held=len(source) if isinstance(source, bytes) else 0)
            shortened = image.mode in ("RGB", "RGBA") and any(";16" in str(tile[3]) for tile in image.tile)
            image.load()
            yield image, shortened


@contextmanager
def one_clear_error(name: str) -> Iterator[None]:
    """Turn any exception of Pillow and its plugins into one InputError."""
    try:
        with _NO_WARNINGS:
            yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{name} is too large for the memory that is free") from error
    except OSError as error:
        if error.filename is not None and error.strerror:
            raise InputError(f"{name} cannot be read: {error.strerror}") from error
        raise InputError(f"{name} is damaged or truncated: {_one_line(error)}") from error
    except Exception as error:  # plugins raise almost any exception for a broken file
        raise InputError(f"{name} is damaged or truncated: {_one_line(error)}") from error


class _NoWarnings:
    """Mutes Pillow's warnings of sizes, which are checked here, and of metadata that is not read.

    Python's filters belong to the process. The first thread that reads saves them, and the last one restores them: if
    each did so, the last one would restore the muted filters of another.
    """

    def __init__(self) -> None:
        self._lock, self._readers = Lock(), 0
        self._filters = warnings.catch_warnings(action="ignore")

    def __enter__(self) -> None:
        with self._lock:
            self._readers += 1
            if self._readers == 1:
                self._filters = warnings.catch_warnings(action="ignore")
                self._filters.__enter__()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                self._filters.__exit__(None, None, None)


_NO_WARNINGS = _NoWarnings()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _stream_of(source: Path | bytes | BinaryIO, name: str) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if isinstance(source, Path):
        try:
            mode = source.stat().st_mode
        except ValueError as error:  # a zero byte in its name
            raise InputError(f"{name} cannot be read: {error}") from error
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            raise InputError(f"{name} cannot be read: it is {what}")
        return source.open("rb")
    return cast(BinaryIO, _Kept(source))


def _read_all(stream: BinaryIO, name: str) -> bytes:
    """Return the content of a pipe or a connection; one read returns only what has arrived."""
    content = io.BytesIO()
    while piece := stream.read(1 << 16):
        content.write(piece)
        if content.tell() > MAX_FILE:
            raise InputError(
                f"{name} has more than {MAX_FILE >> 20} MB, which are not read from a stream; give its path"
            )
    return content.getvalue()


def _open(stream: BinaryIO, name: str, limits: Limits, held: int) -> ImageFile.ImageFile:
    """Return the opened picture, not decoded yet; `held` are the bytes of its file that are in memory anyway."""
    head = stream.read(HEAD_BYTES)
    kind = identify(head, name, limits.formats)
    size = stream.seek(0, os.SEEK_END)
    if kind in ("JPEG", "WEBP") and size > MAX_FILE:
        raise InputError(f"{name} is larger than {MAX_FILE >> 20} MB, which no picture is")
    stream.seek(0)
    if kind == "JPEG":
        jpeg = read_jpeg(stream.read(), name)
        check_shape(jpeg.width, jpeg.height, name, limits.pixels)
        cost = Cost(jpeg.coefficients)
    elif kind == "PNG":
        cost = check_png(stream, name)
    elif kind == "WEBP":
        cost = webp_cost(head, size, name, limits.pixels)
    else:
        cost = Cost()
    most = {"WEBP": size + METADATA, "TIFF": _TIFF_METADATA}.get(kind, METADATA)
    metered = _Metered(stream, name, most)
    if kind == "TIFF":
        from .tiff import prepare, tiff_cost

        prepare()
    image = _opened(kind, cast(BinaryIO, metered), name)
    check_shape(*image.size, name, limits.pixels)
    if kind == "TIFF":
        cost = tiff_cost(cast("TiffImageFile", image), stream, size, name)
    check_slow(image, size, stream, name)
    taken = held + (0 if kind == "WEBP" else 2 * metered.taken)
    cost = cost._replace(kept=cost.kept + taken)
    if kind == "JPEG" and image.mode == "RGB" and memory_of(image, cost) > MEMORY:
        # Large progressive pictures: plates are read in gray anyway, and gray takes a quarter.
        image.draft("L", None)
    check_memory(image, cost, name)
    if kind == "PNG":
        # Nothing behind the pixels is read: Pillow would take a chunk of any size into memory.
        image.load_end = _nothing  # type: ignore[method-assign]
        if cost.exif:
            image.info["exif"] = cost.exif
    metered.pixels_follow(size)
    return image


def _nothing() -> None:
    """End decoding."""


def _opened(kind: str, stream: BinaryIO, name: str) -> ImageFile.ImageFile:
    """Let the one plugin for a format read the headers.

    `Image.open` would load more plugins, and map files into memory: if a mapped file gets shorter, the process is
    killed.
    """
    import_module(f"PIL.{PLUGINS[kind]}")
    stream.seek(0)
    try:
        if kind == "JPEG":
            from PIL.JpegImagePlugin import JpegImageFile

            return JpegImageFile(stream, "")  # the registered one looks for further pictures behind it
        return Image.OPEN[kind][0](stream, "")
    except SyntaxError as error:
        if "pixel mode" not in str(error):
            raise
        raise InputError(f"{name} is a {kind} with pixels of a kind that is not read; save it as PNG") from error


class _Metered:
    """A stream with a limit of bytes, and of reads for the header, so that every loop over it ends.

    A read returns at most 1 MB: a file may claim that a strip has gigabytes. There is no `fileno`, so that libtiff
    cannot map the file into memory.
    """

    def __init__(self, stream: BinaryIO, name: str, most: int) -> None:
        self._stream, self._name = stream, name
        self._most = most
        self._fault = "has too large a header; save it without metadata, as JPEG or PNG"
        self._reads: float = _READS
        self.taken = 0
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close

    def pixels_follow(self, size: int) -> None:
        """Set the limits after the header: the file, of `size` bytes, is read once."""
        self._most = self.taken + size + _TIFF_METADATA
        self._reads = float("inf")
        self._fault = "is damaged: its pieces overlap"

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(min(size, ImageFile.SAFEBLOCK))
        self.taken += len(content)
        self._reads -= 1
        if self.taken > self._most or self._reads < 0:
            raise InputError(f"{self._name} {self._fault}")
        return content


class _Kept:
    """The stream of a caller, who closes it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell
        stream.seek(0)

    def __enter__(self) -> BinaryIO:
        return cast(BinaryIO, self)

    def __exit__(self, *_: object) -> None:
        """Leave it open."""

    def close(self) -> None:
        """Leave it open."""
