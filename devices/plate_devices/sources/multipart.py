"""The pictures in a stream of the kind multipart/x-mixed-replace, cut out piece by piece, each of bounded size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_PART = 16 * 1024 * 1024
"""Most bytes of a picture; a JPEG of 16 megapixels, the most that is decoded, seldom has as many."""

LONGEST_HEADERS = 8 * 1024
"""Most bytes of the headers of a picture."""

_KIND = re.compile(rb"^content-type[ \t]*:[ \t]*([\w/+.-]{1,40})", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_SOI, _EOI = b"\xff\xd8\xff", 0xD9
_PNG, _PNG_END = b"\x89PNG", b"IEND\xaeB\x60\x82"
_LONGEST_LINE = 256
# What a part begins with: a line of the boundary, of printable ASCII (RFC 2046), or a picture.
_START = re.compile(rb"(?:^|(?<=\n))(--[\x20-\x7e]{1,200})\r?(?=\n)|\xff\xd8\xff")
_BODY = re.compile(rb"\n\r?\n|(?=\xff\xd8\xff)")
# A marker amid a JPEG's compressed data; a byte 255 of the data is followed by 0.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


class FormatError(Exception):
    """The stream is not what it says; the text goes on after the name of the source."""


class Parts:
    """Takes bytes as they come and gives the pictures that are whole.

    Cameras differ in all that is around a picture: boundaries are not those of the header, lines end in one way or the
    other, lengths are wrong or missing, other things come between. So a picture is what begins and ends like one; the
    lines around it only help where it is damaged.

    Attributes:
        kind: what the header `Content-Type` of the newest part says, in small letters; "" where it says nothing.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._boundary = b""
        self._length: int | None = None
        self._jpeg: JpegEnd | None = None
        self._looked = 0
        self._in_part = False
        self._starts_with_line = True
        self.kind = ""

    def feed(self, content: bytes) -> Iterator[bytes]:
        """Take the next bytes and yield the pictures that they make whole.

        What is called a picture and is none is given, too. Raises FormatError where there is no end.
        """
        self._kept += content
        while (self._in_part or self._find_part()) and (part := self._cut_part()) is not None:
            if part.startswith(_SOI) or (part and self.kind.startswith("image/")):
                yield part

    def _find_part(self) -> bool:
        """Drop everything up to a part's content; return whether it was found."""
        start = _START.search(self._kept, 0 if self._starts_with_line else 1)
        if start is None:
            # A line may have come by half.
            if (known := len(self._kept) - _LONGEST_LINE) > 0:
                del self._kept[:known]
                self._starts_with_line = False
            return False
        self.kind, self._length = "", None
        begin = start.start()
        if start[1] is not None:
            body = _BODY.search(self._kept, start.end())
            if body is None or body.end() - begin > LONGEST_HEADERS:
                if len(self._kept) - begin > LONGEST_HEADERS:
                    raise FormatError("sends headers without an end")
                return False
            headers = bytes(self._kept[begin : body.end()])
            self._boundary = b"\n" + start[1]
            kind, said = _KIND.search(headers), _LENGTH.search(headers)
            self.kind = kind[1].decode("ascii").lower() if kind else ""
            self._length = int(said[1]) if said else None
            begin = body.end()
        del self._kept[:begin]
        self._in_part, self._jpeg, self._looked = True, None, 0
        return True

    def _cut_part(self) -> bytes | None:
        """Take the content off that stands first, or return None where it is not whole yet."""
        if len(self._kept) < len(_PNG):
            return None
        stop = self._kept.find(self._boundary, self._looked) if self._boundary else -1
        end = self._end(len(self._kept) if stop < 0 else stop)
        end = stop if end < 0 else end
        if end < 0:
            if len(self._kept) > LARGEST_PART:
                raise FormatError(f"sends more than {LARGEST_PART >> 20} MB without the end of a picture")
            self._looked = max(0, len(self._kept) - _LONGEST_LINE)
            return None
        part = bytes(self._kept[:end])
        del self._kept[:end]
        self._in_part, self._starts_with_line = False, True
        return part

    def _end(self, stop: int) -> int:
        """Where the content ends that stands first, before `stop`; -1 where that is not known yet."""
        if self._kept.startswith(_SOI):
            self._jpeg = self._jpeg or JpegEnd()
            return self._jpeg.find(self._kept, stop)
        if self._kept.startswith(_PNG):
            end = self._kept.find(_PNG_END, max(0, self._looked - len(_PNG_END)), stop)
            return end + len(_PNG_END) if end >= 0 else -1
        length = len(self._kept) if self._length is None else self._length
        end = self._kept.find(_SOI, self._looked, min(stop, length))
        if end >= 0 or self._length is None:
            return end
        # A boundary that has come by half may begin before the end that the headers give.
        complete = stop if stop < len(self._kept) else stop - len(self._boundary)
        return self._length if self._length <= complete else -1


class JpegEnd:
    """Finds the end of a JPEG by its own structure, as its bytes come."""

    def __init__(self) -> None:
        self._at = 2
        self._in_data = False

    def find(self, content: bytes | bytearray, stop: int) -> int:
        """Return where the JPEG ends that `content` begins with, in its first `stop` bytes; -1 where it does not."""
        while self._at + 2 <= stop:
            if self._in_data:
                found = _MARKER.search(content, self._at, stop)
                if found is None:
                    self._at = stop - 1
                    return -1
                self._at, self._in_data = found.start(), False
            marker = content[self._at + 1]
            if content[self._at] != 0xFF:
                self._in_data = True  # damaged: go on from the next marker
            elif marker == _EOI:
                return self._at + 2
            elif marker == 0xD8:
                return self._at  # the next picture: this one lacks its end
            elif marker == 0xFF:
                self._at += 1
            elif marker <= 0x01 or 0xD0 <= marker <= 0xD7:
                self._at += 2
            elif self._at + 4 > stop:
                return -1
            else:
                length = content[self._at + 2] << 8 | content[self._at + 3]
                self._at += 2 + max(2, length)
                self._in_data = marker == 0xDA
        return -1


class Chunks:
    """Takes the framing of `Transfer-Encoding: chunked` off, as bytes come."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._left = 0
        self.ended = False

    def feed(self, content: bytes) -> bytes:
        """Take the next bytes and return the content among them. Raises FormatError where they are not framed."""
        self._kept += content
        out = bytearray()
        while self._kept and not self.ended:
            if self._left:
                out += self._kept[: self._left]
                taken = min(self._left, len(self._kept))
                del self._kept[:taken]
                self._left -= taken
            elif self._kept.startswith((b"\r\n", b"\n")):
                del self._kept[: self._kept.index(b"\n") + 1]
            elif (end := self._kept.find(b"\n")) < 0:
                if len(self._kept) > LONGEST_HEADERS:
                    raise FormatError("sends a damaged stream")
                break
            else:
                self._begin(bytes(self._kept[:end]))
                del self._kept[: end + 1]
        return bytes(out)

    def _begin(self, line: bytes) -> None:
        size = line.partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            raise FormatError("sends a damaged stream")
        self._left = int(size, 16)
        self.ended = self._left == 0
