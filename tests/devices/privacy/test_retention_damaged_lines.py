"""After any damage of a text file, old events are deleted, and recent ones stay."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aged_events import KEEP_DAYS, OLD, OLD_COUNT, YOUNG, YOUNG_COUNT, content, events

from plate_devices.outputs.csv import CsvOutput, CsvSettings
from plate_devices.outputs.json_lines import LinesOutput, LinesSettings
from plate_devices.privacy.retention import Retention
from plate_devices.unique_ids import uuid7

Lines = list[bytes]
Damage = Callable[[Lines, int], None]
"""Changes the lines of a file; the number is that of the old one in the middle."""


def of_line(change: Callable[[bytes], bytes]) -> Damage:
    def damage(lines: Lines, middle: int) -> None:
        lines[middle] = change(lines[middle].rstrip(b"\n")) + b"\n"

    return damage


def id_of(line: bytes) -> bytes:
    return line.split(b",")[0] if not line.startswith(b"{") else line.split(b'"id": "')[1].split(b'"')[0]


def times(line: bytes, instead: bytes) -> bytes:
    year = b"%d-" % (datetime.now(UTC) - timedelta(days=60)).year
    parts = line.split(year)
    return parts[0] + instead + instead.join(part[20:] for part in parts[1:])


def flipped(seed: int) -> Damage:
    """Flip bits, but none of a digit: it might make another plausible time, which depends on the day of the test."""

    def damage(lines: Lines, middle: int) -> None:
        chance = random.Random(seed)
        line = bytearray(lines[middle])
        places = [place for place in range(len(line) - 1) if not line[place : place + 1].isdigit()]
        for place in chance.choices(places, k=8):
            line[place] ^= 1 << chance.randrange(8)
        lines[middle] = bytes(line)

    return damage


def nowhere_readable(lines: Lines, middle: int) -> None:
    del lines[0 if lines[0].startswith(b"{") else 1 :]
    lines.append(b"\xff" + OLD + b"\x00\n")


def all_lines(change: Callable[[bytes], bytes]) -> Damage:
    def damage(lines: Lines, middle: int) -> None:
        lines[:] = [change(line) for line in lines]

    return damage


def insert(where: int, content: bytes) -> Damage:
    return lambda lines, middle: lines.insert(middle if where else 0, content)


def split_in_two(lines: Lines, middle: int) -> None:
    line = lines[middle]
    lines[middle : middle + 1] = [line[:40] + b"\n", line[40:]]


def joined(lines: Lines, middle: int) -> None:
    lines[middle : middle + 2] = [lines[middle].rstrip(b"\n") + lines[middle + 1]]


def ends_torn(lines: Lines, middle: int) -> None:
    lines.append(lines[middle][:50])


DAMAGE: dict[str, Damage] = {
    "a Latin-1 byte": of_line(lambda line: line.replace(b"gate", b"g\xe4te")),
    "a lone surrogate": of_line(lambda line: line.replace(b"gate", b"\xed\xa0\x80")),
    "UTF-16": of_line(lambda line: line.decode().encode("utf-16-le") + OLD),
    "zeros in it": of_line(lambda line: line[:30] + bytes(100) + line[30:]),
    "zeros in its place": of_line(lambda line: bytes(4096) + OLD),
    "ones in its place": of_line(lambda line: b"\xff" * 300 + OLD),
    "a field that is too long": of_line(lambda line: line.replace(b"gate", b"g" * 200_000)),
    "a line that is too long": of_line(lambda line: line.replace(b"gate", b"g" * 3_000_000)),
    "a line too long without a time": of_line(lambda line: b"g" * 2_000_000 + OLD),
    "deep nesting": of_line(lambda line: line[:60] + b"[" * 100_000),
    "deep nesting alone": of_line(lambda line: b'{"a":' * 50_000 + OLD),
    "a number of 5000 digits": of_line(lambda line: line.replace(b"0.9", b"9" * 5000)),
    "its end is missing": of_line(lambda line: line[:-70]),
    "its first half is missing": of_line(lambda line: line[len(line) // 2 :]),
    "its times are missing": of_line(lambda line: times(line, b"")),
    "its times are no times": of_line(lambda line: times(line, b"yesterday")),
    "its times are in the future": of_line(lambda line: times(line, b"2199-01-01T00:00:00.000Z")),
    "its id is missing": of_line(lambda line: line.replace(id_of(line), b"")),
    "its id is another": of_line(lambda line: line.replace(id_of(line), b"=cmd")),
    "id and times are missing": of_line(lambda line: times(line.replace(id_of(line), b""), b"")),
    "a quote too many": of_line(lambda line: line.replace(b"gate", b'ga"te')),
    "a quote at its end": of_line(lambda line: line + b'"'),
    "a carriage return in it": of_line(lambda line: line[:50] + b"\r" + line[50:]),
    "a line break in it": split_in_two,
    "two in one line": joined,
    "more columns": of_line(lambda line: line + b",x,y,z"),
    "an empty line": insert(1, b"\n"),
    "a line of another program": insert(1, b"Nov 29 kernel: " + OLD + b"\n"),
    "a first line of another program": insert(0, b"kernel: " + OLD + b"\n"),
    "a mark of the byte order": all_lines(lambda line: b"\xef\xbb\xbf" + line),
    "ends of lines as in Windows": all_lines(lambda line: line.replace(b"\n", b"\r\n")),
    "the last line is torn": ends_torn,
    "no line can be read": nowhere_readable,
    **{f"eight bits flipped, {seed}": flipped(seed) for seed in range(6)},
}


def writes(kind: str, folder: Path) -> tuple[CsvOutput | LinesOutput, Path]:
    if kind == "csv":
        return CsvOutput(CsvSettings(path=folder / "p.csv")), folder / "p.csv"
    return LinesOutput(LinesSettings(path=folder / "p.jsonl")), folder / "p.jsonl"


@pytest.mark.parametrize("kind", ["csv", "lines"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_of_a_damaged_file_nothing_old_is_left(tmp_path: Path, kind: str, damage: str) -> None:
    output, path = writes(kind, tmp_path)
    output.open()
    young = [one for one in events() if YOUNG.decode() in one["source"]]
    output.send(events()[:OLD_COUNT] + young)
    output.close()
    lines = path.read_bytes().splitlines(keepends=True)
    DAMAGE[damage](lines, len(lines) - YOUNG_COUNT - 5)
    path.write_bytes(b"".join(lines))
    if damage == "no line can be read":
        young = []
        os.utime(path, (1.7e9, 1.7e9))
    said: list[str] = []
    Retention(KEEP_DAYS, [], [lambda moment: output.delete_before(moment, print)], warn=said.append).delete_old(
        datetime.now(UTC)
    )
    assert said == []
    if damage == "the last line is torn":  # it is as old as the young line before it, and cut off when it is opened
        output.check()
    assert OLD not in content(tmp_path)
    for event in young:
        assert event["id"].encode() in content(tmp_path)
    # And the output goes on.
    output.close()
    for _ in range(2):
        try:
            output.open()
        except Exception as error:
            assert "its first line was damaged" in str(error)
    later = events()[-1] | {"id": uuid7()}
    assert output.send([later]) == 1
    assert later["id"].encode() in content(tmp_path)


def test_damaged_lines_are_reported_once(tmp_path: Path) -> None:
    output, path = writes("csv", tmp_path)
    output.open()
    output.send(events())
    output.close()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5] = lines[-1] = b"\xff\n"
    path.write_bytes(b"".join(lines))
    notes: list[str] = []
    before = datetime.now(UTC) - timedelta(days=KEEP_DAYS)
    assert output.delete_before(before, notes.append) == OLD_COUNT
    assert notes == [f"{path}: 1 damaged lines are deleted, 1 are not old enough"]
    assert output.delete_before(before, notes.append) == 0
    assert len(notes) == 1
