"""Words and numbers that stand in streets and are no plates."""

from __future__ import annotations

import numpy as np

from ..effects import Dice
from ..plates.lettering import Lettering
from ..plates.words import line, word
from .canvas import Gray

_CAMERAS = ("CAM", "CAM ", "Camera ", "CH", "IPC", "GATE ", "Cam-", "KAMERA ", "DVR ", "P", "Lane ", "IN ", "OUT ")
_STREET = ("STOP", "TAXI", "BUS", "P", "SALE", "POLICE", "ZONE", "EXIT", "24H", "OPEN", "HOTEL", "BANK", "CAFE", "AUTO")
_DOOR = (
    "PRIVATE", "EXIT", "ENTRANCE", "NO ENTRY", "PUSH", "PULL", "OFFICE", "STAFF ONLY", "RECEPTION", "TOILETS", "WC",
    "CLOSED", "OPEN", "NO PARKING", "NO SMOKING", "DANGER", "FIRE EXIT", "KEEP CLEAR", "LIFT", "STAIRS", "CAR PARK",
    "AUSGANG", "EINGANG", "PRIVAT", "BELEGT", "SORTIE", "ENTREE", "SALIDA", "ENTRADA", "USCITA", "IESIRE", "INTRARE",
    "WYJSCIE", "TO LET", "FOR SALE", "SOLD", "RESERVED", "VISITORS", "DELIVERIES", "RING BELL", "ALARM",
)  # fmt: skip
_UNITS = ("", "", "", " EUR", " KG", "/KG", " EACH", " OFF", " LEI", " KM/H", " KM", " M")


class Texts:
    """Strips of lettering of made-up texts; called as `parts.Words`."""

    def __init__(self, lettering: Lettering, dice: Dice) -> None:
        self._lettering, self._dice = lettering, dice

    def __call__(self, kind: str, height: int) -> Gray:
        """Return the mask of a text of a kind, about `height` pixels high: see `_text`."""
        return self.strip(_text(kind, self._dice), height)

    def strip(self, text: str, height: int) -> Gray:
        """Return the mask of a text, 0..255, cut tight."""
        return np.asarray(self._lettering.strip(text, max(4, height), self._dice))


def _text(kind: str, dice: Dice) -> str:  # noqa: PLR0911 - one for each kind
    if kind == "badge":
        return word(dice, 1)[: dice.randint(1, 4)].upper()
    if kind == "maker":
        return word(dice, dice.choice((1, 2, 2, 3))).upper()
    if kind == "model":
        number = f"{dice.randint(1, 9)}{dice.choice(('.', ''))}{dice.randint(0, 9)}"
        return dice.choice(
            (f"{number}{dice.choice(('', ' TDI', 'T', 'i', ' L'))}", word(dice, 2).title(), "4WD", "4x4", "GTI")
        )
    if kind == "phone":
        groups = (str(dice.randint(0, 10 ** dice.randint(2, 4))) for _ in range(dice.randint(2, 4)))
        return dice.choice(("", "", "Tel. ", "+")) + dice.choice((" ", "-", ".")).join(groups)
    if kind == "street":
        return dice.choice(_STREET) if dice.chance(0.5) else word(dice, 2).upper()
    if kind == "speed":
        return str(dice.choice((5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 120)))
    if kind == "camera":
        return dice.choice(_CAMERAS) + f"{dice.randint(0, 64):0{dice.choice((1, 2, 2, 3))}}"
    if kind == "clock":
        return clock(dice)
    if kind == "recorder":
        return recorder(dice)
    if kind == "door":
        return door(dice)
    if kind == "price":
        price = f"{dice.randint(0, 10 ** dice.randint(1, 4))}{dice.choice(('', '.', ','))}{dice.randint(0, 99):02}"
        return dice.choice(("", "", "", "EUR ", "ONLY ", "2 FOR ", "FROM ")) + price + dice.choice(_UNITS)
    return line(dice)


def door(dice: Dice) -> str:
    """Make up what stands on a door: a word, a room, a house number, opening hours."""
    if dice.chance(0.4):
        return dice.choice(_DOOR)
    number, letter = dice.randint(1, 10 ** dice.randint(1, 3)), dice.choice("ABCDEFGH")
    hours = f"{dice.randint(6, 11)}-{dice.randint(12, 22)}"
    return dice.choice(
        (
            word(dice, dice.choice((1, 2, 2, 3))).upper(),
            f"{number}",
            f"{number}{dice.choice(('', ' '))}{letter}",
            f"{letter}{number}",
            f"{dice.choice(('ROOM', 'FLAT', 'UNIT', 'NO', 'LEVEL', 'PLATFORM'))} {number}",
            f"{dice.choice(('MO-FR', 'MON-FRI', 'DAILY', 'SA'))} {hours}",
        )
    )


def recorder(dice: Dice) -> str:
    """Make up what a car's recorder writes beside the clock: speed, position, channel, its own name."""
    maker = word(dice, dice.choice((1, 2))).upper()
    return dice.choice(
        (
            f"{dice.randint(0, 180)}{dice.choice((' ', ''))}{dice.choice(('KM/H', 'km/h', 'MPH', 'mph'))}",
            f"{dice.choice('NS')}{dice.uniform(0, 70):.4f} {dice.choice('EW')}{dice.uniform(0, 180):.4f}",
            f"{dice.choice('NS')}:{dice.uniform(0, 70):.5f}",
            f"{dice.choice(('REC', 'CH', 'F', 'R', 'EV', 'G'))} {dice.randint(0, 99):02}",
            f"{maker} {dice.choice('ABDGTX')}{dice.randint(1, 999)}{dice.choice(('', 'S', ' PRO'))}",
            f"{dice.choice((720, 1080, 1440, 2160))}P {dice.choice((25, 30, 60))}FPS",
            f"{maker}{dice.randint(0, 9999):04}",
        )
    )


def clock(dice: Dice) -> str:
    """Make up what a recorder writes into its pictures: date, time, or both."""
    dash = dice.choice(("-", "/", ".", "-"))
    year, month, day = dice.randint(2005, 2026), dice.randint(1, 12), dice.randint(1, 28)
    date = dash.join(
        (f"{year}", f"{month:02}", f"{day:02}") if dice.chance(0.6) else (f"{day:02}", f"{month:02}", f"{year}")
    )
    time = f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}"
    return dice.choice((date, time, f"{date} {time}", f"{date}  {time}", f"{time} {word(dice, 1).title()} {date}"))
