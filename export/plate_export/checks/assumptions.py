"""Tries other assumptions if a foreign network reads badly: scale of pixels, polarity, order of classes.

Better assumptions are named, not applied: a check set cannot prove how a network was trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import AccuracyError
from plate_runtime.manifest import POLARITIES

from ..check_sets.labelled import Labelled
from ..source import Source
from .text_check import Limits, TextResult

_MOST = 1_000  # pictures of the check set to try with
_AT_ONCE = 64
_LEAST, _LEAST_ORDER = 0.5, 0.8
"""Fraction read right from which other assumptions are named; an order of classes, fitted to the set, needs more."""
_ALIKE = 0.02
"""Fraction of the set by which a trial with more changes has to be better than one with fewer."""
CENTRED = "--scale 1 and Rescaling(1/127.5, offset=-1) as first layer of the network"
INVERTED = "--scale 1 and Rescaling(-1/255, offset=1) as first layer of the network"


@dataclass(frozen=True)
class Trial:
    """Other assumptions, and how many pictures are right with them.

    Attributes:
        options: what to give for them; empty for what was assumed.
        changes: how many assumptions differ, an order of classes, which is fitted, twice; right: pictures.
    """

    options: tuple[str, ...]
    changes: int
    right: int


def judge(
    network: Any,
    source: Source,
    val: Labelled,
    limits: Limits,
    *,
    reference: TextResult,
    load: Callable[[str], Labelled],
) -> None:
    """Raise AccuracyError where a foreign network reads too little and its assumptions may be the cause.

    Args:
        network: takes float32 (n, height, width, 1) and gives probabilities; reference: what it read of `val` as
            assumed; load: gives the same set for a network of another polarity.
    """
    count = len(val)
    base = reference.folded if limits.folded else reference.right
    if base >= limits.needed(count):
        return
    places = np.unique(np.linspace(0, count - 1, min(count, _MOST)).astype(int))
    labels = [val.texts[place] for place in places]
    shown = {"": val.pictures[places]}
    for polarity in POLARITIES:
        if polarity != source.meta.input.polarity:
            shown[f"--polarity {polarity}"] = load(polarity).pictures[places]
    trials = try_out(network, source, shown | {INVERTED: 255 - shown[""]}, labels)
    best = choose(trials, len(labels))
    said = f"nothing was published: {source.path.name} itself reads {base} of {count} ({100 * base / count:.1f} %), "
    said += f"{limits.min_accuracy:g} % are needed; {source.notes[-1]}, classes {source.meta.alphabet}"
    if best is not None:
        raise AccuracyError(
            f"{said}; with {' '.join(best.options)} it reads {best.right} of {len(labels)}: if it was trained with "
            "them, export it with them"
        )
    if base < _LEAST * count:
        raise AccuracyError(
            f"{said}; no other scale, polarity or order of classes makes it read: look at how its pictures were cut, "
            "sized and labelled, and give it such pictures with --data"
        )


def choose(trials: Sequence[Trial], count: int) -> Trial | None:
    """Return the trial with the fewest changes among the best; None where that is what was assumed."""
    best = max(trial.right for trial in trials)
    found = min(
        (trial for trial in trials if trial.right >= best - _ALIKE * count),
        key=lambda trial: (trial.changes, -trial.right),
    )
    return found if found.options and found.right >= _LEAST * count else None


def try_out(network: Any, source: Source, shown: Mapping[str, NDArray[np.uint8]], labels: Sequence[str]) -> list[Trial]:
    """Read under every combination of assumptions, the ones made first.

    Args:
        shown: pictures, uint8 (n, height, width), by the option that they are made with, empty for what was assumed.
    """
    spec, alphabet = source.meta.input, source.meta.alphabet
    trials = []
    scales = [(spec.scale, 0.0, "")]
    scales += [(scale, 0.0, f"--scale {name}") for scale, name in ((1.0, "1"), (1 / 255, "1/255"))
               if abs(scale / spec.scale - 1) > 1e-6]  # fmt: skip
    scales.append((1 / 127.5, -1.0, CENTRED))
    for scale, offset, scale_option in scales:
        for polarity_option, pictures in shown.items():
            if polarity_option == INVERTED and (scale_option or abs(spec.scale * 255 - 1) > 1e-6):
                continue  # what it names holds for pixels times 1/255
            read = _best_classes(network, pictures[..., None] * np.float32(scale) + np.float32(offset))
            options = tuple(filter(None, (scale_option, polarity_option)))
            right = sum(alphabet[index] == label for index, label in zip(read, labels, strict=True))
            trials.append(Trial(options, len(options), right))
            order = assign(read, labels, alphabet)
            right = sum(order[index] == label for index, label in zip(read, labels, strict=True))
            if order != alphabet and right >= _LEAST_ORDER * len(labels):
                trials.append(Trial((*options, _order_option(order, labels)), len(options) + 2, right))
    return trials


def assign(read: Sequence[int], labels: Sequence[str], alphabet: str) -> str:
    """Return the one-to-one order of classes that makes most readings right, found greedily by the largest counts.

    Args:
        read: n indices of the output; labels: n characters. A class without pictures takes a free index.
    """
    counts = np.zeros((len(alphabet), len(alphabet)), int)
    for index, label in zip(read, labels, strict=True):
        counts[index, alphabet.index(label)] += 1
    # Of equal counts the diagonal comes first: the assumed order stays unless readings contradict it.
    pairs = [(-counts[place, label], place != label, place, label) for place, label in np.ndindex(*counts.shape)]
    order: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, place, label in sorted(pairs):
        if place not in order and label not in taken:
            order[place] = label
            taken.add(label)
    return "".join(alphabet[order[place]] for place in range(len(alphabet)))


def _order_option(order: str, labels: Sequence[str]) -> str:
    notes = []
    if order == ALPHABET[10:] + ALPHABET[:10]:
        notes.append("letters before digits")
    if unseen := sorted(set(order) - set(labels)):
        notes.append(f"without pictures of {', '.join(unseen)}")
    return f"--classes {order}" + (f" ({'; '.join(notes)})" if notes else "")


def _best_classes(network: Any, inputs: NDArray[np.float32]) -> list[int]:
    batches = [
        np.asarray(network(inputs[start : start + _AT_ONCE], training=False)).argmax(axis=1)
        for start in range(0, len(inputs), _AT_ONCE)
    ]
    return [int(index) for index in np.concatenate(batches)]
