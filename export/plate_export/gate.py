"""The accuracy check: every file, in every interpreter there is, against the `.h5` it came from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import fold
from plate_runtime.backends import FORMATS
from plate_runtime.decode import decode_softmax
from plate_runtime.errors import AccuracyError, MissingPartError, ModelError
from plate_runtime.evaluate import agreement, confusions, score_texts
from plate_runtime.manifest import Score
from plate_runtime.modelfile import format_of

MINIMUM = {"character": 95.0, "plate": 80.0, "locator": 90.0}
"""Per cent a published model has to reach, by kind."""

MAX_DROP = 0.5
"""Points a file may stay below its `.h5`."""

SMALL_SET = 200
"""Below this many pictures one picture is more than half a point, and one is allowed."""

_SUM_TOLERANCE = 1e-3


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
        inputs: float32 (n, height, width, 1); labels: n signs.
        unseen: bool (n,), False for pictures that stand in the training split too.
    """

    inputs: NDArray[np.float32]
    labels: Sequence[str]
    unseen: NDArray[np.bool_]


@dataclass(frozen=True)
class Answers:
    """What one reader made of the validation set.

    Attributes:
        texts: n signs; probabilities: float32 (n, classes), before the temperature.
        right, folded: pictures read right, plain and with O=0, I=1; unseen: right of those not in `train`.
    """

    texts: list[str]
    probabilities: NDArray[np.float32]
    right: int
    folded: int
    unseen: int


@dataclass(frozen=True)
class Check:
    """One file in one interpreter beside its `.h5`.

    Attributes:
        file: name of the model file; backend, version: the interpreter; answers: what it read.
        agreement: share of pictures, 0..1, read as the `.h5` reads them.
        largest_difference: of any probability of any picture.
        classes: sign -> (right by the `.h5`, right by the file), for classes where they differ.
        new_confusions: (label, reading) -> how many more than the `.h5` has.
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


def count_right(probabilities: NDArray[np.float32], examples: Examples, alphabet: str, temperature: float) -> Answers:
    """Read float32 (n, classes) as the runtime does, and count."""
    labels = examples.labels
    texts = [character.text for character in decode_softmax(probabilities, alphabet, temperature)]
    score = score_texts(texts, labels)
    right = np.array([text == label for text, label in zip(texts, labels, strict=True)])
    return Answers(texts, probabilities, score.exact, score.folded, int((right & examples.unseen).sum()))


def require_softmax(outputs: NDArray[np.float32], path: Path) -> None:
    """Raise ModelError unless the rows of float32 (n, classes) are probabilities that sum to 1."""
    fits = np.isfinite(outputs).all() and (outputs >= -_SUM_TOLERANCE).all()
    if not fits or (np.abs(outputs.sum(axis=1) - 1) > _SUM_TOLERANCE).any():
        raise ModelError(f"{path} does not answer with probabilities; its last layer has to be a softmax")


def usable_backends(path: Path, installed: Mapping[str, str | None]) -> list[str]:
    """Return the names of the installed interpreters that read this file.

    Raises:
        MissingPartError: there is none, so nothing could be proved of the file.
    """
    wanted = format_of(path)
    names = [name for name, version in installed.items() if version is not None and FORMATS[name] == wanted]
    if not names:
        raise MissingPartError(f"no interpreter to check {path.name} is installed; pip install 'plate-edge[export]'")
    return names


def compare(
    reference: Answers, answers: Answers, labels: Sequence[str], *, file: str, backend: str, version: str
) -> Check:
    """Set the answers of a file beside those of its `.h5`."""
    before, after = _right_by_class(reference.texts, labels), _right_by_class(answers.texts, labels)
    more = confusions(answers.texts, labels) - confusions(reference.texts, labels)
    pairs = enumerate(zip(reference.texts, answers.texts, strict=True))
    return Check(
        file=file,
        backend=backend,
        version=version,
        answers=answers,
        agreement=agreement(answers.texts, reference.texts),
        largest_difference=float(np.abs(answers.probabilities - reference.probabilities).max()),
        classes={sign: (before[sign], after[sign]) for sign in sorted(set(labels)) if before[sign] != after[sign]},
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


def _right_by_class(texts: Sequence[str], labels: Sequence[str]) -> Counter[str]:
    return Counter(label for text, label in zip(texts, labels, strict=True) if text == label)


def _broken(one: Check) -> str:
    """Name the classes that lost most, "B (6 -> 2)"."""
    lost = sorted(((after - before, sign) for sign, (before, after) in one.classes.items() if after < before))
    named = [f"{sign} ({one.classes[sign][0]} -> {one.classes[sign][1]})" for _, sign in lost[:6]]
    rest = f" and {len(lost) - 6} other classes" if len(lost) > 6 else ""
    return ", ".join(named) + rest


def _weakest(answers: Answers, labels: Sequence[str], limits: Limits) -> str:
    """Name the classes with the smallest share right, "O (1 of 6)"."""
    same = fold if limits.folded else str
    counts = Counter(labels)
    right = Counter(label for text, label in zip(answers.texts, labels, strict=True) if same(text) == same(label))
    order = sorted(counts, key=lambda sign: (right[sign] / counts[sign], sign))
    named = [f"{sign} ({right[sign]} of {counts[sign]})" for sign in order[:6] if right[sign] < counts[sign]]
    return ", ".join(named)
