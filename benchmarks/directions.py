"""Measure the directions of vehicles in simulated drives, whose truth is known.

    python benchmarks/directions.py            -> results/directions.csv, about 5 minutes
    python benchmarks/directions.py --seconds 60

The first row follows the readings of a reader that errs at random (tests/drives/guessing.py) over many drives. The
second reads painted frames of one drive with the shipped models. The truth is the movement in metres while the vehicle
was read.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from measuring import ROOT, command_line, whole, write_csv

from plate_devices.follow import Follower, Vehicle
from plate_runtime import PlateReader
from plate_runtime.alphabet import fold
from plate_runtime.results import Plate

sys.path.insert(0, str(ROOT / "tests"))

SEEDS = range(1001, 1011)
PAINTED = 1011
STEP = 3
"""Each third frame: five a second."""


def follow(seed: int, seconds: int, painted: bool) -> Counter[str]:
    """Follow a drive; return the counts of right, wrong and unclear directions."""
    from drives.guessing import Errors, GuessingReader
    from drives.painter import DrivePainter
    from drives.scoring import stamp
    from drives.traffic import RATE, plan_drive

    drive = plan_drive(seed, vehicles=max(4, seconds // 10), seconds=seconds)
    empty = np.zeros((drive.camera.size[1], drive.camera.size[0], 3), np.uint8)
    read: Callable[[int], tuple[np.ndarray, Sequence[Plate]]]
    if painted:
        painter, reader = DrivePainter(drive), PlateReader()

        def read(number: int) -> tuple[np.ndarray, Sequence[Plate]]:
            rgb = painter.paint(number)
            return rgb, reader.read(rgb, as_="frame")
    else:
        guessing = GuessingReader(drive, seed, Errors())

        def read(number: int) -> tuple[np.ndarray, Sequence[Plate]]:
            return empty, guessing.read(number / RATE)

    follower, vehicles = Follower(), list[Vehicle]()
    for number in range(0, drive.frames, STEP):
        rgb, plates = read(number)
        vehicles += follower.add(stamp(number, rgb), plates)
    counts = Counter[str]()
    for vehicle in [*vehicles, *follower.finish()]:
        first, last = vehicle.first_frame / RATE, vehicle.last_frame / RATE
        for one in drive.passings:
            if fold(one.text) == fold(vehicle.plate.text) and one.path[0][0] <= last and first <= one.path[-1][0]:
                right = vehicle.direction == one.direction(first, last)
                counts["unclear" if vehicle.direction is None else "right" if right else "wrong"] += 1
                break
    return counts


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = command_line(__doc__)
    parser.add_argument("--seconds", type=whole(60), default=300, help="length of a drive (300)")
    options = parser.parse_args(arguments)
    guessed = sum((follow(seed, options.seconds, False) for seed in SEEDS), Counter[str]())
    painted = follow(PAINTED, options.seconds, True)
    rows = [
        {
            "drives": name, "seeds": seeds, "seconds": options.seconds, "vehicles": sum(counts.values()),
            **{key: counts[key] for key in ("right", "unclear", "wrong")},
        }
        for name, seeds, counts in (
            ("10, a reader that errs", f"{SEEDS[0]} to {SEEDS[-1]}", guessed), ("1, painted", str(PAINTED), painted)
        )
    ]  # fmt: skip
    write_csv("directions", rows)


if __name__ == "__main__":
    main()
