"""What does the default mode, "auto", cost beside `--as plate` on crops and `--as frame` on frames?

Every picture is read in both modes, in turn: texts read with O=0 and I=1 as one and reported, and CPU time. Of frames
without texts the CPU time alone says something. Needs the real pictures of ../shared/data.

examples:
  python benchmarks/default_mode.py                     -> results/default-mode.csv
  python benchmarks/default_mode.py plates-us --trial   print the rows of one set and write none
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from measuring import SHARED, one_of, write_csv

from plate_devices.status_line import progress
from plate_runtime import PlateReader
from plate_runtime.alphabet import fold
from plate_runtime.command_line import run
from plate_runtime.labels import by_picture, read_labels
from plate_runtime.pictures.open_picture import open_picture

SETS = {
    **dict.fromkeys(("plates-us", "plates-romania", "plates-argentina", "plates-ny", "plates-vn"), "plate"),
    **dict.fromkeys(("frames-romania", "frames-china", "frames-no-plates"), "frame"),
}
"""Sets, and the mode that fits each."""


def main(arguments: Sequence[str]) -> int:
    """Measure, write the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="default_mode.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "sets", nargs="*", metavar="SET", type=one_of(SETS), help=f"one of {', '.join(SETS)}; all by default"
    )
    parser.add_argument("--trial", action="store_true", help="print the rows and write none")
    asked = parser.parse_args(arguments)
    if not SHARED.is_dir():
        print(f"default_mode.py: no real pictures at {SHARED}", file=sys.stderr)
        return 2
    rows = []
    with PlateReader(as_="plate") as crops, PlateReader(as_="auto") as auto:
        for name in asked.sets or SETS:
            rows.append(_row(name, {SETS[name]: crops if SETS[name] == "plate" else auto, "auto": auto}))
            print(rows[-1])
    if not asked.trial:
        write_csv("default-mode", rows)
    return 0


def _row(name: str, readers: dict[str, PlateReader]) -> dict[str, object]:
    frames = by_picture(read_labels(SHARED / name / "labels.csv"))
    right, seconds = dict.fromkeys(readers, 0), dict.fromkeys(readers, 0.0)
    for number, frame in enumerate(progress(frames, len(frames), name)):
        texts = {fold(plate.text) for plate in frame.plates if plate.text}
        for mode in list(readers)[:: 1 if number % 2 else -1]:
            picture = open_picture(frame.path)
            started = time.process_time()
            found = readers[mode].read(picture, as_=mode)
            seconds[mode] += time.process_time() - started
            right[mode] += len(texts & {fold(plate.text) for plate in found})
    fitting = SETS[name]
    return {
        "set": name, "pictures": len(frames), "texts": sum(bool(plate.text) for one in frames for plate in one.plates),
        "fitting_mode": fitting, "right": right[fitting], "right_by_default": right["auto"],
        "cpu_ms_mean": round(1000 * seconds[fitting] / len(frames), 2),
        "cpu_ms_mean_by_default": round(1000 * seconds["auto"] / len(frames), 2),
    }  # fmt: skip


if __name__ == "__main__":
    run(main, "default_mode.py")
