"""Framing of requests on the Unix socket: the end of a request, and the picture in its line."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

from plate_devices.clients.limits import RefusedError
from plate_devices.events.records import SCHEMA, Record, to_line
from plate_runtime.errors import UsageError

MOST_BYTES = 64 * 1024 * 1024
"""Most bytes of one line, and of the bytes after it."""

MOST_WITHOUT_PICTURE = 64 * 1024
"""Most bytes of a line without its picture. This bounds the memory for parsing, even of nested values."""

MOST_DEPTH = 16
_MOST_QUOTES = 4096
_LONG = 32 * 1024
_PICTURE = b"\\u0000picture"


class LineFramer:
    """Finds a line, and the bytes that it announces."""

    def __init__(self) -> None:
        self._searched = 0
        self._end: int | None = None

    def end(self, received: bytearray, at_end: bool) -> int | None:
        """See `Framer`. An invalid line is refused at once, because the next request cannot be found."""
        if self._end is None:
            line_end = received.find(b"\n", self._searched)
            if line_end < 0 and len(received) <= MOST_BYTES and not at_end:
                self._searched = len(received)
                return None
            self._end = _whole(received, line_end if line_end >= 0 else len(received))
        if len(received) < self._end:
            if at_end:
                raise RefusedError(reply(error_record(None, "the connection ended before the end of the picture")))
            return None
        end, self._searched, self._end = self._end, 0, None
        return end


def _whole(received: bytearray, line_end: int) -> int:
    """Return the length of the request whose line ends at `line_end`."""
    asked: dict[str, Any] = {}
    try:
        if line_end > MOST_BYTES:
            raise UsageError(f"a line is at most {MOST_BYTES} bytes long")
        asked, _ = parse(received, line_end)
        return min(line_end + 1, len(received)) + count_bytes(asked)
    except UsageError as error:
        id_ = None
        with suppress(UsageError):
            id_ = checked_id(asked)
        raise RefusedError(reply(error_record(id_, str(error)))) from error


def parse(received: bytearray, line_end: int) -> tuple[dict[str, Any], memoryview | None]:
    """Return the JSON object of a line, and a view of the base64 picture in it.

    Raises:
        UsageError: it is not a JSON object, or too large.
    """
    line, picture = _without_picture(received, line_end)
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError("a request is one JSON object in one line") from error
    if not isinstance(asked, dict):
        raise UsageError("a request is one JSON object in one line")
    if picture is not None and asked.get("image") != json.loads(b'"' + _PICTURE + b'"'):
        raise UsageError(f"only image may be a string of more than {_LONG} bytes")
    return asked, picture


def count_bytes(asked: dict[str, Any]) -> int:
    """Return the number of bytes after the line. Raises UsageError where it is not valid."""
    count = asked.get("bytes", 0)
    if type(count) is not int or not 0 <= count <= MOST_BYTES:
        raise UsageError(f"bytes is a whole number up to {MOST_BYTES}, the number of bytes after the line")
    return count


def checked_id(asked: dict[str, Any]) -> Any:
    """Return the id, which the response repeats. Raises UsageError where it cannot be written as JSON."""
    id_ = asked.get("id")
    if not _is_writable(id_, MOST_DEPTH):
        raise UsageError(f"id is any JSON value, nested at most {MOST_DEPTH} deep; NaN and Infinity are not allowed")
    return id_


def error_record(id_: Any, reason: str) -> Record:
    """Return the record for a request that failed."""
    return {"schema": SCHEMA, "type": "error", "request": id_, "error": reason}


def reply(record: Record) -> bytes:
    """Return a record as a line to send."""
    return to_line(record).encode("ascii") + b"\n"


def _without_picture(received: bytearray, line_end: int) -> tuple[bytes, memoryview | None]:
    """Replace the one long string of a line, so that parsing the rest needs little memory."""
    if line_end <= _LONG:
        return bytes(received[:line_end]), None
    if received.count(b'"', 0, line_end) > _MOST_QUOTES:
        raise UsageError(f"a request has at most {MOST_WITHOUT_PICTURE} bytes besides its picture")
    begin, start, stop = 0, -1, -1
    while (end := received.find(b'"', begin, line_end)) >= 0:
        if end - begin > _LONG and start < 0:
            start, stop = begin, end
        begin = end + 1
    if start < 0:
        start = stop = line_end
    if line_end - (stop - start) > MOST_WITHOUT_PICTURE:
        raise UsageError(f"a request has at most {MOST_WITHOUT_PICTURE} bytes besides its picture")
    if stop == line_end:
        return bytes(received[:line_end]), None
    line = bytes(received[:start]) + _PICTURE + bytes(received[stop:line_end])
    return line, memoryview(received)[start:stop].toreadonly()


def _is_writable(value: Any, depth: int) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if not isinstance(value, dict | list):
        return True
    return depth > 0 and all(
        _is_writable(one, depth - 1) for one in (value.values() if isinstance(value, dict) else value)
    )
