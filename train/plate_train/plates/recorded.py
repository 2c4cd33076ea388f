"""The drawings of a model, drawn again by what its file recorded of them."""

from __future__ import annotations

from plate_runtime.preprocess import standardise

from ..loop.recorded import training_again, validation_again
from ..loop.shards import Draw
from ..networks.weights_file import ModelMeta
from .score import CropSet


def validation_drawings(meta: ModelMeta, draw: Draw | None = None) -> tuple[CropSet, str]:
    """Draw the recorded validation set again, and return it with its digest.

    Args:
        draw: the generator; the project's own if None.

    Raises:
        DataError: nothing was recorded, or the generator draws something else by now.
    """
    pictures, texts, digest = validation_again(meta, "plate", draw or _own_generator())
    return CropSet("drawn-plates/val", standardise(pictures), texts), digest


def training_drawings(meta: ModelMeta, count: int, draw: Draw | None = None) -> CropSet:
    """Draw `count` of the plates that the network was trained on last.

    Raises:
        DataError: nothing was recorded, or the fonts are missing.
    """
    pictures, texts = training_again(meta, "plate", count, draw or _own_generator())
    return CropSet("drawn-plates/train", standardise(pictures), texts)


def _own_generator() -> Draw:
    from ..synthetic.plates.shard import shard

    return shard
