"""Splits a stream of the type multipart/x-mixed-replace into pictures of limited size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_PART = 16 * 1024 * 1024
"""Most bytes of a picture. A JPEG of 16 megapixels, the largest that is decoded, is seldom larger."""

LONGEST_HEADERS = 8 * 1024
"""Most bytes of the headers of a picture."""

_KIND = re.compile(rb"^content-type[ \t]*:[ \t]*([\w/+.-]{1,40})", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_SOI, _EOI = b"\xff\xd8\xff", 0xD9
_PNG, _PNG_END = b"\x89PNG", b"IEND\xaeB\x60\x82"
_LONGEST_LINE = 256
# A part begins with a boundary line, of printable ASCII (RFC 2046), or with a picture.
_START = re.compile(rb"(?:^|(?<=\n))(--[\x20-\x7e]{1,200})\r?(?=\n)|\xff\xd8\xff")
_BODY = re.compile(rb"\n\r?\n|(?=\xff\xd8\xff)")
# A marker in the compressed data of a JPEG. In the data itself, 0 follows each byte 255.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


class FormatError(Exception):
    """The stream is damaged. The message is a verb phrase; the source's name stands before it."""


class MultipartParser:
    """Takes bytes as they come and yields complete pictures.

    Cameras break the format in many ways: boundaries differ from the header, lengths are wrong or missing, line ends
    vary, other data comes between. So a picture is found by its own begin and end. Boundaries and lengths are used for
    damaged pictures only.

    Attributes:
        kind: the header `Content-Type` of the newest part in lower case; "" where it has none.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._boundary = b""
        self._length: int | None = None
        self._jpeg: JpegEndFinder | None = None
        self._searched = 0
        self._in_part = False
        self._starts_with_line = True
        self.kind = ""

    def feed(self, content: bytes) -> Iterator[bytes]:
        """Take the next bytes and yield the pictures that are complete now.

        Parts whose Content-Type is a picture are yielded as well. Raises FormatError where a part does not end.
        """
        self._kept += content
        while (self._in_part or self._find_part()) and (part := self._cut_part()) is not None:
            if part.startswith(_SOI) or (part and self.kind.startswith("image/")):
                yield part

    def _find_part(self) -> bool:
        """Drop everything before the content of the next part; return whether it was found."""
        start = _START.search(self._kept, 0 if self._starts_with_line else 1)
        if start is None:
            # The last line may be incomplete.
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
                    raise FormatError("sends endless headers")
                return False
            headers = bytes(self._kept[begin : body.end()])
            self._boundary = b"\n" + start[1]
            kind, length = _KIND.search(headers), _LENGTH.search(headers)
            self.kind = kind[1].decode("ascii").lower() if kind else ""
            self._length = int(length[1]) if length else None
            begin = body.end()
        del self._kept[:begin]
        self._in_part, self._jpeg, self._searched = True, None, 0
        return True

    def _cut_part(self) -> bytes | None:
        """Remove and return the first content; None where it is not complete yet."""
        if len(self._kept) < len(_PNG):
            return None
        stop = self._kept.find(self._boundary, self._searched) if self._boundary else -1
        end = self._end(len(self._kept) if stop < 0 else stop)
        end = stop if end < 0 else end
        if end < 0:
            if len(self._kept) > LARGEST_PART:
                raise FormatError(f"sends more than {LARGEST_PART >> 20} MB without the end of a picture")
            self._searched = max(0, len(self._kept) - _LONGEST_LINE)
            return None
        part = bytes(self._kept[:end])
        del self._kept[:end]
        self._in_part, self._starts_with_line = False, True
        return part

    def _end(self, stop: int) -> int:
        """Return where the first content ends, before `stop`; -1 where that is not known yet."""
        if self._kept.startswith(_SOI):
            self._jpeg = self._jpeg or JpegEndFinder()
            return self._jpeg.find(self._kept, stop)
        if self._kept.startswith(_PNG):
            end = self._kept.find(_PNG_END, max(0, self._searched - len(_PNG_END)), stop)
            return end + len(_PNG_END) if end >= 0 else -1
        length = len(self._kept) if self._length is None else self._length
        end = self._kept.find(_SOI, self._searched, min(stop, length))
        if end >= 0 or self._length is None:
            return end
        # An incomplete boundary may begin before the end that the headers give.
        complete = stop if stop < len(self._kept) else stop - len(self._boundary)
        return self._length if self._length <= complete else -1


class JpegEndFinder:
    """Finds the end of a JPEG by its markers, while its bytes come."""

    def __init__(self) -> None:
        self._at = 2
        self._in_data = False

    def find(self, content: bytes | bytearray, stop: int) -> int:
        """Return where the JPEG at the start of `content` ends, within `stop` bytes; -1 where it does not end there."""
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
                return self._at  # the next picture; this one has no end
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


class ChunkedDecoder:
    """Removes the framing of `Transfer-Encoding: chunked`, while bytes come."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._left = 0
        self.ended = False

    def feed(self, content: bytes) -> bytes:
        """Take the next bytes and return their content. Raises FormatError where the framing is damaged."""
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
