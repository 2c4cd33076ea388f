"""The fixed halves of the development sets: numbers are chosen on the first, and the second is reported."""

from __future__ import annotations

import hashlib

from plate_runtime.labels import LabelledFrame, LabelledPicture

_SALT = "halves 7"
"""With this number the rides of frames-romania, the largest groups, lie in both halves, and so do all other sets."""


def chooses(picture: LabelledPicture | LabelledFrame) -> bool:
    """Whether a picture belongs to the half on which numbers are chosen; the other half only reports them.

    A group never lies in both halves. Without groups, a crop goes by its text, which is the vehicle, and a frame by the
    name of its file.
    """
    if isinstance(picture, LabelledFrame):
        groups = [plate.group for plate in picture.plates if plate.group]
        key = groups[0] if groups else picture.path.stem
    else:
        key = picture.group or picture.text or picture.path.stem
    return hashlib.sha256(f"{_SALT} {key}".encode()).digest()[0] % 2 == 0
