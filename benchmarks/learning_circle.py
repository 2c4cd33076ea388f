"""What a reader learns from 50 corrected plates in a lettering that it misreads, and what it forgets.

Plates in the font of `other_lettering` are kept as corrections, as the page keeps them. Then `plate-train plate --data
corrections --from plate-reader` and `plate-export --data corrections --int8` run with their defaults. The shipped int8
file and the new one read other plates in this lettering, the packaged check set, and the real sets of ../shared/data.

examples:
  python benchmarks/learning_circle.py                  -> results/learning-circle.csv; 10 minutes on two cores
  python benchmarks/learning_circle.py --trial --folder circle
                                                        print the rows and write none; keep the run
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from measuring import SHARED, write_csv
from numpy.typing import NDArray
from other_lettering import plates, write_set

from plate_devices.corrections.correction_folder import CorrectionFolder
from plate_devices.unique_ids import uuid7
from plate_export.check_sets.packaged import load_packaged
from plate_export.source import SHIPPED, open_source
from plate_runtime import PlateReader
from plate_runtime.alphabet import fold
from plate_runtime.command_line import run
from plate_runtime.errors import DataError
from plate_runtime.labels import read_labels
from plate_runtime.pictures.open_picture import open_picture

CORRECTED, HELD, SEED = 50, 400, 501
GAIN, LOSS = 20.0, 0.5
"""Percentage points that have to be gained on the lettering, and that may be lost elsewhere."""

_REAL = ("plates-us", "plates-romania", "plates-argentina")


class Set(NamedTuple):
    """Labelled crops: paths or gray pictures, and their texts."""

    name: str
    pictures: Sequence[Path | NDArray[np.uint8]]
    texts: Sequence[str]


def main(arguments: Sequence[str]) -> int:
    """Run the circle; return 0, or 3 if too little was gained or too much was lost."""
    parser = argparse.ArgumentParser(
        prog="learning_circle.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trial", action="store_true", help="print the rows and write none")
    parser.add_argument("--folder", type=Path, help="keep corrections, run and model here (default: a temporary one)")
    parser.add_argument("--corrected", type=int, default=CORRECTED, help="plates that are corrected (default: 50)")
    parser.add_argument("--held", type=int, default=HELD, help="other plates in the lettering (default: 400)")
    asked = parser.parse_args(arguments)
    missing = [name for name in _REAL if not (SHARED / name).is_dir()]
    if missing and not asked.trial:
        raise DataError(f"{SHARED} lacks {', '.join(missing)}; add them, or try with --trial what is there")
    with tempfile.TemporaryDirectory(prefix="learning-circle-") as scratch:
        folder = asked.folder or Path(scratch)
        corrections, held = folder / "corrections", folder / "held"
        correct(corrections, SEED, asked.corrected)
        labels = write_set(held, SEED + 1, asked.held)
        model = learn(folder, corrections)
        sets = [_labelled("other lettering, held back", labels), packaged(), *_real_sets()]
        rows = [row(one, model) for one in sets]
    elsewhere = rows[1:]
    total = {key: sum(int(str(one[key])) for one in elsewhere) for key in ("count", "before", "after")}
    rows.append({"set": "all but the lettering", **_figures(**total)})
    for found in rows:
        print(found)
    if not asked.trial:
        write_csv("learning-circle", rows)
    good = float(str(rows[0]["points"])) >= GAIN and float(str(rows[-1]["points"])) >= -LOSS
    return 0 if good else 3


def correct(folder: Path, seed: int, count: int) -> None:
    """Keep plates in the lettering as corrections, as the page does."""
    corrections = CorrectionFolder(folder)
    for content, text in plates(seed, count):
        corrections.save(uuid7(), text, content, time.time())


def learn(folder: Path, corrections: Path) -> Path:
    """Train and export with the defaults; return the int8 file."""
    trained, out = folder / "mine", folder / "exported"
    own = ("--data", corrections, "--from", "plate-reader")
    _command("plate_train", "plate", *own, "--drawings", folder / "drawings", "--out", trained)
    _command("plate_export", trained / "model.h5", "--data", corrections, "--int8", "--out", out)
    return next(out.glob("*-int8.tflite"))


def row(found: Set, model: Path) -> dict[str, object]:
    """Return how many plates of a set the shipped reader and a new one read, O=0 and I=1 as one."""
    before, after = (_right(found, one) for one in ("plate-reader", str(model)))
    return {"set": found.name, **_figures(len(found.texts), before, after)}


def packaged() -> Set:
    """Return the packaged check set."""
    meta = open_source(next(SHIPPED.glob("plate-reader-[0-9]*.h5"))).meta
    check = load_packaged(meta)
    return Set(check.name, check.val.originals, check.val.texts)


def _figures(count: int, before: int, after: int) -> dict[str, object]:
    points = round(100 * (after - before) / count, 2)
    return {"count": count, "before": before, "after": after, "points": points}


def _right(found: Set, model: str) -> int:
    right = 0
    with PlateReader(reader=model) as reader:
        for picture, text in zip(found.pictures, found.texts, strict=True):
            opened = open_picture(picture) if isinstance(picture, Path) else picture
            read = reader.read(opened, "plate", min_confidence=0.0)
            right += bool(read) and fold(read[0].text) == fold(text)
    return right


def _labelled(name: str, labels: Path) -> Set:
    listed = [one for one in read_labels(labels) if one.text]
    return Set(name, [one.path for one in listed], [one.text for one in listed])


def _real_sets() -> list[Set]:
    """Return the real development sets that are there."""
    return [_labelled(name, SHARED / name / "labels.csv") for name in _REAL if (SHARED / name).is_dir()]


def _command(package: str, *arguments: object) -> None:
    subprocess.run([sys.executable, "-m", f"{package}.command", *map(str, arguments)], check=True)


if __name__ == "__main__":
    run(main, "learning_circle.py")
