"""The reliability diagram: accuracy of readings by confidence (Niculescu-Mizil and Caruana 2005)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageDraw

from plate_devices.imaging.letters import caption_size, write_caption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plate_runtime.evaluate import CalibrationBin

_SIDE, _LEFT, _TOP, _COUNTS, _WIDTH, _HEIGHT = 440, 92, 74, 96, 572, 720
_LETTER = 13
_PAPER, _INK, _GRID = (250, 250, 248), (60, 60, 64), (222, 222, 218)
_BAR, _EDGE, _MEAN, _COUNT = (150, 186, 220), (70, 110, 150), (180, 24, 24), (196, 196, 190)


class _Frame(NamedTuple):
    """A square plot of probabilities, in pixels of the picture."""

    left: int
    top: int
    side: int

    def at(self, confidence: float, accuracy: float) -> tuple[int, int]:
        """Return the pixel of a confidence (x) and an accuracy (y)."""
        return self.left + round(confidence * self.side), self.top + round((1 - accuracy) * self.side)


def reliability_diagram(bins: Sequence[CalibrationBin], ece: float, heading: str) -> Image.Image:
    """Return an RGB picture with accuracy (bars), mean confidence (lines) and count of each bin.

    Bars that end at the diagonal are calibrated. Above it the confidence is too low, below it too high.
    """
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    frame = _Frame(_LEFT, _TOP, _SIDE)
    pen = ImageDraw.Draw(picture)
    total = sum(one.count for one in bins)
    _caption(picture, heading, (_WIDTH // 2, 18))
    _caption(picture, f"{total} READINGS  ECE {ece:.3f}", (_WIDTH // 2, 42))
    _draw_axes(picture, pen, frame)
    most = max((one.count for one in bins), default=1)
    for one in bins:
        _draw_bin(pen, frame, one)
        _draw_count(picture, pen, frame, one, most)
    pen.line((*frame.at(0, 0), *frame.at(1, 1)), fill=_INK, width=1)
    return picture


def _draw_axes(picture: Image.Image, pen: ImageDraw.ImageDraw, frame: _Frame) -> None:
    for tenth in range(0, 11, 2):
        value = tenth / 10
        pen.line((*frame.at(0, value), *frame.at(1, value)), fill=_GRID)
        pen.line((*frame.at(value, 0), *frame.at(value, 1)), fill=_GRID)
        _caption(picture, f"{10 * tenth}%", (frame.left - 26, frame.at(0, value)[1] - _LETTER // 2))
        _caption(picture, f"{10 * tenth}%", (frame.at(value, 0)[0], frame.top + frame.side + 10))
    pen.rectangle((*frame.at(0, 1), *frame.at(1, 0)), outline=_INK)
    _caption(picture, "RIGHT", (frame.left - 30, frame.top - 24))
    _caption(picture, "CONFIDENCE", (frame.left + frame.side // 2, frame.top + frame.side + 32))
    _caption(picture, "COUNT", (frame.left - 44, _HEIGHT - 60))


def _draw_bin(pen: ImageDraw.ImageDraw, frame: _Frame, one: CalibrationBin) -> None:
    left, top = frame.at(one.low, one.accuracy)
    right, bottom = frame.at(one.high, 0)
    if top < bottom:
        pen.rectangle((left + 3, top, right - 3, bottom), fill=_BAR, outline=_EDGE)
    middle = frame.at(one.low, one.confidence)[1]
    pen.line((left + 3, middle, right - 3, middle), fill=_MEAN, width=3)


def _draw_count(picture: Image.Image, pen: ImageDraw.ImageDraw, frame: _Frame, one: CalibrationBin, most: int) -> None:
    left, right = frame.at(one.low, 0)[0], frame.at(one.high, 0)[0]
    base = _HEIGHT - 26
    tall = max(1, round((_COUNTS - 26) * one.count / most))
    pen.rectangle((left + 3, base - tall, right - 3, base), fill=_COUNT)
    _caption(picture, str(one.count), ((left + right) // 2, base + 6), right - left - 2)


def _caption(picture: Image.Image, text: str, top_middle: tuple[int, int], room: int = _WIDTH - 40) -> None:
    wide, _ = caption_size(text, (room, _LETTER))
    write_caption(picture, text, (top_middle[0] - wide // 2, top_middle[1]), (room, _LETTER), _INK)
