"""What a locator's file says of itself, written at every checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import weights_file
from ..draw.scenes.spec import SCENE_SPEC
from ..plates.architectures import multiply_adds
from ..plates.checkpoint import State
from ..plates.record import MODEL_FILE
from ..plates.recorded import drawings_digest
from ..plates.shards import VALIDATION_PART, Shard
from ..tensorflow_setup import versions
from .settings import VALIDATION_SEED, Settings
from .targets import STRIDES

_PLACES = ("start", "watch", "drawings")
"""Settings that are paths of the machine it was trained on: nobody else's business."""


@dataclass(frozen=True)
class Recorder:
    """Writes the model of a run.

    Attributes:
        settings: of the run. drawn: what is validated on. fonts: licences by package, of what is drawn with.
        more: further entries of the record, such as the network before.
    """

    settings: Settings
    drawn: Shard
    fonts: Mapping[str, str]
    more: Mapping[str, Any]

    def keep(
        self, model: Any, state: State, folder: Path, temperature: float = 1.0, threshold: float | None = None
    ) -> None:
        """Write the network as `.h5` with everything it has to say of itself."""
        meta = weights_file.ModelMeta(
            alphabet="",
            input=SCENE_SPEC,
            name=self.settings.name,
            version=self.settings.version,
            kind="locator",
            temperature=temperature,
            training=self.training(state, model),
            decoding="corners",
            strides=STRIDES,
            thresholds={} if threshold is None else {"min_detection": threshold},
        )
        weights_file.save(model, folder / MODEL_FILE, meta)

    def training(self, state: State, model: Any) -> dict[str, Any]:
        """Return what the network was trained on and how long, as JSON values."""
        validated = {"seed": VALIDATION_SEED, "number": 0, "count": len(self.drawn), "part": VALIDATION_PART}
        return {
            "kind": "drawn",
            "drawing_seed": self.settings.seed,
            "generators": [{"digest": digest, "first_shard": first} for digest, first in state.generators],
            "sets": {"val": validated | {"digest": drawings_digest(self.drawn.pictures, self.drawn.texts)}},
            "fonts": dict(self.fonts),
            "font_licences": sorted(set(self.fonts.values())),
            "settings": {name: value for name, value in asdict(self.settings).items() if name not in _PLACES},
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
