"""Probabilities of texts that are on no plate: words, numbers, captions of cameras, price tags.

The parts sum to about 1 over all texts. Networks confuse O with 0 and I with 1, so a word may contain these digits,
and a number these letters.
"""

from __future__ import annotations

import math

from ..alphabet import ALPHABET


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_LENGTHS = (0.0, 0.16, 0.14, 0.12, 0.13, 0.11, 0.1, 0.08, 0.06, 0.04, 0.03, 0.02, 0.01)
"""Fractions of texts with 0, 1, 2, ... characters; the last is for all longer ones."""

_WORD, _NUMBER, _BOTH, _ANY, _KNOWN, _CAPTION = 0.42, 0.2, 0.12, 0.12, 0.08, 0.06
"""Fractions of words, numbers, a word beside a number, random characters, `_WORDS`, and captions."""

_LETTERS = {
    "E": 0.12, "T": 0.09, "A": 0.08, "O": 0.077, "I": 0.073, "N": 0.07, "S": 0.063, "R": 0.06, "H": 0.059, "D": 0.043,
    "L": 0.04, "U": 0.029, "C": 0.027, "M": 0.026, "F": 0.023, "Y": 0.021, "W": 0.021, "G": 0.02, "P": 0.018,
    "B": 0.015, "V": 0.011, "K": 0.007, "X": 0.002, "Q": 0.001, "J": 0.001, "Z": 0.001,
}  # fmt: skip
"""Frequencies in words, roughly as in English. Other languages with Latin letters differ less than plates do."""

_WORDS = _listed(
    """
    STOP TAXI BUS EXIT SALE POLICE ZONE OPEN HOTEL BANK CAFE AUTO PRIVATE ENTRANCE PUSH PULL OFFICE TOILETS CLOSED
    PARKING SLOW SCHOOL TOLL PARK FREE SHOP DANGER FIRE AMBULANCE TURBO DIESEL SPORT HYBRID QUATTRO TDI GTI 4WD 4X4 24H
    WC LIFT SOLD ALARM PRIVAT POLITIA POLIZEI GENDARMERIE
    """
)
"""On road signs, vehicles and doors in many streets."""

_BEFORE = _listed(
    "CAM CAMERA KAMERA CH IPC GATE DVR LANE IN OUT ROOM FLAT UNIT NO LEVEL REC EV TEL N S E W P EUR FROM ONLY FOR R F G"
)
_AFTER = _listed("KMH MPH KM KG KGS M EUR LEI EACH OFF FPS P H HP CM MM T L AM PM")
"""Words before and after a number in captions of cameras, on price tags and on doors."""

_TO_LETTERS, _TO_DIGITS = str.maketrans("01", "OI"), str.maketrans("OI", "01")
_LEAST_DIGITS = 0.2  # fraction of captions with any one number of digits


def background_probability(text: str) -> float:
    """Return the probability, above 0, of a text (A-Z, 0-9) among those that are on no plate."""
    length = _LENGTHS[min(len(text), len(_LENGTHS) - 1)]
    mixed = _BOTH * _word_and_number(text) + _ANY / float(len(ALPHABET)) ** len(text)
    known = _KNOWN / len(_WORDS) if text in _WORDS or text.translate(_TO_LETTERS) in _WORDS else 0.0
    return length * (_WORD * _word(text) + _NUMBER * _number(text) + mixed) + known + _CAPTION * _caption(text)


def _word(text: str) -> float:
    return math.prod(_LETTERS.get(character, 0.0) for character in text.translate(_TO_LETTERS))


def _number(text: str) -> float:
    return 10.0 ** -len(text) if text.translate(_TO_DIGITS).isdecimal() else 0.0


def _word_and_number(text: str) -> float:
    """Return the probability of a word before or after a number, with any lengths of both."""
    parts = [(text[:end], text[end:]) for end in range(1, len(text))]
    return (
        sum(_word(one) * _number(other) + _number(one) * _word(other) for one, other in parts) / 2 / max(1, len(text))
    )


def _caption(text: str) -> float:
    letters = text.translate(_TO_LETTERS)
    numbers = [text[len(word) :] for word in _BEFORE if letters.startswith(word)]
    before = sum(map(_number, filter(None, numbers))) / len(_BEFORE)
    after = sum(map(_number, filter(None, (text.removesuffix(unit) for unit in _AFTER if text.endswith(unit)))))
    return _LEAST_DIGITS * (before + after / len(_AFTER))
