"""Synthetic plates in one lettering that no training uses: the font Wallpoet, a stencil."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from plate_train.synthetic.fonts import FontFile, cache_folder, installed_fonts
from plate_train.synthetic.glyphs.alphabets import FontAlphabet, font_alphabet
from plate_train.synthetic.npm_registry import fetch_package, registry
from plate_train.synthetic.plates.renderer import PlateRenderer

FAMILY, PACKAGE, VERSION = "Wallpoet", "@fontsource/wallpoet", "5.2.7"
_INTEGRITY = "sha512-h4av5ud1FJJMJAvbEntUVDGOOiXnvdFxe3PNfdSfmVE53s0j7kM3K+gh3e5E2q6muccgR39yHTFY0Rqw4ZiimQ=="
_FILE = "wallpoet-latin-400-normal.woff2"


def lettering() -> FontAlphabet:
    """Return the alphabet; its font is fetched once from the npm registry. Raises DeviceError or DataError."""
    path = cache_folder() / "other-lettering" / f"{VERSION}-{_FILE}"
    if not path.is_file():
        content = fetch_package(registry(), PACKAGE, VERSION, _INTEGRITY)[f"files/{_FILE}"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return font_alphabet(FontFile(path, FAMILY, 400, "OFL-1.1", f"{PACKAGE}@{VERSION}", "square"))


def plates(seed: int, count: int) -> Iterator[tuple[bytes, str]]:
    """Yield JPEG files of plates in this lettering, with layouts that training never uses, and their texts."""
    renderer = PlateRenderer(installed_fonts(), seed, "measure", alphabet=lettering())
    for number in range(count):
        picture, text = renderer.render(number)
        with io.BytesIO() as stream:
            Image.fromarray(picture).save(stream, "JPEG", quality=95)
            yield stream.getvalue(), text


def write_set(folder: Path, seed: int, count: int) -> Path:
    """Write plates into a folder with a `labels.csv`, and return this file."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["image,text"]
    for number, (content, text) in enumerate(plates(seed, count)):
        (folder / f"{number:04}.jpg").write_bytes(content)
        rows.append(f"{number:04}.jpg,{text}")
    labels = folder / "labels.csv"
    labels.write_text("\n".join(rows) + "\n", encoding="ascii")
    return labels
