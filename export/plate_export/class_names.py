"""The classes of a network, as the user names them or as the folders of its data do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from plate_runtime.errors import DataError, UsageError
from plate_runtime.labels import without_prefix


def parse_classes(tokens: Sequence[str]) -> str:
    """Return the alphabet that `--classes` names: `012…`, `0,1,2`, `0 1 2` or `class_0 class_1`.

    Raises:
        UsageError: a class is no digit or capital letter, of any script, or stands there twice.
    """
    names = [name.removeprefix("class_") for token in tokens for name in token.split(",") if name]
    alphabet = "".join(names)
    if not all(map(_is_class, alphabet)) or len(set(alphabet)) != len(alphabet) or len(alphabet) < 2:
        raise UsageError(
            f"--classes {' '.join(tokens)}: give each class once, in the order of the output, as digits and capitals; "
            "MODEL.h5 goes before --classes"
        )
    return alphabet


def _is_class(character: str) -> bool:
    return character.isalnum() and character == character.upper()


def classes_of_folders(data: Path) -> str:
    """Return the alphabet of a data folder: its class folders in sorted order, as Keras numbers them.

    Raises:
        DataError: the folder is missing, or its folders are not named `X` or `class_X`.
    """
    root = data / "train" if (data / "train").is_dir() else data
    try:
        names = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{root} cannot be read: {error.strerror or error}") from error
    classes = [without_prefix(name).upper() for name in names]
    named = all(len(one) == 1 and _is_class(one) for one in classes)
    if len(classes) < 2 or not named or len(set(classes)) < len(classes):
        raise DataError(
            f"{root}: its folders are not classes (X or class_X, X a digit or a letter); name them with --classes"
        )
    return "".join(classes)
