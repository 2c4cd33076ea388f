"""Requests of clients, with their pictures decoded."""

from __future__ import annotations

import base64
import binascii
import io
import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from plate_runtime.errors import InputError, UsageError
from plate_runtime.pictures.open_picture import Picture, open_picture
from plate_runtime.reader import MODES

_KEYS = ("id", "path", "image", "bytes", "width", "height", "colour", "as", "region", "min_confidence")
_CHANNELS = {"rgb": 3, "bgr": 3, "gray": 1}


Bytes = bytes | bytearray | memoryview


class Request(NamedTuple):
    """A picture, and how it is read; None stands for the server's default."""

    picture: Picture
    as_: str | None
    region: str | None
    min_confidence: float | None


def build(asked: dict[str, Any], image: Bytes | None, content: Bytes) -> Request:
    """Return the request with its picture decoded.

    Args:
        image: base64 of a long picture, which is not in `asked`.
        content: the bytes after the line.

    Raises:
        UsageError: a key is missing or not valid.
        InputError: the picture cannot be read.
    """
    if unknown := [key for key in asked if key not in _KEYS]:
        raise UsageError(f"{unknown[0]!r} is not a key of a request; keys are {', '.join(_KEYS)}")
    as_ = _one_of(asked, "as", MODES)
    region = _text(asked, "region")
    least = asked.get("min_confidence")
    if least is not None and (isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1):
        raise UsageError("min_confidence is a number from 0 to 1")
    return Request(_picture(asked, image, content), as_, region, least)


def _picture(asked: dict[str, Any], image: Bytes | None, content: Bytes) -> Picture:
    given = [key for key in ("path", "image", "bytes") if asked.get(key)]
    if len(given) != 1:
        raise UsageError("a request has one picture: path, image (base64), or bytes (after the line)")
    if given == ["path"]:
        return _open_file(_text(asked, "path") or "")
    if given == ["image"]:
        content = _decoded(_text(asked, "image") or "" if image is None else image)
    if "width" in asked or "height" in asked or "colour" in asked:
        return Picture(_pixels(asked, content), "pixels")
    return open_picture(io.BytesIO(content), name="the picture sent")


def _decoded(image: str | Bytes) -> bytes:
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as error:
        escaped = b"" if isinstance(image, str) else bytes(image)
        if b"\\/" not in escaped:
            raise UsageError("image is a picture file in base64") from error
    return _decoded(escaped.replace(b"\\/", b"/"))  # some languages escape / in JSON


def _open_file(path: str) -> Picture:
    """Read a regular file. Pipes and devices are not opened: opening may block or have side effects."""
    try:
        _check_kind(path, Path(path).stat())
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            _check_kind(path, os.fstat(stream.fileno()))
            return open_picture(stream, name=path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeEncodeError as error:
        raise UsageError("path is not a file name") from error


def _check_kind(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path} is a folder; name one picture")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path} is not a file but a pipe, a socket or a device")
    system = [place for place in (Path("/proc"), Path("/sys")) if place.is_mount()]
    if status.st_dev in {place.stat().st_dev for place in system}:
        raise InputError(f"{path} belongs to the system and is not a picture")


def _pixels(asked: dict[str, Any], content: Bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
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
        raise UsageError(f"{key} is a string")
    return value


def _one_of(asked: dict[str, Any], key: str, choices: tuple[str, ...]) -> str | None:
    value = _text(asked, key)
    if value is not None and value not in choices:
        raise UsageError(f"{key} {value!r} is unknown; use {', '.join(choices)}")
    return value
