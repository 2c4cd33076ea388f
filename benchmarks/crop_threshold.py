"""From which confidence on is a crop reported? Plates read right against those misread, as `--as plate` reads them.

Both halves of the development sets (`halves.chooses`), and synthetic plates of fonts and layouts that training never
uses. Real labels that are wrong count as misread.

    python benchmarks/crop_threshold.py         -> results/crop-threshold.csv
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crops import SETS, Picture, draw, load_real
from measuring import command_line, write_csv

from plate_devices.status_line import progress
from plate_runtime import PlateReader
from plate_runtime.alphabet import fold

SEED, COUNT = 930_004, 1024
THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read all crops once, and write what each threshold reports."""
    command_line(__doc__).parse_args(arguments)
    sets = {**{name: load_real(name) for name in SETS}, f"synthetic, seed {SEED}": draw("to report", SEED, COUNT)}
    rows: list[dict[str, object]] = []
    with PlateReader(as_="plate") as reader:
        for name, pictures in progress(sets.items(), len(sets), "sets"):
            for half in (True, False):
                found = [_read(reader, one) for one in pictures if one.choosing == half]
                if found:
                    rows += _rows({"set": name, "half": "chosen on" if half else "reported"}, found)
    write_csv("crop-threshold", rows)


def _read(reader: PlateReader, picture: Picture) -> tuple[float, bool]:
    """Return the confidence of a crop, and whether its text is right with O=0 and I=1 as one."""
    found = reader.read(picture.gray, "plate", min_confidence=0.0)
    return (found[0].confidence, fold(found[0].text) == fold(picture.text)) if found else (0.0, False)


def _rows(common: dict[str, object], found: Sequence[tuple[float, bool]]) -> Iterator[dict[str, object]]:
    for threshold in THRESHOLDS:
        reported = [right for confidence, right in found if confidence >= threshold]
        right = sum(reported)
        yield {**common, "count": len(found), "threshold": threshold, "right": right, "wrong": len(reported) - right}


if __name__ == "__main__":
    main()
