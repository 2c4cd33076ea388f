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
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]+)"|([^;]+))', re.IGNORECASE)


class FormatError(Exception):
    """The stream is not what it says; the text goes on after the name of the source."""


def boundary_of(content_type: str) -> str:
    """Return the boundary that a header `Content-Type` names, "" where there is none."""
    found = _BOUNDARY.search(content_type)
    # Some cameras name it with the dashes that belong in front of it, some without.
    return (found[1] or found[2]).strip().lstrip("-") if found else ""


class Parts:
    """Takes bytes as they come and gives the parts that are whole.

    Attributes:
        kind: what the header `Content-Type` of the newest part says, in small letters; "" where it says nothing.
    """

    def __init__(self, boundary: str) -> None:
        self._line = b"--" + boundary.encode("latin-1", "replace")
        self._kept = bytearray()
        self._looked = 0
        self._length: int | None = None
        self._in_part = False
        self.kind = ""

    def feed(self, content: bytes) -> Iterator[bytes]:
        """Take the next bytes and yield the parts that they make whole. Raises FormatError where there is no end."""
        self._kept += content
        while (self._in_part or self._find_part()) and (part := self._cut_part()) is not None:
            yield part

    def _find_part(self) -> bool:
        """Drop everything up to a part's content; return whether it was found."""
        start = self._kept.find(self._line, self._looked)
        if start < 0:
            # The line may have come by half.
            del self._kept[: max(0, len(self._kept) - len(self._line))]
            return False
        del self._kept[:start]
        self._looked = 0
        end = _END_OF_HEADERS.search(self._kept, len(self._line))
        if end is None or end.start() > LONGEST_HEADERS:
            if len(self._kept) > LONGEST_HEADERS:
                raise FormatError("sends headers without an end")
            return False
        said = _LENGTH.search(self._kept, 0, end.start())
        self._length = int(said[1]) if said else None
        kind = _KIND.search(self._kept, 0, end.start())
        self.kind = kind[1].decode("ascii").lower() if kind else ""
        if self._length is not None and self._length > LARGEST_PART:
            raise FormatError(f"sends pictures of more than {LARGEST_PART >> 20} MB")
        del self._kept[: end.end()]
        self._in_part = True
        return True

    def _cut_part(self) -> bytes | None:
        """Take the content off that stands first, or return None where it is not whole yet."""
        if self._length is not None:
            end = self._length if len(self._kept) >= self._length else -1
        else:
            end = self._kept.find(self._line, self._looked)
            self._looked = max(0, len(self._kept) - len(self._line))
        if end < 0:
            if len(self._kept) > LARGEST_PART:
                raise FormatError(f"sends more than {LARGEST_PART >> 20} MB without the end of a picture")
            return None
        part = bytes(self._kept[:end])
        del self._kept[:end]
        self._looked, self._in_part = 0, False
        return part if self._length is not None else part.rstrip(b"\r\n-")


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
            elif self._kept.startswith(b"\r\n"):
                del self._kept[:2]
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
