"""Who reads plates in the comparison: our files, each in every interpreter, and what people install today."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measuring import HERE, ROOT
from virtual_environments import RIVALS, UnavailableError, environment, site_packages

from plate_runtime.backends import FORMATS, installed
from plate_runtime.model import MODELS

READERS = HERE / "readers"
_SHIPPED = {"model": None, "backend": "litert"}
_COUNTRIES = {"plates-romania": "Romania", "plates-argentina": "Argentina", "plates-vn": "Vietnam"}


@dataclass(frozen=True)
class Candidate:
    """A reader in the comparison.

    Attributes:
        name: as the tables show it; script: its program in `readers/`; python: what runs that.
        options: given to it, by the name of a set, or None for one whose options are always the same.
        scored: its readings count; False for random weights, which are there for their time.
        path: further folders to import from.
    """

    name: str
    script: str
    python: Path = Path(sys.executable)
    options: Callable[[str], Mapping[str, Any]] = field(default=lambda _set: {})
    scored: bool = True
    path: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A reader that is not in the comparison, why, and the command that brings it in where the network allows."""

    reader: str
    reason: str
    command: str


NOT_HERE = (
    Missing(
        "fast-plate-ocr cct-xs, its readings",
        "its weights are no part of its package; it downloads them from its releases at the first run",
        "pip install 'fast-plate-ocr[onnx]' && python -c \"from fast_plate_ocr import LicensePlateRecognizer as R; "
        "print(R('cct-xs-v1-global-model').run('crop.jpg'))\"",
    ),
    Missing(
        "OpenALPR 2.3",
        "Debian 12 and PyPI have no package of its program (the last Debian with one is 11)",
        "apt-get install openalpr && alpr --country eu --topn 1 crop.jpg",
    ),
    Missing(
        "PaddleOCR 3",
        "it downloads its weights from a model hub at the first run; RapidOCR carries the same PP-OCR networks",
        "pip install paddleocr paddlepaddle && paddleocr text_recognition -i crop.jpg",
    ),
)


def find_candidates(models: Path = MODELS) -> tuple[list[Candidate], list[Missing]]:
    """Return who can be measured here, installing what has to be, and who cannot."""
    found, missing = _ours(models), list(NOT_HERE)
    for look in (_tflite_runtime, _rapid_ocr, _simple_lpr, _tesseract, _fast_plate_ocr):
        try:
            found += look(models)
        except UnavailableError as error:
            name = look.__name__.strip("_").replace("_", "-")
            missing.append(Missing(name, str(error), "make benchmarks"))
    return found, missing


def _ours(models: Path) -> list[Candidate]:
    """What reads without `--model`, the whole-plate files in `models`, and cutting with the character model."""
    found = [Candidate("both readers, as shipped, in litert", "plate_edge.py", options=lambda _set: _SHIPPED)]
    for path in sorted(models.glob("plate-reader-*.*")):
        for backend, version in installed().items():
            if version is not None and path.suffix == f".{FORMATS[backend]}":
                found.append(_own(path, backend))
    cutters = sorted(MODELS.glob("plate-character-*-int8.tflite"))
    return found + [_own(path, "litert", "cutting, ") for path in cutters]


def _own(model: Path, backend: str, prefix: str = "", **more: Any) -> Candidate:
    options = {"model": str(model), "backend": backend}
    return Candidate(f"{prefix}{model.name} in {backend}", "plate_edge.py", options=lambda _set: options, **more)


def _tflite_runtime(models: Path) -> list[Candidate]:
    paths = sorted(models.glob("plate-reader-*.tflite"))
    if not paths or installed()["tflite"] is not None:
        return []
    if sys.version_info[:2] != (3, 11):
        raise UnavailableError("tflite-runtime has no wheels for this Python; use 3.11")
    python = environment("tflite-runtime", ["tflite-runtime==2.14.*", "numpy<2", "pillow"])
    return [_own(path, "tflite", python=python, path=(ROOT / "runtime",)) for path in paths]


def _rapid_ocr(_models: Path) -> list[Candidate]:
    python = environment("rapidocr", ["rapidocr==3.10.*", "onnxruntime"])
    return [Candidate("RapidOCR, recogniser alone", "rapid_ocr.py", python)]


def _simple_lpr(_models: Path) -> list[Candidate]:
    python = environment("simplelpr", ["simplelpr==3.6.*", "numpy", "pillow"])
    return [
        Candidate(
            "SimpleLPR, with the country if it knows it",
            "simple_lpr.py",
            python,
            lambda name: {"country": _COUNTRIES.get(name)},
        )
    ]


def _tesseract(_models: Path) -> list[Candidate]:
    if shutil.which("tesseract") is None:
        raise UnavailableError("it is not installed; apt-get install tesseract-ocr")
    return [Candidate("Tesseract, one line", "tesseract.py")]


def _fast_plate_ocr(_models: Path) -> list[Candidate]:
    python = environment("fast-plate-ocr", ["fast-plate-ocr[onnx]==1.1.*", "pydantic"])
    folder = RIVALS / "fast-plate-ocr" / "cct-xs"
    if not folder.is_dir():
        command = [sys.executable, str(READERS / "fast_plate.py"), "build", str(folder), str(site_packages(python))]
        quiet = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
        if ended.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise UnavailableError(f"its network cannot be built: {(ended.stderr.splitlines() or ['no reason'])[-1]}")
    options = {"folder": str(folder)}
    name = "fast-plate-ocr cct-xs, random weights"
    return [Candidate(name, "fast_plate.py", python, lambda _set: options, scored=False)]
