"""Removes what HTTP puts around a content: chunks, and compression."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from plate_devices.sources.multipart import ChunkedDecoder, FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plate_devices.sources.http_connection import ResponseHead

_COMPRESSED = ("gzip", "x-gzip", "deflate")
_ANY_HEADER = 32 + zlib.MAX_WBITS  # gzip or zlib

_MOST_INFLATED = 1 << 20
# Bytes that are decompressed at once: a few compressed ones may stand for gigabytes.


class ContentDecoder:
    """Yields the content of a response, while bytes come."""

    def __init__(self, head: ResponseHead) -> None:
        """Take the headers of the response. Raises FormatError if it is compressed in an unknown way."""
        coding = head.first("content-encoding").lower()
        if coding not in (*_COMPRESSED, "identity", ""):
            raise FormatError("sends content that is compressed in an unknown way; gzip and deflate are read")
        self._chunks = ChunkedDecoder() if head.is_chunked else None
        self._inflater = zlib.decompressobj(_ANY_HEADER) if coding in _COMPRESSED else None

    @property
    def ended(self) -> bool:
        """Whether the last chunk has come."""
        return self._chunks is not None and self._chunks.ended

    def feed(self, content: bytes) -> Iterator[bytes]:
        """Take the next bytes and yield their content. Raises FormatError where it is damaged."""
        plain = self._chunks.feed(content) if self._chunks else content
        if self._inflater is None:
            yield plain
            return
        inflated = b""
        while plain or len(inflated) == _MOST_INFLATED:
            try:
                inflated = self._inflater.decompress(plain, _MOST_INFLATED)
            except zlib.error as error:
                raise FormatError("sends damaged compressed content") from error
            plain = self._inflater.unconsumed_tail
            yield inflated
