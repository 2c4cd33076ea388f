"""What a text says about whether it stands on a plate: names, badges and telephone numbers are found and read, too."""

from __future__ import annotations

FEWEST, MOST, MOST_DIGITS = 4, 11, 7
"""Signs below or above which a text is unusual for a plate, digits above which a text of digits alone is.

No format in `formats.toml` has more signs.
"""
SHORTEST_WORD = 6
"""Signs from which a text of letters and zeros, more of them letters, is a word whose O were taken for 0."""
_ODDS = 0.05
"""How much more seldom unusual texts stand on plates than on what is taken for one; measured in docs/finding.md."""


def is_unusual(text: str) -> bool:
    """Whether few plates have such a text (A-Z, 0-9): letters alone, a long number, hardly any signs or too many.

    No lettering of signs and badges keeps O and 0 apart for a network, so a word may have zeros.
    """
    return not FEWEST <= len(text) <= MOST or _is_word(text) or (text.isdecimal() and len(text) > MOST_DIGITS)


def _is_word(text: str) -> bool:
    zeros = text.count("0")
    if zeros and (len(text) < SHORTEST_WORD or 2 * zeros >= len(text)):
        return False
    return text.replace("0", "O").isalpha()


def after_reading(confidence: float, text: str) -> float:
    """Return how sure it is that there is a plate, 0..1, once its text is known; `confidence` is how sure it was.

    By Bayes' rule the odds of an unusual text fall by a constant factor. A usual text leaves them alone, though it
    speaks for a plate: the picture has to do that by itself.
    """
    if not is_unusual(text):
        return confidence
    return confidence * _ODDS / (1 - confidence * (1 - _ODDS))
