"""The watch lists of a device, which are read again when their files change."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plate_devices.events.system_times import RELEASED
from plate_devices.watchlists.matching import match
from plate_devices.watchlists.plate_file import read_plates
from plate_devices.watchlists.validity import UNKNOWN
from plate_runtime.errors import DataError, UsageError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from plate_devices.watchlists.watchlist_settings import WatchlistSettings
    from plate_runtime.script import Script

_CHECK_EVERY = 2.0


class WatchLists:
    """The lists that plates are compared with. Used by one thread."""

    def __init__(
        self, settings: Sequence[WatchlistSettings], warn: Callable[[str], None], script: Script = LATIN
    ) -> None:
        """Read every list of plates in a script; `warn` gets a line on one that cannot be read any more and stays.

        Raises:
            DataError: a list cannot be read.
            UsageError: two lists have the same name.
        """
        names = [one.name for one in settings]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise UsageError(f"two watch lists are called {min(doubled)!r}; give each a different name")
        self._lists = [_WatchList(one, warn, script) for one in settings]
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
        if self._lists and time.monotonic() - self._checked >= _CHECK_EVERY:
            self.reload()
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

    def reload(self) -> None:
        """Read the lists again that have changed."""
        self._checked = time.monotonic()
        for one in self._lists:
            one.reload()


class _WatchList:
    def __init__(self, settings: WatchlistSettings, warn: Callable[[str], None], script: Script) -> None:
        self.name, self.fuzzy = settings.name, settings.fuzzy
        self._path, self._warn, self._script = settings.file, warn, script
        self._stamp = _stamp(self._path)
        self.plates = read_plates(self._path, self._script)

    def reload(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self.plates = read_plates(self._path, self._script)
        except DataError as error:
            self._warn(f"{error}; its {len(self.plates)} plates stay as they were")


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


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return a value that changes when the file is written or replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
