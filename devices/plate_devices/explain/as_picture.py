"""An explanation as one picture: the frame with its detections, and below it the crops, readings and the cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from plate_devices.explain.as_text import outcome, verdict
from plate_devices.imaging.letters import caption_size, write_caption
from plate_devices.imaging.sizes import TALLEST, with_width

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.explain.explanation import Candidate, Explanation

_LEAST_WIDTH, _MOST_WIDTH = 640, 1600
_ROW, _CROP, _PAD, _LETTER = 72, 300, 8, 16
_MOST_ROWS = 12
_PAPER, _INK, _FAINT = (250, 250, 248), (24, 24, 28), (110, 110, 116)
RETURNED, DROPPED, UNREAD, ROI = (24, 160, 72), (226, 60, 40), (236, 176, 32), (64, 128, 240)


def draw_explanation(rgb: NDArray[np.uint8], explanation: Explanation) -> Image.Image:
    """Draw the explanation of a frame, RGB uint8 (h, w, 3), 640 to 1600 pixels wide.

    Green: returned. Red: read, and dropped. Yellow: detected below the threshold. Blue: the ROI.
    """
    frame = draw_frame(rgb, explanation)
    rows = explanation.candidates[:_MOST_ROWS]
    lines = [f"{label}: {text}" for label, text in outcome(explanation)]
    height = frame.height + _ROW * len(rows) + (_LETTER + _PAD) * len(lines) + 2 * _PAD
    sheet = Image.new("RGB", (frame.width, height), _PAPER)
    sheet.paste(frame, (0, 0))
    top = frame.height + _PAD
    for number, one in enumerate(rows, 1):
        _draw_row(sheet, number, one, top)
        top += _ROW
    for text in lines:
        write_caption(sheet, text, (_PAD, top), (frame.width - 2 * _PAD, _LETTER), _INK)
        top += _LETTER + _PAD
    return sheet


def draw_frame(rgb: NDArray[np.uint8], explanation: Explanation, most: int = _MOST_WIDTH) -> Image.Image:
    """Draw a frame with its numbered detections and the ROI, 640 to `most` pixels wide; see `draw_explanation`."""
    frame = Image.fromarray(rgb)
    width = min(most, max(_LEAST_WIDTH, frame.width))
    scale = min(width / frame.width, max(1.0, TALLEST / frame.height))
    size = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    frame = with_width(frame.resize(size, Image.Resampling.BILINEAR), width, _PAPER)
    pen, line = ImageDraw.Draw(frame), max(2, round(width / 400))
    if explanation.roi is not None:
        x, y, across, down = (value * scale for value in explanation.roi)
        pen.rectangle((x, y, x + across, y + down), outline=ROI, width=line)
    for number, one in reversed(list(enumerate(explanation.candidates, 1))):
        corners = [(x * scale, y * scale) for x, y in one.corners]
        pen.line([*corners, corners[0]], fill=_colour(one), width=line)
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        _label(frame, str(number), (round(left), round(top)), _colour(one))
    return frame


def _colour(one: Candidate) -> tuple[int, int, int]:
    return {"returned": RETURNED, "dropped": DROPPED, "unread": UNREAD}[one.state]


def _label(frame: Image.Image, text: str, corner: tuple[int, int], colour: tuple[int, int, int]) -> None:
    width, height = caption_size(text, (60, _LETTER))
    x = max(0, min(corner[0], frame.width - width - 6))
    y = max(0, corner[1] - height - 6)
    ImageDraw.Draw(frame).rectangle((x, y, x + width + 6, y + height + 6), fill=colour)
    write_caption(frame, text, (x + 3, y + 3), (width, height), (255, 255, 255))


def _draw_row(sheet: Image.Image, number: int, one: Candidate, top: int) -> None:
    ImageDraw.Draw(sheet).rectangle((_PAD, top, _PAD + 6, top + _ROW - _PAD), fill=_colour(one))
    write_caption(sheet, str(number), (_PAD + 12, top + 4), (30, _LETTER), _INK)
    left = _PAD + 48
    if one.crop is not None:
        crop = Image.fromarray(one.crop)
        scale = min(_CROP / crop.width, (_ROW - _PAD) / crop.height)
        size = max(1, round(crop.width * scale)), max(1, round(crop.height * scale))
        sheet.paste(crop.resize(size, Image.Resampling.BICUBIC).convert("RGB"), (left, top))
    left += _CROP + _PAD
    figures = f"{one.detected:.0%} detected, {one.width:.0f} X {one.height:.0f} pixels"
    if one.plate is not None:
        figures = f"{one.plate.confidence:.0%} read, {one.plate.detection_confidence:.0%} a plate, {figures}"
    room = sheet.width - left - _PAD
    write_caption(sheet, one.title, (left, top + 2), (room, 20), _colour(one))
    write_caption(sheet, figures, (left, top + 28), (room, 12), _INK)
    write_caption(sheet, verdict(one), (left, top + 46), (room, 12), _FAINT)
