"""The accuracy check: every file, in every interpreter there is, against the `.h5` it came from."""

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

from ..targets import Target
from .network_outputs import probabilities, signs

MINIMUM = {"character": 95.0, "plate": 80.0, "detector": 90.0}
"""Per cent a published model has to reach, by kind."""

MAX_DROP = 0.5
"""Points a file may stay below its `.h5`."""

SMALL_SET = 200
"""Below this many pictures one picture is more than half a point, and one is allowed."""


@dataclass(frozen=True)
class Limits:
    """What a file has to reach.

    Attributes:
        min_accuracy: per cent of the pictures; max_drop: points below the `.h5`.
        folded: count with O=0 and I=1. For drawn sets: many fonts draw the pairs alike, and a count that
            chance decides says nothing of the export.
    """

    min_accuracy: float = MINIMUM["character"]
    max_drop: float = MAX_DROP
    folded: bool = False

    def allowed(self, count: int) -> int:
        """Return how many pictures of `count` may be lost to the `.h5`."""
        lost = math.floor(self.max_drop * count / 100 + 1e-9)
        return max(lost, 1) if count < SMALL_SET and self.max_drop > 0 else lost

    def needed(self, count: int) -> int:
        """Return how many pictures of `count` have to be read right."""
        return math.ceil(self.min_accuracy * count / 100 - 1e-9)


@dataclass(frozen=True)
class Examples:
    """The validation set as a network takes it.

    Attributes:
        inputs: float32 (n, height, width, 1); labels: n texts, of characters one sign each.
        unseen: bool (n,), False for pictures that stand in the training split too.
    """

    inputs: NDArray[np.float32]
    labels: Sequence[str]
    unseen: NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What one reader made of the validation set.

    Attributes:
        texts: n readings; outputs: float32 (n, ...), what the network answered, before the temperature.
        right, folded: pictures read right, plain and with O=0, I=1; unseen: right of those not in `train`.
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
    """One file in one interpreter beside its `.h5`.

    Attributes:
        file: name of the model file; backend, version: the interpreter; answers: what it read.
        agreement: share of pictures, 0..1, read as the `.h5` reads them.
        largest_difference: of any probability of any picture.
        classes: sign -> (right by the `.h5`, right by the file), for signs where they differ.
        new_confusions: (sign of the label, sign read) -> how many more than the `.h5` has.
        changed: places of the pictures that are read otherwise.
    """

    file: str
    backend: str
    version: str
    answers: Answers
    agreement: float
    largest_difference: float
    classes: dict[str, tuple[int, int]] = field(default_factory=dict)
    new_confusions: dict[tuple[str, str], int] = field(default_factory=dict)
    changed: tuple[int, ...] = ()


def count_right(texts: list[str], outputs: NDArray[np.float32], examples: Examples) -> Answers:
    """Count what was read right; `texts` are what the runtime reads of `outputs`."""
    labels = examples.labels
    score = score_texts(texts, labels)
    right = np.array([text == label for text, label in zip(texts, labels, strict=True)])
    return Answers(texts, outputs, score.exact, score.folded, int((right & examples.unseen).sum()), score.cer)


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
    reference: Answers, answers: Answers, labels: Sequence[str], *, file: str, backend: str, version: str
) -> Check:
    """Set the answers of a file beside those of its `.h5`."""
    old_signs, new_signs = Counter(signs(reference.texts, labels)), Counter(signs(answers.texts, labels))
    more = {pair: count for pair, count in (new_signs - old_signs).items() if pair[0] != pair[1]}
    known = sorted({sign for label in labels for sign in label})
    both = {sign: (old_signs[sign, sign], new_signs[sign, sign]) for sign in known}
    difference = np.abs(probabilities(answers.outputs) - probabilities(reference.outputs))
    pairs = enumerate(zip(reference.texts, answers.texts, strict=True))
    return Check(
        file=file,
        backend=backend,
        version=version,
        answers=answers,
        agreement=agreement(answers.texts, reference.texts),
        largest_difference=float(difference.max()),
        classes={sign: counts for sign, counts in both.items() if counts[0] != counts[1]},
        new_confusions=dict(sorted(more.items())),
        changed=tuple(place for place, (old, new) in pairs if old != new),
    )


def judge(reference: Answers, checks: Sequence[Check], labels: Sequence[str], limits: Limits) -> None:
    """Raise AccuracyError, with the figures and the classes that broke, unless all is within the limits."""
    count = len(labels)
    needed, allowed, base = limits.needed(count), limits.allowed(count), _counted(reference, limits)
    too_few = f"{limits.min_accuracy:g} % are needed, weakest are"
    failures = []
    if base < needed:
        what = f"the .h5 itself reads {base} of {count} ({100 * base / count:.1f} %)"
        failures.append(f"{what}, {too_few} {_weakest(reference, labels, limits)}")
    for one in checks:
        found = _counted(one.answers, limits)
        what = f"{one.file} in {one.backend} reads {found} of {count} ({100 * found / count:.1f} %)"
        if found < base - allowed:
            failures.append(f"{what}, the .h5 {base}, {allowed} fewer are allowed, broken are {_broken(one)}")
        elif found < needed:
            failures.append(f"{what}, {too_few} {_weakest(one.answers, labels, limits)}")
    if failures:
        more = f" (and {len(failures) - 1} more like it)" if len(failures) > 1 else ""
        hint = "train again, or change --min-accuracy or --max-drop"
        raise AccuracyError(f"nothing was published: {failures[0]}{more}; {hint}")


def scores(checks: Sequence[Check], file: str, set_name: str, digest: str) -> tuple[Score, ...]:
    """Return what the manifest of `file` keeps of its checks."""
    return tuple(
        Score(set_name, digest, len(one.answers.texts), one.answers.right, one.answers.folded, one.backend, one.version)
        for one in checks
        if one.file == file
    )


def _counted(answers: Answers, limits: Limits) -> int:
    return answers.folded if limits.folded else answers.right


def _broken(one: Check) -> str:
    """Name the signs that lost most, "B (6 -> 2)"."""
    lost = sorted(((after - before, sign) for sign, (before, after) in one.classes.items() if after < before))
    named = [f"{sign} ({one.classes[sign][0]} -> {one.classes[sign][1]})" for _, sign in lost[:6]]
    rest = f" and {len(lost) - 6} others" if len(lost) > 6 else ""
    return ", ".join(named) + rest or "whole plates"


def _weakest(answers: Answers, labels: Sequence[str], limits: Limits) -> str:
    """Name the signs with the smallest share right, "O (1 of 6)"."""
    same = fold if limits.folded else str
    pairs = signs(answers.texts, labels)
    counts = Counter(sign for label in labels for sign in label)
    right = Counter(label for label, read in pairs if same(label) == same(read))
    order = sorted(counts, key=lambda sign: (right[sign] / counts[sign], sign))
    named = [f"{sign} ({right[sign]} of {counts[sign]})" for sign in order[:6] if right[sign] < counts[sign]]
    return ", ".join(named)
