"""The watch lists of a device, which are read again when their files change."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.events.system_times import RELEASED
from plate_devices.threads import BackgroundThread
from plate_devices.watchlists.matching import match
from plate_devices.watchlists.plate_file import read_plates
from plate_devices.watchlists.validity import UNKNOWN
from plate_runtime.errors import DataError, UsageError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from plate_devices.watchlists.plate_file import PlateList
    from plate_devices.watchlists.watchlist_settings import WatchlistSettings
    from plate_runtime.script import Script

_CHECK_EVERY = 2.0

READ_AT_ONCE = 64 * 1024
"""Largest file in bytes that is read between two frames: some 5,000 plates, a tenth of a second on a small board."""


class _Stamp(NamedTuple):
    modified: int
    size: int
    inode: int


class WatchLists:
    """The lists that plates are compared with. Used by one thread."""

    def __init__(
        self,
        settings: Sequence[WatchlistSettings],
        warn: Callable[[str], None],
        script: Script = LATIN,
        before: WatchLists | None = None,
    ) -> None:
        """Read every list of plates in a script.

        Args:
            warn: gets a line on a list that cannot be read any more and stays.
            script: the characters of plates.
            before: lists that these replace; one of the same file is taken over, and read again if it has changed.

        Raises:
            DataError: a list cannot be read.
            UsageError: two lists have the same name.
        """
        names = [one.name for one in settings]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise UsageError(f"two watch lists are called {min(doubled)!r}; give each a different name")
        known = {(one.path, one.script): one for one in before._lists} if before else {}
        self._lists: list[_WatchList] = [
            _WatchList(one, warn, script, known.get((one.file, script))) for one in settings
        ]
        self._checked = time.monotonic()

    def __bool__(self) -> bool:
        """Whether there is a list."""
        return bool(self._lists)

    def matches(self, plate: Mapping[str, Any], at: float | None = None) -> list[dict[str, str]]:
        """Return the matches of a plate of a record with the lists, for events.

        Each has the list's `name`, `match` and `listed`, and `plate_name` if the list names the plate.

        Args:
            plate: as returned by `records.plate_record`.
            at: time of the reading in seconds since 1970, or `UNKNOWN`; by default now.
        """
        self.check()
        at = _now() if at is None else at
        return [
            {"name": one.name, "match": hit.kind, "listed": hit.listed.text}
            | ({"plate_name": hit.listed.name} if hit.listed.name else {})
            for one in self._lists
            if (hit := match(plate, one.plates, one.fuzzy, at))
        ]

    def mark(self, record: dict[str, Any]) -> None:
        """Add the matches of its plates to a record, as `watchlists`, if there is a list."""
        if self._lists:
            at = _time_of(record)
            record["watchlists"] = [one for plate in record.get("plates", ()) for one in self.matches(plate, at)]

    def check(self) -> None:
        """Call `reload` where that is due."""
        if self._lists and time.monotonic() - self._checked >= _CHECK_EVERY:
            self.reload()

    def reload(self) -> None:
        """Read the lists again that have changed. Large ones are read in a thread; until then they stay as they are."""
        self._checked = time.monotonic()
        for one in self._lists:
            one.reload()


class _WatchList:
    def __init__(
        self, settings: WatchlistSettings, warn: Callable[[str], None], script: Script, before: _WatchList | None
    ) -> None:
        self.name, self.fuzzy = settings.name, settings.fuzzy
        self.path, self.script, self._warn = settings.file, script, warn
        self._thread: BackgroundThread | None = None
        self._found: tuple[_Stamp | None, PlateList | DataError] | None = None
        self.stamp: _Stamp | None = _stamp(self.path)
        if before is not None and (self.stamp == before.stamp or _is_large(self.stamp)):
            self.stamp = before.stamp
            self.plates: PlateList = before.plates
        else:
            self.plates = read_plates(self.path, self.script)

    def reload(self) -> None:
        if self._thread is not None:
            if self._thread.is_alive():
                return
            self._thread = None
            self._take()
        stamp = _stamp(self.path)
        if stamp == self.stamp:
            return
        if _is_large(stamp):
            self._thread = BackgroundThread(partial(self._read, stamp), f"watch list {self.name}", restarts=False)
            self._thread.start()
        else:
            self._read(stamp)
            self._take()

    def _read(self, stamp: _Stamp | None) -> None:
        try:
            self._found = stamp, read_plates(self.path, self.script)
        except DataError as error:
            self._found = stamp, error

    def _take(self) -> None:
        if self._found is None:
            return
        (self.stamp, found), self._found = self._found, None
        if isinstance(found, DataError):
            self._warn(f"{found}; its {len(self.plates)} plates stay as they were")
        else:
            self.plates = found


def _time_of(record: Mapping[str, Any]) -> float | None:
    """Return the time of a record in seconds since 1970, `UNKNOWN` if the clock was not set, None for a file."""
    if not record.get("time_set", True):
        return UNKNOWN
    written = record.get("last_time") or record.get("time")
    return datetime.fromisoformat(written).timestamp() if written else None


def _now() -> float:
    """Return the time, `UNKNOWN` while the clock is plainly wrong."""
    now = time.time()
    return now if now > RELEASED else UNKNOWN


def _stamp(path: Path) -> _Stamp | None:
    """Return a value that changes when the file is written or replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return _Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


def _is_large(stamp: _Stamp | None) -> bool:
    return stamp is not None and stamp.size > READ_AT_ONCE
