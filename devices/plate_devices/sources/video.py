"""Video files through PyAV. The demuxer is chosen by the file's content, and can open no other file."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from plate_devices.sources.mp4_tables import check_mp4_tables
from plate_devices.sources.source import Frame, Frames, Source, require_av
from plate_devices.sources.video_clock import FrameSampler, VideoClock
from plate_devices.sources.video_formats import HEAD_BYTES, explain, video_format
from plate_runtime.errors import InputError
from plate_runtime.pictures.cost import check_shape
from plate_runtime.pictures.open_picture import CAMERA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

MOST_WITHOUT_PICTURE = 256 * 1024 * 1024
"""Bytes without a picture after which the rest of a file is not read."""

_BUFFER = 128 * 1024
_MOST_GAPS = 64
# Damaged places in a container after which the rest is not read.

_OPTIONS = {
    "max_pixels": str(CAMERA.pixels),
    "max_streams": "64",
    "protocol_whitelist": "none",  # the file is read through `_BoundedFile`; FFmpeg opens nothing
}


class VideoFile(Source):
    """A video file, opened when frames are asked for. No frame is dropped; damaged frames are skipped."""

    def __init__(self, path: str, fps: float | None = None, name: str | None = None) -> None:
        """Take a path, how many frames of each second are read, None for all, and a name to use instead of the path.

        Raises:
            MissingPartError: PyAV is not installed.
        """
        self.name = name or path
        self._path, self._fps = path, fps
        self._av = require_av(f"{self.name}: reading video")
        self._file: _BoundedFile | None = None
        self._container: Any = None
        self._decode_errors = (self._av.error.FFmpegError, OSError, MemoryError, ValueError)
        self._damaged: list[int | None] = []
        self._first: int | None = None

    def frames(self) -> Frames:
        """Yield the frames.

        Raises:
            InputError: the file cannot be read; or, after the last frame, some of its pictures are damaged.
        """
        stream = self._open()
        clock, sampler = VideoClock(_rate(stream)), FrameSampler(self._fps)
        reformatter = self._av.video.reformatter.VideoReformatter()
        number = -1
        for number, picture in enumerate(self._pictures(stream)):
            seconds = clock.seconds(picture.time)
            if sampler.selects(seconds):
                check_shape(picture.width, picture.height, self.name, CAMERA.pixels)
                try:
                    rgb = reformatter.reformat(picture, format="rgb24").to_ndarray()
                except self._decode_errors as error:
                    raise InputError(f"{self.name} has an unsupported pixel format; convert it to H.264") from error
                yield Frame(_upright(rgb, picture.rotation), number, None, seconds)
        self._check_end(number + 1)

    def close(self) -> None:
        """Close the file."""
        container, self._container = self._container, None
        if container is not None:
            container.close()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _pictures(self, stream: Any) -> Iterator[Any]:
        """Yield pictures that are not damaged, and note the time stamps of damaged ones."""
        assert self._file is not None
        # FFmpeg marks a packet that is cut off by the end of the file. In MPEG-TS it also marks joints of recordings.
        marks_are_reliable = self._container.format.name != "mpegts"
        begun = False
        for packet in self._packets(stream):
            damaged = packet.is_corrupt and marks_are_reliable
            pictures: list[Any] = []
            try:
                pictures = packet.decode()
            except self._av.error.EOFError:
                break
            except self._decode_errors:
                damaged = True
            if damaged:
                self._damaged.append(packet.pts)
            for picture in pictures:
                if picture.is_corrupt:
                    self._damaged.append(picture.pts)
                    continue
                if not begun:
                    begun, self._first = True, picture.pts
                self._file.note_picture()
                yield picture
        if self._file.error is not None:
            raise InputError(f"{self.name} cannot be read: {self._file.error.strerror}") from self._file.error

    def _packets(self, stream: Any) -> Iterator[Any]:
        """Yield packets, also after damaged places, and an empty one at the end."""
        lost = False
        for _ in range(_MOST_GAPS):
            try:
                for packet in self._container.demux(stream):
                    if lost and packet.size:  # without more packets it was the end, which some containers do not mark
                        self._damaged.append(packet.pts)
                        lost = False
                    yield packet
            except self._decode_errors:
                lost = True
            else:
                return

    def _open(self) -> Any:
        """Open the file and return its video stream."""
        try:
            if not stat.S_ISREG(Path(self._path).stat().st_mode):
                raise InputError(f"{self.name} is not a regular file; give a video file")
            self._file = _BoundedFile(Path(self._path).open("rb", buffering=0))  # noqa: SIM115
            head = self._file.head()
            demuxer = video_format(head, self.name)
            if demuxer == "mov":
                self._file.check_mp4_tables(self.name)
        except OSError as error:
            raise InputError(f"{self.name} cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise InputError(f"{self.name!r} is not a file name") from error
        if demuxer is None:
            raise explain(head, self.name)
        self._container = self._demuxed(demuxer)
        return self._stream()

    def _demuxed(self, demuxer: str) -> Any:
        try:
            return self._av.open(
                self._file, format=demuxer, options=_OPTIONS, io_open=_refuse, buffer_size=_BUFFER,
                metadata_errors="replace",
            )  # fmt: skip
        except self._decode_errors as error:
            raise InputError(f"{self.name} is damaged or truncated: it holds no video that can be read") from error

    def _stream(self) -> Any:
        stream = self._container.streams.best("video")
        if stream is None:
            found = "sound, but no video" if self._container.streams.audio else "no video"
            raise InputError(f"{self.name} holds {found}, or its beginning is damaged")
        context = stream.codec_context
        if context is None:
            raise InputError(f"{self.name} holds video in a format that cannot be decoded; convert it to H.264")
        if context.width and context.height:
            check_shape(context.width, context.height, self.name, CAMERA.pixels)
        stream.thread_type = "AUTO"
        return stream

    def _check_end(self, read: int) -> None:
        assert self._file is not None
        if read == 0:
            raise InputError(
                f"{self.name} is damaged or truncated: none of its pictures can be decoded; is it encrypted?"
            )
        if self._file.exhausted:
            raise InputError(f"{self.name} is damaged: no picture follows picture {read}")
        # A recording may begin with pictures that depend on earlier ones.
        first = float("-inf") if self._first is None else self._first
        if damaged := len({stamp for stamp in self._damaged if stamp is None or stamp >= first}):
            raise InputError(f"{self.name} is damaged or truncated: {damaged} pictures cannot be decoded")


class _BoundedFile:
    """The open file that FFmpeg reads, without its name. Reading ends where too many bytes hold no picture.

    Attributes:
        exhausted: whether reading ended for that reason.
        error: the error of the disk, None for none.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._since_picture = 0
        self.exhausted = False
        self.error: OSError | None = None
        self.tell, self.close = stream.tell, stream.close

    def head(self) -> bytes:
        """Return the first bytes, and rewind."""
        head = self._stream.read(HEAD_BYTES)
        self._stream.seek(0)
        return head

    def check_mp4_tables(self, name: str) -> None:
        """See `mp4_tables.check_mp4_tables`."""
        check_mp4_tables(self._stream, name)

    def read(self, size: int) -> bytes:
        """Return the next bytes, b"" at the end."""
        if self._since_picture > MOST_WITHOUT_PICTURE:
            self.exhausted = True
            return b""
        try:
            content = self._stream.read(size)
        except OSError as error:
            self.error = error
            return b""
        self._since_picture += len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset and return it; -1 where a damaged file names an impossible offset."""
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1

    def note_picture(self) -> None:
        """Count bytes from 0 again, after a picture was decoded."""
        self._since_picture = 0


def _refuse(_url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    """Refuse to open other files for a demuxer."""
    raise PermissionError("a video opens no other file")


def _rate(stream: Any) -> float | None:
    """Return the frames a second of a stream, None where it does not state them."""
    rate = stream.codec_context.framerate or stream.guessed_rate or stream.average_rate
    return float(rate) if rate else None


def _upright(rgb: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """Rotate a frame counter-clockwise by the degrees that its file states, as phones do."""
    steps = round(degrees / 90) % 4
    if not steps:
        return rgb
    import numpy as np

    return np.ascontiguousarray(np.rot90(rgb, steps))
