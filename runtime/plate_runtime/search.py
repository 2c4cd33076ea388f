"""Searching a picture for plates: all of it first, then closer or from farther where a plate may have been missed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .detect import MIN_DETECTION, Detection, decode_corners, least_logit, most_confident
from .errors import UsageError
from .model import Model
from .pictures.open_picture import Picture
from .preprocess import fitted_size
from .tiles import View, find_views, view_around, view_from_afar

CONFIDENT = 0.5
"""A confidence, of a plate found and read if it is read, from which on there is no second look."""

_HINT, _HINT_OF_WIDE = 0.05, 0.1
"""Least confidence of a detection that hints at a plate too small, or too wide, for the first look."""
_SMALL, _WIDE = 35, 200
"""Widths, in pixels of the input, below and above which a plate may be missed."""


class Search:
    """One picture that is searched; `detections` is what was found so far.

    Args:
        picture: or gray uint8 (h, w). model: a detector. min_confidence: None takes the model's own threshold.

    Raises:
        UsageError: the model is no detector, or the array no gray picture.
    """

    def __init__(self, picture: Picture | NDArray[np.uint8], model: Model, min_confidence: float | None = None) -> None:
        self._manifest = model.manifest
        if self._manifest.kind != "detector":
            raise UsageError(f"{self._manifest.label} is a {self._manifest.kind} model and finds no plates")
        self._gray = picture.gray() if isinstance(picture, Picture) else picture
        if self._gray.dtype != np.uint8 or self._gray.ndim != 2 or self._gray.size == 0:
            raise UsageError(f"expected a gray picture, uint8 (h, w), not {self._gray.dtype} {self._gray.shape}")
        if min_confidence is None:
            min_confidence = self._manifest.thresholds.get("min_detection", MIN_DETECTION)
        self._model, self._least = model, min_confidence
        self._corners, self._logits = np.zeros((0, 4, 2)), np.zeros(0)
        self._views = find_views(self._gray.shape[1], self._gray.shape[0], self._manifest.input)
        self._look(self._views)

    @property
    def detections(self) -> list[Detection]:
        """The plates, the most confident first, at most `locate.MOST_PLATES`."""
        enough = self._logits >= least_logit(self._least, self._manifest.temperature)
        return most_confident(self._corners[enough], self._logits[enough], self._manifest)

    def look_again(self) -> bool:
        """Look once more: closer at a detection that is too small, or from farther if one is too wide.

        Returns whether there was something to look at; call it once, if nothing was read with confidence.
        """
        view = self._second_view()
        if view is not None:
            self._look([view])
        return view is not None

    def _look(self, views: list[View]) -> None:
        for view in views:
            part = view.cut(self._gray)
            if part is None:
                continue
            (values,) = self._model.predict_pictures([part])
            size = fitted_size(part.shape[1], part.shape[0], self._manifest.input)
            corners, logits = decode_corners(values, self._manifest, size, min(_HINT, self._least))
            corners = corners * [view.width / size[0], view.height / size[1]] + [view.x, view.y]
            self._corners = np.concatenate([self._corners, corners])
            self._logits = np.concatenate([self._logits, logits])

    def _second_view(self) -> View | None:
        """Return the view for the most confident of what is too small or too wide; None where nothing is."""
        height, width = self._gray.shape
        spec = self._manifest.input
        scale = fitted_size(width, height, spec)[0] / width
        for one in most_confident(self._corners, self._logits, self._manifest):
            view, across = None, math.dist(*one.corners[:2]) * scale
            if across > _WIDE and one.confidence >= _HINT_OF_WIDE:
                view = view_from_afar(width, height, spec)
            elif across < _SMALL:
                x, y = np.mean(one.corners, axis=0).tolist()
                view = view_around(x, y, width, height, spec)
            if view is not None and view not in self._views:
                return view
        return None


def find_plates(
    picture: Picture | NDArray[np.uint8], model: Model, min_confidence: float | None = None
) -> list[Detection]:
    """Find plates without reading them; a second look is taken if no detection is confident. See `Search`."""
    search = Search(picture, model, min_confidence)
    found = search.detections
    if not any(one.confidence >= CONFIDENT for one in found) and search.look_again():
        return search.detections
    return found
