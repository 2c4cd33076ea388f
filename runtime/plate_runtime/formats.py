"""Formats of number plates by region, and doubtful characters settled by them. The data stand in `formats.toml`.

`python -m plate_runtime.formats` prints them as a page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import DataError, UsageError
from .patterns import LETTERS, Token, expression, parse_pattern

if TYPE_CHECKING:
    from .decode import Character

_FILE = Path(__file__).with_name("formats.toml")
_REGION_KEYS = {"name", "country", "source", "letters", "lists", "format"}
_FORMAT_KEYS = {"pattern", "letters", "weight", "rows"}

_EU = "at be bg hr cy cz dk ee fi fr de gr hu ie it lv lt lu mt nl pl pt ro sk si es se"
_EUROPE = f"{_EU} gb no ch is li mc ad sm va gi im je gg fo al ba me mk rs xk md ua by ru tr ge am az"
_UNIONS = {"eu": _EU, "europe": _EUROPE, "mercosur": "ar br uy py bo"}
_FEDERAL = {"us": "United States", "ca": "Canada", "au": "Australia"}  # unions of us-ca, us-ny, ...
_ALIASES = {"uk": "gb", "usa": "us"}

# How probable it is that a network which says the one sign, and names no other, looks at the other: signs of one shape
# in many alphabets, signs that differ by a corner or a short stroke, and signs that differ by more but in one place.
_PAIRS = {0.5: "0O 1I", 0.1: "0D 0Q OD OQ DQ 8B 2Z 5S 6G", 0.02: "1L IL 1T 17 7T 1J 7Z 3B CG 4A UV VY"}
_LOOK_ALIKES = {pair: probability for probability, pairs in _PAIRS.items() for pair in pairs.split()}
_LEAST = 1e-3  # of the reading's own probability; a text further away than that is another text
_FREE, _FREE_LETTERS = 0.05, 0.7  # plates with a text of the owner's choice, and those of them that write letters alone


@dataclass(frozen=True)
class Format:
    """One layout of a serial.

    Attributes:
        pattern: in the language of `patterns`; tokens: the same taken apart, the region's letters and lists put in.
        weight: how often it is met, relative within the region; rows: 1 or 2.
    """

    pattern: str
    weight: float
    rows: int
    tokens: tuple[Token, ...] = field(repr=False)

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return expression(self.tokens)

    @cached_property
    def _choices(self) -> list[dict[int, frozenset[str]]]:
        """Of each token that is read: length -> strings of that length."""
        by_length = []
        for token in self.tokens:
            if token.read:
                lengths = {len(choice) for choice in token.choices}
                by_length.append({n: frozenset(c for c in token.choices if len(c) == n) for n in lengths})
        return by_length

    @cached_property
    def _text_lengths(self) -> frozenset[int]:
        lengths = {0}
        for choices in self._choices:
            lengths = {before + length for before in lengths for length in choices}
        return frozenset(lengths)

    @cached_property
    def count(self) -> int:
        """How many texts have this format."""
        return math.prod(len(token.choices) for token in self.tokens if token.read)

    def matches(self, text: str) -> bool:
        """Whether `text`, A-Z0-9 without separators, has this format."""
        return self._expression.fullmatch(text) is not None

    def fit(self, options: Sequence[Mapping[str, float]]) -> tuple[float, str]:
        """Return the most probable text of this format and its probability, of signs and probabilities by position.

        (0.0, "") where none fits.
        """
        if len(options) not in self._text_lengths:
            return 0.0, ""
        ends: dict[int, tuple[float, str]] = {0: (1.0, "")}  # by how many positions are used
        for choices in self._choices:
            longer: dict[int, tuple[float, str]] = {}
            for start, (probability, text) in ends.items():
                for length, strings in choices.items():
                    for part, factor in _spell(options[start : start + length], length):
                        found = (probability * factor, text + part)
                        if part in strings and found > longer.get(start + length, (0.0, "")):
                            longer[start + length] = found
            ends = longer
        return ends.get(len(options), (0.0, ""))


@dataclass(frozen=True)
class Region:
    """A country, a state of one, or a union of them, and the formats of its plates."""

    name: str
    country: str
    source: str
    formats: tuple[Format, ...]


@cache
def load_formats(path: Path = _FILE) -> dict[str, Region]:
    """Return the regions of a file by name, in its order; unions are left out, see `find_region`.

    Raises:
        DataError: the file cannot be read, or is not as `formats.toml` describes.
    """
    import tomllib

    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("region", [])
        regions = [_region(table) for table in tables]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; it belongs beside formats.py") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path.name}: {error}") from None
    by_name = {region.name: region for region in regions}
    if len(by_name) < len(regions):
        raise DataError(f"{path.name}: a region stands there twice")
    return by_name


@cache
def find_region(name: str) -> Region:
    """Return a region, or a union ("eu", "europe", "mercosur", "us", "ca", "au") with the formats of its members.

    Raises:
        UsageError: unknown; the sentence names what is near. DataError: see `load_formats`.
    """
    regions = load_formats()
    wanted = _ALIASES.get(name.lower(), name.lower())
    if wanted in regions:
        return regions[wanted]
    unions = _unions(regions)
    if wanted in unions:
        return unions[wanted]
    raise UsageError(f"region {name!r} is unknown; {_near(wanted, [*regions.values(), *unions.values()])}")


def settle(characters: Sequence[Character], region: Region) -> str | None:
    """Return the most probable text that has a format of the region, or None.

    A text that fits is returned as it is. Otherwise a character may change to an alternative that the network named, or
    to a look-alike; their number stays. Where it is more probable that the owner chose the text, as in a region whose
    formats leave almost everything possible, nothing settles.
    """
    text = "".join(character.text for character in characters)
    if any(form.matches(text) for form in region.formats):
        return text
    options = [_options(character) for character in characters]
    best, most = None, _free(text) * sum(form.weight for form in region.formats)
    for form in region.formats:
        probability, settled = form.fit(options)
        if (posterior := probability * form.weight / form.count) > most:
            best, most = settled, posterior
    return best


def _free(text: str) -> float:
    """Return how probable it is, before the plate is seen, that its owner chose this very text."""
    if text.isalpha():
        return _FREE * _FREE_LETTERS / 26.0 ** len(text)
    return _FREE * (1 - _FREE_LETTERS) / 36.0 ** len(text)


def _options(character: Character) -> dict[str, float]:
    """Return the signs that a character may be, with probabilities relative to the reading's own."""
    options = {character.text: 1.0}
    for pair, probability in _LOOK_ALIKES.items():
        if character.text in pair:
            options[pair.replace(character.text, "")] = probability
    for sign, probability in character.alternatives:
        options[sign] = max(options.get(sign, 0.0), probability / max(character.confidence, 1e-6))
    return options


def _spell(options: Sequence[Mapping[str, float]], length: int) -> Iterable[tuple[str, float]]:
    """Yield the strings of that length that the options spell, with their probabilities."""
    if len(options) < length:
        return []
    spelt = [("", 1.0)]
    for signs in options:
        pairs = [(text + sign, p * factor) for text, p in spelt for sign, factor in signs.items()]
        spelt = [(text, p) for text, p in pairs if p >= _LEAST]
    return spelt


def _region(table: Mapping[str, Any]) -> Region:
    name = table.get("name", "?")
    try:
        _check_keys(table, _REGION_KEYS, {"name", "country", "source", "format"})
        letters, lists = table.get("letters", LETTERS), table.get("lists", {})
        formats = tuple(_format(entry, letters, lists) for entry in table["format"])
    except ValueError as error:
        raise ValueError(f"region {name!r}: {error}") from None
    return Region(name, table["country"], table["source"], formats)


def _format(entry: Mapping[str, Any], letters: str, lists: Mapping[str, Sequence[str]]) -> Format:
    _check_keys(entry, _FORMAT_KEYS, {"pattern"})
    pattern, weight, rows = entry["pattern"], entry.get("weight", 1), entry.get("rows", 1)
    try:
        tokens = parse_pattern(pattern, entry.get("letters", letters), lists)
    except ValueError as error:
        raise ValueError(f"pattern {pattern!r}: {error}") from None
    if not weight > 0:
        raise ValueError(f"pattern {pattern!r}: its weight has to be above 0")
    if rows != 1 + sum(token.kind == "break" for token in tokens) or rows > 2:
        raise ValueError(f"pattern {pattern!r}: one row without '/', two rows with one '/'")
    return Format(pattern, float(weight), rows, tokens)


def _check_keys(table: Mapping[str, Any], known: set[str], needed: set[str]) -> None:
    if unknown := set(table) - known:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    if missing := needed - set(table):
        raise ValueError(f"{sorted(missing)[0]!r} is missing")


def _unions(regions: Mapping[str, Region]) -> dict[str, Region]:
    members = {name: [code for code in codes.split() if code in regions] for name, codes in _UNIONS.items()}
    members |= {name: [code for code in regions if code.startswith(f"{name}-")] for name in _FEDERAL}
    return {
        name: Region(
            name, _FEDERAL.get(name, name), "", tuple(form for code in codes for form in regions[code].formats)
        )
        for name, codes in members.items()
    }


def _near(wanted: str, regions: Sequence[Region]) -> str:
    by_word = {word.lower(): region.name for region in regions for word in (region.name, region.country)}
    import difflib

    words = difflib.get_close_matches(wanted, by_word, n=3, cutoff=0.5)
    near = dict.fromkeys(by_word[word] for word in words)
    return f"near it: {', '.join(near)}" if near else "docs/regions.md lists them"


def page() -> str:
    """Return all regions as Markdown, which docs/regions.md keeps."""
    regions = load_formats()
    unions = [f"| `{name}` | {', '.join(f'`{code}`' for code in codes.split())} |" for name, codes in _UNIONS.items()]
    unions += [f"| `{name}` | all of `{name}-…`: {country} |" for name, country in _FEDERAL.items()]
    rows = [f"| `{r.name}` | [{r.country}]({r.source}) | {_patterns(r)} |" for r in regions.values()]
    return "\n".join([_HEAD, *unions, _MIDDLE.format(count=len(regions)), *rows])


def _patterns(region: Region) -> str:
    likely = sorted(region.formats, key=lambda form: -form.weight)
    return ", ".join(f"`{form.pattern}`" for form in likely)


_HEAD = r"""# Regions

Made by `python -m plate_runtime.formats`; the data, with letters that are not issued, lists and weights, stand in
`runtime/plate_runtime/formats.toml`.

`--region NAME` settles characters that the network doubts by what a serial of that region may look like: only a
character that looks alike in the place (0 and O, 8 and B, ...), or that the network itself named as an alternative, is
put in its place, and the raw reading is kept beside. A reading that fits a format is left alone, and so is one that is
better explained as a text of the owner's choice. The fewer formats a region has, the more it helps: a country whose
plates have one layout settles most doubts, the union of the United States few.

In a pattern `L` is a letter, `9` a digit, `*` either, `[AB]` one of those, `{name}` one of a list such as counties,
`\B` the letter B itself; `/` stands where a second row starts. Space, dash and dots are painted but not read. Formats
that are met most come first. Weights are estimates, plates of free words are in no list, and rare kinds (diplomats,
dealers, the army) are left out for the most part, as are the signs of countries that write no Latin letters.

| union | of |
|---|---|"""
_MIDDLE = """
| one of {count} regions | where its formats are described | patterns |
|---|---|---|"""

if __name__ == "__main__":
    print(page())
