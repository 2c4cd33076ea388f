"""Detecting the plates of a picture: all of it first, then closer or from farther where a plate may be missed."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .detect import MIN_DETECTION, MOST_PLATES, Detector, decode_corners, least_logit, most_confident, sigmoid
from .errors import UsageError, damage_as
from .preprocess import fitted_size, require_gray
from .recognise import read_detections
from .results import Detection, Plate
from .thumbnail import add_thumbnail
from .tiles import View, find_views, view_around, view_from_afar

if TYPE_CHECKING:
    from .model import Model
    from .recognise import Recogniser

CONFIDENT = 0.5
"""There is no second look if a detection, or the product of detection and reading, has this confidence."""

_HINT, _HINT_OF_WIDE = 0.08, 0.1
"""Least confidence of a detection that hints at a plate too small, or too wide, for the first look."""
_SMALL, _WIDE = 35, 200
"""Widths, in pixels of the input, below and above which a plate may be missed."""
_FILLED = 0.25
"""Fraction of a picture's area that a filling detection covers. Real crops have at least 0.3, frames at most 0.14."""


class FrameSearch(Protocol):
    """The search of one picture: by the network of a model file (`Search`), or by another detector (`SingleLook`)."""

    gray: NDArray[np.uint8]
    """The picture, (h, w)."""

    @property
    def detections(self) -> list[Detection]:
        """The plates detected so far, the most confident first, at most `detect.MOST_PLATES`."""

    @property
    def filled(self) -> float:
        """The greatest confidence, 0..1, of a detection that fills the picture; 0 if there is none."""

    @property
    def views(self) -> list[View]:
        """The parts of the picture that were looked at so far."""

    @property
    def unread(self) -> list[Detection]:
        """Detections below `least` that hint at a plate, the most confident first."""

    @property
    def least(self) -> float:
        """Least confidence of `detections`."""

    def look_again(self) -> bool:
        """Look once more where a plate may be missed; return whether there was such a place."""


class Search:
    """The search by the network of a detector.

    Args:
        gray: uint8 (h, w). model: a detector. min_confidence: if None, the threshold stored in the model is used.
        may_be_filled: the picture may be one plate; see `filled`.

    Raises:
        UsageError: the model is no detector, or the array no gray picture.
    """

    def __init__(
        self,
        gray: NDArray[np.uint8],
        model: Model,
        min_confidence: float | None = None,
        may_be_filled: bool = False,
    ) -> None:
        self._manifest = model.manifest
        if self._manifest.kind != "detector":
            raise UsageError(f"{self._manifest.label} is a {self._manifest.kind} model and detects no plates")
        require_gray(gray)
        if min_confidence is None:
            min_confidence = self._manifest.thresholds.get("min_detection", MIN_DETECTION)
        self.gray, self.least = gray, min_confidence
        self._model = model
        self._corners, self._logits = np.zeros((0, 4, 2)), np.zeros(0)
        self._filling = 0.0
        self.views = find_views(gray.shape[1], gray.shape[0], self._manifest.input)
        whole, *closer = self.views
        if not (may_be_filled and self._look_with_thumbnail(whole)):
            self._look([whole])
        self._look(closer)

    @property
    def detections(self) -> list[Detection]:
        """See `FrameSearch`."""
        enough = self._logits >= least_logit(self.least, self._manifest.temperature)
        return most_confident(self._corners[enough], self._logits[enough], self._manifest)

    @property
    def unread(self) -> list[Detection]:
        """See `FrameSearch`."""
        # Less confident cells do not change which of the others are the same plate.
        return most_confident(self._corners, self._logits, self._manifest)[len(self.detections) :]

    @property
    def filled(self) -> float:
        """See `FrameSearch`."""
        logits = self._logits[_fill(self._corners, self.gray)]
        return max(self._filling, float(sigmoid(logits / self._manifest.temperature).max(initial=0.0)))

    def look_again(self) -> bool:
        """Look closer at a detection that is too small, or from farther at one that is too wide; call it once."""
        view = self._second_view()
        if view is not None:
            self.views.append(view)
            self._look([view])
        return view is not None

    def _look(self, views: list[View]) -> None:
        for view in views:
            part = view.crop(self.gray)
            if part is None:
                continue
            size = fitted_size(part.shape[1], part.shape[0], self._manifest.input)
            self._add(view, size, *self._detect(part, size))

    def _look_with_thumbnail(self, view: View) -> bool:
        """Look at the whole picture and at a small copy beside it; return whether there was room for one."""
        height, width = self.gray.shape
        spec = self._manifest.input
        copy = add_thumbnail(self.gray, spec)
        if copy is None:
            return False
        corners, logits = self._detect(copy.sheet, (spec.shape[1], spec.shape[0]))
        middles, size = corners.mean(axis=1), fitted_size(width, height, spec)
        first = (middles < size).all(axis=1)
        self._add(view, size, corners[first], logits[first])
        second = (middles >= (copy.left, copy.top)).all(axis=1)
        in_picture = (corners[second] - [copy.left, copy.top]) * [width / copy.width, height / copy.height]
        likely = sigmoid(logits[second][_fill(in_picture, self.gray)] / self._manifest.temperature)
        self._filling = float(likely.max(initial=0.0))
        return True

    def _detect(
        self, part: NDArray[np.uint8], size: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        (output,) = self._model.predict_pictures([part])
        return decode_corners(output, self._manifest, size, min(_HINT, self.least))

    def _add(
        self, view: View, size: tuple[int, int], corners: NDArray[np.float64], logits: NDArray[np.float64]
    ) -> None:
        """Add what was detected in a view, in pixels of the input, where the view has this size."""
        corners = corners * [view.width / size[0], view.height / size[1]] + [view.x, view.y]
        self._corners = np.concatenate([self._corners, corners])
        self._logits = np.concatenate([self._logits, logits])

    def _second_view(self) -> View | None:
        """Return the view for the most confident detection that is too small, or too wide and in doubt, or None.

        Single cells are enough for this: which of them are the same plate takes longer to find out.
        """
        height, width = self.gray.shape
        spec = self._manifest.input
        scale = fitted_size(width, height, spec)[0] / width
        confidences = sigmoid(self._logits / self._manifest.temperature)
        widths = scale * np.hypot(*(self._corners[:, 1] - self._corners[:, 0]).T)
        views: list[tuple[float, View | None]] = []
        if (small := np.flatnonzero(widths < _SMALL)).size:
            best = small[confidences[small].argmax()]
            x, y = self._corners[best].mean(axis=0).tolist()
            views.append((confidences[best], view_around(x, y, width, height, spec)))
        highest = confidences[widths > _WIDE].max(initial=0.0)
        if _HINT_OF_WIDE <= highest < CONFIDENT:
            views.append((highest, view_from_afar(width, height, spec)))
        for _, view in sorted(views, key=itemgetter(0), reverse=True):
            if view is not None and view not in self.views:
                return view
        return None


class SingleLook:
    """The search by a detector of the user's own, which is called once.

    Raises:
        UsageError: the detector returned something else than detections.
    """

    def __init__(self, gray: NDArray[np.uint8], detector: Detector, min_confidence: float | None = None) -> None:
        self.gray = gray
        returned = detector.detect(gray)
        with damage_as(UsageError, "the detector returned something else than detections"):
            found = [_checked(one) for one in returned]
        found.sort(key=lambda one: -one.confidence)
        self.least, self.views = min_confidence or 0.0, [View(0, 0, gray.shape[1], gray.shape[0])]
        self.detections = [one for one in found if one.confidence >= self.least][:MOST_PLATES]
        self.unread = [one for one in found if one.confidence < self.least][:MOST_PLATES]
        filling = _fill(np.array([one.corners for one in self.detections]).reshape(-1, 4, 2), gray)
        self.filled = max(
            (one.confidence for one, fills in zip(self.detections, filling, strict=True) if fills), default=0.0
        )

    def look_again(self) -> bool:
        """Return False: where the detector missed a plate is unknown."""
        return False


class NetworkDetector:
    """The network of a model file as a `Detector`; the second look is taken if no detection is confident."""

    def __init__(self, model: Model, min_confidence: float | None = None) -> None:
        """Take an open detector; if `min_confidence` is None, the threshold stored in the model is used."""
        self.model, self.min_confidence = model, min_confidence

    def detect(self, gray: NDArray[np.uint8]) -> list[Detection]:
        """Return the plates in a gray picture, uint8 (h, w), the most confident first. Raises as `Search`."""
        return [one for one, _ in search_frame(start_search(gray, self), None)]


def start_search(
    gray: NDArray[np.uint8], detector: Detector, min_confidence: float | None = None, may_be_filled: bool = False
) -> FrameSearch:
    """Return the search of a gray picture, uint8 (h, w), after the first look; see `Search` and `SingleLook`."""
    if not isinstance(detector, NetworkDetector):
        return SingleLook(gray, detector, min_confidence)
    if min_confidence is None:
        min_confidence = detector.min_confidence
    return Search(gray, detector.model, min_confidence, may_be_filled)


def search_frame(
    search: FrameSearch, recogniser: Recogniser | None, region: str | None = None
) -> list[tuple[Detection, Plate | None]]:
    """Read the detections of a picture; a second look is taken if nothing is read with confidence.

    The commands, the check of an export and the scores of training all use this function, so that they count the same.

    Args:
        recogniser: if None, nothing is read, and the confidence of the detections decides alone.

    Returns:
        Every detection with the plate that is read there, the most confident detection first.
    """
    found = _read(search, recogniser, region, {})
    confidences = [one.confidence if recogniser is None else joint_confidence(plate) for one, plate in found]
    if max(confidences, default=0.0) < CONFIDENT and search.look_again():
        found = _read(search, recogniser, region, dict(found))
    return found


def joint_confidence(plate: Plate | None) -> float:
    """Return the probability, 0..1, that there is a plate and that it is read right; 0 for None."""
    return 0.0 if plate is None else plate.detection_confidence * plate.confidence


def _read(
    search: FrameSearch, recogniser: Recogniser | None, region: str | None, known: Mapping[Detection, Plate | None]
) -> list[tuple[Detection, Plate | None]]:
    """Return every detection with its plate; those that are known are not read again."""
    found = search.detections
    if recogniser is None:
        return [(one, None) for one in found]
    new = [one for one in found if one not in known]
    plates = {**known, **dict(zip(new, read_detections(search.gray, new, recogniser, region), strict=True))}
    return [(one, plates[one]) for one in found]


def _fill(corners: NDArray[np.float64], gray: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return for each of (n, 4, 2) whether its upright box, as far as it lies in the picture, fills the picture."""
    height, width = gray.shape
    inside = np.clip(corners, 0, (width, height))
    sides = inside.max(axis=1) - inside.min(axis=1)
    return np.asarray(sides.prod(axis=1) >= _FILLED * width * height, np.bool_)


def _checked(one: Detection) -> Detection:
    corners = tuple((float(x), float(y)) for x, y in one.corners)
    if len(corners) != 4 or not np.isfinite(corners).all():
        raise ValueError(f"corners are four finite points, not {one.corners}")
    if not 0 <= one.confidence <= 1:
        raise ValueError(f"a confidence is 0..1, not {one.confidence}")
    return Detection(corners, float(one.confidence))
