"""What an event is on the disk: JSON in ASCII, with an id; found also in what is left of a damaged file."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    from plate_devices.outputs.output import Event

Found = tuple[int | None, bytes]
"""An event's number, None where it is not known, and its body."""

_BEGIN = re.compile(rb'\{"')
_PAGE = 4096
"""Bytes of a page of SQLite, within which a body is in one piece."""

_DECODER = json.JSONDecoder()
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
_FARTHEST = 128
"""Bytes before a body in which its row begins."""


def read_event(body: object) -> Event | None:
    """Return the event that a body is, or begins with, None for one that is damaged."""
    found = _decoded(body) if isinstance(body, bytes) else None
    return None if found is None else found[0]


def _decoded(content: bytes) -> tuple[Event, int] | None:
    """Return the event that bytes begin with, and how many they are."""
    try:
        event, length = _DECODER.raw_decode(content.decode("latin-1"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or not isinstance(event.get("id"), str) or not event["id"]:
        return None
    return (event, length) if content[:length].isascii() else None


def carve(content: bytes | mmap) -> Iterator[Found]:
    """Yield number and body of every event that stands in a file of SQLite in one piece, damaged around it or not.

    The number is None where the beginning of the row is damaged. Rows that were deleted, and earlier versions of rows,
    may be among them; they come in the order of the file.
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


def agreed(found: Iterable[Found]) -> list[Found]:
    """Return each number once, with the body that most copies have, of several the last; and all without a number."""
    copies: dict[int, Counter[bytes]] = {}
    loose = []
    for number, body in found:
        if number is None:
            loose.append((number, body))
        else:
            counts = copies.setdefault(number, Counter())
            counts[body] = counts.pop(body, 0) + 1  # the last one stands last
    best = {number: max(reversed(counts), key=counts.__getitem__) for number, counts in copies.items()}
    return [*sorted(best.items()), *loose]


def _number(content: bytes | mmap, start: int, length: int) -> int | None:
    """Return the number of the row of the table `events` that has its body at `start`, None where it has none.

    A row is: length of what follows, number, then the record: length of its header, types of number (0, since it stands
    before), size, boot and body, then size, boot and body (SQLite, "Database File Format", 2.1).
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
