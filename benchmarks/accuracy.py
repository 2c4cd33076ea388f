"""What does the shipped character model read right, in every interpreter, on the real pictures beside the checkout?

python benchmarks/accuracy.py      -> results/accuracy-characters.csv
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from measuring import SHARED, command_line, write_csv
from numpy.typing import NDArray

from plate_runtime.backends import FORMATS, installed
from plate_runtime.evaluate import score_texts
from plate_runtime.labels import LabelledPicture, read_class_folders
from plate_runtime.model import MODELS, open_model
from plate_runtime.pictures.open_picture import open_picture

NAME = "plate-character-1.0.0"
CHARACTERS = ("characters-india/val", "characters-gb", "characters-br")


def main(arguments: Sequence[str] | None = None) -> None:
    """Score every shipped file in every interpreter installed."""
    command_line(__doc__).parse_args(arguments)
    if not SHARED.is_dir():
        raise SystemExit(f"no real pictures at {SHARED}; name their folder with PLATE_EDGE_SHARED_DATA")
    rows = []
    for name in CHARACTERS:
        found = read_class_folders(SHARED / name)
        pictures = [open_picture(entry.path).gray() for entry in found]
        rows += _score_characters(name, found, pictures)
    write_csv("accuracy-characters", rows)


def _score_characters(
    name: str, found: list[LabelledPicture], pictures: Sequence[NDArray[np.uint8]]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for backend, version in installed().items():
        for precision in ("float32", "int8"):
            if version is None:
                continue
            with open_model(MODELS / f"{NAME}-{precision}.{FORMATS[backend]}", backend=backend) as model:
                alphabet = model.manifest.alphabet
                readings = [alphabet[i] for i in model.predict_pictures(pictures).argmax(axis=1)]
            score = score_texts(readings, [entry.text for entry in found])
            rows.append(
                {
                    "set": name, "interpreter": f"{backend} {version}", "precision": precision,
                    "count": score.count, "right": score.exact, "folded": score.folded,
                    "folded_percent": round(100 * score.folded_rate, 2),
                }
            )  # fmt: skip
    return rows


if __name__ == "__main__":
    main()
