"""Does `plate-infer --explain` name the right cause? Synthetic frames with one trouble each, and real ones.

A frame counts if the plate is read without the trouble, and not read well with it: no returned plate has a product of
confidences of 0.8 or more. Scenes are those of the part "measure": fonts, layouts and textures that training never
draws. The limits were chosen with the part "train" and another seed (`--choose`). Fonts: plate-train fonts.

Examples:
    python benchmarks/explain.py                         # 60 frames of each kind -> results/explain.csv
    python benchmarks/explain.py --sheet trouble.png     # and a picture of those with another cause
    python benchmarks/explain.py --choose --trial        # the frames that limits were chosen with
    python benchmarks/explain.py --real /data/frames-romania --sheet real.png   # labelled frames that are not read well
    python benchmarks/explain.py --kind "cut off" --picture docs/use/explained.jpg   # for the documentation
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from measuring import command_line, whole, write_csv
from numpy.typing import NDArray
from PIL import Image
from troubled_scenes import KINDS, TroubledScene, TroubledScenes

from plate_devices.explain.as_picture import draw_explanation
from plate_devices.explain.explanation import Explanation, explain, part_of
from plate_devices.explain.why import READ_WELL
from plate_devices.scoring.contact_sheet import save_pages
from plate_devices.status_line import progress
from plate_runtime import PlateReader
from plate_runtime.command_line import run
from plate_runtime.pictures.open_picture import open_picture
from plate_runtime.results import Plate
from plate_runtime.search import joint_confidence
from plate_runtime.steps import Steps

SEED, CHOOSING_SEED = 920_003, 11
FRAMES = 60
_MOST_TRIES = 12
_SHOWN, _COLUMNS, _CELL = 24, 3, 620


class Shown(NamedTuple):
    """A frame, RGB uint8 (h, w, 3), its explanation, and what it should say."""

    rgb: NDArray[np.uint8]
    explanation: Explanation
    expected: str


def main(arguments: Sequence[str]) -> int:
    """Explain the frames, write the table or the sheet, and return the exit code."""
    parser = command_line(__doc__)
    parser.add_argument("--frames", type=whole(1), default=FRAMES, metavar="N", help=f"frames of each kind ({FRAMES})")
    parser.add_argument("--seed", type=whole(0), metavar="N", help=f"of the frames ({SEED}; {CHOOSING_SEED} to choose)")
    parser.add_argument("--choose", action="store_true", help="use the frames that limits were chosen with")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind; repeat it for several")
    parser.add_argument(
        "--real", type=Path, metavar="DIR", help="explain pictures of this folder in place of synthetic ones"
    )
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw frames with another cause, or real ones")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the first frame of --kind, explained")
    parser.add_argument("--trial", action="store_true", help="print the rows and write none")
    asked = parser.parse_args(arguments)
    with PlateReader(as_="frame") as reader:
        if asked.real is not None:
            shown = list(_real(reader, asked.real, asked.frames))
            print(Counter(_name(one.explanation) for one in shown))
        else:
            seed = asked.seed or (CHOOSING_SEED if asked.choose else SEED)
            scenes = TroubledScenes(seed, "train" if asked.choose else "measure")
            rows, shown = [], list[Shown]()
            if asked.picture is not None:
                _draw_first(reader, scenes, (asked.kind or KINDS)[0], asked.picture)
                return 0
            for kind in asked.kind or KINDS:
                row, wrong = _explain_kind(reader, scenes, kind, asked.frames)
                print(", ".join(f"{key} {value}" for key, value in row.items() if value != 0), flush=True)
                rows.append(row | {"seed": seed})
                shown += wrong
            if not asked.trial:
                write_csv("explain", rows)
    if asked.sheet is not None:
        print(", ".join(map(str, save_pages([_sheet(shown[:_SHOWN])], asked.sheet))))
    return 0


def _draw_first(reader: PlateReader, scenes: TroubledScenes, kind: str, path: Path) -> None:
    """Save the first frame of a kind that counts, as `plate-infer --explain` annotates it."""
    scene = next(_counting(reader, scenes, kind, 1))
    draw_explanation(scene.rgb, _explained(reader, scene)).save(path, quality=80)
    print(path)


def _explain_kind(
    reader: PlateReader, scenes: TroubledScenes, kind: str, wanted: int
) -> tuple[dict[str, object], list[Shown]]:
    """Return the row of a kind, and the frames with another cause."""
    named: Counter[str] = Counter()
    wrong = []
    for scene in progress(_counting(reader, scenes, kind, wanted), wanted, kind):
        explanation = _explained(reader, scene)
        named[_name(explanation)] += 1
        if _name(explanation) != kind:
            wrong.append(Shown(scene.rgb, explanation, f"{kind} {scene.text}"))
    count = sum(named.values())
    row: dict[str, object] = {"trouble": kind, "frames": count, "right": named[kind]}
    return row | {f"named {cause}": named[cause] for cause in KINDS}, wrong


def _counting(reader: PlateReader, scenes: TroubledScenes, kind: str, wanted: int) -> Iterator[TroubledScene]:
    """Yield the first `wanted` frames of a kind that count."""
    found = 0
    for index in range(_MOST_TRIES * wanted):
        scene = scenes.render(kind, index)
        if kind != "no plate" and not _is_read(reader.read(scene.clean, "frame"), scene.text):
            continue
        if kind != "none" and _is_read(reader.read(part_of(scene.rgb, scene.roi), "frame")):
            continue
        yield scene
        found += 1
        if found == wanted:
            return


def _is_read(plates: Sequence[Plate], text: str | None = None) -> bool:
    return any(joint_confidence(plate) >= READ_WELL and text in (None, plate.text) for plate in plates)


def _explained(reader: PlateReader, scene: TroubledScene) -> Explanation:
    steps = Steps()
    reader.read(part_of(scene.rgb, scene.roi), "frame", steps=steps)
    return explain(scene.rgb, scene.roi, steps, reader=reader)


def _real(reader: PlateReader, folder: Path, most: int) -> Iterator[Shown]:
    """Yield pictures of a folder that are not read well."""
    found = 0
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png") or found >= most:
            continue
        rgb, steps = open_picture(path).rgb, Steps()
        if not _is_read(reader.read(rgb, "frame", steps=steps)):
            found += 1
            yield Shown(rgb, explain(rgb, None, steps, reader=reader), path.name)


def _name(explanation: Explanation) -> str:
    return "none" if explanation.cause is None else explanation.cause.name


def _sheet(shown: Sequence[Shown]) -> Image.Image:
    """Draw explanations side by side."""
    pictures = [draw_explanation(one.rgb, one.explanation) for one in shown]
    pictures = [
        one.resize((_CELL, round(one.height * _CELL / one.width)), Image.Resampling.LANCZOS) for one in pictures
    ]
    rows = [pictures[first : first + _COLUMNS] for first in range(0, len(pictures), _COLUMNS)]
    heights = [max(one.height for one in row) + 8 for row in rows]
    sheet = Image.new("RGB", (_COLUMNS * (_CELL + 8), max(1, sum(heights))), (90, 90, 90))
    for number, row in enumerate(rows):
        for column, one in enumerate(row):
            sheet.paste(one, (column * (_CELL + 8), sum(heights[:number])))
    return sheet


if __name__ == "__main__":
    run(main, "explain.py")
