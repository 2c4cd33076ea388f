"""What detecting and reading plates result in, from the corners of a detection to a plate with its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
"""x and y in pixels, origin top left."""

Corners = tuple[Point, ...]
"""The four corners of a plate, clockwise from the plate's own top left."""

Box = tuple[int, int, int, int]
"""x, y, width and height of an upright rectangle, in pixels."""


@dataclass(frozen=True)
class Detection:
    """A plate detected in a picture: its corners in pixels, and the probability, 0..1, that there is a plate."""

    corners: Corners
    confidence: float


@dataclass(frozen=True)
class Character:
    """One character as read: `confidence` is a probability; `alternatives` are (text, probability), best first."""

    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Reading:
    """The text of one plate as read.

    Attributes:
        characters: those of the most probable text. confidence: the probability, 0..1, that all of it is right.
        raw_text: what the network alone finds most probable, without the prior over texts.
    """

    characters: tuple[Character, ...]
    confidence: float
    raw_text: str = ""

    @property
    def text(self) -> str:
        """The characters in a row."""
        return "".join(character.text for character in self.characters)


@dataclass(frozen=True)
class Plate:
    """A plate with its text and its place in the picture.

    Attributes:
        text: in characters of the model; the shipped models read A-Z and 0-9.
        raw_text: what the network alone finds most probable, without the prior over texts.
        confidence: probability, 0..1, that the whole text is right, where O=0 and I=1 count as the same.
        detection_confidence: probability, 0..1, that there is a plate, its text considered; see
            `plate_evidence.plate_probability`.
        box: upright box around the plate, inside the picture. corners: of the plate.
        region: the region that was asked for, if the text has one of its formats, else None.
        characters: one by one, with alternatives.
    """

    text: str
    raw_text: str
    confidence: float
    detection_confidence: float
    box: Box
    corners: Corners
    region: str | None
    characters: Sequence[Character]
