"""What is written large: serials in the formats of a region, words of people's choice, and signs at random."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from plate_runtime.alphabet import ALPHABET
from plate_runtime.formats import Format, Region, find_region, load_formats

from ..effects import Dice
from .words import wish

LONGEST = 10
_LETTERS, _DIGITS = ALPHABET[10:], ALPHABET[:10]
_ANYWHERE = 0.12
"""Share of serials that are signs at random whatever the region, so that the network reads and does not guess."""
_BARS = 0.07
"""Share of serials that are made to begin or end with I or 1: a bar is easily taken for the plate's edge or band."""
_BUSY = {"de", "fr", "it", "es", "pl", "ro", "nl", "gb", "be", "at", "cz", "hu", "us-ca", "us-tx", "us-fl", "us-ny"}
_BUSY_FACTOR = 3.0


@dataclass(frozen=True)
class Serial:
    """What is read: rows of groups, with gaps or separators between the groups."""

    rows: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """All signs from top left to bottom right, A-Z0-9."""
        return "".join("".join(row) for row in self.rows)


def draw_serial(regions: Sequence[str], two_rows: bool, dice: Dice) -> Serial:
    """Draw a serial for one of the regions ("any", "wish" and "world" beside the names of `formats`)."""
    serial = _of_region(regions, two_rows, dice)
    return _barred(serial, dice) if dice.chance(_BARS) else serial


def _of_region(regions: Sequence[str], two_rows: bool, dice: Dice) -> Serial:
    region = "any" if dice.chance(_ANYWHERE) else dice.choice(regions)
    if region == "wish":
        return _broken(_spaced(wish(dice), dice), two_rows, dice)
    if region == "any":
        return _broken(_random_groups(dice), two_rows, dice)
    members, weights = _members(region)
    formats = dice.choices(members, weights)[0].formats
    fitting = [one for one in formats if (one.rows == 2) == two_rows] or list(formats)
    drawn = _from_format(dice.choices(fitting, [one.weight for one in fitting])[0], dice)
    if len(drawn.text) > LONGEST:
        return _broken(_random_groups(dice), two_rows, dice)
    if (len(drawn.rows) == 2) == two_rows:
        return drawn
    return _broken([group for row in drawn.rows for group in row], two_rows, dice)


def _barred(serial: Serial, dice: Dice) -> Serial:
    """Let one row begin or end with a bar: I for a letter, 1 for a digit."""
    rows = [list(row) for row in serial.rows]
    row = dice.choice(rows)
    place = dice.choice((0, -1))
    group = row[place]
    bar = "1" if group[place] in _DIGITS else "I"
    row[place] = bar + group[1:] if place == 0 else group[:-1] + bar
    return Serial(tuple(tuple(row) for row in rows))


@functools.cache
def _members(name: str) -> tuple[list[Region], list[float]]:
    """The regions of a union, or the region itself, and how often each is drawn."""
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


def _from_format(form: Format, dice: Dice) -> Serial:
    rows: list[list[str]] = [[""]]
    for token in form.tokens:
        if token.kind == "break":
            rows.append([""])
        elif token.kind == "separator":
            rows[-1].append("")
        else:
            rows[-1][-1] += dice.choice(token.choices)
    return Serial(tuple(tuple(group for group in row if group) for row in rows))


def _random_groups(dice: Dice) -> list[str]:
    """Runs of letters, of digits, or mixed ones; 3 to `LONGEST` signs in all."""
    count = dice.choice((3, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 9, 10))
    groups: list[str] = []
    while (left := count - sum(map(len, groups))) > 0:
        signs = dice.choice((_LETTERS, _DIGITS, _DIGITS, ALPHABET))
        groups.append("".join(dice.choice(signs) for _ in range(min(left, dice.choice((1, 2, 2, 3, 3, 4, 5, 6))))))
    return groups if dice.chance(0.7) else ["".join(groups)]


def _spaced(text: str, dice: Dice) -> list[str]:
    if len(text) > 3 and dice.chance(0.2):
        cut = dice.randint(1, len(text) - 1)
        return [text[:cut], text[cut:]]
    return [text]


def _broken(groups: Sequence[str], two_rows: bool, dice: Dice) -> Serial:
    """Put groups into one row, or break them into two where that leaves rows of similar length."""
    text = "".join(groups)
    if not two_rows or len(text) < 3:
        return Serial((tuple(groups),))
    starts = [sum(map(len, groups[: index + 1])) for index in range(len(groups) - 1)]
    near = [start for start in starts if abs(2 * start - len(text)) <= max(2, len(text) // 2)]
    cut = dice.choice(near) if near else len(text) // 2 + dice.randint(0, len(text) % 2)
    upper, lower, seen = [], [], 0
    for group in groups:
        inside = min(max(cut - seen, 0), len(group))
        upper += [group[:inside]] if inside else []
        lower += [group[inside:]] if inside < len(group) else []
        seen += len(group)
    return Serial((tuple(upper), tuple(lower)))
