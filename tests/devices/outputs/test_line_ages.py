"""Which lines of a file are old, also if lines are damaged."""

from __future__ import annotations

import io
from array import array

import pytest

from plate_devices.outputs import line_ages
from plate_devices.outputs.line_ages import LineAges, copy_ranges, find_old_lines, format_time, time_in

OLD, YOUNG = "2026-05-01T12:00:00.000Z", "2026-05-20T12:00:00.000Z"
BEFORE = "2026-05-10T00:00:00.000Z"
FUTURE = "2999-01-01T00:00:00.000Z"
# The first 48 bits of an id are the milliseconds since 1970.
OLD_ID = f"{(1777636800 * 1000):012x}"
OLD_ID = f"{OLD_ID[:8]}-{OLD_ID[8:]}-7abc-8def-0123456789ab"


def ages(*lines: str, modified: float = 2e9, header: str = "") -> LineAges:
    """The ages of lines; the time of a line is all of it, if it begins with 2."""
    content = "".join(f"{line}\n" for line in lines).encode()
    time_of = lambda line: line.decode().strip() if line.startswith(b"2") else None  # noqa: E731
    return find_old_lines(io.BytesIO(content), BEFORE, time_of, modified, header.encode())


def kept(found: LineAges, *lines: str) -> list[str]:
    content, target = "".join(f"{line}\n" for line in lines).encode(), io.BytesIO()
    copy_ranges(io.BytesIO(content), target, found.kept)
    return target.getvalue().decode().splitlines()


def test_lines_before_a_time_are_old_and_neighbours_are_kept_as_one_range() -> None:
    lines = (OLD, YOUNG, YOUNG, OLD, BEFORE)
    found = ages(*lines)
    assert found == LineAges(array("Q", [25, 75, 100, 125]), 2, 0, 0)
    assert kept(found, *lines) == [YOUNG, YOUNG, BEFORE]


def test_a_damaged_line_has_the_latest_time_in_it() -> None:
    lines = (f"x {OLD} {YOUNG}", f"x {OLD} 2026-05-02T00:00:00Z", f"x {OLD} {FUTURE}")
    found = ages(*lines)
    assert kept(found, *lines) == [lines[0]]
    assert (found.old, found.damaged_old, found.damaged_kept) == (2, 2, 1)


def test_a_damaged_line_without_a_time_has_that_of_its_id() -> None:
    assert time_in(f"x {OLD_ID} y".encode()) == "2026-05-01T12:00:00.000Z"
    assert time_in(f"{OLD_ID} {YOUNG}".encode()) == YOUNG
    assert time_in(b"x 12345678-9abc-7abc-8def-0123456789ab") == "", "an id of the year 2595 is damage"
    lines = (YOUNG, f"x {OLD_ID}")
    assert kept(ages(*lines), *lines) == [YOUNG]


def test_a_line_without_any_time_is_as_old_as_the_one_before_it() -> None:
    lines = (OLD, "a", YOUNG, "b", "c", OLD, FUTURE)
    found = ages(*lines)
    assert kept(found, *lines) == [YOUNG, "b", "c"]
    assert (found.old, found.damaged_old, found.damaged_kept) == (4, 1, 2)


@pytest.mark.parametrize(("first", "stay"), [(OLD, []), (YOUNG, ["a", "b", YOUNG])])
def test_the_first_lines_without_a_time_are_as_old_as_the_next_one(first: str, stay: list[str]) -> None:
    lines = ("a", "b", first, OLD)
    found = ages(*lines)
    assert kept(found, *lines) == stay
    assert (found.old, found.damaged_old, found.damaged_kept) == ((1, 0, 2) if stay else (4, 2, 0))


def test_without_any_time_all_lines_are_as_old_as_the_file() -> None:
    assert ages("a", FUTURE, modified=1e9) == LineAges(array("Q"), 2, 1, 0)
    assert ages("a", FUTURE) == LineAges(array("Q", [0, 27]), 0, 0, 1)


def test_headers_are_kept_and_not_counted() -> None:
    lines = ("id,text", OLD, "id,text", YOUNG)
    found = ages(*lines, header="id,text")
    assert kept(found, *lines) == ["id,text", "id,text", YOUNG]
    assert (found.old, found.damaged_old) == (1, 0)
    lines = ("a", "id,text", OLD)
    found = ages(*lines, header="id,text")
    assert kept(found, *lines) == [], "a header between lines of unknown age shares their range"
    assert (found.old, found.damaged_old) == (2, 1)


def test_a_day_ahead_is_plausible_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_ages.time, "time", lambda: 1_800_000_000.0)
    assert line_ages.latest_moment() == format_time(1_800_086_400.0)
    monkeypatch.setattr(line_ages.time, "time", lambda: 0.0)
    assert line_ages.latest_moment() == format_time(1_793_086_400.0), "a clock that is not set is no earlier"


def test_of_long_lines_only_the_beginning_is_searched_and_all_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_ages, "LONGEST_LINE", 40)
    lines = (YOUNG + "x" * 200, "y" * 100 + YOUNG, OLD)
    content = "".join(f"{line}\n" for line in lines).encode()
    found = find_old_lines(io.BytesIO(content), BEFORE, lambda _: None, 2e9)
    assert kept(found, *lines) == list(lines[:2])
    assert (found.old, found.damaged_kept) == (1, 2)


def test_times_out_of_range_are_unknown() -> None:
    assert format_time(1777636800.0) == "2026-05-01T12:00:00.000Z"
    assert format_time(1e18) == format_time(float("nan")) == ""
