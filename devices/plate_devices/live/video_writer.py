"""Write a video: H.264 in a fragmented MP4 file, which can be played wherever it ends."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from plate_devices.private_files import clean_folder, replacing
from plate_devices.sources.source import require_av
from plate_runtime.errors import DeviceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from PIL import Image

CODECS = {"libx264": "H.264", "mpeg4": "MPEG-4 Part 2"}
"""Encoders, the best first, and what they write."""

_OPTIONS = {
    # Without look-ahead each frame is written at once, and the encoder keeps two frames instead of fifty.
    "libx264": {"preset": "veryfast", "tune": "zerolatency", "crf": "23"},
    "mpeg4": {"qscale": "4"},
}
_TICKS = 60_000
"""Ticks of a second: whole numbers for 25, 29.97, 30 and 60 frames a second. MPEG-4 allows at most 65,535."""

_FRAGMENT_SECONDS = 2
_CONTAINER = {
    "movflags": "empty_moov+default_base_moof",
    "frag_duration": str(_FRAGMENT_SECONDS * 1_000_000),
}
_KEY_FRAMES = 48
"""Frames from one that can be decoded alone to the next one."""


class VideoWriter:
    """Writes frames to a temporary file, which gets its name at the end. Memory does not grow with the video.

    Attributes:
        path: of the video.
        codec: name of the encoder.
        frames: number of frames so far.
        seconds: time of the newest frame.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Begin a file that is not there yet.

        Raises:
            MissingPartError: PyAV is not installed, or has no encoder.
            UsageError: the file exists, or its folder does not.
            DeviceError: the folder is not writable.
        """
        self.path, self.frames, self.seconds = path, 0, 0.0
        self._av = require_av(f"{path}: writing video")
        self.codec = self._choose_codec()
        _check(path)
        clean_folder(path.parent)
        self._threads = threads
        self._container: Any = None
        self._size = (0, 0)
        self._ticks = -1
        self._failed = False
        self._scope = ExitStack()
        with self._errors():
            self._disk = _Disk(self._scope.enter_context(replacing(path)))

    def add(self, picture: Image.Image, seconds: float) -> None:
        """Add a frame at a time in seconds since the first one. One of another size is fitted into the first one's.

        Raises:
            DeviceError: the disk is full; `close` keeps what was written.
        """
        if self._container is None:
            self._begin(picture)
        frame = self._av.VideoFrame.from_image(_fitted(picture, self._size))
        before, self._ticks = self._ticks, max(self._ticks + 1, round(seconds * _TICKS))
        frame.pts, frame.time_base = self._ticks, Fraction(1, _TICKS)
        with self._errors():
            for packet in self._stream.encode(frame):
                packet.duration = self._ticks - before  # for the last frame, which none follows
                self._container.mux(packet)
        self.frames += 1
        self.seconds = self._ticks / _TICKS

    def close(self) -> None:
        """End the video; the file gets its name, unless no frame was added.

        Raises:
            DeviceError: the disk is full.
        """
        container, self._container = self._container, None
        try:
            if container is not None:
                with self._errors(), container:
                    if not self._failed:
                        container.mux(self._stream.encode())
        finally:
            with self._errors(), suppress(_EmptyError), self._scope:
                if not self.frames:
                    raise _EmptyError

    def describe(self) -> str:
        """Return name, length and format of the video."""
        length = f"{self.frames:,} frames, {self.seconds:.1f} s"
        return f"{self.path}: {length}, {CODECS[self.codec]} ({self.codec})"

    def _choose_codec(self) -> str:
        for name in CODECS:
            if name in self._av.codecs_available:
                return name
        raise UsageError(f"{self.path}: this PyAV can encode neither H.264 nor MPEG-4; install that of PyPI")

    def _begin(self, picture: Image.Image) -> None:
        # The colours of H.264 are stored for pairs of pixels.
        self._size = (picture.width + picture.width % 2, picture.height + picture.height % 2)
        self._container = self._av.open(self._disk, "w", format="mp4", options=_CONTAINER)
        self._stream = self._container.add_stream(self.codec, options=_OPTIONS[self.codec])
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.time_base, context.gop_size, context.thread_count = Fraction(1, _TICKS), _KEY_FRAMES, self._threads

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn errors of the disk into a DeviceError, the first time; the end of a file that failed is no other one."""
        try:
            yield
        except (OSError, self._av.error.FFmpegError) as error:
            if self._failed:
                return
            self._failed = True
            raise DeviceError(f"{self.path} cannot be written: {error.strerror or error}") from error


class _EmptyError(Exception):
    """Discards a file without frames."""


class _Disk:
    """The file that FFmpeg writes to, without a buffer that would be lost with a full disk."""

    def __init__(self, stream: BinaryIO) -> None:
        self._handle = stream.fileno()

    def write(self, content: bytes) -> int:
        """Write all of the content."""
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._handle, rest) :]
        return len(content)


def _check(path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; name a video file that is not there yet")
    if os.path.lexists(path):
        raise UsageError(f"{path} exists already; delete it, or choose another name")


def _fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a picture of this size: with one more row or column, or reduced or enlarged with black bars."""
    if picture.size == size:
        return picture
    from PIL import Image, ImageOps

    width, height = picture.size
    if (width + width % 2, height + height % 2) != size:
        return ImageOps.pad(picture, size)
    wider = Image.new("RGB", size)
    for x, y in ((size[0] - width, size[1] - height), (0, 0)):
        wider.paste(picture, (x, y))
    return wider
