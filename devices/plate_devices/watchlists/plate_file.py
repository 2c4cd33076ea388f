"""Files of known plates, one plate per line."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from plate_devices.watchlists.list_lines import Entry, Line, Lines
from plate_devices.watchlists.validity import ALWAYS, period
from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError
from plate_runtime.files import read_whole
from plate_runtime.label_table import decode
from plate_runtime.script import LATIN, Script

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 16
_LARGEST = 64 << 20
WILDCARDS = "?*"
"""`?` stands for one character, `*` for any number of characters."""


@dataclass(frozen=True, slots=True)
class ListedPlate:
    """A line of a list: the plate, maybe with `WILDCARDS`, the name and the note beside it, and when it is valid.

    Attributes:
        name, note: "" for none.
        begin, end: seconds since 1970; it is valid before `end`.
    """

    text: str
    name: str = ""
    note: str = ""
    begin: float = ALWAYS[0]
    end: float = ALWAYS[1]

    def is_valid(self, at: float) -> bool:
        """Whether it is valid at a time in seconds since 1970; at the time `UNKNOWN` only if it always is."""
        return (self.begin, self.end) == ALWAYS or self.begin <= at < self.end


@dataclass(frozen=True)
class PlateList:
    """The plates of a file, `exact` by their folded text, and `patterns` of those with wildcards, in their order.

    exact: of several lines with one text the last one comes first.
    script: the characters that they are written in.
    """

    exact: dict[str, tuple[ListedPlate, ...]] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], ListedPlate], ...] = ()
    script: Script = LATIN

    def __len__(self) -> int:
        return len(self.exact) + len(self.patterns)

    def find(self, folded: str, at: float) -> ListedPlate | None:
        """Return the listed plate with a folded text that is valid at a time, None if there is none."""
        return next((one for one in self.exact.get(folded, ()) if one.is_valid(at)), None)


def read_plates(path: Path, script: Script = LATIN) -> PlateList:
    """Return the plates of a file.

    A line holds a plate and, after a comma, semicolon or tab, a name; `#` starts a comment. The first line may be a
    header; with the columns `note`, `from` or `to` it names all columns, see `list_lines` and `validity`. See
    `Script.to_characters` for the characters that are ignored. O equals 0, and I equals 1.

    Raises:
        DataError: the file cannot be read, or a line is not a plate.
    """
    try:
        text = decode(read_whole(path, _LARGEST, DataError, "watch list "))
    except UnicodeError as error:
        raise DataError(f"watch list {path} is not text: {error}") from error
    try:
        return plate_list(listed_plates(Lines(text), script), script)
    except ValueError as error:
        raise DataError(f"watch list {path}, {error}") from error


def plate_list(listed: Iterable[ListedPlate], script: Script = LATIN) -> PlateList:
    """Return a list of plates in the order of their lines."""
    exact: defaultdict[str, deque[ListedPlate]] = defaultdict(deque)
    patterns = list[tuple[re.Pattern[str], ListedPlate]]()
    for one in listed:
        if any(mark in one.text for mark in WILDCARDS):
            patterns.append((_expression(one.text), one))
        else:
            exact[fold(one.text)].appendleft(one)
    return PlateList({text: tuple(found) for text, found in exact.items()}, tuple(patterns), script)


def listed_plates(lines: Iterable[Line], script: Script = LATIN) -> Iterable[ListedPlate]:
    """Yield the plates. Raises ValueError, starting with the line."""
    for line in lines:
        if line.entry is not None:
            try:
                yield listed_plate(line.entry, script)
            except ValueError as error:
                raise ValueError(f"line {line.number}: {error}") from error


def listed_plate(entry: Entry, script: Script = LATIN) -> ListedPlate:
    """Return the plate of an entry. Raises ValueError if it is not a plate, or a date is not one."""
    text = script.to_characters(entry.plate, keep=WILDCARDS)
    if not text.strip(WILDCARDS):
        raise ValueError(f"{entry.plate!r} is not a plate; comments start with #")
    if len(text) > LONGEST:
        raise ValueError(f"{entry.plate!r} is longer than any plate ({LONGEST} characters); one plate a line")
    return ListedPlate(text, entry.name, entry.note, *period(entry.begin, entry.end))


def _expression(text: str) -> re.Pattern[str]:
    return re.compile("".join({"?": ".", "*": ".*"}.get(one) or re.escape(one) for one in fold(text)))
