"""Words and numbers that stand in streets and are no plates."""

from __future__ import annotations

import numpy as np

from ..effects import Dice
from ..plates.lettering import Lettering
from ..plates.words import line, word
from .canvas import Gray

_CAMERAS = ("CAM", "CAM ", "Camera ", "CH", "IPC", "GATE ", "Cam-", "KAMERA ", "DVR ", "P", "Lane ", "IN ", "OUT ")
_STREET = ("STOP", "TAXI", "BUS", "P", "SALE", "POLICE", "ZONE", "EXIT", "24H", "OPEN", "HOTEL", "BANK", "CAFE", "AUTO")


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
    return line(dice)


def clock(dice: Dice) -> str:
    """Make up what a recorder writes into its pictures: date, time, or both."""
    dash = dice.choice(("-", "/", ".", "-"))
    year, month, day = dice.randint(2005, 2026), dice.randint(1, 12), dice.randint(1, 28)
    date = dash.join(
        (f"{year}", f"{month:02}", f"{day:02}") if dice.chance(0.6) else (f"{day:02}", f"{month:02}", f"{year}")
    )
    time = f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}"
    return dice.choice((date, time, f"{date} {time}", f"{date}  {time}", f"{time} {word(dice, 1).title()} {date}"))
