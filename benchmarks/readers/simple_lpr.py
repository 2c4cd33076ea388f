"""SimpleLPR, which gets a picture as a plate of a given country; its package runs 60 days for evaluation."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import simplelpr
from PIL import Image
from serving import Reader, one_by_one, serve


def open_reader(options: dict[str, Any]) -> Reader:
    """Open it for {"country": its name for it}, or for all of its countries where that is None."""
    parameters = simplelpr.EngineSetupParms()
    parameters.maxConcurrentImageProcessingOps = 1
    engine = simplelpr.SimpleLPR(parameters)
    if options["country"] is not None:
        for place in range(engine.numSupportedCountries):
            engine.set_countryWeight(place, float(engine.get_countryCode(place) == options["country"]))
        engine.realizeCountryWeights()
    processor = engine.createProcessor()

    def read(picture: Any) -> str:
        matches = [match for candidate in processor.analyze(picture) for match in candidate.matches]
        return max(matches, key=lambda match: match.confidence).text if matches else ""

    files = [path for path in Path(simplelpr.__file__).parent.rglob("*") if path.is_file() and _used(path)]
    return Reader(version("simplelpr"), files, one_by_one(_load, read))


def _load(path: str) -> Any:
    return np.asarray(Image.open(path).convert("RGB"))


def _used(path: Path) -> bool:
    """Its bindings for other Pythons are not needed."""
    return not path.name.startswith("pySimpleLPR3") and path.suffix != ".pyc"


if __name__ == "__main__":
    serve(open_reader)
