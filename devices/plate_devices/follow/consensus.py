"""Many readings of one plate made one: character by character, each by how sure it was.

Readings are laid over each other, signs that belong together in one column (as Fiscus 1997, "A post-processing system
to yield reduced word error rates", does with words). A column adds up the logarithms of what each reading gave every
sign, and no sign at all; readings of neighbouring frames err alike, so n of them count as fewer, n ** `LIKE`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plate_runtime.alphabet import fold
from plate_runtime.decode import ALTERNATIVES, Character
from plate_runtime.evaluate import edit_distance
from plate_runtime.script import LATIN, Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LIKE = 0.5
"""How far readings of one plate are independent: 1 wholly, 0 not at all."""

MOST_COLUMNS = 16

_DOUBT = 0.02
"""Of every reading, however sure, that is spread over all signs."""
_INVENTED = 0.05
"""How likely a sign is read where there is none, beside a sure reading of one that is there."""
_OVERLOOKED = 0.08
"""How likely none is read where there is one: seldom by itself, often behind a bar or a bumper."""

# What laying a reading over the columns costs, as negative logarithms.
_OTHER_SIGN, _NEW_SIGN, _NO_SIGN, _CUT_OFF = 5.0, 3.0, 2.0, 0.3
# A full text that agrees speaks for the same plate about as much as its place can against it.
_PER_SIGN, _AGREED = 1.1, 6.5
# What another text says against it at most: little where it is a guess, more than any place says for it where sure.
_DIFFERENT, _SURELY_DIFFERENT = 4.0, 6.0

# A new column starts with so many readings at most that lacked it: what was covered for long comes back soon.
_LACKED = 8
# A column that this many readings have not filled was one misreading.
_NEGLIGIBLE, _SETTLED_AFTER = 0.98, 12
_WORTH_NAMING = 0.005


class _Laid(NamedTuple):
    """A reading laid over the columns: (number of its sign or None, number of the column or None), and what it cost."""

    pairs: list[tuple[int | None, int | None]]
    cost: float


class Votes:
    """What all readings of one plate say together. Its size does not grow with their number."""

    def __init__(self, script: Script = LATIN) -> None:
        """Take the characters that readings are made of."""
        self._shares = _Shares(script)
        self._blank = len(script.alphabet)
        self._missed = np.log(np.append(np.full(self._blank, _OVERLOOKED), 1.0))
        self._sums: list[NDArray[np.float64]] = []
        self._counts: list[int] = []
        self._whole = 0
        self._known: NDArray[np.float64] | None = None

    def add(self, characters: Sequence[Character], cut: bool = False) -> None:
        """Take one reading; one that the picture's edge has cut says nothing about the signs it lacks."""
        shares = self._shares.of(characters)
        logs = np.log(shares)
        sums, counts = [], []
        for sign, column in self._lay(shares, cut).pairs:
            if column is None:
                lacked = min(self._whole, _LACKED)
                sums.append(lacked * self._missed + logs[sign])
                counts.append(lacked + 1)
            elif sign is None:
                sums.append(self._sums[column] + (0.0 if cut else 1.0) * self._missed)
                counts.append(self._counts[column] + (0 if cut else 1))
            else:
                sums.append(self._sums[column] + logs[sign])
                counts.append(self._counts[column] + 1)
        self._sums, self._counts, self._known = sums, counts, None
        self._whole += 0 if cut else 1
        self._drop_empty()

    def likeness(self, characters: Sequence[Character], cut: bool = False) -> float:
        """How much likelier the reading is of this plate than of another, as a logarithm, -10 to 6.5.

        One sign that is surely another leaves it near 0: cars of one owner often follow each other in number too.
        """
        cost = self._lay(self._shares.of(characters), cut).cost
        sure = math.prod(character.confidence for character in characters) * self._confidence()
        return max(-_DIFFERENT - _SURELY_DIFFERENT * sure, min(_AGREED, _PER_SIGN * len(characters)) - cost)

    @property
    def text(self) -> str:
        """The likeliest text."""
        return "".join(self._shares.alphabet[sign] for sign in self._winners() if sign != self._blank)

    def read(self) -> tuple[list[Character], float]:
        """Return the likeliest characters, and the probability that all of them are right, confusables taken as one."""
        signs = list(zip(self._columns(), self._winners(), strict=True))
        read = [self._shares.character(shares, sign) for shares, sign in signs if sign != self._blank]
        return read, self._confidence()

    def _winners(self) -> list[int]:
        winners: list[int] = self._columns().argmax(axis=1).tolist()
        return winners

    def _confidence(self) -> float:
        shares = self._columns()
        winners = self._winners()
        return math.prod(self._shares.together(row, sign) for row, sign in zip(shares, winners, strict=True))

    def _columns(self) -> NDArray[np.float64]:
        """Probabilities of each column, (columns, signs and none)."""
        if self._known is None:
            counts = np.array(self._counts, np.float64).reshape(-1, 1)
            logs = np.array(self._sums).reshape(-1, self._blank + 1) * counts ** (LIKE - 1)
            powers = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
            self._known = powers / powers.sum(axis=1, keepdims=True)
        return self._known

    def _lay(self, shares: NDArray[np.float64], cut: bool) -> _Laid:
        """Lay a reading over the columns at the least cost, by dynamic programming."""
        columns = self._columns()
        alike = shares[:, : self._blank] @ columns[:, : self._blank].T
        change = np.minimum(_OTHER_SIGN, -np.log(np.maximum(alike, 1e-9))).tolist()
        skip = [min(_NO_SIGN, -math.log(max(blank, 1e-9))) for blank in columns[:, self._blank].tolist()]
        ends = [min(_CUT_OFF, cost) for cost in skip] if cut else skip
        rows, across = len(shares), len(skip)
        cost = [[0.0] * (across + 1) for _ in range(rows + 1)]
        for column in range(across):
            cost[0][column + 1] = cost[0][column] + ends[column]
        for row in range(1, rows + 1):
            cost[row][0] = row * _NEW_SIGN
            over = ends if row == rows else skip
            above, here, changes = cost[row - 1], cost[row], change[row - 1]
            for column in range(across):
                here[column + 1] = min(
                    above[column] + changes[column], here[column] + over[column], above[column + 1] + _NEW_SIGN
                )
        return _Laid(_trace(cost, change, ends, skip), cost[rows][across])

    def _drop_empty(self) -> None:
        """Forget columns that were one misreading, and the emptiest where there are too many."""
        blanks = self._columns()[:, self._blank].tolist()
        kept = [
            number
            for number, (blank, count) in enumerate(zip(blanks, self._counts, strict=True))
            if blank < _NEGLIGIBLE or count < _SETTLED_AFTER + _LACKED
        ]
        kept = sorted(sorted(kept, key=lambda number: blanks[number])[:MOST_COLUMNS])
        if len(kept) < len(blanks):
            self._sums, self._counts = [self._sums[i] for i in kept], [self._counts[i] for i in kept]
            self._known = None


def _trace(
    cost: list[list[float]], change: list[list[float]], ends: list[float], skip: list[float]
) -> list[tuple[int | None, int | None]]:
    """Walk the cheapest way back; return its steps in order."""
    row, column = len(cost) - 1, len(skip)
    pairs: list[tuple[int | None, int | None]] = []
    while row or column:
        over = ends if row in (0, len(cost) - 1) else skip
        if row and column and cost[row][column] == cost[row - 1][column - 1] + change[row - 1][column - 1]:
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif column and cost[row][column] == cost[row][column - 1] + over[column - 1]:
            column -= 1
            pairs.append((None, column))
        else:
            row -= 1
            pairs.append((row, None))
    return pairs[::-1]


class _Shares:
    """Probabilities of the characters of a script, and of none behind them, as rows of numbers."""

    def __init__(self, script: Script) -> None:
        self.alphabet = script.alphabet
        self._place = {character: place for place, character in enumerate(script.alphabet)}
        self._others = {one: [o for o in group if o != one] for group in script.confusable_classes for one in group}

    def of(self, characters: Sequence[Character]) -> NDArray[np.float64]:
        """How likely each character read is where a sign, or none, stands: (characters, signs and none)."""
        count = len(self.alphabet)
        shares = np.zeros((len(characters), count + 1))
        for row, character in zip(shares, characters, strict=True):
            for text, share in character.alternatives:
                row[self._place[text]] = share
            place = self._place[character.text]
            others = sum(float(row[other]) for other in self._others.get(place, ()))
            row[place] = max(0.0, character.confidence - others)
            unnamed = row[:count] == 0
            row[:count][unnamed] = max(0.0, 1.0 - row.sum()) / max(1, int(unnamed.sum()))
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)
        shares[:, :count] = (1 - _DOUBT) * shares[:, :count] + _DOUBT / count
        shares[:, count] = _INVENTED
        return shares

    def together(self, shares: NDArray[np.float64], place: int) -> float:
        """The probability of a character and its confusables."""
        return float(shares[place]) + sum(float(shares[other]) for other in self._others.get(place, ()))

    def character(self, shares: NDArray[np.float64], place: int) -> Character:
        """Describe the character at a place of the alphabet."""
        sign = self.alphabet[place]
        others = sorted(zip(map(float, shares), self.alphabet, strict=False), reverse=True)
        named = tuple((text, round(share, 4)) for share, text in others if text != sign and share >= _WORTH_NAMING)
        return Character(sign, min(1.0, self.together(shares, place)), named[:ALTERNATIVES])


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same with confusables, such as O and 0, taken as one."""
    return fold(one) == fold(other)


def is_near(one: str, other: str) -> bool:
    """Whether two texts may be readings of one plate: one sign in four is another, or missing."""
    return edit_distance(fold(one), fold(other)) <= min(len(one), len(other)) // 4


def is_part(text: str, whole: str) -> bool:
    """Whether a shorter text is what is seen of another one, but for a misreading in four signs."""
    part, whole = fold(text), fold(whole)
    starts = range(len(whole) - len(part) + 1) if part and len(part) < len(whole) else ()
    return any(
        sum(one != other for one, other in zip(part, whole[start:], strict=False)) <= len(part) // 4 for start in starts
    )
