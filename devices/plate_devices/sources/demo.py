"""The demo camera: rendered cars come to a gate one after the other. It needs no hardware and is reproducible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count as numbers
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.imaging.plate_picture import BLUE, DARK_ON_LIGHT, LIGHT_ON_DARK, YELLOW, Colour, Style, draw_plate
from plate_devices.sources.source import Frame, Frames, Roi, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

VEHICLES = 10
RATE = 15.0
"""Frames a second."""

FRAMES_WITH_CAR, FRAMES_WITHOUT = 9, 4
ROI: Roi = (180, 330, 280, 72)
"""Where the plates are, as `--roi` would name it."""

_PLATE_WIDTH, _PLATE_HEIGHT = 264, 58
_FORMATS = ("LLDDLLL", "LLDDLLDDDD", "LLLDDDD", "LDDDLLL", "LLDDDLL")
# Without confusable characters (0 and O, 1 and I): in this lettering, as on most plates, they look the same.
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "23456789"
_STYLES = (DARK_ON_LIGHT, YELLOW, LIGHT_ON_DARK, DARK_ON_LIGHT, BLUE)
_BODIES: tuple[Colour, ...] = ((120, 24, 28), (52, 60, 72), (38, 70, 120), (150, 152, 156), (30, 84, 60))


class Vehicle(NamedTuple):
    """A car: the text and style of its plate, and the colour of its body."""

    text: str
    style: Style
    body: Colour


def vehicles(count: int, seed: int = 2) -> list[Vehicle]:
    """Return the first `count` cars; the same for the same seed."""
    return list(islice(_endless_vehicles(seed), count))


def _endless_vehicles(seed: int = 2) -> Iterator[Vehicle]:
    chance = Random(seed)
    characters = {"L": _LETTERS, "D": _DIGITS}
    for number in numbers():
        text = "".join(chance.choice(characters[place]) for place in _FORMATS[number % len(_FORMATS)])
        yield Vehicle(text, _STYLES[number % len(_STYLES)], chance.choice(_BODIES))


class DemoCamera(Source):
    """The rendered drive as a source. Frames are rendered as they are read, so none is dropped."""

    default_roi: Roi | None = ROI

    def __init__(self, name: str = "demo", count: int = VEHICLES, fps: float | None = None) -> None:
        """Take the number of vehicles, and how many frames a second are read, at most `RATE`."""
        self.name = name
        self._count = count
        self._step = max(1.0, RATE / fps) if fps else 1.0

    def frames(self) -> Frames:
        """Yield RGB frames of 640x480; times count from now at `RATE` frames a second."""
        started = datetime.now(UTC)
        due = 0.0
        for index, rgb in enumerate(self._rendered()):
            if index >= due:
                due += self._step
                yield Frame(rgb, index, started + timedelta(seconds=index / RATE))

    def _rendered(self) -> Iterator[NDArray[np.uint8]]:
        import numpy as np

        from plate_devices.sources.demo_scene import HEIGHT, WIDTH, paint_place

        chance = Random(2)
        # One noise picture, shifted for each frame: a new one would take longer than reading the frame.
        grain = np.random.default_rng(2).integers(-6, 7, (HEIGHT, WIDTH, 1), dtype=np.int16)
        place = paint_place()
        # Made one by one: a service may run a million vehicles, and the first one has to come at once.
        for vehicle in islice(_endless_vehicles(), self._count):
            plate = draw_plate(vehicle.text, 2 * _PLATE_HEIGHT, vehicle.style, 2 * _PLATE_WIDTH)
            for moment in range(FRAMES_WITHOUT + FRAMES_WITH_CAR):
                scene = place.copy()
                if moment >= FRAMES_WITHOUT:
                    _draw_car(scene, plate, vehicle.body, moment - FRAMES_WITHOUT, chance)
                shift = (chance.randrange(HEIGHT), chance.randrange(WIDTH))
                noisy = np.asarray(scene, np.int16) + np.roll(grain, shift, (0, 1))
                yield np.clip(noisy, 0, 255).astype(np.uint8)


def _draw_car(scene: Image.Image, plate: Image.Image, body: Colour, moment: int, chance: Random) -> None:
    """Draw the rear of a car. Its plate comes 1 % closer with each frame, and it all sways by a pixel or two."""
    from PIL import Image

    x, y = round(chance.uniform(-2, 2)), round(chance.uniform(-2, 2))
    car = _car(body)
    scene.paste(car, (x, y), car)
    scale = 0.92 + 0.01 * moment
    size = round(_PLATE_WIDTH * scale), round(_PLATE_HEIGHT * scale)
    plate = plate.resize(size, Image.Resampling.LANCZOS)
    left, top, width, height = ROI
    scene.paste(plate, (left + (width - size[0]) // 2 + x, top + (height - size[1]) // 2 + y))


@cache
def _car(body: Colour) -> Image.Image:
    from plate_devices.sources.demo_scene import paint_car

    return paint_car(body)
