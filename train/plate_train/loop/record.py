"""The model file of a run and its training record, written at every checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..networks import weights_file
from ..networks.multiply_adds import multiply_adds
from ..networks.tensorflow_setup import versions
from ..networks.weights_file import ModelMeta
from .checkpoint import State
from .run_files import MODEL_FILE
from .shards import VALIDATION_SEED, VALIDATION_SPLIT, Shard, shard_digest

_PATHS = ("data", "start", "watch", "drawings")
"""Settings that are local paths; they are not recorded."""


@dataclass(frozen=True)
class Recorder:
    """Writes the model of a run.

    Attributes:
        meta: metadata apart from the training. settings: of the run, by name.
        seed: of the training shards. validation: the validation set.
        fonts: licences of the fonts, by package.
        more: further entries of the record, such as the user's crops or the network at the start.
    """

    meta: ModelMeta
    settings: Mapping[str, Any]
    seed: int
    validation: Shard
    fonts: Mapping[str, str]
    more: Mapping[str, Any]

    def keep(
        self,
        model: Any,
        state: State,
        folder: Path,
        temperature: float = 1.0,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        """Write the network as `.h5` with its metadata."""
        meta = replace(
            self.meta, training=self.training(state, model), temperature=temperature, thresholds=thresholds or {}
        )
        weights_file.save(model, folder / MODEL_FILE, meta)

    def training(self, state: State, model: Any) -> dict[str, Any]:
        """Return the training record as JSON values."""
        validated = {"seed": VALIDATION_SEED, "number": 0, "count": len(self.validation), "part": VALIDATION_SPLIT}
        return {
            "kind": "drawn",
            "drawing_seed": self.seed,
            "generators": [{"digest": digest, "first_shard": first} for digest, first in state.generators],
            "sets": {"val": validated | {"digest": shard_digest(self.validation.pictures, self.validation.texts)}},
            "fonts": dict(self.fonts),
            "font_licences": sorted(set(self.fonts.values())),
            "settings": {name: value for name, value in self.settings.items() if name not in _PATHS},
            "step": state.step,
            "steps": state.total,
            "hours": round(state.seconds / 3600, 3),
            "pieces": state.pieces,
            "processors": os.cpu_count(),
            "parameters": model.count_params(),
            "multiply_adds": multiply_adds(model),
            "last": state.history[-1] if state.history else None,
            "versions": versions(),
            **self.more,
        }
