"""What must hold for anything that a camera sends, and for any film; an AssertionError is a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from plate_devices.sources.multipart import LONGEST_HEADERS, ChunkedDecoder, FormatError, MultipartParser
from plate_devices.sources.video import VideoFile


def feed_parts(sent: bytes, random: Random) -> None:
    """The same pictures come out in whatever pieces a stream comes in; nothing is kept that is not needed."""

    def take(pieces: Iterable[bytes]) -> tuple[list[bytes], str]:
        parts, found = MultipartParser(), []
        try:
            for piece in pieces:
                found += parts.feed(piece)
                assert len(parts._kept) <= len(sent)
        except FormatError as error:
            return found, str(error)
        return found, ""

    whole, said = take([sent])
    again, _ = take(_cut(sent, random))
    assert all(whole) and all(part in sent for part in whole)
    # Headers without an end are noticed sooner where they come in pieces.
    assert said or whole == again or len(sent) > LONGEST_HEADERS


def feed_chunks(sent: bytes, random: Random) -> None:
    """The same content comes out in whatever pieces chunks come in."""

    def take(pieces: Iterable[bytes]) -> bytes:
        chunks, found = ChunkedDecoder(), bytearray()
        try:
            for piece in pieces:
                found += chunks.feed(piece)
        except FormatError:
            pass
        return bytes(found)

    whole = take([sent])
    assert take(_cut(sent, random)).startswith(whole) and len(whole) <= len(sent)


def read_film(path: Path, read: Callable[[Callable[[], object]], None]) -> None:
    """A film's frames come with growing times, then its end or one error."""
    source = VideoFile(str(path))

    def frames() -> None:
        last = -1.0
        for number, frame in enumerate(source.frames()):
            assert frame.number == number and frame.seconds is not None and frame.seconds > last
            assert frame.rgb.ndim == 3 and frame.rgb.nbytes <= 48_000_000
            last = frame.seconds
            if number > 200:
                break

    try:
        read(frames)
    finally:
        source.close()


def _cut(sent: bytes, random: Random) -> list[bytes]:
    cuts = sorted(random.randrange(len(sent) + 1) for _ in range(random.randrange(8)))
    return [sent[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
