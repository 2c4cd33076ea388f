"""Pictures of events: a crop and a frame of each vehicle, in a folder of limited size."""

from __future__ import annotations

import heapq
import os
import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.outputs.saved_pictures import PictureFolder, as_jpeg
from plate_devices.unique_ids import UUID7
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

FRAME_WIDTH = 1280
"""Most pixels of a frame's width."""

_FRAME_QUALITY = 80
_NAME = re.compile(rf"{UUID7}(-frame)?\.jpg", re.ASCII)
_MADE_ROOM = 0.05
"""Fraction of the limit that is deleted at once, so that a full folder is listed seldom."""

_MOST_LISTED = 20_000
"""Pictures that are deleted at once; a folder may hold a million, and their names do not fit into a small memory."""


class _File(NamedTuple):
    name: str
    size: int


class EventPictures:
    """Saves pictures under the ids of events, and deletes the oldest ones above the limit. Used by one thread."""

    def __init__(self, folder: Path, share: float, masked: bool = False) -> None:
        """Make the folder; other files in it stay, and do not count.

        Args:
            share: most bytes of the pictures, as a fraction of the disk.
            masked: see `PictureFolder`.

        Raises:
            DeviceError: the folder cannot be made or listed.
        """
        self._folder = PictureFolder(folder, masked)
        self.folder, self._share = folder, share
        with self._errors():
            self._used = sum(one.size for one in self._files())

    def save(self, name: str, crop: Image.Image, frame: Image.Image | None) -> dict[str, str]:
        """Save the pictures of an event; return their names by what they show.

        Args:
            name: the event's id.
            crop: of its plate.
            frame: None for none; a wide one is reduced.

        Raises:
            DeviceError: the disk is full, the folder is gone or not writable, or older pictures cannot be deleted.
        """
        names = {"crop": self._save(as_jpeg(crop), name)}
        if frame is not None:
            if frame.width > FRAME_WIDTH:
                frame = frame.resize((FRAME_WIDTH, max(1, round(frame.height * FRAME_WIDTH / frame.width))))
            names["frame"] = self._save(as_jpeg(frame, _FRAME_QUALITY), f"{name}-frame")
        return names

    def _save(self, content: bytes, name: str) -> str:
        with self._errors():
            if self._used + len(content) > (most := self._most_bytes()):
                self._make_room(most, len(content))
        path = self._folder.save_jpeg(content, name, unique=True)
        self._used += len(content)
        return path.name

    def _most_bytes(self) -> int:
        disk = os.statvfs(self.folder)
        return int(self._share * disk.f_frsize * disk.f_blocks)

    def _make_room(self, most: int, size: int) -> None:
        """Delete the oldest pictures until there is room for `size` bytes and some more. Ids begin with their time."""
        self._used = sum(one.size for one in self._files())  # the retention deletes, too
        if self._used + size <= most:
            return
        for one in heapq.nsmallest(_MOST_LISTED, self._files()):
            if self._used + size <= (1 - _MADE_ROOM) * most:
                return
            try:
                (self.folder / one.name).unlink(missing_ok=True)
            except OSError:
                continue
            self._used -= one.size
        if self._used + size > most:
            raise DeviceError(f"{self.folder} has reached its size limit, and older pictures in it cannot be deleted")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DeviceError(f"{self.folder} cannot be used: {error.strerror or error}") from error

    def _files(self) -> Iterator[_File]:
        for entry in os.scandir(self.folder):
            if _NAME.fullmatch(entry.name):
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if stat.S_ISREG(found.st_mode):
                    yield _File(entry.name, found.st_size)
