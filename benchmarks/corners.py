"""How exact are the corners of detected plates? Drawn scenes, each corner's distance from where it should be."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from measuring import command_line, whole, write_csv
from numpy.typing import NDArray

from plate_devices.status_line import progress
from plate_runtime import PlateReader
from plate_runtime.command_line import run
from plate_runtime.evaluate import match_plates
from plate_runtime.results import Corners
from plate_train.detector.targets import outline, sizes
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.scenes.renderer import SceneRenderer

SEED = 930_001
"""Neither training nor its validation draws with it."""
SCENES = 300
WIDTHS = ((0, 35), (35, 56), (56, 128), (128, 250), (250, 640))
"""Bounds of the rows, in pixels of the 640x384 input."""
EXAMPLES = """
Scenes are those of the split "measure". A corner should be on the outline that the detector learns, 0.75 pixels of its
input outside the sheet. The distance is in heights of the plate. A row counts the plates of a width; missed plates have
no distance. Fonts: plate-train fonts.

examples:
  python benchmarks/corners.py                               the detector that ships -> results/corners.csv
  python benchmarks/corners.py --model mine.tflite --trial   another one; print the rows and write none
"""

Distances = list[tuple[float, NDArray[np.float64] | None]]
"""Width of each plate in pixels, and distances of its four corners in heights, (4,); None where it was missed."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print or write the table, and return the exit code."""
    asked = _parse(arguments)
    with PlateReader(as_="frame", detector=asked.model) as reader:
        found = measure(reader, asked.scenes, asked.seed)
        detector = reader.detector().manifest.label
    rows = [{"detector": detector, "seed": asked.seed, "scenes": asked.scenes} | row for row in table(found)]
    if asked.trial:
        for row in rows:
            print(", ".join(f"{name} {value}" for name, value in row.items()))
    else:
        write_csv("corners", rows)
    return 0


def measure(reader: PlateReader, scenes: int, seed: int) -> Distances:
    """Return the distances of the plates of synthetic scenes."""
    renderer = SceneRenderer(installed_fonts(), seed, "measure")
    found: Distances = []
    for index in progress(range(scenes), scenes, "scenes"):
        scene = renderer.render(index)
        labels = [outline(corners) for corners, _ in scene.plates]
        detections = [detection.corners for detection, _ in reader.search(scene.picture)]
        found += _distances(labels, detections)
    return found


def table(found: Distances) -> Iterator[dict[str, object]]:
    """Yield a row for each range of widths, and one for all plates."""
    for low, high in (*WIDTHS, (0, 640)):
        chosen = [distances for width, distances in found if low <= width < high or high == WIDTHS[-1][1] <= width]
        seen = np.concatenate([distances for distances in chosen if distances is not None] or [np.zeros(0)])
        percent = np.percentile(100 * seen, (50, 90)) if seen.size else (np.nan, np.nan)
        yield {
            "width": f"{low} to {high}" if high - low < WIDTHS[-1][1] else "all",
            "plates": len(chosen),
            "found": sum(distances is not None for distances in chosen),
            "median_percent_of_height": round(float(percent[0]), 2),
            "percentile_90": round(float(percent[1]), 2),
        }


def _distances(labels: Sequence[NDArray[np.float32]], detections: Sequence[Corners]) -> Distances:
    matches = match_plates(detections, [_points(label) for label in labels])
    rows: Distances = []
    for label, place in zip(labels, matches.found, strict=True):
        width, height = sizes(label)
        distances = None
        if place is not None:
            distances = np.hypot(*(np.asarray(detections[place], np.float64) - label).T) / height
        rows.append((width, distances))
    return rows


def _points(corners: NDArray[np.float32]) -> Corners:
    return tuple((float(x), float(y)) for x, y in corners)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = command_line(f"{__doc__}\n{EXAMPLES}")
    parser.add_argument(
        "--model", type=Path, metavar="DETECTOR", help="a detector's file (default: the one that ships)"
    )
    parser.add_argument("--scenes", type=whole(1), default=SCENES, metavar="N", help=f"scenes ({SCENES})")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"of the scenes ({SEED})")
    parser.add_argument("--trial", action="store_true", help="print the rows and write none")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    run(main, "corners.py")
