"""Command lines of `plate-train character` that train tiny networks, and what two trained networks have in common."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import numpy as np

Start = Callable[..., subprocess.CompletedProcess[str]]
START = "from plate_train.command import main; main()"
PROGRESS = r": \d+ of \d+ "
TINY = ["--first-filters", "4", "--second-filters", "4", "--first-dense", "16", "--second-dense", "16"]


def train(folder: Path, out: Path, more: Sequence[str] = ()) -> list[str]:
    return ["character", "--data", str(folder), "--epochs", "2", "--out", str(out), *TINY, *more]


def weights_digest(path: Path) -> str:
    content = hashlib.sha256()
    with h5py.File(path) as file:
        found: list[str] = []
        file["model_weights"].visit(found.append)
        for name in sorted(found):
            if isinstance(file["model_weights"][name], h5py.Dataset):
                content.update(name.encode() + np.asarray(file["model_weights"][name]).tobytes())
    return content.hexdigest()
