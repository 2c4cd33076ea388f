"""Picture files are opened in one place, which knows formats and limits; no other line in the packages may."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGES = ("runtime/plate_runtime", "train/plate_train", "export/plate_export", "devices/plate_devices")
THE_PLACE = "runtime/plate_runtime/pictures/decoder.py"

OPENERS = {
    "imread", "imreadmulti", "imreadanimation", "imdecode", "imdecodemulti", "decode_image", "decode_jpeg",
    "decode_png", "load_img", "image_dataset_from_directory", "OPEN", "Parser",
}  # fmt: skip
OWN_MODULES = {"imageio", "skimage", "matplotlib.image", "PIL.ImageFile", "PIL.ImageShow", "PIL.ImageGrab"}


def openers(code: str) -> list[str]:
    """What opens pictures in `code`: attributes and names by line, whatever Image is called."""
    tree = ast.parse(code)
    found = []
    images = {"Image"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "PIL":
            images |= {name.asname or name.name for name in node.names if name.name == "Image"}
        if isinstance(node, ast.ImportFrom) and node.module == "PIL.Image":
            found += [f"{node.lineno}: {name.name}" for name in node.names if name.name in ("open", "OPEN")]
        if isinstance(node, ast.Import):
            found += [f"{node.lineno}: {name.name}" for name in node.names if name.name in OWN_MODULES]
            images |= {name.asname or name.name for name in node.names if name.name.startswith("PIL.Image")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if node.attr in OPENERS or (
                node.attr in ("open", "init", "preinit") and (owner in images or owner.endswith(".Image"))
            ):
                found.append(f"{node.lineno}: {owner}.{node.attr}")
    return found


def test_every_picture_file_is_opened_in_one_place(repository: Path) -> None:
    found = {}
    for package in PACKAGES:
        for file in sorted((repository / package).rglob("*.py")):
            if lines := openers(file.read_text()):
                found[str(file.relative_to(repository))] = lines
    assert set(found) == {THE_PLACE}, found
    assert [line.partition(": ")[2] for line in found[THE_PLACE]] == ["Image.OPEN"]


@pytest.mark.parametrize(
    "code",
    [
        "from PIL import Image\nImage.open('x')",
        "from PIL import Image as pillow\npillow.open('x')",
        "import PIL.Image\nPIL.Image.open('x')",
        "from PIL.Image import open as look",
        "import cv2\ncv2.imdecode(b'', 0)",
        "import tensorflow as tf\ntf.io.decode_jpeg(b'')",
    ],
)
def test_the_search_finds_what_it_should(code: str) -> None:
    assert openers(code)
