"""Combine the readings of one plate into a consensus, character by character, weighted by confidence.

Readings are aligned: characters that belong together form a column (as Fiscus 1997, "A post-processing system to yield
reduced word error rates", does with words). A column adds the log probabilities of each character, and of no character.
Readings of neighbouring frames have similar errors, so n readings count as n ** `INDEPENDENCE`. A reading counts by its
plate's area in the picture, relative to the largest one: a small plate is often misread with confidence.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from plate_runtime.alphabet import fold
from plate_runtime.decode import ALTERNATIVES
from plate_runtime.evaluate import edit_distance
from plate_runtime.results import Character
from plate_runtime.script import LATIN, Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

INDEPENDENCE = 0.5
"""How independent the readings of one plate are: 1 entirely, 0 not at all."""

MOST_COLUMNS = 16

_DOUBT = 0.02
"""Part of the probability of every reading, however confident, that is spread over all characters."""
_INVENTED = 0.05
"""Probability that a character is read where there is none, relative to a confident reading of a real one."""
_OVERLOOKED = 0.08
"""Probability that a character is missed: seldom by itself, often behind a bar or a bumper."""

# Costs of aligning a reading with the columns, as negative logarithms.
_SUBSTITUTION, _INSERTION, _DELETION, _CUT_OFF = 5.0, 3.0, 2.0, 0.3
# Evidence of an equal text for the same plate: at most about as much as its position can give against it.
_PER_CHARACTER, _AGREED = 1.1, 6.5
# Evidence of another text against it, at most: little for a guess, more than any position for a confident reading.
_DIFFERENT, _CONFIDENTLY_DIFFERENT = 4.0, 6.0

# A new column starts with at most so many readings that lacked it, so that a covered character returns soon.
_LACKED = 8
# A column that so many readings have left empty was a misreading.
_NEGLIGIBLE, _DROP_AFTER = 0.98, 12
_LEAST_ALTERNATIVE = 0.005


class _Alignment(NamedTuple):
    """A reading aligned with the columns: pairs of character and column, by index or None, and the cost."""

    pairs: list[tuple[int | None, int | None]]
    cost: float


class Consensus:
    """The combined reading of one plate. Its size does not grow with the number of readings."""

    def __init__(self, script: Script = LATIN) -> None:
        """Begin without readings; `script` holds their characters."""
        self._probabilities = _CharacterProbabilities(script)
        self._blank = len(script.alphabet)
        self._missed = np.log(np.append(np.full(self._blank, _OVERLOOKED), 1.0))
        self._sums: list[NDArray[np.float64]] = []
        self._counts: list[float] = []
        self._uncut = 0.0
        self._widest = 0.0
        self._known: NDArray[np.float64] | None = None

    def add(self, characters: Sequence[Character], cut: bool = False, width: float = 1.0) -> None:
        """Add one reading.

        Args:
            cut: the picture's edge may hide characters, so missing ones do not count.
            width: of the plate in pixels, above 0.
        """
        weight = self._weigh(width)
        probabilities = self._probabilities.of(characters)
        logs = weight * np.log(probabilities)
        sums, counts = [], []
        for index, column in self._align(probabilities, cut).pairs:
            if column is None:
                lacked = min(self._uncut, _LACKED)
                sums.append(lacked * self._missed + logs[index])
                counts.append(lacked + weight)
            elif index is None:
                missed = 0.0 if cut else weight
                sums.append(self._sums[column] + missed * self._missed)
                counts.append(self._counts[column] + missed)
            else:
                sums.append(self._sums[column] + logs[index])
                counts.append(self._counts[column] + weight)
        self._sums, self._counts, self._known = sums, counts, None
        self._uncut += 0.0 if cut else weight
        self._drop_empty()

    def _weigh(self, width: float) -> float:
        """Return the weight of a reading, 1 for the widest plate so far; all others become lighter by a wider one."""
        if width > self._widest:
            lighter = (self._widest / width) ** 2
            self._sums = [lighter * one for one in self._sums]
            self._counts = [lighter * one for one in self._counts]
            self._uncut *= lighter
            self._widest, self._known = width, None
        return (width / self._widest) ** 2

    def likeness(self, characters: Sequence[Character], cut: bool = False) -> float:
        """Return the log likelihood ratio that a reading is of this plate, and not of another one: -10 to 6.5.

        One confident difference gives about 0: cars of one owner often have similar numbers.
        """
        cost = self._align(self._probabilities.of(characters), cut).cost
        confidence = math.prod(character.confidence for character in characters) * self._confidence()
        lowest = -_DIFFERENT - _CONFIDENTLY_DIFFERENT * confidence
        return max(lowest, min(_AGREED, _PER_CHARACTER * len(characters)) - cost)

    @property
    def text(self) -> str:
        """The most likely text."""
        return "".join(self._probabilities.alphabet[index] for index in self._winners() if index != self._blank)

    def read(self) -> tuple[list[Character], float]:
        """Return the most likely characters, and the probability that all are right, confusables counted as equal."""
        columns = zip(self._columns(), self._winners(), strict=True)
        read = [self._probabilities.character(row, index) for row, index in columns if index != self._blank]
        return read, self._confidence()

    def _winners(self) -> list[int]:
        winners: list[int] = self._columns().argmax(axis=1).tolist()
        return winners

    def _confidence(self) -> float:
        columns = zip(self._columns(), self._winners(), strict=True)
        return math.prod(self._probabilities.together(row, index) for row, index in columns)

    def _columns(self) -> NDArray[np.float64]:
        """Return the probabilities of each column, (columns, characters + 1); the last is no character."""
        if self._known is None:
            counts = np.array(self._counts, np.float64).reshape(-1, 1)
            logs = np.array(self._sums).reshape(-1, self._blank + 1) * counts ** (INDEPENDENCE - 1)
            powers = np.exp(logs - logs.max(axis=1, keepdims=True, initial=-np.inf))
            self._known = powers / powers.sum(axis=1, keepdims=True)
        return self._known

    def _align(self, probabilities: NDArray[np.float64], cut: bool) -> _Alignment:
        """Align a reading with the columns at the lowest cost, by dynamic programming."""
        columns = self._columns()
        alike = probabilities @ columns.T
        change = np.minimum(_SUBSTITUTION, -np.log(np.maximum(alike, 1e-9))).tolist()
        skip = [min(_DELETION, -math.log(max(blank, 1e-9))) for blank in columns[:, self._blank].tolist()]
        ends = [min(_CUT_OFF, cost) for cost in skip] if cut else skip
        rows, across = len(probabilities), len(skip)
        cost = [[0.0] * (across + 1) for _ in range(rows + 1)]
        for column in range(across):
            cost[0][column + 1] = cost[0][column] + ends[column]
        for row in range(1, rows + 1):
            cost[row][0] = row * _INSERTION
            over = ends if row == rows else skip
            above, here, changes = cost[row - 1], cost[row], change[row - 1]
            for column in range(across):
                here[column + 1] = min(
                    above[column] + changes[column], here[column] + over[column], above[column + 1] + _INSERTION
                )
        return _Alignment(_trace(cost, change, ends, skip), cost[rows][across])

    def _drop_empty(self) -> None:
        """Drop columns that were misreadings, and the emptiest if there are too many."""
        blanks = self._columns()[:, self._blank].tolist()
        kept = [
            number
            for number, (blank, count) in enumerate(zip(blanks, self._counts, strict=True))
            if blank < _NEGLIGIBLE or count < _DROP_AFTER + _LACKED
        ]
        kept = sorted(sorted(kept, key=lambda number: blanks[number])[:MOST_COLUMNS])
        if len(kept) < len(blanks):
            self._sums, self._counts = [self._sums[i] for i in kept], [self._counts[i] for i in kept]
            self._known = None


def _trace(
    cost: list[list[float]], change: list[list[float]], ends: list[float], skip: list[float]
) -> list[tuple[int | None, int | None]]:
    """Return the steps of the cheapest alignment in order."""
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


class _CharacterProbabilities:
    """Converts readings to probabilities over the characters of a script and back."""

    def __init__(self, script: Script) -> None:
        self.alphabet = script.alphabet
        self._index = {character: index for index, character in enumerate(script.alphabet)}
        self._others = {one: [o for o in group if o != one] for group in script.confusable_classes for one in group}

    def of(self, characters: Sequence[Character]) -> NDArray[np.float64]:
        """Return the probabilities of a reading, (length, characters + 1); the last is no character."""
        count = len(self.alphabet)
        probabilities = np.zeros((len(characters), count + 1))
        for row, character in zip(probabilities, characters, strict=True):
            for text, probability in character.alternatives:
                row[self._index[text]] = probability
            index = self._index[character.text]
            others = sum(float(row[other]) for other in self._others.get(index, ()))
            row[index] = max(0.0, character.confidence - others)
            unnamed = row[:count] == 0
            row[:count][unnamed] = max(0.0, 1.0 - row.sum()) / max(1, int(unnamed.sum()))
        probabilities /= np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-9)
        probabilities[:, :count] = (1 - _DOUBT) * probabilities[:, :count] + _DOUBT / count
        probabilities[:, count] = _INVENTED
        return probabilities

    def together(self, probabilities: NDArray[np.float64], index: int) -> float:
        """Return the probability of a character and its confusables."""
        return float(probabilities[index]) + sum(float(probabilities[other]) for other in self._others.get(index, ()))

    def character(self, probabilities: NDArray[np.float64], index: int) -> Character:
        """Return a character of the alphabet with its confidence and alternatives."""
        text = self.alphabet[index]
        others = sorted(zip(map(float, probabilities), self.alphabet, strict=False), reverse=True)
        named = tuple((one, round(value, 4)) for value, one in others if one != text and value >= _LEAST_ALTERNATIVE)
        return Character(text, min(1.0, self.together(probabilities, index)), named[:ALTERNATIVES])


def same_text(one: str, other: str) -> bool:
    """Whether two texts are equal, confusables such as O and 0 counted as equal."""
    return fold(one) == fold(other)


def is_near(one: str, other: str) -> bool:
    """Whether two texts may be readings of one plate: at most one character in four differs or is missing."""
    return edit_distance(fold(one), fold(other)) <= min(len(one), len(other)) // 4


def is_part(text: str, whole: str) -> bool:
    """Whether a shorter text may be a part of another one, with at most one misread character in four."""
    part, whole = fold(text), fold(whole)
    starts = range(len(whole) - len(part) + 1) if part and len(part) < len(whole) else ()
    return any(
        sum(one != other for one, other in zip(part, whole[start:], strict=False)) <= len(part) // 4 for start in starts
    )
