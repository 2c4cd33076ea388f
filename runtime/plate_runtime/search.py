"""Searching a picture for plates: all of it first, then closer or from farther where a plate may have been missed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .detect import MIN_DETECTION, Detection, decode_corners, least_logit, most_confident, sigmoid
from .errors import UsageError
from .model import Model
from .pictures.open_picture import Picture
from .preprocess import fitted_size
from .thumbnail import add_thumbnail
from .tiles import View, find_views, view_around, view_from_afar

if TYPE_CHECKING:
    from .recognise import Plate

CONFIDENT = 0.5
"""A confidence, of a plate found and read if it is read, from which on there is no second look."""

_HINT, _HINT_OF_WIDE = 0.05, 0.1
"""Least confidence of a detection that hints at a plate too small, or too wide, for the first look."""
_SMALL, _WIDE = 35, 200
"""Widths, in pixels of the input, below and above which a plate may be missed."""
_FILLED = 0.25
"""Fraction of a picture's area that a filling detection covers. Real crops have at least 0.3, frames at most 0.14."""


class Search:
    """One picture that is searched; `detections` is what was found so far.

    Args:
        picture: or gray uint8 (h, w). model: a detector. min_confidence: None takes the model's own threshold.
        may_be_filled: the picture may be one plate; see `filled`.

    Raises:
        UsageError: the model is no detector, or the array no gray picture.
    """

    def __init__(
        self,
        picture: Picture | NDArray[np.uint8],
        model: Model,
        min_confidence: float | None = None,
        may_be_filled: bool = False,
    ) -> None:
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
        self._filling = 0.0
        self._views = find_views(self._gray.shape[1], self._gray.shape[0], self._manifest.input)
        whole, *closer = self._views
        if not (may_be_filled and self._look_with_thumbnail(whole)):
            self._look([whole])
        self._look(closer)

    @property
    def detections(self) -> list[Detection]:
        """The plates, the most confident first, at most `locate.MOST_PLATES`."""
        enough = self._logits >= least_logit(self._least, self._manifest.temperature)
        return most_confident(self._corners[enough], self._logits[enough], self._manifest)

    @property
    def filled(self) -> float:
        """The greatest confidence, 0..1, of a detection that fills the picture; 0 if there is none."""
        logits = self._logits[self._fills(self._corners)]
        return max(self._filling, float(sigmoid(logits / self._manifest.temperature).max(initial=0.0)))

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
            size = fitted_size(part.shape[1], part.shape[0], self._manifest.input)
            self._add(view, size, *self._detect(part, size))

    def _look_with_thumbnail(self, view: View) -> bool:
        """Look at the whole picture and at a small copy beside it; return whether there was room for one."""
        height, width = self._gray.shape
        spec = self._manifest.input
        copy = add_thumbnail(self._gray, spec)
        if copy is None:
            return False
        corners, logits = self._detect(copy.sheet, (spec.shape[1], spec.shape[0]))
        middles, size = corners.mean(axis=1), fitted_size(width, height, spec)
        first = (middles < size).all(axis=1)
        self._add(view, size, corners[first], logits[first])
        second = (middles >= (copy.left, copy.top)).all(axis=1)
        seen = (corners[second] - [copy.left, copy.top]) * [width / copy.width, height / copy.height]
        likely = sigmoid(logits[second][self._fills(seen)] / self._manifest.temperature)
        self._filling = float(likely.max(initial=0.0))
        return True

    def _detect(
        self, part: NDArray[np.uint8], size: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        (values,) = self._model.predict_pictures([part])
        return decode_corners(values, self._manifest, size, min(_HINT, self._least))

    def _add(
        self, view: View, size: tuple[int, int], corners: NDArray[np.float64], logits: NDArray[np.float64]
    ) -> None:
        """Take what was detected in a view, in pixels of the input, where the view has this size."""
        corners = corners * [view.width / size[0], view.height / size[1]] + [view.x, view.y]
        self._corners = np.concatenate([self._corners, corners])
        self._logits = np.concatenate([self._logits, logits])

    def _fills(self, corners: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether the part of each upright box, around corners (n, 4, 2), that lies in the picture fills it."""
        height, width = self._gray.shape
        inside = np.clip(corners, 0, (width, height))
        sides = inside.max(axis=1) - inside.min(axis=1)
        return np.asarray(sides.prod(axis=1) >= _FILLED * width * height, np.bool_)

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


def search_frame(
    picture: Picture | NDArray[np.uint8],
    detector: Model,
    reader: Model | None,
    region: str | None = None,
    min_confidence: float | None = None,
) -> list[tuple[Detection, Plate | None]]:
    """Find the plates of a frame and read them; a second look is taken if nothing is read with confidence.

    The commands, the check of an export and the scores of training all detect here, so that they count the same.

    Args:
        picture: or gray uint8 (h, w). reader: None reads nothing, and the confidence of a detection decides alone.
        min_confidence: least confidence of a detection, see `Search`.

    Returns:
        Every detection with what is read there, the most confident detection first.
    """
    gray = picture.gray() if isinstance(picture, Picture) else picture
    search = Search(gray, detector, min_confidence)
    found = _read(gray, search.detections, reader, region)
    confidences = [one.confidence if reader is None else _product(plate) for one, plate in found]
    if max(confidences, default=0.0) < CONFIDENT and search.look_again():
        found = _read(gray, search.detections, reader, region)
    return found


def find_plates(
    picture: Picture | NDArray[np.uint8], model: Model, min_confidence: float | None = None
) -> list[Detection]:
    """Find plates without reading them; a second look is taken if no detection is confident. See `search_frame`."""
    return [one for one, _ in search_frame(picture, model, None, min_confidence=min_confidence)]


def _read(
    gray: NDArray[np.uint8], found: list[Detection], reader: Model | None, region: str | None
) -> list[tuple[Detection, Plate | None]]:
    if reader is None:
        return [(one, None) for one in found]
    from .recognise import read_found

    return list(zip(found, read_found(gray, found, reader, region), strict=True))


def _product(plate: Plate | None) -> float:
    return 0.0 if plate is None else plate.detection_confidence * plate.confidence
