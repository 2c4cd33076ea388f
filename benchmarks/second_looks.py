"""What second looks at frames bring and cost: plates found, texts read and CPU time with and without them.

Every frame of the sets is searched and read in both ways, in turn. Needs the real frames of ../shared/data.

examples:
  python benchmarks/second_looks.py                     -> results/second-looks.csv
  python benchmarks/second_looks.py --trial             print the rows and write none
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from unittest.mock import patch

from measuring import SHARED, write_csv

from plate_devices.status_line import progress
from plate_runtime import PlateReader, search
from plate_runtime.alphabet import fold
from plate_runtime.command_line import run
from plate_runtime.evaluate import match_plates
from plate_runtime.labels import LabelledFrame, by_picture, read_labels
from plate_runtime.pictures.open_picture import open_picture

SETS = ("frames-romania", "frames-china", "frames-no-plates")
_NEVER = -1.0  # every reading is confident enough


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
        rows = [_row(name, reader) for name in SETS]
    keys = ("frames", "plates", "second_looks", "found_once", "found", "texts", "read_once", "read")
    every: dict[str, object] = {"set": "all", **{key: sum(int(str(row[key])) for row in rows) for key in keys}}
    for key in ("cpu_ms_mean_once", "cpu_ms_mean"):
        total = sum(float(str(row[key])) * int(str(row["frames"])) for row in rows)
        every[key] = round(total / int(str(every["frames"])), 3)
    rows.append(every)
    for row in rows:
        row["cpu_more_percent"] = round(
            100 * (float(str(row["cpu_ms_mean"])) / float(str(row["cpu_ms_mean_once"])) - 1), 1
        )
        print(row)
    if not asked.trial:
        write_csv("second-looks", rows)
    return 0


def _row(name: str, reader: PlateReader) -> dict[str, object]:
    frames = by_picture(read_labels(SHARED / name / "labels.csv"))
    sums = {False: [0, 0, 0.0], True: [0, 0, 0.0]}
    looks = 0
    for number, frame in enumerate(progress(frames, len(frames), name)):
        for again in (False, True) if number % 2 else (True, False):
            found, right, seconds, looked = _read(reader, frame, again)
            for place, value in enumerate((found, right, seconds)):
                sums[again][place] += value
            looks += looked
    labels = [plate for frame in frames for plate in frame.plates]
    return {
        "set": name, "frames": len(frames), "plates": sum(plate.corners is not None for plate in labels),
        "second_looks": looks, "found_once": sums[False][0], "found": sums[True][0],
        "texts": sum(bool(plate.text) for plate in labels), "read_once": sums[False][1], "read": sums[True][1],
        "cpu_ms_mean_once": round(1000 * sums[False][2] / len(frames), 3),
        "cpu_ms_mean": round(1000 * sums[True][2] / len(frames), 3),
    }  # fmt: skip


def _read(reader: PlateReader, frame: LabelledFrame, again: bool) -> tuple[int, int, float, int]:
    """Return plates found, texts read with O=0 and I=1 and reported, CPU seconds, and how many second looks."""
    picture = open_picture(frame.path)
    looked: list[bool] = []
    once_more = search.Search.look_again

    def counted(one: search.Search) -> bool:
        looked.append(once_more(one))
        return looked[-1]

    enough = search.CONFIDENT if again else _NEVER
    with patch.object(search, "CONFIDENT", enough), patch.object(search.Search, "look_again", counted):
        started = time.process_time()
        found = reader.search(picture)
        seconds = time.process_time() - started
    placed = [plate for plate in frame.plates if plate.corners]
    corners = [plate.corners or () for plate in placed]
    matches = match_plates([one.corners for one, _ in found], corners)
    threshold = reader.least_confidence("frame")
    reported = [plate for _, plate in found if plate and plate.detection_confidence * plate.confidence >= threshold]
    texts = match_plates([plate.corners for plate in reported], corners, 0.1)
    right = sum(
        number is not None and bool(label.text) and fold(reported[number].text) == fold(label.text)
        for label, number in zip(placed, texts.found, strict=True)
    )
    return sum(number is not None for number in matches.found), right, seconds, sum(looked)


if __name__ == "__main__":
    run(main, "second_looks.py")
