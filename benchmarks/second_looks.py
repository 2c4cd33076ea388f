"""What second looks at frames bring and cost: plates found, texts read and CPU time with and without them.

Every frame of the sets is searched and read once, with a closer look by the detector where nothing is read with
confidence, and with a second reader too where a plate is read with doubt. Needs the real frames of ../shared/data.

examples:
  python benchmarks/second_looks.py                     -> results/second-looks.csv
  python benchmarks/second_looks.py --trial             print the rows and write none
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unittest.mock import patch

from measuring import SHARED, write_csv

from plate_devices.status_line import progress
from plate_runtime import PlateReader, recognise, search
from plate_runtime.alphabet import fold
from plate_runtime.command_line import run
from plate_runtime.evaluate import match_plates
from plate_runtime.labels import LabelledFrame, LabelledPicture, by_picture, read_labels
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.second_look import LEAST_OF_BATCH

SETS = ("frames-romania", "frames-china", "frames-no-plates")
WAYS = {"once": (-1.0, 2.0), "closer": (search.CONFIDENT, 2.0), "two_readers": (search.CONFIDENT, LEAST_OF_BATCH)}
"""Confidences: of a reading that is enough, and with which the second reader reads a plate; 2 is never reached."""


class Outcome(NamedTuple):
    """What one frame brought: plates found; texts reported, right with O=0 and I=1 or wrong; CPU seconds; looks."""

    found: int
    right: int
    wrong: int
    seconds: float
    looks: int


def main(arguments: Sequence[str]) -> int:
    """Measure, write the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="second_looks.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trial", action="store_true", help="print the rows and write none")
    asked = parser.parse_args(arguments)
    if not SHARED.is_dir():
        print(f"second_looks.py: no real pictures at {SHARED}", file=sys.stderr)
        return 2
    with PlateReader(as_="frame") as reader:
        outcomes = {name: list(_outcomes(name, reader)) for name in SETS}
    labels = {name: read_labels(SHARED / name / "labels.csv") for name in SETS}
    rows = [_row(name, labels[name], outcomes[name]) for name in SETS]
    rows.append(
        _row("all", [one for name in SETS for one in labels[name]], [one for name in SETS for one in outcomes[name]])
    )
    for row in rows:
        print(row)
    if not asked.trial:
        write_csv("second-looks", rows)
    return 0


def _outcomes(name: str, reader: PlateReader) -> Iterator[dict[str, Outcome]]:
    """Read each frame of a set in all ways, in an order that changes."""
    frames = by_picture(read_labels(SHARED / name / "labels.csv"))
    for number, frame in enumerate(progress(frames, len(frames), name)):
        ways = list(WAYS)[:: 1 if number % 2 else -1]
        yield {way: _read(reader, frame, *WAYS[way]) for way in ways}


def _row(name: str, labels: Sequence[LabelledPicture], outcomes: Sequence[dict[str, Outcome]]) -> dict[str, object]:
    plates = sum(one.corners is not None for one in labels)
    texts = sum(bool(one.text) for one in labels)
    row: dict[str, object] = {"set": name, "frames": len(outcomes), "plates": plates, "texts": texts}
    once = sum(one["once"].seconds for one in outcomes)
    for way in WAYS:
        sums = Outcome(*map(sum, zip(*(one[way] for one in outcomes), strict=True)))
        row |= {f"found_{way}": sums.found, f"read_{way}": sums.right, f"wrong_{way}": sums.wrong}
        row |= {f"cpu_ms_{way}": round(1000 * sums.seconds / len(outcomes), 3)}
        row |= {f"cpu_more_percent_{way}": round(100 * (sums.seconds / once - 1), 1), f"looks_{way}": sums.looks}
    return row


def _read(reader: PlateReader, frame: LabelledFrame, enough: float, doubt: float) -> Outcome:
    picture = open_picture(frame.path)
    looked: list[bool] = []
    once_more = search.Search.look_again

    def counted(one: search.Search) -> bool:
        looked.append(once_more(one))
        return looked[-1]

    with (
        patch.object(search, "CONFIDENT", enough),
        patch.object(recognise, "LEAST_OF_BATCH", doubt),
        patch.object(search.Search, "look_again", counted),
    ):
        started = time.process_time()
        found = reader.search(picture)
        seconds = time.process_time() - started
    placed = [plate for plate in frame.plates if plate.corners]
    corners = [plate.corners or () for plate in placed]
    matches = match_plates([one.corners for one, _ in found], corners)
    threshold = reader.least_confidence("frame")
    reported = [plate for _, plate in found if plate and plate.detection_confidence * plate.confidence >= threshold]
    texts = match_plates([plate.corners for plate in reported], corners, 0.1)
    right = [
        fold(reported[number].text) == fold(label.text)
        for label, number in zip(placed, texts.found, strict=True)
        if number is not None and label.text
    ]
    found_count = sum(number is not None for number in matches.found)
    return Outcome(found_count, sum(right), len(right) - sum(right), seconds, sum(looked))


if __name__ == "__main__":
    run(main, "second_looks.py")
