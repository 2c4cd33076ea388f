"""The key of the hashes: made, private, and replaced in time."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from plate_devices.privacy.keys import RotatingKey
from plate_runtime.errors import DataError, DeviceError

DAY = 86400.0


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def open_key(path: Path, clock: Clock | None = None, reported: list[str] | None = None) -> RotatingKey:
    return RotatingKey(path, 1.0, (reported if reported is not None else []).append, clock or Clock())


def test_the_same_plate_has_the_same_hash_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "hash.key"
    first = open_key(path).hash("AB0123")
    assert open_key(path).hash("AB0123") == first == open_key(path).hash("ABO123")
    assert open_key(path).hash("AB0124") != first
    name, _, digest = first.partition(":")
    assert (len(name), len(digest)) == (6, 32)
    assert "AB0123" not in path.read_text()


def test_two_devices_give_different_hashes(tmp_path: Path) -> None:
    assert open_key(tmp_path / "a").hash("AB123") != open_key(tmp_path / "b").hash("AB123")


def test_the_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "hash.key"
    open_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(DataError, match="chmod 600"):
        open_key(path)


def test_an_old_key_is_replaced(tmp_path: Path) -> None:
    path, clock = tmp_path / "hash.key", Clock()
    key = open_key(path, clock)
    first, secret = key.hash("AB123"), json.loads(path.read_text())["key"]
    clock.now += 0.9 * DAY
    assert key.hash("AB123") == first
    clock.now += 0.2 * DAY
    later = key.hash("AB123")
    assert later.partition(":")[0] != first.partition(":")[0]
    assert secret not in path.read_text()
    assert open_key(path, clock).hash("AB123") == later
    clock.now += 5 * DAY
    assert open_key(path, clock).hash("AB123") != later
    assert sorted(p.name for p in tmp_path.iterdir()) == [".hash.key.lock", "hash.key"]


def test_a_clock_that_is_not_set_changes_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "hash.key", Clock()
    first = open_key(path, clock).hash("AB123")
    clock.now = 1000.0
    assert open_key(path, clock).hash("AB123") == first


def test_two_processes_use_the_same_new_key(tmp_path: Path) -> None:
    path, clock = tmp_path / "hash.key", Clock()
    one, other = open_key(path, clock), open_key(path, clock)
    clock.now += 2 * DAY
    assert one.hash("AB123") == other.hash("AB123") == one.hash("AB123")


def _start(path: str, found: multiprocessing.Queue[str]) -> None:
    found.put(open_key(Path(path)).hash("AB123"))


def test_parallel_processes_make_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    found = context.Queue()
    starts = [context.Process(target=_start, args=(str(tmp_path / "hash.key"), found)) for _ in range(8)]
    for one in starts:
        one.start()
    assert len({found.get(timeout=60) for _ in starts}) == 1
    for one in starts:
        one.join()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"name": "a", "made": 1, "key": "00"}', "ä", "null"])
def test_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "hash.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(DataError, match="delete it"):
        open_key(path)


def test_a_key_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match="cannot be made"):
        open_key(tmp_path / "file" / "hash.key")


def test_a_new_key_is_used_even_if_it_cannot_be_saved(tmp_path: Path) -> None:
    folder, reported, clock = tmp_path / "keys", [], Clock()
    key = open_key(folder / "hash.key", clock, reported)
    first = key.hash("AB123")
    folder.rename(tmp_path / "gone")
    folder.write_text("in the way")
    clock.now += 2 * DAY
    later = key.hash("AB123")
    assert later != first and key.hash("AB123") == later
    assert len(reported) == 1 and "cannot be written" in reported[0]


def test_a_key_from_the_future_is_replaced(tmp_path: Path) -> None:
    path, clock = tmp_path / "hash.key", Clock()
    key = open_key(path, clock)
    clock.now += 3650 * DAY
    ahead = key.hash("AB123")
    clock.now -= 3650 * DAY
    back = key.hash("AB123")
    assert back != ahead
    assert open_key(path, clock).hash("AB123") == back
    clock.now += 1.1 * DAY
    assert key.hash("AB123") != back


def test_a_clock_one_hour_behind_keeps_the_key(tmp_path: Path) -> None:
    path, clock = tmp_path / "hash.key", Clock()
    first = open_key(path, clock).hash("AB123")
    clock.now -= 3000.0
    assert open_key(path, clock).hash("AB123") == first


@pytest.mark.parametrize(
    "content",
    ["[" * 4000, '{"name": "a", "made": ' + "9" * 400 + ', "key": "' + "00" * 32 + '"}'],
)
def test_wild_key_files_are_refused_in_one_sentence(content: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(DataError, match="delete it"):
        open_key(path)
