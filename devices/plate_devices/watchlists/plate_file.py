"""A file of known plates: one a line, as people write them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from plate_runtime.alphabet import ALPHABET, fold, normalise
from plate_runtime.errors import DataError

LONGEST = 16

# Cyrillic and Greek letters that stand on plates because they look Latin; the reader reads them as Latin ones.
_LOOK_ALIKE = str.maketrans("АВЕІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEIJKMHOPCTYXABEZHIKMNOPTYX")
_SPOKEN_FOR = str.maketrans({"ß": "S", "Ø": "O", "Đ": "D", "Ł": "L"})


def read_plates(path: Path) -> dict[str, str]:
    """Return the plates of a file, with O as 0 and I as 1, each with its text in A-Z0-9.

    A line holds a plate and, after a comma, semicolon or tab, whatever else; `#` starts a comment. Case, blanks and
    hyphens do not count.

    Raises:
        DataError: the file cannot be read, or a line is no plate.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"watch list {path} is no UTF-8 text") from error
    except OSError as error:
        raise DataError(f"watch list {path} cannot be read: {error.strerror or error}") from error
    plates: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        written = re.split(r"[,;\t#]", line, maxsplit=1)[0].strip()
        if written:
            text = _plate(written, f"watch list {path}, line {number}")
            plates[fold(text)] = text
    return plates


def _plate(written: str, where: str) -> str:
    plain = unicodedata.normalize("NFKD", written.upper().translate(_SPOKEN_FOR)).translate(_LOOK_ALIKE)
    text = normalise(plain)
    foreign = [sign for sign in plain if sign.isalnum() and sign not in ALPHABET]
    if foreign:
        raise DataError(f"{where}: {foreign[0]!r} is no sign that is read; write A-Z and 0-9 as they look on the plate")
    if not text:
        raise DataError(f"{where}: {written!r} is no plate; lines that start with # are left out")
    if len(text) > LONGEST:
        raise DataError(f"{where}: {written!r} is longer than any plate ({LONGEST} signs); one plate a line")
    return text
