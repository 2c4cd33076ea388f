"""The prior over texts of plates: a mixture of the regions' formats and of free texts.

Each format's probability is divided by the number of its texts, so that the mixture sums to 1. Networks are trained on
random characters, so that they read what is there. Compared with these, the weight of a text is

    (prior(text) * 36 ** len(text)) ** exponent * longer ** len(text)

`longer` is below 1 because networks add more characters, from print beside the text, than they miss. All numbers are in
the table `prior` of `formats.toml`; `benchmarks/prior.py` chooses them.

Without a region, the prior is read from `prior.json`, because parsing the formats of all regions takes longer than
reading a plate. After a change, `python tools/write_formats.py` writes that file again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..alphabet import ALPHABET
from ..errors import DataError
from ..script import LATIN, Script

if TYPE_CHECKING:
    from ..formats import Format, Region

FILE = Path(__file__).with_name("prior.json")
_SHAPES = str.maketrans({character: "9" if character.isdecimal() else "L" for character in ALPHABET})
_Checks = tuple[tuple[int, int, frozenset[str]], ...]
"""Parts of a text, each as start, end and the allowed texts, where the shape alone does not decide."""
_NOTHING: dict[Any, float] = {}
_LONGEST = 64
"""Longer texts get the weight of this length, so that no power overflows. All formats are much shorter."""
_EQUAL: Mapping[str, Any] = {
    "exponent": 0.0, "longer": 1.0, "free": 1.0, "words": 0.0, "lengths": [1.0], "foreign": [], "mistaken": [],
}  # fmt: skip
"""Settings of a prior in which every text has the weight 1."""
_Table = dict[str, dict[_Checks, float]]
"""Shape, L for a letter and 9 for a digit -> the densities of the formats with such texts."""


@cache
def find_prior(region: str | None = None, script: Script = LATIN) -> Prior:
    """Return the prior for plates of a region, see `formats.find_region`, or of the world.

    Without a region, and in another script than A-Z and 0-9, all texts are equally probable.

    Raises:
        UsageError: the region is unknown, or has characters that the script lacks; see `formats.check_spelled`.
        DataError: `formats.toml` or `prior.json` cannot be read.
    """
    if region is None:
        return read_prior() if script.is_latin else Prior((), _EQUAL, script)
    from ..formats import check_spelled, load_prior

    check_spelled(region, script)
    return make_prior(region, load_prior(), LATIN if script.is_latin else script)


def make_prior(region: str | None, settings: Mapping[str, Any], script: Script = LATIN) -> Prior:
    """Return the prior with given settings; see `find_prior` and `Prior`."""
    from ..formats import find_region, load_formats

    elsewhere = 1.0 if region is None else settings["elsewhere"]
    everywhere = load_formats().values()
    total = sum(one.weight for one in everywhere)
    fractions = [(one, elsewhere * one.weight / total) for one in everywhere]
    if region is not None:
        fractions.append((find_region(region), 1 - elsewhere))
    return Prior(fractions, settings, script)


@cache
def read_prior(path: Path = FILE) -> Prior:
    """Return the prior of a file. Raises DataError where it cannot be read."""
    try:
        return Prior.read(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}; it belongs beside prior.py") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: {error}") from None


class Prior:
    """Weights of texts; see the module for the formula."""

    def __init__(
        self, regions: Iterable[tuple[Region, float]], settings: Mapping[str, Any], script: Script = LATIN
    ) -> None:
        """Take regions, each with its fraction of all plates that have a format, the table `prior`, and the script."""
        self.settings, self.script = settings, script
        self._characters = float(len(script.alphabet))
        self.foreign: tuple[float, ...] = tuple(settings["foreign"])
        """Probabilities that a network reads one foreign character as 1, 2, ... of its own."""
        self._exponent, self._longer = settings["exponent"], settings["longer"]
        self._free, self._words, self._lengths = settings["free"], settings["words"], settings["lengths"]
        self._own: _Table = {}
        self._foreign: _Table = {}
        for region, fraction in regions:
            total = sum(form.weight for form in region.formats)
            for form in region.formats:
                density = (1 - self._free) * fraction * form.weight / total / form.count
                for shape, checks in _spread(form):
                    for table in (self._own, self._foreign) if region.foreign else (self._own,):
                        entries = table.setdefault(shape, {})
                        entries[checks] = entries.get(checks, 0.0) + density

    def write(self) -> str:
        """Return the prior as JSON; its tables are shape -> [[density, [start, end, index into choices], ...], ...]."""
        sets: dict[frozenset[str], int] = {}
        tables = [
            {
                shape: [
                    [density, *([start, end, sets.setdefault(choices, len(sets))] for start, end, choices in checks)]
                    for checks, density in entries.items()
                ]
                for shape, entries in table.items()
            }
            for table in (self._own, self._foreign)
        ]
        choices = [" ".join(sorted(one)) for one in sets]
        return json.dumps({"settings": self.settings, "choices": choices, "tables": tables}, separators=(",", ":"))

    @classmethod
    def read(cls, written: str) -> Prior:
        """Return the prior that `write` has written. Raises ValueError, KeyError or TypeError for anything else."""
        found = json.loads(written)
        sets = [frozenset(one.split()) for one in found["choices"]]
        prior = cls((), found["settings"])
        prior._own, prior._foreign = (
            {
                shape: {
                    tuple((start, end, sets[one]) for start, end, one in checks): density
                    for density, *checks in entries
                }
                for shape, entries in table.items()
            }
            for table in found["tables"]
        )
        return prior

    def density(self, text: str) -> float:
        """Return the probability of a text (A-Z, 0-9) among those of plates."""
        return _look_up(text, self._own) + self._of_free(text)

    def weigh(self, text: str) -> float:
        """Return the weight of a text (A-Z, 0-9)."""
        return self._weight(text, self.density(text))

    def weigh_foreign(self, text: str) -> float:
        """Return the weight of a text behind a character of another script; 0 if no region has such plates."""
        density = _look_up(text, self._foreign)
        return self._weight(text, density) if density else 0.0

    def weigh_other(self, length: int) -> float:
        """Return the weight of a text of that length without a format."""
        return self._weight("0" * length, self._of_free("0" * length))

    def _weight(self, text: str, density: float) -> float:
        length = min(len(text), _LONGEST)
        relative: float = (density * self._characters**length) ** self._exponent
        return relative * self._longer**length  # type: ignore[no-any-return]

    def _of_free(self, text: str) -> float:
        length = min(len(text), _LONGEST)
        density = (1 - self._words) / self._characters**length
        if text.isalpha():
            density += self._words / 26.0**length
        of_length: float = self._lengths[min(length, len(self._lengths) - 1)]
        return self._free * of_length * density  # type: ignore[no-any-return]


def _look_up(text: str, table: _Table) -> float:
    density = 0.0
    for checks, of_format in table.get(text.translate(_SHAPES), _NOTHING).items():
        for start, end, choices in checks:
            if text[start:end] not in choices:
                break
        else:
            density += of_format
    return density


def _spread(form: Format) -> list[tuple[str, _Checks]]:
    """Return the shapes of a format's texts, each with the parts that have to be checked."""
    found: list[tuple[str, _Checks]] = [("", ())]
    for token in form.tokens:
        if token.read:
            found = [_longer(shape, checks, *part) for shape, checks in found for part in _by_shape(token.choices)]
    return found


@lru_cache(maxsize=256)
def _by_shape(choices: tuple[str, ...]) -> list[tuple[str, frozenset[str] | None]]:
    """Return the shapes of a token's choices, each with these choices; None if they are all texts of the shape.

    Formats have many tokens in common, so the sets are made once.
    """
    found: dict[str, set[str]] = {}
    for choice in choices:
        found.setdefault(choice.translate(_SHAPES), set()).add(choice)
    every = {"L": 26, "9": 10}
    return [(shape, None if every.get(shape) == len(some) else frozenset(some)) for shape, some in found.items()]


def _longer(shape: str, checks: _Checks, part: str, choices: frozenset[str] | None) -> tuple[str, _Checks]:
    longer = shape + part
    return longer, checks if choices is None else (*checks, (len(shape), len(longer), choices))
