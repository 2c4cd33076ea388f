"""The synthetic plates of a reader, rendered again from the record in its file."""

from __future__ import annotations

from plate_runtime.preprocess import standardise

from ..loop.recorded import training_again, validation_again
from ..loop.shards import Render
from ..networks.weights_file import ModelMeta
from ..synthetic.plates.shard import shard
from .score import CropSet


def validation_plates(meta: ModelMeta, render: Render | None = None) -> tuple[CropSet, str]:
    """Render the recorded validation set again, and return it with its digest.

    Raises:
        DataError: nothing was recorded, or the generator renders something else now.
    """
    pictures, texts, digest = validation_again(meta, "plate", render or shard)
    return CropSet("drawn-plates/val", standardise(pictures), texts), digest


def training_plates(meta: ModelMeta, count: int, render: Render | None = None) -> CropSet:
    """Render `count` of the plates that the network was trained on last.

    Raises:
        DataError: nothing was recorded, or the fonts are missing.
    """
    pictures, texts = training_again(meta, "plate", count, render or shard)
    return CropSet("drawn-plates/train", standardise(pictures), texts)
