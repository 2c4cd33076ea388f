"""What the file of a network trained on drawings says of itself, written at every checkpoint."""

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
from .shards import VALIDATION_PART, VALIDATION_SEED, Shard, shard_digest

_PLACES = ("data", "start", "watch", "drawings")
"""Settings that are paths of the machine it was trained on: nobody else's business."""


@dataclass(frozen=True)
class Recorder:
    """Writes the model of a run.

    Attributes:
        meta: what the file says apart from the training. settings: of the run, by name.
        drawing_seed: of what is trained on. drawn: what is validated on.
        fonts: licences by package, of what is drawn with.
        more: further entries of the record, such as the user's own crops or the network before.
    """

    meta: ModelMeta
    settings: Mapping[str, Any]
    drawing_seed: int
    drawn: Shard
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
        """Write the network as `.h5` with everything it has to say of itself."""
        meta = replace(
            self.meta, training=self.training(state, model), temperature=temperature, thresholds=thresholds or {}
        )
        weights_file.save(model, folder / MODEL_FILE, meta)

    def training(self, state: State, model: Any) -> dict[str, Any]:
        """Return what the network was trained on and how long, as JSON values."""
        validated = {"seed": VALIDATION_SEED, "number": 0, "count": len(self.drawn), "part": VALIDATION_PART}
        return {
            "kind": "drawn",
            "drawing_seed": self.drawing_seed,
            "generators": [{"digest": digest, "first_shard": first} for digest, first in state.generators],
            "sets": {"val": validated | {"digest": shard_digest(self.drawn.pictures, self.drawn.texts)}},
            "fonts": dict(self.fonts),
            "font_licences": sorted(set(self.fonts.values())),
            "settings": {name: value for name, value in self.settings.items() if name not in _PLACES},
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
