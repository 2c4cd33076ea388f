"""Words and numbers in streets that are not plates."""

from __future__ import annotations

import numpy as np

from ..plates.lettering import Lettering
from ..plates.words import line, word
from ..random_source import RandomSource
from .raster import Gray

_CAMERAS = ("CAM", "CAM ", "Camera ", "CH", "IPC", "GATE ", "Cam-", "KAMERA ", "DVR ", "P", "Lane ", "IN ", "OUT ")
_STREET = ("STOP", "TAXI", "BUS", "P", "SALE", "POLICE", "ZONE", "EXIT", "24H", "OPEN", "HOTEL", "BANK", "CAFE", "AUTO")
_DOOR = (
    "PRIVATE", "EXIT", "ENTRANCE", "NO ENTRY", "PUSH", "PULL", "OFFICE", "STAFF ONLY", "RECEPTION", "TOILETS", "WC",
    "CLOSED", "OPEN", "NO PARKING", "NO SMOKING", "DANGER", "FIRE EXIT", "KEEP CLEAR", "LIFT", "STAIRS", "CAR PARK",
    "AUSGANG", "EINGANG", "PRIVAT", "BELEGT", "SORTIE", "ENTREE", "SALIDA", "ENTRADA", "USCITA", "IESIRE", "INTRARE",
    "WYJSCIE", "TO LET", "FOR SALE", "SOLD", "RESERVED", "VISITORS", "DELIVERIES", "RING BELL", "ALARM",
)  # fmt: skip
_UNITS = ("", "", "", " EUR", " KG", "/KG", " EACH", " OFF", " LEI", " KM/H", " KM", " M")


class TextRenderer:
    """Renders strips of invented texts; it is a `parts.RenderText`."""

    def __init__(self, lettering: Lettering, rng: RandomSource) -> None:
        self._lettering, self._rng = lettering, rng

    def __call__(self, kind: str, height: int) -> Gray:
        """Return the mask of a text of a kind, about `height` pixels high: see `_text`."""
        return self.strip(_text(kind, self._rng), height)

    def strip(self, text: str, height: int) -> Gray:
        """Return the mask of a text, 0..255, cropped tight."""
        return np.asarray(self._lettering.strip(text, max(4, height), self._rng))


def _text(kind: str, rng: RandomSource) -> str:  # noqa: PLR0911 - one for each kind
    if kind == "badge":
        return word(rng, 1)[: rng.randint(1, 4)].upper()
    if kind == "maker":
        return word(rng, rng.choice((1, 2, 2, 3))).upper()
    if kind == "model":
        number = f"{rng.randint(1, 9)}{rng.choice(('.', ''))}{rng.randint(0, 9)}"
        return rng.choice(
            (f"{number}{rng.choice(('', ' TDI', 'T', 'i', ' L'))}", word(rng, 2).title(), "4WD", "4x4", "GTI")
        )
    if kind == "phone":
        groups = (str(rng.randint(0, 10 ** rng.randint(2, 4))) for _ in range(rng.randint(2, 4)))
        return rng.choice(("", "", "Tel. ", "+")) + rng.choice((" ", "-", ".")).join(groups)
    if kind == "street":
        return rng.choice(_STREET) if rng.chance(0.5) else word(rng, 2).upper()
    if kind == "speed":
        return str(rng.choice((5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 120)))
    if kind == "camera":
        return rng.choice(_CAMERAS) + f"{rng.randint(0, 64):0{rng.choice((1, 2, 2, 3))}}"
    if kind == "clock":
        return clock(rng)
    if kind == "recorder":
        return recorder(rng)
    if kind == "door":
        return door(rng)
    if kind == "price":
        price = f"{rng.randint(0, 10 ** rng.randint(1, 4))}{rng.choice(('', '.', ','))}{rng.randint(0, 99):02}"
        return rng.choice(("", "", "", "EUR ", "ONLY ", "2 FOR ", "FROM ")) + price + rng.choice(_UNITS)
    return line(rng)


def door(rng: RandomSource) -> str:
    """Return an invented text of a door: a word, a room, a house number, opening hours."""
    if rng.chance(0.4):
        return rng.choice(_DOOR)
    number, letter = rng.randint(1, 10 ** rng.randint(1, 3)), rng.choice("ABCDEFGH")
    hours = f"{rng.randint(6, 11)}-{rng.randint(12, 22)}"
    return rng.choice(
        (
            word(rng, rng.choice((1, 2, 2, 3))).upper(),
            f"{number}",
            f"{number}{rng.choice(('', ' '))}{letter}",
            f"{letter}{number}",
            f"{rng.choice(('ROOM', 'FLAT', 'UNIT', 'NO', 'LEVEL', 'PLATFORM'))} {number}",
            f"{rng.choice(('MO-FR', 'MON-FRI', 'DAILY', 'SA'))} {hours}",
        )
    )


def recorder(rng: RandomSource) -> str:
    """Return an invented overlay of a dash camera: speed, position, channel, or its name."""
    maker = word(rng, rng.choice((1, 2))).upper()
    return rng.choice(
        (
            f"{rng.randint(0, 180)}{rng.choice((' ', ''))}{rng.choice(('KM/H', 'km/h', 'MPH', 'mph'))}",
            f"{rng.choice('NS')}{rng.uniform(0, 70):.4f} {rng.choice('EW')}{rng.uniform(0, 180):.4f}",
            f"{rng.choice('NS')}:{rng.uniform(0, 70):.5f}",
            f"{rng.choice(('REC', 'CH', 'F', 'R', 'EV', 'G'))} {rng.randint(0, 99):02}",
            f"{maker} {rng.choice('ABDGTX')}{rng.randint(1, 999)}{rng.choice(('', 'S', ' PRO'))}",
            f"{rng.choice((720, 1080, 1440, 2160))}P {rng.choice((25, 30, 60))}FPS",
            f"{maker}{rng.randint(0, 9999):04}",
        )
    )


def clock(rng: RandomSource) -> str:
    """Return an invented time stamp of a recorder: date, time, or both."""
    dash = rng.choice(("-", "/", ".", "-"))
    year, month, day = rng.randint(2005, 2026), rng.randint(1, 12), rng.randint(1, 28)
    date = dash.join(
        (f"{year}", f"{month:02}", f"{day:02}") if rng.chance(0.6) else (f"{day:02}", f"{month:02}", f"{year}")
    )
    time = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
    return rng.choice((date, time, f"{date} {time}", f"{date}  {time}", f"{time} {word(rng, 1).title()} {date}"))
