"""How often does the reader report a plate where there is none? Drawn scenes without any, as a frame."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measuring import write_csv
from numpy.typing import NDArray
from PIL import Image

from plate_devices.scoring.contact_sheet import Tile, draw_tiles, save_pages
from plate_devices.status_line import progress
from plate_runtime import PlateReader
from plate_runtime.command_line import run
from plate_runtime.results import Corners
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.scenes.renderer import SceneRenderer

SEED = 910_001
"""Neither training nor its validation draws with it, or with the numbers after it."""
SCENES = 500
SHOWN = 60
EXAMPLES = """
Scenes are those of the part "measure": fonts, layouts and textures that training never draws. Kept are those in which
nothing is marked, neither a plate that counts nor one to be ignored: about one in five. Fonts: plate-train fonts.

examples:
  python benchmarks/false_plates.py                          the networks that ship -> results/false-plates.csv
  python benchmarks/false_plates.py --sheet false.png        and a picture of what was reported, or nearly
  python benchmarks/false_plates.py --seed 910002 --trial    another 500 scenes
  python benchmarks/false_plates.py --model mine.tflite --scenes 50 --trial
"""


@dataclass(frozen=True)
class Alarm:
    """A detection in scene number `scene`, gray uint8 (h, w), with what was read there.

    Attributes:
        product: of the confidences of detection and reading; 0 where nothing was read.
        reported: it would be reported as a plate.
    """

    scene: int
    picture: NDArray[np.uint8]
    corners: Corners
    detected: float
    text: str
    product: float
    reported: bool


def main(arguments: Sequence[str]) -> int:
    """Count, write the table and maybe the sheet, and return the exit code."""
    asked = _parse(arguments)
    with PlateReader(as_="frame", detector=asked.model) as reader:
        row, alarms = count_alarms(reader, asked.scenes, asked.seed)
    if asked.trial:
        print(row)
    else:
        write_csv("false-plates", [row])
    for alarm in alarms:
        if alarm.reported:
            print(f"scene {alarm.scene}: {alarm.text}, {alarm.detected:.2f} found, {alarm.product:.2f} in all")
    if asked.sheet is not None:
        files = save_pages(draw_sheets(alarms), asked.sheet)
        print(f"{min(len(alarms), SHOWN)} of {len(alarms)} detections: {', '.join(map(str, files))}")
    return 0


def count_alarms(reader: PlateReader, wanted: int, seed: int) -> tuple[dict[str, object], list[Alarm]]:
    """Return the row of the table, and every detection, the most confident first."""
    alarms: list[Alarm] = []
    rendered = 0
    scenes = _plate_free(SceneRenderer(installed_fonts(), seed, "measure"), wanted)
    for index, picture in progress(scenes, wanted, "scenes without plates"):
        rendered = index + 1
        alarms += _alarms(reader, index, picture)
    alarms.sort(key=lambda alarm: (alarm.product, alarm.detected), reverse=True)
    detector = reader.detector().manifest
    row: dict[str, object] = {
        "detector": detector.label, "reader": reader.model.manifest.label, "seed": seed,
        "scenes": wanted, "rendered": rendered,
        "min_detection": detector.thresholds.get("min_detection", ""), "detections": len(alarms),
        "scenes_with_a_detection": len({alarm.scene for alarm in alarms}),
        "min_confidence": reader.least_confidence("frame"),
        "scenes_with_a_reported_plate": len({alarm.scene for alarm in alarms if alarm.reported}),
        "most_confident_product": round(max((alarm.product for alarm in alarms), default=0.0), 3),
    }  # fmt: skip
    return row, alarms


def draw_sheets(alarms: Sequence[Alarm]) -> list[Image.Image]:
    """Draw the most confident detections, reported ones first, each outlined, with some of the picture around it."""
    shown = sorted(alarms, key=lambda alarm: not alarm.reported)[:SHOWN]
    return draw_tiles(
        [
            Tile(
                alarm.picture,
                f"{'reported' if alarm.reported else 'dropped'}, scene {alarm.scene}",
                f"{alarm.text or '-'} {alarm.detected:.2f} found {alarm.product:.3f} in all",
                alarm.corners,
            )
            for alarm in shown
        ]
    )


def _plate_free(renderer: SceneRenderer, wanted: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield number and picture of the first `wanted` scenes in which nothing is marked."""
    index = found = 0
    while found < wanted:
        scene = renderer.render(index)
        if not scene.plates and not scene.ignored:
            yield index, scene.picture
            found += 1
        index += 1


def _alarms(reader: PlateReader, index: int, picture: NDArray[np.uint8]) -> list[Alarm]:
    threshold = reader.least_confidence("frame")
    alarms = []
    for detection, plate in reader.search(picture):
        product = plate.detection_confidence * plate.confidence if plate else 0.0
        text = plate.text if plate else ""
        reported = plate is not None and product >= threshold
        alarms.append(Alarm(index, picture, detection.corners, detection.confidence, text, product, reported))
    return alarms


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="false_plates.py", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--model", type=Path, metavar="DETECTOR", help="a detector's file (default: the one that ships)"
    )
    parser.add_argument("--scenes", type=int, default=SCENES, metavar="N", help=f"scenes to read ({SCENES})")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"of the scenes ({SEED})")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help=f"draw the {SHOWN} most confident detections")
    parser.add_argument("--trial", action="store_true", help="print the row and write none")
    asked = parser.parse_args(arguments)
    if asked.scenes < 1:
        parser.error(f"--scenes {asked.scenes}: at least one has to be read")
    return asked


if __name__ == "__main__":
    run(main, "false_plates.py")
