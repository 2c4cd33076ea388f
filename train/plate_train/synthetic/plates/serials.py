"""Serials: in the formats of a region, vanity texts, and random characters."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from plate_runtime.alphabet import ALPHABET
from plate_runtime.formats import Format, Region, find_region, load_formats

from ..random_source import RandomSource
from .words import vanity_text

LONGEST = 10
_LETTERS, _DIGITS = ALPHABET[10:], ALPHABET[:10]
_ANYWHERE = 0.12
"""Fraction of serials with random characters, whatever the region, so that the network reads instead of guessing."""
_BARS = 0.07
"""Fraction of serials that get I or 1 at one end: a bar is easily confused with the plate's edge or band."""
_CONFUSABLE = ("0DOQ", "2Z7", "5S8", "6G0C", "8B3", "1I7T", "4A", "VYU", "MHNW", "KXR", "PF", "EFL", "9P")
_CONFUSED = 0.1
"""Fraction of the training serials some of whose characters are replaced by similar ones of `_CONFUSABLE`."""
_BUSY = {"de", "fr", "it", "es", "pl", "ro", "nl", "gb", "be", "at", "cz", "hu", "us-ca", "us-tx", "us-fl", "us-ny"}
_BUSY_FACTOR = 3.0


@dataclass(frozen=True)
class Serial:
    """The text of a plate: rows of groups, with gaps or separators between the groups."""

    rows: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """All characters from top left to bottom right, A-Z0-9."""
        return "".join("".join(row) for row in self.rows)


def random_serial(regions: Sequence[str], two_rows: bool, rng: RandomSource, confused: bool = False) -> Serial:
    """Return a random serial for one of the regions: names of `formats`, "any", "vanity" or "world".

    With `confused`, some serials get characters that are easily taken for others, in places that formats forbid.
    """
    serial = _of_region(regions, two_rows, rng)
    if confused and rng.chance(_CONFUSED):
        serial = Serial(tuple(tuple(_with_similar(group, rng) for group in row) for row in serial.rows))
    return _with_bar_at_end(serial, rng) if rng.chance(_BARS) else serial


def _of_region(regions: Sequence[str], two_rows: bool, rng: RandomSource) -> Serial:
    region = "any" if rng.chance(_ANYWHERE) else rng.choice(regions)
    if region == "vanity":
        return _split_rows(_spaced(vanity_text(rng), rng), two_rows, rng)
    if region == "any":
        return _split_rows(_random_groups(rng), two_rows, rng)
    members, weights = _members(region)
    formats = rng.choices(members, weights)[0].formats
    fitting = [one for one in formats if (one.rows == 2) == two_rows] or list(formats)
    serial = _from_format(rng.choices(fitting, [one.weight for one in fitting])[0], rng)
    if len(serial.text) > LONGEST:
        return _split_rows(_random_groups(rng), two_rows, rng)
    if (len(serial.rows) == 2) == two_rows:
        return serial
    return _split_rows([group for row in serial.rows for group in row], two_rows, rng)


def _with_bar_at_end(serial: Serial, rng: RandomSource) -> Serial:
    """Put a bar at one end of a row: I for a letter, 1 for a digit."""
    rows = [list(row) for row in serial.rows]
    row = rng.choice(rows)
    place = rng.choice((0, -1))
    group = row[place]
    bar = "1" if group[place] in _DIGITS else "I"
    row[place] = bar + group[1:] if place == 0 else group[:-1] + bar
    return Serial(tuple(tuple(row) for row in rows))


def _with_similar(group: str, rng: RandomSource) -> str:
    """Replace about half of the characters by similar ones."""
    sets = [[one for one in _CONFUSABLE if character in one] for character in group]
    return "".join(
        rng.choice(rng.choice(similar)) if similar and rng.chance(0.5) else character
        for character, similar in zip(group, sets, strict=True)
    )


@functools.cache
def _members(name: str) -> tuple[list[Region], list[float]]:
    """The regions of a union, or the region itself, and the weight of each."""
    regions = load_formats()
    if name in regions:
        found = [regions[name]]
    elif name == "world":
        found = list(regions.values())
    elif name in ("us", "ca", "au"):
        found = [region for code, region in regions.items() if code.startswith(f"{name}-")]
    else:
        patterns = {id(one) for one in find_region({"eu": "europe"}.get(name, name)).formats}
        found = [region for region in regions.values() if any(id(one) in patterns for one in region.formats)]
    return found, [_BUSY_FACTOR if region.name in _BUSY else 1.0 for region in found]


def _from_format(form: Format, rng: RandomSource) -> Serial:
    rows: list[list[str]] = [[""]]
    for token in form.tokens:
        if token.kind == "break":
            rows.append([""])
        elif token.kind == "separator":
            rows[-1].append("")
        else:
            rows[-1][-1] += rng.choice(token.choices)
    return Serial(tuple(tuple(group for group in row if group) for row in rows))


def _random_groups(rng: RandomSource) -> list[str]:
    """Groups of letters, of digits, or of both; 3 to `LONGEST` characters in total."""
    count = rng.choice((3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 9, 10))
    groups: list[str] = []
    while (left := count - sum(map(len, groups))) > 0:
        characters = rng.choice((_LETTERS, _DIGITS, _DIGITS, ALPHABET))
        groups.append("".join(rng.choice(characters) for _ in range(min(left, rng.choice((1, 2, 2, 3, 3, 4, 5, 6))))))
    return groups if rng.chance(0.7) else ["".join(groups)]


def _spaced(text: str, rng: RandomSource) -> list[str]:
    if len(text) > 3 and rng.chance(0.2):
        cut = rng.randint(1, len(text) - 1)
        return [text[:cut], text[cut:]]
    return [text]


def _split_rows(groups: Sequence[str], two_rows: bool, rng: RandomSource) -> Serial:
    """Put groups into one row, or break them into two where that leaves rows of similar length."""
    text = "".join(groups)
    if not two_rows or len(text) < 3:
        return Serial((tuple(groups),))
    starts = [sum(map(len, groups[: index + 1])) for index in range(len(groups) - 1)]
    near = [start for start in starts if abs(2 * start - len(text)) <= max(2, len(text) // 2)]
    cut = rng.choice(near) if near else len(text) // 2 + rng.randint(0, len(text) % 2)
    upper, lower, seen = [], [], 0
    for group in groups:
        inside = min(max(cut - seen, 0), len(group))
        upper += [group[:inside]] if inside else []
        lower += [group[inside:]] if inside < len(group) else []
        seen += len(group)
    return Serial((tuple(upper), tuple(lower)))
