"""Formats of number plates by region, and the settings of the prior over texts. The data are in `formats.toml`.

`python -m plate_runtime.formats` prints them as a page.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from .errors import DataError, UsageError
from .patterns import LETTERS, Token, expression, parse_pattern
from .script import Script

_FILE = Path(__file__).with_name("formats.toml")
_PRIOR_KEYS = {"exponent", "longer", "free", "words", "lengths", "foreign", "elsewhere", "mistakes", "mistaken"}
_REGION_KEYS = {"name", "country", "source", "letters", "lists", "format", "weight", "foreign"}
_FORMAT_KEYS = {"pattern", "letters", "weight", "rows"}

_EU = "at be bg hr cy cz dk ee fi fr de gr hu ie it lv lt lu mt nl pl pt ro sk si es se"
_EUROPE = f"{_EU} gb no ch is li mc ad sm va gi im je gg fo al ba me mk rs xk md ua by ru tr ge am az"
UNIONS = {"eu": _EU, "europe": _EUROPE, "mercosur": "ar br uy py bo"}
FEDERAL = {"us": "United States", "ca": "Canada", "au": "Australia"}  # unions of us-ca, us-ny, ...
_UNION_NAMES = {"eu": "European Union", "europe": "Europe", "mercosur": "Mercosur", **FEDERAL}
_ALIASES = {
    "uk": "gb", "great britain": "gb", "usa": "us", "united states of america": "us", "czechia": "cz", "holland": "nl",
    "turkiye": "tr",
}  # fmt: skip
_CODE = re.compile(r"[a-z]{2}-[a-z]{2,3}")


@dataclass(frozen=True)
class Format:
    """One layout of a serial.

    Attributes:
        pattern: in the language of `patterns`. tokens: its pieces, with the region's letters and lists filled in.
        weight: its frequency, relative within the region. rows: 1 or 2.
    """

    pattern: str
    weight: float
    rows: int
    tokens: tuple[Token, ...] = field(repr=False)

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return expression(self.tokens)

    @cached_property
    def count(self) -> int:
        """Number of texts with this format."""
        return math.prod(len(token.choices) for token in self.tokens if token.read)

    def matches(self, text: str) -> bool:
        """Whether `text`, A-Z0-9 without separators, has this format."""
        return self._expression.fullmatch(text) is not None


@dataclass(frozen=True)
class Region:
    """A country, a state of one, or a union of them, and the formats of its plates.

    weight: number of its plates, relative to other regions; 1 for a union.
    foreign: whether a character of another script, which is not in the text, is before the serial.
    """

    name: str
    country: str
    source: str
    formats: tuple[Format, ...]
    weight: float = 1.0
    foreign: bool = False

    def fits(self, text: str) -> bool:
        """Whether `text`, A-Z0-9 without separators, has one of the formats."""
        return any(form.matches(text) for form in self.formats)


@cache
def load_formats(path: Path = _FILE) -> dict[str, Region]:
    """Return the regions of a file by name, in its order, without unions; see `find_region`.

    Raises:
        DataError: the file cannot be read, or is not as `formats.toml` describes.
    """
    try:
        regions = [_region(table) for table in _tables(path).get("region", [])]
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path.name}: {error}") from None
    by_name = {region.name: region for region in regions}
    if len(by_name) < len(regions):
        raise DataError(f"{path.name}: a region is listed twice")
    return by_name


def load_prior(path: Path = _FILE) -> Mapping[str, Any]:
    """Return the settings of the prior over texts; the file explains each. Raises DataError as `load_formats`."""
    table: Mapping[str, Any] = _tables(path).get("prior", {})
    try:
        _check_keys(table, _PRIOR_KEYS, _PRIOR_KEYS)
    except ValueError as error:
        raise DataError(f"{path.name}: prior: {error}") from None
    return table


@cache
def _tables(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; it belongs beside formats.py") from error
    except ValueError as error:
        raise DataError(f"{path.name}: {error}") from None


@cache
def find_region(name: str) -> Region:
    """Return a region, or a union ("eu", "europe", "mercosur", "us", "ca", "au") with the formats of its members.

    Args:
        name: a code, such as "de" or "us-ca", or a name in English, such as "Germany" or "California". A country comes
            before a state of the same name.

    Raises:
        UsageError: unknown; the message names similar regions. DataError: see `load_formats`.
    """
    wanted = _plain(name)
    by_name = _by_name()
    found = by_name.get(_ALIASES.get(wanted, wanted))
    if found is None:
        raise UsageError(f"region {name!r} is unknown; {_near(wanted, by_name)}")
    return found


def region_list() -> str:
    """Return a line for each region and union: its code and its name, unions first."""
    regions = load_formats()
    every = [*_unions(regions).values(), *regions.values()]
    return "\n".join(f"{region.name:<8}  {region.country}" for region in every)


def check_spelled(name: str, script: Script) -> Region:
    """Return a region, if every format of it has texts in a script.

    Raises:
        UsageError: it is unknown, or the script lacks letters or digits of a format.
    """
    region, characters = find_region(name), frozenset(script.alphabet)
    tokens = [token for form in region.formats for token in form.tokens if token.read]
    if not all(any(characters.issuperset(choice) for choice in token.choices) for token in tokens):
        raise UsageError(
            f"region {name!r} has plates with other characters than this model reads ({script.alphabet}); "
            "leave the region out, or name a model with --model that reads them"
        )
    return region


def _region(table: Mapping[str, Any]) -> Region:
    name = table.get("name", "?")
    try:
        _check_keys(table, _REGION_KEYS, {"name", "country", "source", "format"})
        letters, lists = table.get("letters", LETTERS), table.get("lists", {})
        formats = tuple(_format(entry, letters, lists) for entry in table["format"])
    except ValueError as error:
        raise ValueError(f"region {name!r}: {error}") from None
    weight, foreign = float(table.get("weight", 1)), bool(table.get("foreign", False))
    return Region(name, table["country"], table["source"], formats, weight, foreign)


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
    members = {name: [code for code in codes.split() if code in regions] for name, codes in UNIONS.items()}
    members |= {name: [code for code in regions if code.startswith(f"{name}-")] for name in FEDERAL}
    return {
        name: Region(name, _UNION_NAMES[name], "", tuple(form for code in codes for form in regions[code].formats))
        for name, codes in members.items()
    }


@cache
def _by_name() -> dict[str, Region]:
    """Return regions and unions by their codes and plain names; codes come first, then countries, then states."""
    regions = load_formats()
    every = [*regions.values(), *_unions(regions).values()]
    found = {region.name: region for region in every}
    for region in every:
        found.setdefault(_plain(region.country), region)
        found.setdefault(_plain(region.country.partition(",")[0]), region)
    for region in every:
        found.setdefault(_plain(region.country.rpartition(":")[2]), region)
    return found


def _plain(name: str) -> str:
    """Return a name in small letters without accents, with single spaces between words."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return letters if _CODE.fullmatch(letters) else " ".join(re.findall(r"[^\W_]+", letters))


def _near(wanted: str, by_name: Mapping[str, Region]) -> str:
    import difflib

    words = difflib.get_close_matches(wanted, by_name, n=3, cutoff=0.5)
    near = dict.fromkeys(f"{by_name[word].name} ({by_name[word].country})" for word in words)
    listed = "docs/reference/regions.md and plate-infer --region list name all"
    return f"similar: {', '.join(near)}; {listed}" if near else listed
