"""The region of interest (ROI) that is drawn on the page: validated, and saved for the next start."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from plate_runtime.errors import DAMAGE, DeviceError
from plate_runtime.files import read_whole

if TYPE_CHECKING:
    from pathlib import Path

    from plate_devices.sources.source import Roi

_FARTHEST = 1_000_000  # pixels
_LARGEST = 1 << 20  # bytes
LEAST = 16
"""Least width and height of an ROI in pixels; smaller ones are drawn by mistake."""


def checked_roi(drawn: Any, size: tuple[int, int] | None) -> Roi | None:
    """Return a valid ROI, clipped to a frame of (width, height); None for the whole frame.

    Raises:
        ValueError: it is not a list of four whole numbers, or lies outside.
    """
    if drawn is None:
        return None
    if not isinstance(drawn, list) or len(drawn) != 4 or not all(type(value) is int for value in drawn):
        raise ValueError("an ROI is [x, y, width, height] in whole pixels")
    if not all(abs(value) <= _FARTHEST for value in drawn):
        raise ValueError("the ROI lies outside every picture")
    left, top, right, bottom = drawn[0], drawn[1], drawn[0] + drawn[2], drawn[1] + drawn[3]
    left, top = max(0, left), max(0, top)
    if size is not None:
        right, bottom = min(size[0], right), min(size[1], bottom)
    if right - left < LEAST or bottom - top < LEAST:
        raise ValueError(f"the ROI is smaller than {LEAST} pixels, or lies outside the picture")
    return left, top, right - left, bottom - top


def load_rois(path: Path) -> dict[str, Roi | None]:
    """Return the saved ROIs by the camera's name. Raises DeviceError where the file cannot be read."""
    try:
        content = read_whole(path, _LARGEST, DeviceError, "ROI file ")
    except DeviceError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return {}
        raise
    try:
        found = json.loads(content)
        only = {"": found["roi"]} if "roi" in found else {}
        return {name: checked_roi(roi, None) for name, roi in (only | found.get("cameras", {})).items()}
    except DAMAGE as error:
        raise DeviceError(f"ROI file {path} is damaged; delete it, and draw the ROI again") from error


def save_roi(path: Path, camera: str, roi: Roi | None) -> None:
    """Save the ROI of a camera atomically; those of others stay.

    Raises:
        DeviceError: the file is damaged, the disk is full, or the folder is read-only.
    """
    rois = load_rois(path) | {camera: roi}
    content = {"roi": rois.pop("")} if "" in rois else {}
    text = json.dumps(content | ({"cameras": rois} if rois else {}))
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with scratch.open("w", encoding="ascii") as stream:
                stream.write(text + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise DeviceError(f"ROI file {path} cannot be written: {error.strerror or error}") from error
