"""The picture of an event for a message: small, whatever the camera's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plate_devices.private_files import read_regular
from plate_runtime.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from plate_devices.outputs.output import Event

MOST_BYTES = 100_000
"""Most bytes of a picture. Some brokers disconnect a client that sends more than 128 KiB."""

_MOST_READ = 8 * 1024 * 1024
_WIDTHS = (960, 640, 320)
_QUALITY = 75


def picture_of(event: Event, folder: Path, what: str) -> bytes | None:
    """Return the picture of an event as JPEG, at most `MOST_BYTES`; None if there is none, or no longer.

    Args:
        event: its `pictures` name files as `EventPictures` saved them, filtered by privacy.
        folder: of the pictures.
        what: "crop" or "frame".
    """
    name = (event.get("pictures") or {}).get(what)
    if not isinstance(name, str) or "/" in name:
        return None
    try:
        with read_regular(folder / name) as stream:
            content = stream.read(_MOST_READ)
    except OSError:  # it was deleted: too old, or the folder was full
        return None
    return content if len(content) <= MOST_BYTES else _reduced(content)


def _reduced(content: bytes) -> bytes | None:
    from PIL import Image

    from plate_devices.outputs.saved_pictures import as_jpeg
    from plate_runtime.pictures.open_picture import CAMERA, open_picture

    try:
        picture = Image.fromarray(open_picture(content, limits=CAMERA).rgb)
    except InputError:
        return None
    for width in _WIDTHS:
        small = picture.copy()
        small.thumbnail((width, width))
        if len(reduced := as_jpeg(small, _QUALITY)) <= MOST_BYTES:
            return reduced
    return None
