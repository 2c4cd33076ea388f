"""Preview of an entry: past readings that it would have matched, and near misses.

Everything is decided by `matching.match`, as for events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.watchlists.matching import match
from plate_devices.watchlists.plate_file import WILDCARDS, ListedPlate, plate_list
from plate_runtime.alphabet import confused_with, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plate_runtime.script import Script

KINDS = ("matches", "uncertain", "confusable")
"""How an entry and a reading may go together: it matches, as "exact" or "pattern"; it matches only with `fuzzy = true`,
because one uncertain character differs; it does not, but differs in one character that is often confused."""

MOST_SHOWN = 20
"""Readings that are shown of each kind."""


class PastReading(NamedTuple):
    """A reading: its text, its time as in records, and the id of its vehicle."""

    text: str
    time: str | None
    id: str


@dataclass
class Preview:
    """What was found.

    Attributes:
        readings: past readings by their kind, the newest first.
        looked_at: number of readings that were compared.
        more: the kinds that have more readings than are shown.
    """

    readings: dict[str, list[PastReading]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    looked_at: int = 0
    more: set[str] = field(default_factory=set)

    def add(self, kind: str, reading: PastReading) -> None:
        """Add a reading, unless there are enough of its kind."""
        if len(self.readings[kind]) < MOST_SHOWN:
            self.readings[kind].append(reading)
        else:
            self.more.add(kind)


def preview(listed: ListedPlate, past: Iterable[Mapping[str, Any]], script: Script) -> Preview:
    """Return which past readings an entry would have matched, in whatever period it is valid.

    Args:
        listed: the plate of the entry.
        past: records of vehicles, the newest first.
        script: of the list.
    """
    plates = plate_list([ListedPlate(listed.text)], script)
    has_wildcard = any(mark in listed.text for mark in WILDCARDS)
    confused, found = set() if has_wildcard else _confused(fold(listed.text)), Preview()
    for record in past:
        found.looked_at += 1
        for plate in record.get("plates", ())[:1]:
            reading = PastReading(plate.get("text") or "", record.get("last_time"), str(record.get("id", "")))
            if match(plate, plates, fuzzy=False):
                found.add("matches", reading)
            elif match(plate, plates, fuzzy=True):
                found.add("uncertain", reading)
            elif fold(reading.text) in confused:
                found.add("confusable", reading)
    return found


def _confused(target: str) -> set[str]:
    """Return all texts that differ from a folded text by one confused character."""
    return {
        target[:place] + other + target[place + 1 :]
        for place, character in enumerate(target)
        for other in confused_with(character)
    }
