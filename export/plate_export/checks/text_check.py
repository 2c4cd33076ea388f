"""The accuracy check of texts: every file in every installed interpreter is compared with its `.h5`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import fold
from plate_runtime.errors import AccuracyError, missing_extra
from plate_runtime.evaluate import agreement, score_texts
from plate_runtime.manifest import Score

from ..network_outputs import character_pairs, probabilities
from ..targets import Target

MINIMUM = {"character": 95.0, "plate": 80.0, "detector": 90.0}
"""Percentage that a published model has to reach, by kind."""

MAX_DROP = 0.5
"""Percentage points that a file may be below its `.h5`."""

SMALL_SET = 200
"""Below this many pictures one picture is more than half a point, and one is allowed."""


@dataclass(frozen=True)
class Limits:
    """Limits of a check.

    Attributes:
        min_accuracy: percentage of the pictures; max_drop: percentage points below the `.h5`.
        folded: count with O=0 and I=1, used for synthetic sets: in many fonts the two look the same, so the exact
            count depends on chance.
    """

    min_accuracy: float = MINIMUM["character"]
    max_drop: float = MAX_DROP
    folded: bool = False

    def allowed(self, count: int) -> int:
        """Return how many pictures fewer than the `.h5` a file may read right, of `count`."""
        lost = math.floor(self.max_drop * count / 100 + 1e-9)
        return max(lost, 1) if count < SMALL_SET and self.max_drop > 0 else lost

    def needed(self, count: int) -> int:
        """Return how many pictures of `count` have to be read right."""
        return math.ceil(self.min_accuracy * count / 100 - 1e-9)


@dataclass(frozen=True)
class Examples:
    """The validation set as a network receives it.

    Attributes:
        inputs: float32 (n, height, width, 1); labels: n texts, of characters one each.
        unseen: bool (n,), False for pictures that are also in the training split.
    """

    inputs: NDArray[np.float32]
    labels: Sequence[str]
    unseen: NDArray[np.bool_]


@dataclass(frozen=True)
class TextResult:
    """The result of one reader for the validation set.

    Attributes:
        texts: n readings; outputs: float32 (n, ...), of the network, before the temperature.
        right, folded: pictures read right, plain and with O=0, I=1; unseen: those read right that are not in `train`.
        cer: edits needed for each character of the labels.
    """

    texts: list[str]
    outputs: NDArray[np.float32]
    right: int
    folded: int
    unseen: int
    cer: float


@dataclass(frozen=True)
class Check:
    """The comparison of one file in one interpreter with its `.h5`.

    Attributes:
        file: name of the model file; backend, version: the interpreter; result: of the file.
        agreement: fraction of pictures read as the `.h5` reads them.
        largest_difference: of any probability of any picture.
        classes: character -> (right by the `.h5`, right by the file), where they differ.
        new_confusions: (character of the label, character read) -> how many more than the `.h5` has.
        changed: indices of the pictures that are read differently.
    """

    file: str
    backend: str
    version: str
    result: TextResult
    agreement: float
    largest_difference: float
    classes: dict[str, tuple[int, int]] = field(default_factory=dict)
    new_confusions: dict[tuple[str, str], int] = field(default_factory=dict)
    changed: tuple[int, ...] = ()


def count_right(texts: list[str], outputs: NDArray[np.float32], examples: Examples) -> TextResult:
    """Count the texts that are right; the runtime read them from `outputs`."""
    labels = examples.labels
    score = score_texts(texts, labels)
    right = np.array([text == label for text, label in zip(texts, labels, strict=True)])
    return TextResult(texts, outputs, score.exact, score.folded, int((right & examples.unseen).sum()), score.cer)


def usable_backends(target: Target, installed: Mapping[str, str | None]) -> list[str]:
    """Return the installed interpreters that check files of this target.

    Raises:
        MissingPartError: none is installed, so the file cannot be checked.
    """
    names = [name for name in target.backends if installed.get(name) is not None]
    if not names:
        raise missing_extra(f"no interpreter to check {target.suffix} files is installed", "export")
    return names


def compare(
    reference: TextResult, result: TextResult, labels: Sequence[str], *, file: str, backend: str, version: str
) -> Check:
    """Compare the result of a file with that of its `.h5`."""
    old_pairs, new_pairs = (
        Counter(character_pairs(reference.texts, labels)),
        Counter(character_pairs(result.texts, labels)),
    )
    more = {pair: count for pair, count in (new_pairs - old_pairs).items() if pair[0] != pair[1]}
    known = sorted({character for label in labels for character in label})
    both = {one: (old_pairs[one, one], new_pairs[one, one]) for one in known}
    difference = np.abs(probabilities(result.outputs) - probabilities(reference.outputs))
    pairs = enumerate(zip(reference.texts, result.texts, strict=True))
    return Check(
        file=file,
        backend=backend,
        version=version,
        result=result,
        agreement=agreement(result.texts, reference.texts),
        largest_difference=float(difference.max()),
        classes={one: counts for one, counts in both.items() if counts[0] != counts[1]},
        new_confusions=dict(sorted(more.items())),
        changed=tuple(place for place, (old, new) in pairs if old != new),
    )


def judge(reference: TextResult, checks: Sequence[Check], labels: Sequence[str], limits: Limits) -> None:
    """Raise AccuracyError, with the figures and the classes that broke, unless all is within the limits."""
    count = len(labels)
    needed, allowed, base = limits.needed(count), limits.allowed(count), _counted(reference, limits)
    too_few = f"{limits.min_accuracy:g} % are needed, weakest are"
    failures = []
    if base < needed:
        what = f"the .h5 itself reads {base} of {count} ({100 * base / count:.1f} %)"
        failures.append(f"{what}, {too_few} {_weakest(reference, labels, limits)}")
    for one in checks:
        found = _counted(one.result, limits)
        what = f"{one.file} in {one.backend} reads {found} of {count} ({100 * found / count:.1f} %)"
        if found < base - allowed:
            failures.append(f"{what}, the .h5 {base}, {allowed} fewer are allowed, worse at {_broken(one)}")
        elif found < needed:
            failures.append(f"{what}, {too_few} {_weakest(one.result, labels, limits)}")
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        hint = "train again, or change --min-accuracy or --max-drop"
        raise AccuracyError(f"nothing was published: {failures[0]}{more}; {hint}")


def scores(checks: Sequence[Check], file: str, set_name: str, digest: str) -> tuple[Score, ...]:
    """Return the scores that go into the manifest of `file`."""
    return tuple(
        Score(set_name, digest, len(one.result.texts), one.result.right, one.result.folded, one.backend, one.version)
        for one in checks
        if one.file == file
    )


def _counted(result: TextResult, limits: Limits) -> int:
    return result.folded if limits.folded else result.right


def _broken(one: Check) -> str:
    """Name the characters that lost most, "B (6 -> 2)"."""
    lost = sorted(((after - before, character) for character, (before, after) in one.classes.items() if after < before))
    named = [f"{name} ({one.classes[name][0]} -> {one.classes[name][1]})" for _, name in lost[:6]]
    rest = f" and {len(lost) - 6} others" if len(lost) > 6 else ""
    return ", ".join(named) + rest or "whole plates"


def _weakest(result: TextResult, labels: Sequence[str], limits: Limits) -> str:
    """Name the characters with the smallest fraction right, "O (1 of 6)"."""
    same = fold if limits.folded else str
    pairs = character_pairs(result.texts, labels)
    counts = Counter(character for label in labels for character in label)
    right = Counter(label for label, read in pairs if same(label) == same(read))
    order = sorted(counts, key=lambda name: (right[name] / counts[name], name))
    named = [f"{name} ({right[name]} of {counts[name]})" for name in order[:6] if right[name] < counts[name]]
    return ", ".join(named)
