"""Preview of an entry: past readings that it would have matched, and near misses.

Everything is decided by `matching.match`, as for events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.watchlists.matching import match
from plate_devices.watchlists.plate_file import WILDCARDS, plate_list
from plate_runtime.alphabet import confused_with, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plate_devices.watchlists.plate_file import ListedPlate
    from plate_runtime.script import Script

MOST_SHOWN = 20
"""Readings that are shown of each kind."""


class PastReading(NamedTuple):
    """A reading: its text, its time as in records, and the id of its vehicle."""

    text: str
    time: str | None
    id: str


@dataclass
class Preview:
    """Past readings by how they match, the newest first.

    Attributes:
        matches: the entry matches, as "exact" or "pattern".
        uncertain: it matches only with `fuzzy = true`: one uncertain character differs.
        confusable: it does not match: one character differs by one that it is often confused with.
        looked_at: number of readings that were compared.
        more: the kinds that have more readings than are shown.
    """

    matches: list[PastReading] = field(default_factory=list)
    uncertain: list[PastReading] = field(default_factory=list)
    confusable: list[PastReading] = field(default_factory=list)
    looked_at: int = 0
    more: set[str] = field(default_factory=set)

    def add(self, kind: str, reading: PastReading) -> None:
        """Add a reading, unless there are enough of its kind."""
        found: list[PastReading] = getattr(self, kind)
        if len(found) < MOST_SHOWN:
            found.append(reading)
        else:
            self.more.add(kind)


def preview(listed: ListedPlate, past: Iterable[Mapping[str, Any]], script: Script) -> Preview:
    """Return which past readings an entry would have matched, in whatever period it is valid.

    Args:
        listed: the plate of the entry.
        past: records of vehicles, the newest first.
        script: of the list.
    """
    plates = plate_list([_always(listed)], script)
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


def _always(listed: ListedPlate) -> ListedPlate:
    return type(listed)(listed.text)


def _confused(target: str) -> set[str]:
    """Return all texts that differ from a folded text by one confused character."""
    return {
        target[:place] + other + target[place + 1 :]
        for place, character in enumerate(target)
        for other in confused_with(character)
    }
