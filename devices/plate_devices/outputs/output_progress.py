"""How far each output is: the table `outputs` of the queue, kept in memory while the queue is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plate_devices.outputs.queue_database import QueueDatabase


@dataclass(frozen=True)
class Progress:
    """How far one output is.

    Attributes:
        acknowledged: number of the last event that it has or will never have.
        delivered, dropped: how many events it has, and how many it will never have.
    """

    acknowledged: int
    delivered: int = 0
    dropped: int = 0


class ProgressTable(Mapping[str, Progress]):
    """The progress of each output, by name. Changes reach the file with `write`.

    Attributes:
        incomplete: a row was damaged, so the progress of an output may be missing.
    """

    def __init__(self, database: QueueDatabase) -> None:
        """Begin without outputs; `read` reads those of the file."""
        self.incomplete = False
        self._execute = database.execute
        self._rows: dict[str, Progress] = {}
        self._unwritten: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, name: str) -> Progress:
        return self._rows[name]

    def __setitem__(self, name: str, progress: Progress) -> None:
        self._rows[name] = progress
        self._unwritten.add(name)

    def read(self) -> None:
        """Read the rows that are intact."""
        for name, *numbers, checksum in self._execute("SELECT * FROM outputs").fetchall():
            if is_intact(name, numbers, checksum):
                self._rows[name] = Progress(*numbers)
            else:
                self.incomplete = True

    def write(self) -> None:
        """Write the rows that have changed; they stay marked until `written`."""
        for name in self._unwritten:
            progress = self._rows[name]
            numbers = (progress.acknowledged, progress.delivered, progress.dropped)
            row = (name, *numbers, _checksum(name, numbers))
            self._execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?)", row)

    def written(self) -> None:
        """Note that `write` was committed."""
        self._unwritten.clear()

    def replace(self, rows: Mapping[str, Progress]) -> None:
        """Delete all outputs, damaged rows included, and take these."""
        self._execute("DELETE FROM outputs")
        self._rows, self._unwritten = dict(rows), set(rows)

    def snapshot(self) -> tuple[dict[str, Progress], set[str]]:
        """Return a copy for `roll_back`."""
        return dict(self._rows), set(self._unwritten)

    def roll_back(self, snapshot: tuple[dict[str, Progress], set[str]]) -> None:
        """Return to a snapshot after a transaction failed."""
        self._rows, self._unwritten = snapshot

    def lowest(self, default: int) -> int:
        """Return the lowest number that an output has acknowledged, `default` without outputs."""
        return min((progress.acknowledged for progress in self._rows.values()), default=default)

    def highest(self, default: int) -> int:
        """Return the highest number that an output has acknowledged, `default` without outputs."""
        return max((progress.acknowledged for progress in self._rows.values()), default=default)

    def acknowledge_up_to(self, number: int, names: Iterable[str]) -> None:
        """Count all events up to a number as handled for these outputs."""
        for name in names:
            progress = self._rows[name]
            self[name] = replace(progress, acknowledged=max(progress.acknowledged, number))

    def drop(self, numbers: Sequence[int]) -> dict[str, int]:
        """Count events as dropped for outputs that lack them; return how many, by output."""
        dropped: dict[str, int] = {}
        for name, progress in list(self._rows.items()):
            if count := sum(number > progress.acknowledged for number in numbers):
                dropped[name] = count
                self[name] = replace(progress, dropped=progress.dropped + count)
        return dropped


def is_intact(name: object, numbers: Sequence[object], checksum: object) -> bool:
    """Whether a row of `outputs` is as it was written."""
    if not isinstance(name, str) or not all(isinstance(number, int) for number in numbers):
        return False
    return checksum == _checksum(name, numbers)


def _checksum(name: str, numbers: Sequence[object]) -> int:
    """Return the checksum of an output's numbers: a flipped bit in them would lose events."""
    return crc32(repr((name, *numbers)).encode())
