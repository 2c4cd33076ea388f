"""The direction of a vehicle, from the positions and widths of its plate in the picture.

A plate that is w pixels wide is f / w plate widths away from a pinhole camera with a focal length of f pixels, and
(x - c) / w plate widths to the right of its axis. So both distances of a movement are known in the same unit.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_devices.follow.position import Position

Direction = Literal["approaching", "leaving", "left", "right", "standing"]

FOCAL_LENGTH = 1.2
"""Of a usual camera, in widths of the picture: a horizontal field of view of 45 degrees."""

MOVED = 1.5
"""Plate widths of movement from which on the direction is known: 0.8 m for most plates."""

UNSURE = 0.15
"""Movement along the axis, as a fraction of the distance, that may be an error of the measured width."""

STANDING = 1.0
"""Largest movement of a standing vehicle, in plate widths."""

_MEDIAN_OF = 5


class _Place(NamedTuple):
    """A position on the road, to the right of the camera's axis and ahead of it, in plate widths."""

    right: float
    ahead: float


class Path:
    """The movement of a plate: its first and its last positions."""

    def __init__(self) -> None:
        self._whole, self._cut = _Ends(), _Ends()

    def add(self, position: Position, size: tuple[int, int], cut: bool) -> None:
        """Add a position in a picture of (width, height) pixels; `cut`: its edge may hide a part of the plate."""
        place = _Place((position.x - size[0] / 2) / position.width, FOCAL_LENGTH * size[0] / position.width)
        (self._cut if cut else self._whole).add(place)

    def direction(self, stood: bool) -> Direction | None:
        """Return the direction from the first to the last position, None if it is not clear.

        "left" and "right" are those of the picture. `stood`: it was in view long enough to call it standing.
        """
        ends = self._whole if self._whole.count > 1 else self._cut
        if ends.count < 2:
            return None
        first, last = ends.medians()
        across, ahead = last.right - first.right, last.ahead - first.ahead
        if abs(ahead) < UNSURE * max(first.ahead, last.ahead):
            ahead = 0.0
        if max(abs(across), abs(ahead)) < MOVED:
            still = max(abs(across), abs(ahead)) < STANDING
            return "standing" if still and stood else None
        if abs(ahead) >= abs(across):
            return "approaching" if ahead < 0 else "leaving"
        return "left" if across < 0 else "right"


class _Ends:
    """The first and the last places: their medians are more exact than single ones."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[_Place] = []
        self._last: deque[_Place] = deque(maxlen=_MEDIAN_OF)

    def add(self, place: _Place) -> None:
        self.count += 1
        if len(self._first) < _MEDIAN_OF:
            self._first.append(place)
        self._last.append(place)

    def medians(self) -> tuple[_Place, _Place]:
        few = min(_MEDIAN_OF, self.count // 2)
        return _median(self._first[:few]), _median(list(self._last)[-few:])


def _median(places: Sequence[_Place]) -> _Place:
    return _Place(median(one.right for one in places), median(one.ahead for one in places))
