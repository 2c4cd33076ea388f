"""The most probable text of a plate, from the likelihoods of the network and the prior over texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..alphabet import fold
from ..results import Character, Reading
from .beam import Candidate
from .characters import describe
from .prior import Prior

_CERTAIN = 0.999
_NEGLIGIBLE = 1e-4


def choose(candidates: Sequence[Candidate], prior: Prior) -> Reading:
    """Return the reading of a plate from its candidates, most likely first; their likelihoods add up to 1 at most.

    The posterior of a text is its likelihood times its weight in the prior, divided by the sum of all. What the
    candidates leave to 1 counts as a text without a format. Likelihoods may be those of several pictures of the plate.
    """
    raw = max(candidates[0].spell(prior.script), key=lambda one: (one[1], one[0]))[0]
    spelled = [text for one in candidates for text in one.spell(prior.script)]
    rest = max(0.0, 1 - sum(one.likelihood for one in candidates))
    if not raw or (len(spelled) == 1 and rest < 1 - _CERTAIN):
        posteriors = {raw: candidates[0].likelihood}
    else:
        posteriors = _posteriors(spelled, rest, prior)
    by_fold: dict[str, float] = {}
    for text, probability in posteriors.items():
        by_fold[fold(text)] = by_fold.get(fold(text), 0.0) + probability
    best = max(by_fold, key=lambda text: (by_fold[text], text))
    text = max((text for text in posteriors if fold(text) == best), key=lambda one: (posteriors[one], one))
    return Reading(_describe(text, posteriors), round(min(1.0, by_fold[best]), 4), raw)


def _posteriors(spelled: Sequence[tuple[str, float]], rest: float, prior: Prior) -> dict[str, float]:
    weights: dict[str, float] = {}
    fronts: dict[str, float] = {}
    for text, likelihood in spelled:
        fronts[fold(text[:1])] = fronts.get(fold(text[:1]), 0.0) + likelihood
    for text, likelihood in spelled:
        weights[text] = weights.get(text, 0.0) + likelihood * prior.weigh(text)
        for count, probability in enumerate(prior.foreign, 1):
            if weight := prior.weigh_foreign(text[count:]):
                doubt = max(0.0, 1 - fronts[fold(text[:1])])  # no network is certain of a character it never saw
                weights[text[count:]] = weights.get(text[count:], 0.0) + likelihood * doubt * probability * weight
    total = sum(weights.values()) + rest * prior.weigh_other(len(spelled[0][0]))
    return {text: weight / total for text, weight in weights.items()}


def _describe(text: str, posteriors: Mapping[str, float]) -> tuple[Character, ...]:
    """Return each character with the alternatives that the other texts have in its place.

    The probability that no candidate covers lowers all characters equally.
    """
    total = sum(posteriors.values())
    explained = min(1.0, total) ** (1 / max(1, len(text)))
    places: list[dict[str, float]] = [{} for _ in text]
    for other, probability in posteriors.items():
        if probability >= _NEGLIGIBLE * total or other == text:
            for place, character in _aligned(text, other):
                places[place][character] = places[place].get(character, 0.0) + probability / total * explained
    return tuple(describe(character, place) for character, place in zip(text, places, strict=True))


def _aligned(text: str, other: str) -> list[tuple[int, str]]:
    """Return the characters of another text with their places in this one, as far as the texts can be aligned."""
    if len(text) == len(other):
        return list(enumerate(other))
    shorter = min(len(text), len(other))
    folded, same = fold(text), fold(other)
    start = next((place for place in range(shorter) if folded[place] != same[place]), shorter)
    end = next((place for place in range(shorter - start) if folded[-1 - place] != same[-1 - place]), shorter - start)
    front = [(place, other[place]) for place in range(start)]
    return front + [(len(text) - end + place, other[len(other) - end + place]) for place in range(end)]
