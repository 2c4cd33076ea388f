"""Checks of the folders that a service writes into: write access and free space."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.board import disk_free
from plate_devices.health.findings import Finding
from plate_devices.health.machine_checks import LITTLE_SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plate_devices.run_options import InferOptions


class _Written(NamedTuple):
    """A file or folder that is written, what for, and the setting that names it."""

    check: str
    use: str
    path: Path
    setting: str


def check_folders(options: InferOptions) -> Iterator[Finding]:
    """Check whether this user may write the files and folders of the settings, and whether their disks have space.

    A folder that does not exist is made later: then the one above it counts.
    """
    for written in _written(options):
        there = next(place for place in (written.path, *written.path.absolute().parents) if place.exists())
        free = disk_free(there)
        if not os.access(there, os.W_OK | (os.X_OK if there.is_dir() else 0)):
            advice = f"give {there} to the user of the service, or change {written.setting}"
            message = f"{written.use}: {there} is not writable for this user"
            # A list that cannot be edited on the page still works.
            yield Finding(written.check, "warning" if written.check == "lists" else "failed", message, advice)
        elif free is not None and free < LITTLE_SPACE:
            message = f"{written.use}: {free >> 20} MB free for {written.path}"
            yield Finding(written.check, "warning", message, f"delete files, or change {written.setting}")
        else:
            yield Finding(written.check, "ok", f"{written.use}: {written.path} is writable")


def _written(options: InferOptions) -> Iterator[_Written]:
    config = options.config
    if config is None:
        return
    yield _Written("queue", "waiting events and the audit log", options.queue_folder, "[queue] folder")
    for one in config.watchlists:
        # A list is replaced by a new file, so its folder is written, too.
        for path in (one.file, one.file.absolute().parent):
            yield _Written("lists", f"changes of the list {one.name}", path, "[[watchlist]] file")
    if config.corrections is not None:
        yield _Written("corrections", "corrected crops", config.corrections.folder, "[corrections] folder")
    pictures = config.pictures
    for use, path in (("crops", pictures.crops), ("annotated", pictures.annotated), ("events", pictures.events)):
        if path is not None:
            yield _Written("pictures", f"pictures, {use}", path, f"[pictures] {use}")
