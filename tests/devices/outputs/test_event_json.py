"""Events are found in the bytes of a damaged SQLite file."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from plate_devices.outputs import event_json
from plate_devices.outputs.event_json import carve, majority, read_event
from plate_devices.outputs.output_settings import QueueSettings
from plate_devices.outputs.queue import EventQueue
from plate_devices.setting_errors import SettingError


def body(number: int, size: int) -> bytes:
    return json.dumps({"id": f"id-{number}", "text": "x" * size}).encode()


def test_numbers_and_bodies_are_found_without_reading_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "q.sqlite"
    EventQueue(path, 1 << 20).close()
    expected = {}
    with sqlite3.connect(path) as connection:
        # Integers of 0 to 8 bytes, bodies of one, two and three bytes of length, with and without a boot.
        for size in (0, 1, 200, 40_000, 9_000_000, 3_000_000_000, 1 << 45, 1 << 60):
            for length, boot in ((5, None), (60, "b"), (300, "0189-boot-id"), (2_000, "b")):
                number = 3 ** len(expected)
                expected[number] = body(number, length)
                row = (number, size, boot, expected[number].decode())
                connection.execute("INSERT INTO events (number, size, unset_boot, body) VALUES (?, ?, ?, ?)", row)
    connection.close()
    assert dict(carve(path.read_bytes())) == expected


def test_a_row_with_a_damaged_beginning_has_no_number_and_keeps_its_body(tmp_path: Path) -> None:
    path = tmp_path / "q.sqlite"
    EventQueue(path, 1 << 20).close()
    with sqlite3.connect(path) as connection:
        row = (7, 90, body(7, 10).decode())
        connection.execute("INSERT INTO events (number, size, body) VALUES (?, ?, ?)", row)
    connection.close()
    content = bytearray(path.read_bytes())
    start = content.find(b'{"id"')
    assert list(carve(bytes(content))) == [(7, body(7, 10))]
    # The record: length of the row, number, then header length, types of number, size, boot and body, then the size.
    for offset in (2, 3, 4, 5, 6):
        damaged = bytearray(content)
        damaged[start - offset] ^= 0x40
        assert list(carve(bytes(damaged))) == [(None, body(7, 10))], offset
    damaged = bytearray(content)
    damaged[start - 7] |= 0x80
    assert list(carve(bytes(damaged))) == [(None, body(7, 10))]


def test_bodies_are_found_between_other_bytes() -> None:
    found = list(carve(b'xx{"no": 1}{"id": 5}{"' + body(1, 3) + body(2, 3) + b"\xff" + body(3, 5000) + b'{"id": ""}'))
    assert found == [(None, body(1, 3)), (None, body(2, 3))], "a body beyond a page is not in one piece"
    assert list(carve('{"id": "ä"}'.encode())) == [], "an event is ASCII"


def test_the_most_frequent_body_of_a_number_counts_and_the_last_of_equally_frequent_ones() -> None:
    found = [
        (2, b"a"),
        (1, b"x"),
        (2, b"b"),
        (None, b"n"),
        (2, b"a"),
        (1, b"y"),
        (3, b"p"),
        (3, b"q"),
        (3, b"p"),
        (3, b"q"),
    ]
    assert majority(found) == [(1, b"y"), (2, b"a"), (3, b"q"), (None, b"n")]
    assert majority([(1, b"x"), (1, b"y"), (1, b"x"), (None, b"n"), (None, b"n")]) == [
        (1, b"x"), (None, b"n"), (None, b"n"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "damaged", [b"", b"[]", b'{"id": 5}', b'{"id": ""}', b'{"type": "vehicle"}', b'{"id": "a', None, "text"]
)
def test_a_body_without_an_id_is_damaged(damaged: object) -> None:
    assert read_event(damaged) is None


def test_a_body_may_be_followed_by_other_bytes() -> None:
    assert read_event(b'{"id": "a"}\xff\xff') == {"id": "a"}
    assert read_event(b'{"id": "a", "deep": ' + b"[" * 100_000) is None


def test_the_queue_is_bounded_by_a_whole_number_of_megabytes() -> None:
    for megabytes in (1, 65536):
        QueueSettings(most_megabytes=megabytes)
    for megabytes in (0, 65537):
        with pytest.raises(SettingError, match="is not a whole number from 1 to 65536") as refused:
            QueueSettings(most_megabytes=megabytes)
        assert refused.value.key == "most_megabytes"


def test_a_number_takes_nine_bytes_at_most() -> None:
    nine = sum(1 << 7 * place for place in range(1, 9)) + 5
    assert event_json._number_before(b"\x81" * 12 + b"\x05", 13) == nine
    assert event_json._number_before(b"\x05\x81\x05", 3) == 133
    assert event_json._number_before(b"\x05\x81", 2) is None
