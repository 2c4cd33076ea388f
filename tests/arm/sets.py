"""Labelled pictures in small: some of each real set, chosen evenly, in one file of labels."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import NamedTuple

from plate_runtime.labels import LabelledPicture, read_class_folders, read_labels

_USUALLY = 40


class Task(NamedTuple):
    """A model that reads sets of ../shared/data, as plate-eval calls it."""

    read_as: str
    model: str
    sets: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the results call the pictures."""
        return " ".join(self.sets)


TASKS = (
    Task("plate", "plate-reader", ("plates-us", "plates-romania", "plates-argentina")),
    Task("plate", "plate-reader-nano", ("plates-us", "plates-romania", "plates-argentina")),
    Task("character", "plate-character", ("characters-india/val",)),
)
FRAMES = Task("frame", "plate-detector", ("frames-romania",))


def some_of(task: Task, data: Path, folder: Path) -> Path:
    """Write labels of PLATE_EDGE_ARM_PICTURES pictures of each set, 40 or "all", into a file in `folder`."""
    asked = os.environ.get("PLATE_EDGE_ARM_PICTURES", str(_USUALLY))
    rows = [row for name in task.sets for row in _spread(_read(data / name, task.read_as), asked)]
    file = folder / "labels.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["image", "text", "corners"])
        for row in rows:
            corners = " ".join(f"{x:g} {y:g}" for x, y in row.corners or ())
            writer.writerow([row.path.resolve(), row.text, corners])
    return file


def _read(folder: Path, read_as: str) -> list[LabelledPicture]:
    if not (folder / "labels.csv").is_file():
        return read_class_folders(folder)
    return [row for row in read_labels(folder / "labels.csv") if row.text or read_as == "frame"]


def _spread(rows: list[LabelledPicture], asked: str) -> list[LabelledPicture]:
    """Take every nth picture with all of its rows."""
    pictures = list(dict.fromkeys(row.path for row in rows))
    every = 1 if asked == "all" else max(1, len(pictures) // int(asked))
    taken = set(pictures[::every])
    return [row for row in rows if row.path in taken]
