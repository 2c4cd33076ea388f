"""Video files, frame by frame, through PyAV: one demuxer, chosen by content, that sees this file and no other."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from plate_devices.sources.film_clock import FilmClock, FilmPace
from plate_devices.sources.film_tables import check_tables
from plate_devices.sources.source import Frame, Roi, require_av
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
"""Bytes of a file without a picture in them after which the rest is not looked at."""

_BUFFER = 128 * 1024
_MOST_GAPS = 64
# Damaged places in a container after which the rest is not looked for.

_OPTIONS = {
    "max_pixels": str(CAMERA.pixels),
    "max_streams": "64",
    "protocol_whitelist": "none",  # the file comes through `_Bounded`; nothing else is opened
}


class VideoFile:
    """A video file. No frame is dropped: a file waits. Opening is put off until frames are asked for.

    Frames carry the seconds that their time stamps say. What the decoder calls damaged is left out.
    """

    still = False
    dropped = 0
    state = ""
    default_roi: Roi | None = None

    def __init__(self, path: str, fps: float | None = None) -> None:
        """Take a path and, where not every frame is wanted, how many of each second of film.

        Raises:
            MissingPartError: PyAV is not installed.
        """
        self.name = path
        self._fps = fps
        self._av = require_av(f"{path}: reading video")
        self._file: _Bounded | None = None
        self._container: Any = None
        self._wrong = (self._av.error.FFmpegError, OSError, MemoryError, ValueError)
        self._damaged: list[int | None] = []
        self._first: int | None = None

    def frames(self) -> Iterator[Frame]:
        """Yield the frames.

        Raises:
            InputError: the file cannot be read, or, after its last frame, some of its pictures are damaged.
        """
        stream = self._open()
        clock, pace = FilmClock(_rate(stream)), FilmPace(self._fps)
        turned = self._av.video.reformatter.VideoReformatter()
        number = -1
        for number, picture in enumerate(self._pictures(stream)):
            seconds = clock.seconds(picture.time)
            if pace.takes(seconds):
                check_shape(picture.width, picture.height, self.name, CAMERA.pixels)
                try:
                    rgb = turned.reformat(picture, format="rgb24").to_ndarray()
                except self._wrong as error:
                    raise InputError(
                        f"{self.name} has pixels of a kind that is not read; convert it to H.264"
                    ) from error
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
        """Yield what the decoder calls whole, and note the time stamps of what it calls damaged."""
        assert self._file is not None
        # A packet that ends with the file is called corrupt; of MPEG-TS so is one where recordings were put together.
        ends_are_cut = self._container.format.name != "mpegts"
        begun = False
        for packet in self._packets(stream):
            damaged = packet.is_corrupt and ends_are_cut
            pictures: list[Any] = []
            try:
                pictures = packet.decode()
            except self._av.error.EOFError:
                break
            except self._wrong:
                damaged = True
            if damaged:
                self._damaged.append(packet.pts)
            for picture in pictures:
                if picture.is_corrupt:
                    self._damaged.append(picture.pts)
                    continue
                if not begun:
                    begun, self._first = True, picture.pts
                self._file.picture()
                yield picture
        if self._file.error is not None:
            raise InputError(f"{self.name} cannot be read: {self._file.error.strerror}") from self._file.error

    def _packets(self, stream: Any) -> Iterator[Any]:
        """Yield packets, those after a damaged place too, and at the end an empty one."""
        lost = False
        for _ in range(_MOST_GAPS):
            try:
                for packet in self._container.demux(stream):
                    if lost and packet.size:  # else it was the end, which some containers lack
                        self._damaged.append(packet.pts)
                        lost = False
                    yield packet
            except self._wrong:
                lost = True
            else:
                return

    def _open(self) -> Any:
        """Open the file and return its video stream."""
        try:
            if not stat.S_ISREG(Path(self.name).stat().st_mode):
                raise InputError(f"{self.name} is not a regular file, which a video has to be")
            self._file = _Bounded(Path(self.name).open("rb", buffering=0))  # noqa: SIM115
            head = self._file.head()
            demuxer = video_format(head, self.name)
            if demuxer == "mov":
                self._file.check_tables(self.name)
        except OSError as error:
            raise InputError(f"{self.name} cannot be read: {error.strerror or error}") from error
        except ValueError as error:
            raise InputError(f"{self.name!r} is no name of a file") from error
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
        except self._wrong as error:
            raise InputError(f"{self.name} is damaged or truncated: it holds no video that can be read") from error

    def _stream(self) -> Any:
        stream = self._container.streams.best("video")
        if stream is None:
            raise InputError(f"{self.name} holds no video, or its beginning is damaged")
        context = stream.codec_context
        if context is None:
            raise InputError(f"{self.name} holds video of a kind that cannot be decoded; convert it to H.264")
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
            raise InputError(f"{self.name} is damaged: nothing but noise follows its picture {read}")
        # A film may begin amid pictures that need earlier ones, as recorders cut them.
        first = float("-inf") if self._first is None else self._first
        if damaged := len({stamp for stamp in self._damaged if stamp is None or stamp >= first}):
            raise InputError(f"{self.name} is damaged or truncated: {damaged} pictures cannot be decoded")


class _Bounded:
    """The one open file that FFmpeg sees, and only so much of it without a picture. It has no name to go by.

    Attributes:
        exhausted: it has given all that it gives without a picture. error: why the disk gives no more.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._given = 0
        self.exhausted = False
        self.error: OSError | None = None
        self.tell, self.close = stream.tell, stream.close

    def head(self) -> bytes:
        """Return the first bytes, and go back to the beginning."""
        head = self._stream.read(HEAD_BYTES)
        self._stream.seek(0)
        return head

    def check_tables(self, name: str) -> None:
        """Raise InputError where the index of the film would be too large, OSError where it cannot be read."""
        check_tables(self._stream, name)

    def read(self, size: int) -> bytes:
        """Return the next bytes, b"" at the end."""
        if self._given > MOST_WITHOUT_PICTURE:
            self.exhausted = True
            return b""
        try:
            content = self._stream.read(size)
        except OSError as error:
            self.error = error
            return b""
        self._given += len(content)
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to another place; -1, and no error, where a damaged file sends FFmpeg to none that can be."""
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1

    def picture(self) -> None:
        """A picture was decoded."""
        self._given = 0


def _refuse(_url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    """Open no other file, whatever a demuxer asks for."""
    raise PermissionError("a video opens no other file")


def _rate(stream: Any) -> float | None:
    """Frames a second, for frames without a time stamp."""
    rate = stream.codec_context.framerate or stream.guessed_rate or stream.average_rate
    return float(rate) if rate else None


def _upright(rgb: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """Turn a frame as its file asks for: phones store how they were held, in degrees against the clock."""
    quarters = round(degrees / 90) % 4
    if not quarters:
        return rgb
    import numpy as np

    return np.ascontiguousarray(np.rot90(rgb, quarters))
