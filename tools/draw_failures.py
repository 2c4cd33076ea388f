"""Draws the failures and the reliability of the default reader on synthetic plates, for the documentation.

    python tools/draw_failures.py      -> docs/use/failures.jpg, docs/use/reliability.png

The plates have fonts and layouts that training never uses (plate-train fonts). `plate-eval` draws both pictures.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from PIL import Image

from plate_devices.cli.evaluate import command
from plate_train.synthetic.fonts import installed_fonts
from plate_train.synthetic.plates.renderer import PlateRenderer

DOCS = Path(__file__).parents[1] / "docs" / "use"
SEED, PLATES = 4711, 1500
_HIGHEST = 468
"""Pixels of the sheet that are kept: three rows of failures."""


def write_plates(folder: Path) -> None:
    """Write synthetic plates and their labels.csv."""
    renderer = PlateRenderer(installed_fonts(), SEED, "measure")
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(("image", "text"))
        for index in range(PLATES):
            picture, text = renderer.render(index)
            Image.fromarray(picture).save(folder / f"{index}.png")
            table.writerow((f"{index}.png", text))


def main() -> None:
    """Render the plates, score them, and keep the pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "synthetic"
        folder.mkdir()
        write_plates(folder)
        sheet = folder / "sheet.png"
        drawn = ["--sheet", str(sheet), "--reliability", str(DOCS / "reliability.png")]
        command(["--data", str(folder), "--as", "plate", *drawn])
        page = sheet if sheet.is_file() else sheet.with_name("sheet-1.png")
        with Image.open(page) as picture:
            kept = picture.convert("RGB").crop((0, 0, picture.width, min(_HIGHEST, picture.height)))
            kept.save(DOCS / "failures.jpg", quality=72, optimize=True)


if __name__ == "__main__":
    main()
