"""What a client may ask for: one JSON object a line, and what a picture is read from."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, NamedTuple

import numpy as np

from plate_runtime.errors import InputError, UsageError
from plate_runtime.image import Picture, open_picture
from plate_runtime.reader import WAYS

MOST_BYTES = 64 * 1024 * 1024
"""Of one line, or of the bytes after it."""

_KEYS = ("id", "path", "image", "bytes", "width", "height", "colour", "as", "region", "min_confidence")
_CHANNELS = {"rgb": 3, "bgr": 3, "gray": 1}


class Request(NamedTuple):
    """A picture, and how it is to be read; None where the server's own settings hold."""

    picture: Picture
    as_: str | None
    region: str | None
    min_confidence: float | None


def parse(line: bytes) -> dict[str, Any]:
    """Return the object that a line holds. Raises UsageError where it is none."""
    if len(line) > MOST_BYTES:
        raise UsageError(f"a line is at most {MOST_BYTES} bytes long")
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError("a request is one JSON object in one line") from error
    if not isinstance(asked, dict):
        raise UsageError("a request is one JSON object in one line")
    return asked


def count_bytes(asked: dict[str, Any]) -> int:
    """Return how many bytes follow the line. Raises UsageError where that is no number, or too large a one."""
    count = asked.get("bytes", 0)
    if type(count) is not int or not 0 <= count <= MOST_BYTES:
        raise UsageError(f"bytes is a whole number up to {MOST_BYTES}: how many follow the line")
    return count


def build(asked: dict[str, Any], content: bytes) -> Request:
    """Return the request with its picture decoded; `content` are the bytes after the line.

    Raises:
        UsageError: keys that are missing or do not fit. InputError: the picture cannot be read.
    """
    if unknown := [key for key in asked if key not in _KEYS]:
        raise UsageError(f"{unknown[0]!r} is no key of a request; there are {', '.join(_KEYS)}")
    as_ = _one_of(asked, "as", WAYS)
    region = _text(asked, "region")
    least = asked.get("min_confidence")
    if least is not None and (isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1):
        raise UsageError("min_confidence is a number from 0 to 1")
    return Request(_picture(asked, content), as_, region, least)


def _picture(asked: dict[str, Any], content: bytes) -> Picture:
    given = [key for key in ("path", "image", "bytes") if asked.get(key)]
    if len(given) != 1:
        raise UsageError("a request names one picture: path, image (base64), or bytes (that follow the line)")
    if given == ["path"]:
        return open_picture(_text(asked, "path") or "")
    if given == ["image"]:
        try:
            content = base64.b64decode(_text(asked, "image") or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise UsageError("image is a picture file in base64") from error
    if "width" in asked or "height" in asked or "colour" in asked:
        return Picture(_pixels(asked, content), "pixels")
    return open_picture(content, name="the picture sent")


def _pixels(asked: dict[str, Any], content: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    width, height = asked.get("width"), asked.get("height")
    if type(width) is not int or type(height) is not int or width < 1 or height < 1:
        raise UsageError("width and height of raw pixels are whole numbers of at least 1")
    colour = _one_of(asked, "colour", tuple(_CHANNELS)) or "rgb"
    wanted = width * height * _CHANNELS[colour]
    if len(content) != wanted:
        raise InputError(f"{width}x{height} pixels in {colour} are {wanted} bytes, not {len(content)}")
    shape = (height, width) if colour == "gray" else (height, width, 3)
    array = np.frombuffer(content, np.uint8).reshape(shape)
    return open_picture(array, "bgr" if colour == "bgr" else "rgb").rgb


def _text(asked: dict[str, Any], key: str) -> str | None:
    value = asked.get(key)
    if value is not None and (not isinstance(value, str) or "\0" in value):
        raise UsageError(f"{key} is a text")
    return value


def _one_of(asked: dict[str, Any], key: str, choices: tuple[str, ...]) -> str | None:
    value = _text(asked, key)
    if value is not None and value not in choices:
        raise UsageError(f"{key} {value!r} is unknown; use {', '.join(choices)}")
    return value
