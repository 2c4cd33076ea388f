"""The plates and frames of a check set, read as `plate-infer` reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plate_runtime.model import Model
from plate_runtime.recognise import NetworkRecogniser, recogniser_of
from plate_runtime.results import Detection
from plate_runtime.search import Search, search_frame


class FoundPlate(NamedTuple):
    """A detection in pixels of the frame, and what is read there; None for nothing."""

    detection: Detection
    text: str | None

    def to_json(self) -> list[Any]:
        """Return it as JSON values."""
        return [self.detection.corners, self.detection.confidence, self.text]

    @classmethod
    def from_json(cls, values: list[Any]) -> FoundPlate:
        """Return what `to_json` wrote."""
        corners, confidence, text = values
        return cls(Detection(tuple((x, y) for x, y in corners), confidence), text)


def read_crops(
    model: Model, crops: Iterable[NDArray[np.uint8]], advance: Callable[[int], object] = lambda _count: None
) -> list[str]:
    """Read gray crops, uint8 (h, w) of any sizes; `advance` is called with 1 after each."""
    texts, recogniser = [], NetworkRecogniser(model, second_look=0.0)
    for crop in crops:
        (reading,) = recogniser.recognise([crop], None)
        texts.append(reading.text)
        advance(1)
    return texts


def search_all(
    detector: Model,
    reader: Model,
    frames: Iterable[NDArray[np.uint8]],
    advance: Callable[[int], object] = lambda _count: None,
) -> list[list[FoundPlate]]:
    """Search gray frames, uint8 (h, w) of any sizes; `advance` is called with 1 after each."""
    found, recogniser = [], recogniser_of(reader)
    for frame in frames:
        plates = search_frame(Search(frame, detector), recogniser)
        found.append([FoundPlate(one, plate.text if plate else None) for one, plate in plates])
        advance(1)
    return found
