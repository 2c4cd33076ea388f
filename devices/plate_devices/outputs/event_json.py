"""An event on the disk: JSON in ASCII, with an id. Events are also found in the bytes of a damaged file."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    from plate_devices.outputs.output import Event

NumberedBody = tuple[int | None, bytes]
"""The number of an event, None if it is unknown, and its body."""

_BEGIN = re.compile(rb'\{"')
_PAGE = 4096
"""Bytes of a page of SQLite. A body in one piece lies within one page."""

_DECODER = json.JSONDecoder()
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
_FARTHEST = 128
"""A row begins at most so many bytes before its body."""


def read_event(body: object) -> Event | None:
    """Return the event at the beginning of a body, None if it is damaged."""
    found = _decoded(body) if isinstance(body, bytes) else None
    return None if found is None else found[0]


def _decoded(content: bytes) -> tuple[Event, int] | None:
    """Return the event at the beginning of `content`, and its length in bytes."""
    try:
        event, length = _DECODER.raw_decode(content.decode("latin-1"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("id"), str) or not event["id"]:
        return None
    return (event, length) if content[:length].isascii() else None


def carve(content: bytes | mmap) -> Iterator[NumberedBody]:
    """Yield number and body of every event that is in one piece in an SQLite file, also between damaged bytes.

    The number is None if the beginning of the row is damaged. Events come in the order of the file. Deleted rows and
    earlier versions of rows may be among them.
    """
    position = 0
    while found := _BEGIN.search(content, position):
        start = position = found.start()
        if decoded := _decoded(content[start : start + _PAGE]):
            length = decoded[1]
            yield _number(content, start, length), content[start : start + length]
            position += length
        else:
            position += 1


def majority(found: Iterable[NumberedBody]) -> list[NumberedBody]:
    """Return each number once, with its most frequent body, and all bodies without a number. The last wins a tie."""
    copies: dict[int, Counter[bytes]] = {}
    unnumbered = []
    for number, body in found:
        if number is None:
            unnumbered.append((number, body))
        else:
            counts = copies.setdefault(number, Counter())
            counts[body] = counts.pop(body, 0) + 1  # moved to the end
    best = {number: max(reversed(counts), key=counts.__getitem__) for number, counts in copies.items()}
    return [*sorted(best.items()), *unnumbered]


def _number(content: bytes | mmap, start: int, length: int) -> int | None:
    """Return the number of the row of `events` with its body at `start`, None if there is no such row.

    A row is: its length, its number, the record. The record is: the length of its header; the types of number (0: it
    comes before), size, boot and body; then size, boot and body (SQLite, "Database File Format", 2.1).
    """
    type_of_body = _varint(13 + 2 * length)
    end = start
    while (place := content.rfind(type_of_body, max(0, start - _FARTHEST), end)) >= 5:
        end = place + len(type_of_body) - 1
        header, zero, size, boot = content[place - 4 : place]
        boot_bytes = (boot - 13) // 2 if boot >= 13 else 0
        data = place + len(type_of_body) + _INTEGER_BYTES.get(size, 0) + boot_bytes
        if zero == 0 and size in _INTEGER_BYTES and header == 4 + len(type_of_body) and data == start:
            return _number_before(content, place - 4)
    return None


def _number_before(content: bytes | mmap, end: int) -> int | None:
    first = end - 1
    if content[first] >= 0x80:
        return None
    while first and content[first - 1] >= 0x80 and end - first < 9:
        first -= 1
    number = 0
    for byte in content[first:end]:
        number = number << 7 | byte & 0x7F
    return number


def _varint(number: int) -> bytes:
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(number & 0x7F | 0x80)
    return bytes(reversed(found))
