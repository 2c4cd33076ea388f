"""Small print around a serial, and words that people choose as serials."""

from __future__ import annotations

from plate_runtime.alphabet import ALPHABET

from ..effects import Dice

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


def word(dice: Dice, syllables: int) -> str:
    """Make up a word that can be spoken, in small letters."""
    parts = (dice.choice(_FIRST) + dice.choice(_MIDDLE) + dice.choice(_LAST) for _ in range(syllables))
    return "".join(parts)


def wish(dice: Dice, longest: int = 8) -> str:
    """Make up what somebody could have asked for: 2 to `longest` signs, letters mostly, some look-alike digits."""
    text = word(dice, dice.choice((1, 2, 2, 3))).upper()
    if dice.chance(0.25):
        text = "".join(_LEET.get(sign, sign) if dice.chance(0.4) else sign for sign in text)
    if dice.chance(0.3):
        number = str(dice.randint(1, 99))
        text = number + text if dice.chance(0.3) else text + number
    if dice.chance(0.15):
        text = "".join(sign for sign in text if sign not in "AEIOU") or text
    return text[: dice.randint(min(4, longest), longest)] if len(text) > 1 else text + dice.choice(ALPHABET)


def place(dice: Dice) -> str:
    """Name a state, a province, a country or a city."""
    text = dice.choice(PLACES)
    return text.upper() if dice.chance(0.55) else text


def line(dice: Dice) -> str:
    """Make up a line of small print: a slogan, a dealer, an address of the web; never a place."""
    if dice.chance(0.82):
        text = " ".join(word(dice, dice.randint(1, 3)) for _ in range(dice.choice((1, 1, 2, 2, 3))))
        text = text.title() if dice.chance(0.5) else text
    else:
        text = f"{dice.choice(('www.', ''))}{word(dice, 3)}.{dice.choice(('com', 'gov', 'de', 'org', 'ro'))}"
    return text.upper() if dice.chance(0.55) else text


def tag(dice: Dice) -> str:
    """Make up what stands on a sticker or in a corner: a month, a year, a number."""
    return dice.choice(
        (
            dice.choice(MONTHS),
            f"{dice.randint(0, 31):02}",
            str(dice.randint(1990, 2026)),
            f"{dice.randint(1, 12):02}-{dice.randint(0, 26):02}",
            str(dice.randint(1, 12)),
        )
    )
