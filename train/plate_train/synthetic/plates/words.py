"""Texts of small print, and vanity texts."""

from __future__ import annotations

from plate_runtime.alphabet import ALPHABET

from ..random_source import RandomSource

PLACES = (
    "Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut", "Delaware", "Florida",
    "Georgia", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas", "Kentucky", "Louisiana", "Maine", "Maryland",
    "Massachusetts", "Michigan", "Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska", "Nevada",
    "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota", "Ohio", "Oklahoma",
    "Oregon", "Pennsylvania", "Rhode Island", "South Carolina", "South Dakota", "Tennessee", "Texas", "Utah", "Vermont",
    "Virginia", "Washington", "West Virginia", "Wisconsin", "Wyoming", "Ontario", "Quebec", "Alberta", "Manitoba",
    "British Columbia", "Nova Scotia", "Queensland", "Victoria", "New South Wales", "Tasmania", "Western Australia",
    "Brasil", "Argentina", "Uruguay", "Paraguay", "Chile", "Peru", "Colombia", "Mexico", "Jalisco", "Republica",
    "Sao Paulo", "Rio de Janeiro", "Curitiba", "Buenos Aires", "Santiago", "Gauteng", "Malaysia", "India", "Ireland",
)  # fmt: skip
COUNTRIES = (
    "A", "AL", "B", "BG", "BIH", "BR", "BY", "CH", "CY", "CZ", "D", "DK", "E", "EST", "F", "FIN", "GB", "GR", "H",
    "HR", "I", "IND", "IRL", "L", "LT", "LV", "M", "MD", "MK", "MNE", "N", "NL", "P", "PL", "RA", "RKS", "RO", "RUS",
    "S", "SK", "SLO", "SRB", "TR", "U", "UA", "UK",
)  # fmt: skip
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FIRST = ("b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pr", "qu",
          "r", "s", "sh", "st", "str", "t", "th", "tr", "v", "w", "x", "y", "z", "")  # fmt: skip
_MIDDLE = ("a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou", "y", "io")
_LAST = ("", "", "", "b", "ck", "d", "f", "g", "l", "ll", "m", "n", "nd", "ng", "nt", "p", "r", "rd", "s", "ss", "st",
         "t", "tt", "w", "x", "z")  # fmt: skip
_LEET = {"O": "0", "I": "1", "E": "3", "A": "4", "S": "5", "B": "8", "T": "7", "Z": "2"}


def word(rng: RandomSource, syllables: int) -> str:
    """Return an invented pronounceable word in lower case."""
    chosen = (rng.choice(_FIRST) + rng.choice(_MIDDLE) + rng.choice(_LAST) for _ in range(syllables))
    return "".join(chosen)


def vanity_text(rng: RandomSource, longest: int = 8) -> str:
    """Return an invented vanity text: 2 to `longest` characters, mostly letters, some confusable digits."""
    text = word(rng, rng.choice((1, 2, 2, 3))).upper()
    if rng.chance(0.25):
        text = "".join(_LEET.get(character, character) if rng.chance(0.4) else character for character in text)
    if rng.chance(0.3):
        number = str(rng.randint(1, 99))
        text = number + text if rng.chance(0.3) else text + number
    if rng.chance(0.15):
        text = "".join(character for character in text if character not in "AEIOU") or text
    return text[: rng.randint(min(4, longest), longest)] if len(text) > 1 else text + rng.choice(ALPHABET)


def place(rng: RandomSource) -> str:
    """Return the name of a state, a province, a country or a city."""
    text = rng.choice(PLACES)
    return text.upper() if rng.chance(0.55) else text


def line(rng: RandomSource) -> str:
    """Return an invented line of small print: a slogan, a dealer or a web address, but no place name."""
    if rng.chance(0.82):
        text = " ".join(word(rng, rng.randint(1, 3)) for _ in range(rng.choice((1, 1, 2, 2, 3))))
        text = text.title() if rng.chance(0.5) else text
    else:
        text = f"{rng.choice(('www.', ''))}{word(rng, 3)}.{rng.choice(('com', 'gov', 'de', 'org', 'ro'))}"
    return text.upper() if rng.chance(0.55) else text


def tag(rng: RandomSource) -> str:
    """Return the text of a sticker: a month, a year or a number."""
    return rng.choice(
        (
            rng.choice(MONTHS),
            f"{rng.randint(0, 31):02}",
            str(rng.randint(1990, 2026)),
            f"{rng.randint(1, 12):02}-{rng.randint(0, 26):02}",
            str(rng.randint(1, 12)),
        )
    )
