"""Outputs of a network, by kind of model: probabilities of a character, logits of a plate or a frame."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plate_runtime.decode.softmax import softmax
from plate_runtime.errors import ModelError
from plate_runtime.recognise import read_outputs
from plate_train.networks.weights_file import ModelMeta

PROBABILITIES, LOGITS = "probabilities", "logits"
NOTHING = "nothing"
"""In place of a character that a reading lacks, or that the label does not have."""

_SUM_TOLERANCE = 1e-3


def output_name(rank: int) -> str:
    """Return the name of an output tensor with so many axes: (n, classes), else (n, steps or cells, ...)."""
    return PROBABILITIES if rank == 2 else LOGITS


def read_texts(outputs: NDArray[np.float32], meta: ModelMeta) -> list[str]:
    """Read outputs, float32 (n, *output_shape), as the product does."""
    return [reading.text for reading in read_outputs(outputs, meta)]


def probabilities(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return outputs as probabilities of the same shape; those of a character are probabilities already."""
    return outputs if outputs.ndim == 2 else softmax(outputs.astype(np.float64)).astype(np.float32)


def require_sound(outputs: NDArray[np.float32], meta: ModelMeta, path: Path) -> None:
    """Raise ModelError unless outputs are finite, and those of a character probabilities."""
    if meta.kind != "character":
        if not np.isfinite(outputs).all():
            raise ModelError(f"{path} gives outputs that are not finite; train it again")
        return
    fits = np.isfinite(outputs).all() and (outputs >= -_SUM_TOLERANCE).all()
    if not fits or (np.abs(outputs.sum(axis=1) - 1) > _SUM_TOLERANCE).any():
        raise ModelError(f"the outputs of {path} are not probabilities; its last layer has to be a softmax")


def character_pairs(texts: Sequence[str], labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return (character of the label, character read) for all characters of aligned texts; `NOTHING` for a gap."""
    return [pair for text, label in zip(texts, labels, strict=True) for pair in _aligned(text, label)]


def _aligned(text: str, label: str) -> list[tuple[str, str]]:
    if len(text) == len(label):
        return list(zip(label, text, strict=True))
    pairs: list[tuple[str, str]] = []
    for _, start, end, first, last in SequenceMatcher(None, label, text, autojunk=False).get_opcodes():
        length = max(end - start, last - first)
        there = [*label[start:end], *[NOTHING] * (length - (end - start))]
        read = [*text[first:last], *[NOTHING] * (length - (last - first))]
        pairs += zip(there, read, strict=True)
    return pairs
