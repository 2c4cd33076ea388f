"""Pure functions that change the bytes of a file: `mutate(content, rng) -> bytes`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Mutate = Callable[[bytes, random.Random], bytes]

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)

TOKENS = (
    b"9" * 400, b"9" * 5000, b"-" + b"9" * 5000, b"1e999", b"-1e999", b"NaN", b"Infinity", b"0x" + b"f" * 5000,
    b"1" + b"_0" * 3000, b"-1", b"0", b"1.5", b"null", b"true", b'""', b"[]", b"{}", b"[[[[]]]]",
    b"[" * 100_000, b'{"a":' * 50_000, b"a." * 50_000 + b"b = 1\n", b'"\\ud800"', b"\xed\xa0\x80", b"\xff\xfe", b"\x00",
    b'"\\u0000"', b"\xc2\x85", b"\x1b[2J", b"\n", b"\r", b",", b";", b'"', b"'", b'"""', b"#", b"=", b"../" * 50,
    b"/dev/zero", b"/proc/self/mem", b"%s%n", b"A" * 20_000, "Ä₤\u202e\U0001f600".encode(), b"1979-05-27T07:32:00Z",
)  # fmt: skip
"""Pieces that parsers of text stumble over."""


def mutate_bytes(content: bytes, rng: random.Random) -> bytes:
    """Change a binary file at one to eight places: flipped bits, numbers at the edges of their range, cuts, copies."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        if not data:
            return bytes(rng.randbytes(rng.randrange(64)))
        rng.choice((_flip, _number, _number, _cut, _copy, _noise, _end))(data, rng)
    return bytes(data)


def mutate_text(content: bytes, rng: random.Random) -> bytes:
    """Change a file of text: values replaced by `TOKENS`, lines doubled or removed, or as `mutate_bytes`."""
    if rng.random() < 0.15:
        return mutate_bytes(content, rng)
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3))):
        change = rng.choice((_token, _value, _value, _value, _lines, _flip))
        change(data, rng)
    return bytes(data)


def _token(data: bytearray, rng: random.Random) -> None:
    place = rng.randrange(len(data) + 1)
    data[place:place] = rng.choice(TOKENS)


def _value(data: bytearray, rng: random.Random) -> None:
    """Put a token in the place of a number, a word or a string in quotes."""
    spans = _values(bytes(data))
    if not spans:
        _token(data, rng)
        return
    begin, end = rng.choice(spans)
    data[begin:end] = rng.choice(TOKENS)


def _values(data: bytes) -> Sequence[tuple[int, int]]:
    import re

    return [found.span() for found in re.finditer(rb'"[^"\n]*"|[A-Za-z0-9_.+-]+', data)]


def _lines(data: bytearray, rng: random.Random) -> None:
    lines = bytes(data).splitlines(keepends=True)
    if not lines:
        return
    place = rng.randrange(len(lines))
    lines[place : place + 1] = rng.choice(([], [lines[place]] * 2, [lines[place].strip()], lines[::-1]))
    data[:] = b"".join(lines)


def _flip(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _number(data: bytearray, rng: random.Random) -> None:
    size = rng.choice((1, 2, 4, 8))
    value = (rng.choice(_EDGES) + rng.choice((-1, 0, 1))) % (1 << (8 * size))
    place = rng.randrange(len(data))
    data[place : place + size] = value.to_bytes(size, rng.choice(("little", "big")))


def _cut(data: bytearray, rng: random.Random) -> None:
    begin = rng.randrange(len(data))
    del data[begin : begin + rng.choice((1, 2, 4, 64, 1024))]


def _copy(data: bytearray, rng: random.Random) -> None:
    begin, size = rng.randrange(len(data)), rng.choice((1, 4, 16, 256))
    place = rng.randrange(len(data) + 1)
    data[place:place] = data[begin : begin + size]


def _noise(data: bytearray, rng: random.Random) -> None:
    begin = rng.randrange(len(data))
    size = min(rng.choice((1, 4, 16)), len(data) - begin)
    data[begin : begin + size] = rng.randbytes(size)


def _end(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]
