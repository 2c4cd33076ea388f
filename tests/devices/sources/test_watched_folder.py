"""A folder that is filled while we watch."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from streams.pictures import jpeg, number_of

from plate_devices.sources import watched_folder
from plate_devices.sources.open_camera import open_camera
from plate_devices.sources.source import Frame
from plate_devices.sources.watched_folder import WatchedFolder
from plate_runtime.errors import DeviceError, UsageError


class Watcher:
    """Reads a folder in a thread, as the live loop does, and remembers what it is messages."""

    def __init__(self, folder: Path, old_too: bool = False) -> None:
        self.source = WatchedFolder(str(folder), old_too)
        self.source.listener = self
        self.frames: list[Frame] = []
        self.messages: list[str] = []
        self.turns = 0
        self._thread = threading.Thread(target=self._run)

    def report(self, message: str) -> None:
        self.messages.append(message)

    def waiting(self) -> None:
        self.turns += 1

    @property
    def numbers(self) -> list[int]:
        return [number_of(frame.rgb) for frame in self.frames]

    def wait(self, done: Callable[[], bool], seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, (self.numbers, self.messages)
            time.sleep(0.01)

    def looks(self, count: int = 3) -> None:
        """Wait until it has looked so many times again."""
        turns = self.turns + count
        self.wait(lambda: self.turns > turns)

    def __enter__(self) -> Watcher:
        self._thread.start()
        self.looks(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()
        self._thread.join(30.0)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        for frame in self.source.frames():
            self.frames.append(frame)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are complete soon. None is given up, however long a busy machine takes to write it."""
    monkeypatch.setattr(watched_folder, "_POLL_EVERY", 0.02)
    monkeypatch.setattr(watched_folder, "COMPLETE_AFTER", 0.3)
    monkeypatch.setattr(watched_folder, "GIVEN_UP_AFTER", 60.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0.jpg").write_bytes(jpeg(0))
    return tmp_path


@pytest.fixture
def watcher(folder: Path) -> Iterator[Watcher]:
    with Watcher(folder) as running:
        yield running


def test_what_comes_is_read_once_and_what_was_there_is_not(folder: Path, watcher: Watcher) -> None:
    before = datetime.now(UTC)
    (folder / "1.jpg").write_bytes(jpeg(1))
    watcher.wait(lambda: watcher.numbers == [1])
    (folder / "day" / "cam").mkdir(parents=True)
    (folder / "day" / "cam" / "2.jpg").write_bytes(jpeg(2))
    watcher.wait(lambda: watcher.numbers == [1, 2])
    watcher.looks(20)
    assert watcher.numbers == [1, 2]
    assert [frame.number for frame in watcher.frames] == [0, 1]
    assert all(frame.time and abs((frame.time - before).total_seconds()) < 20 for frame in watcher.frames)
    assert watcher.messages == []


def test_what_was_there_is_read_first_where_that_is_asked_for(folder: Path) -> None:
    for number in (10, 9, 2):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
        os.utime(folder / f"{number}.jpg", (1e9, 1e9))
    os.utime(folder / "0.jpg", (1e9, 1e9))
    with Watcher(folder, old_too=True) as watcher:
        watcher.wait(lambda: len(watcher.numbers) == 4)
        assert watcher.numbers == [0, 2, 9, 10]
        assert all(frame.time and frame.time.year > 2020 for frame in watcher.frames)


@pytest.mark.parametrize(("old_too", "numbers"), [(True, [0, 1]), (False, [1])])
def test_a_folder_may_come_later(folder: Path, tmp_path: Path, old_too: bool, numbers: list[int]) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (folder / "0.jpg").rename(away / "0.jpg")
    os.utime(away / "0.jpg", (1e9, 1e9))
    with Watcher(tmp_path / "disk", old_too=old_too) as watcher:
        watcher.looks(3)
        (away / "1.jpg").write_bytes(jpeg(1))
        away.rename(tmp_path / "disk")
        watcher.wait(lambda: watcher.numbers == numbers)
        assert [message.removeprefix(str(tmp_path)) for message in watcher.messages] == [
            "/disk cannot be read; is its disk there?",
            "/disk is back",
        ]


def test_a_file_counts_once_it_is_complete(folder: Path, watcher: Watcher) -> None:
    content = jpeg(5)
    with (folder / "5.jpg").open("wb", buffering=0) as stream:
        for at in range(0, len(content) - 200, 200):
            stream.write(content[at : at + 200])
            time.sleep(0.1)
            assert watcher.numbers == []
        stream.write(content[at + 200 :])
    watcher.wait(lambda: watcher.numbers == [5])


def test_an_upload_that_pauses_is_read_once_it_goes_on(folder: Path, watcher: Watcher) -> None:
    content = jpeg(6)
    (folder / "6.jpg").write_bytes(content[:500])
    time.sleep(0.7)
    with (folder / "6.jpg").open("ab") as stream:
        stream.write(content[500:])
    watcher.wait(lambda: watcher.numbers == [6])
    assert watcher.messages == []


def test_temporary_names_wait_for_their_real_one(folder: Path, watcher: Watcher) -> None:
    for temporary in (".7.jpg", "7.jpg.part", "7.tmp"):
        (folder / temporary).write_bytes(jpeg(7))
    time.sleep(0.6)
    watcher.looks()
    assert watcher.numbers == []
    (folder / "7.jpg.part").rename(folder / "7.jpg")
    watcher.wait(lambda: watcher.numbers == [7])


def test_a_file_that_was_read_is_not_read_under_another_name(folder: Path, watcher: Watcher) -> None:
    (folder / "8.jpg").write_bytes(jpeg(8))
    watcher.wait(lambda: watcher.numbers == [8])
    (folder / "done").mkdir()
    (folder / "8.jpg").rename(folder / "done" / "8-read.jpg")
    time.sleep(0.6)
    watcher.looks()
    assert watcher.numbers == [8]


def test_one_name_that_is_written_again_and_again(folder: Path, watcher: Watcher) -> None:
    for number in (1, 2, 3):
        (folder / "latest.jpg").write_bytes(jpeg(number))
        watcher.wait(lambda number=number: watcher.numbers == list(range(1, number + 1)))  # type: ignore[misc]


def test_deleted_files_and_broken_ones_are_survived(
    folder: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_folder, "COMPLETE_AFTER", 60.0)
    (folder / "gone.jpg").write_bytes(jpeg(1))
    watcher.looks()
    (folder / "gone.jpg").unlink()
    watcher.looks()
    monkeypatch.setattr(watched_folder, "COMPLETE_AFTER", 0.3)
    monkeypatch.setattr(watched_folder, "GIVEN_UP_AFTER", 1.2)
    (folder / "broken.jpg").write_bytes(b"no picture")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "link.jpg").symlink_to("missing.jpg")
    (folder / "2.jpg").write_bytes(jpeg(2))
    watcher.wait(lambda: len(watcher.messages) == 2 and watcher.numbers != [])
    watcher.looks(30)
    assert watcher.numbers == [2]
    assert sorted(message.split(": ")[0].split("/")[-1].split(" ")[0] for message in watcher.messages) == [
        "broken.jpg",
        "pipe.jpg",
    ]


def test_a_file_that_is_deleted_while_it_is_opened(
    folder: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watched_folder.open_picture

    def deleting(path: str, **more: object) -> object:
        if path.endswith("1.jpg"):
            Path(path).unlink()
        return real(path, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(watched_folder, "open_picture", deleting)
    (folder / "1.jpg").write_bytes(jpeg(1))
    (folder / "2.jpg").write_bytes(jpeg(2))
    watcher.wait(lambda: watcher.numbers == [2])
    assert watcher.messages == []


def test_a_folder_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "in", tmp_path / "away"
    folder.mkdir()
    (folder / "0.jpg").write_bytes(jpeg(0))
    with Watcher(folder) as watcher:
        (folder / "1.jpg").write_bytes(jpeg(1))
        watcher.wait(lambda: watcher.numbers == [1])
        folder.rename(away)
        watcher.wait(lambda: "cannot be read" in "".join(watcher.messages))
        assert watcher.source.state
        (away / "2.jpg").write_bytes(jpeg(2))
        away.rename(folder)
        watcher.wait(lambda: watcher.numbers == [1, 2])
        assert watcher.source.state == ""
        assert [message.rsplit(" ", 2)[1] for message in watcher.messages] == ["disk", "is"]


def test_a_file_that_was_not_complete_when_its_folder_went_away_is_read_later(tmp_path: Path) -> None:
    folder, away = tmp_path / "in", tmp_path / "away"
    folder.mkdir()
    with Watcher(folder) as watcher:
        (folder / "1.jpg").write_bytes(jpeg(1))
        folder.rename(away)
        watcher.wait(lambda: "cannot be read" in "".join(watcher.messages))
        away.rename(folder)
        watcher.wait(lambda: watcher.numbers == [1])


def test_what_was_not_read_before_its_folder_went_away_is_read_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the last scan was long before, as in a large folder or on a busy machine."""
    folder, away, now = tmp_path / "in", tmp_path / "away", [1e9]
    folder.mkdir()

    def put(number: int, modified: float) -> None:
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
        os.utime(folder / f"{number}.jpg", (modified, modified))

    def put_and_rename() -> None:
        put(3, now[0])
        folder.rename(away)

    source = WatchedFolder(str(folder))
    # What happens after each scan; the second picture is an old one that is copied.
    steps: Iterator[Callable[[], object]] = iter(
        [lambda: put(1, now[0]), lambda: put(2, 1e8), put_and_rename, lambda: away.rename(folder), list, source.close]
    )

    def sleep(_seconds: float) -> None:
        next(steps)()
        now[0] += 5.0

    clock = SimpleNamespace(time=lambda: now[0], monotonic=lambda: now[0], sleep=sleep)
    monkeypatch.setattr(watched_folder, "time", clock)
    assert [number_of(frame.rgb) for frame in source.frames()] == [1, 2, 3], "each once"


def test_names(tmp_path: Path) -> None:
    source = open_camera(f"watch:{tmp_path}")
    assert isinstance(source, WatchedFolder)
    assert (source.name, source._old_too) == (str(tmp_path), False)
    assert open_camera(f"watch-all:{tmp_path}", leave_out=[tmp_path / "out"])._old_too  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="lacks a folder"):
        open_camera("watch:")
    with pytest.raises(DeviceError, match="no such folder"):
        open_camera(f"watch:{tmp_path}/missing")
