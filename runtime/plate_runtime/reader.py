"""`PlateReader`: everything from a picture to plates."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError
from .pictures.open_picture import Picture, PictureSource, open_picture
from .reader_models import ReaderModels, own_detector, own_recogniser
from .recognise import Recogniser, read_character, read_plate, recogniser_of
from .results import Detection, Plate
from .shipped import DETECTING

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

    from .detect import Detector
    from .manifest import Manifest
    from .model import Model
    from .search import FrameSearch
    from .steps import Steps

MODES = ("auto", "frame", "plate", "character")

PLATE_AT_LEAST = 0.4
"""Least product of the confidences of detection and reading for a plate in a frame, where the detector's file does not
give `min_confidence`: either alone would accept badges and road signs. See docs/use/frames.md for its curve."""


class PlateReader:
    """Reads the plates in pictures.

        with PlateReader() as reader:
            plates = reader.read("street.jpg", as_="frame")

    Thread-safe: threads wait for each other. To read in parallel, open one reader per thread. In each process, open
    one of its own: readers can be neither copied nor pickled.

    A network of plates reads a plate as a whole. A network of characters reads it segmented. In a frame, a detector
    detects the plates first.
    """

    def __init__(
        self,
        reader: str | Path | Recogniser | None = None,
        backend: str = "auto",
        threads: int = 1,
        as_: str = "plate",
        detector: str | Path | Detector | None = None,
    ) -> None:
        """Open the models of one mode; those of other modes are opened when first needed.

        Args:
            reader: a model file, a `recognise.Recogniser` of your own, or None for the shipped model of each mode.
            backend: name of the interpreter: "auto", "litert", "tflite", "onnx", "openvino" or "fake:TEXT".
            threads: threads of the interpreter, 1 to 256.
            as_: the mode to open now: "frame", "plate", "character" or "auto". `read` has a mode of its own.
            detector: a model file, a `detect.Detector` of your own, or None for the shipped detector.

        Raises:
            ModelError, MissingPartError, UsageError: see `model.open_model`.
        """
        file = reader if isinstance(reader, str | Path) else None
        detector_file = detector if isinstance(detector, str | Path) else None
        self._recogniser, self._detector = own_recogniser(reader), own_detector(detector)
        self._models = ReaderModels(file, detector_file, backend, threads)
        self._mode, self._closed = as_, False
        self._open_for(as_)

    @property
    def model(self) -> Model:
        """The model for the mode that the reader was opened with; see `model_for`."""
        return self.model_for(self._mode)

    def model_for(self, as_: str) -> Model:
        """Return the model of a mode, opened when first needed: of a character, or of plates in the other modes.

        Raises:
            ModelError: the named file cannot read that, or the shipped file is missing.
            UsageError: the reader is closed, or has a recogniser of the user's own.
        """
        self._require(as_)
        if self._recogniser is not None:
            raise UsageError("this reader has a recogniser of your own in place of a model")
        return self._models.reader(as_)

    def manifests(self, as_: str) -> dict[str, Manifest]:
        """Return the manifests of all models that may read in a mode, by their part; raises as `model_for`.

        Parts are "reader", "detector" where plates are detected, and "second_reader" where a second network reads
        plates that are read with doubt.
        """
        found = {"detector": self.detector().manifest} if as_ in DETECTING else {}
        found["reader"] = self.model_for(as_).manifest
        if self._uses_second(as_):
            found["second_reader"] = self._models.second_manifest(as_)
        return found

    def detector(self) -> Model:
        """Return the model that detects plates, opened when first needed.

        Raises:
            ModelError: the named file is no detector.
            UsageError: none ships and none is named, or the reader is closed, or has a detector of the user's own.
        """
        self._require("frame")
        if self._detector is not None:
            raise UsageError("this reader has a detector of your own in place of a model")
        return self._models.detector()

    def find(
        self, image: PictureSource | Picture, colour: str = "rgb", min_confidence: float | None = None
    ) -> list[Detection]:
        """Detect plates in a picture without reading them, the most confident first.

        Args:
            min_confidence: least confidence of a detection, 0..1; if None, the threshold stored in the detector is
                used.

        Raises:
            InputError, UsageError: as `read`.
        """
        from .search import search_frame

        _check_probability(min_confidence)
        search = self._start_search(_opened(image, colour).gray(), min_confidence)
        return [one for one, _ in search_frame(search, None)]

    def search(
        self, image: PictureSource | Picture, colour: str = "rgb", region: str | None = None, as_: str = "frame"
    ) -> list[tuple[Detection, Plate | None]]:
        """Return every detection with what is read there, whatever its confidence, as "frame" or "auto"; see `read`."""
        return self._search(_opened(image, colour), self.check_region(region, as_), may_be_filled=as_ == "auto")

    def read(
        self,
        image: PictureSource | Picture,
        as_: str = "plate",
        colour: str = "rgb",
        region: str | None = None,
        min_confidence: float | None = None,
        *,
        steps: Steps | None = None,
    ) -> list[Plate]:
        """Read a picture: a path, bytes, Pillow image, uint8 array (gray, "rgb" or "bgr") or `Picture`.

        Args:
            as_: "frame": plates anywhere in the picture; "plate": the picture is the crop of one plate; "character": of
                one character; "auto": a frame, or the crop of one plate if the picture is filled by one.
            region: code or English name of the country or state of the plates, such as "ro"; its formats count most.
            min_confidence: readings below it, 0..1, are omitted. In the modes "frame" and "auto" it holds for the
                product of both confidences. If None, the threshold stored in the model is used, in these modes the
                detector's.
            steps: a new `Steps`, to be filled with what was detected, cropped, read and returned.

        Returns:
            In the modes "frame" and "auto" all plates, the most confident detection first. Else one plate or none; as
            "character", a plate with one character.

        Raises:
            InputError: the picture cannot be read. UsageError: an option that does not fit.
        """
        _check_probability(min_confidence)
        self._open_for(as_)
        region = self.check_region(region, as_)
        picture = _opened(image, colour)
        if min_confidence is None:
            min_confidence = self.least_confidence(as_)
        if as_ in DETECTING:
            from .search import joint_confidence

            found = [plate for _, plate in self._search(picture, region, as_ == "auto", steps) if plate is not None]
            plates = [plate for plate in found if joint_confidence(plate) >= min_confidence]
        else:
            plate = self._read_whole(picture, as_, region)
            plates = [plate] if plate is not None and plate.confidence >= min_confidence else []
            if steps is not None:
                steps.keep_whole(as_, picture.gray(), plate)
        if steps is not None:
            steps.least_confidence, steps.plates = min_confidence, plates
        return plates

    def check_region(self, region: str | None, as_: str) -> str | None:
        """Return the region's own name, which records show; None for none.

        Raises:
            UsageError: it is unknown, has no meaning for `as_`, or its plates have other characters than the model.
        """
        if region is None:
            return None
        if as_ == "character":
            raise UsageError(f"region {region!r} has no meaning for a single {as_}")
        from .formats import check_spelled

        return check_spelled(region, self._recogniser_for(as_).script).name

    def least_confidence(self, as_: str) -> float:
        """Return the threshold of `read` where none is given: that of the model, in a frame that of the detector."""
        if as_ not in DETECTING:
            return self._least_of_reading(as_)
        if self._detector is not None:
            return PLATE_AT_LEAST
        return self.detector().manifest.thresholds.get("min_confidence", PLATE_AT_LEAST)

    def close(self) -> None:
        """Free the interpreters; the reader cannot be used afterwards."""
        self._closed = True
        self._models.close()

    def __enter__(self) -> PlateReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_whole(self, picture: Picture, as_: str, region: str | None) -> Plate | None:
        if as_ == "plate":
            return read_plate(picture, self._recogniser_for(as_, second_look=0.0), region)
        return read_character(picture, self.model_for(as_))

    def _search(
        self, picture: Picture, region: str | None, may_be_filled: bool, steps: Steps | None = None
    ) -> list[tuple[Detection, Plate | None]]:
        """Return every detection and what is read there; the whole picture alone if it is the crop of one plate."""
        from .search import search_frame

        search = self._start_search(picture.gray(), may_be_filled=may_be_filled)
        if may_be_filled:
            found, whole = self._search_or_read_whole(picture, search, region)
        else:
            found, whole = search_frame(search, self._recogniser_for("frame"), region), None
        if steps is not None:
            steps.keep_search(search, found, whole)
        return found

    def _search_or_read_whole(
        self, picture: Picture, search: FrameSearch, region: str | None
    ) -> tuple[list[tuple[Detection, Plate | None]], Plate | None]:
        """Return the same as `_search`, and the picture read as one plate; None where it was not read so."""
        from .one_plate import ENOUGH, ENOUGH_OF_CUT, SECOND_LOOK, may_be_cut_plate, may_be_one_plate, read_one_plate
        from .search import joint_confidence, search_frame

        whole, is_filled = None, may_be_one_plate(search, picture.width, picture.height)
        if is_filled:
            whole = read_one_plate(picture, self._recogniser_for("plate", SECOND_LOOK), region, search.filled)
        found: list[tuple[Detection, Plate | None]] = []
        if whole is None or whole.confidence < ENOUGH:
            found = search_frame(search, self._recogniser_for("frame"), region)
        best = max((joint_confidence(plate) for _, plate in found), default=0.0)
        if not is_filled and best < ENOUGH and may_be_cut_plate(picture.width, picture.height):
            whole = read_one_plate(picture, self._recogniser_for("plate", ENOUGH), region)
            whole = whole if whole is not None and whole.confidence >= ENOUGH_OF_CUT else None
        if whole is not None and joint_confidence(whole) > best:
            found = [(Detection(whole.corners, search.filled), whole)]
        return found, whole

    def _start_search(
        self, gray: NDArray[uint8], min_confidence: float | None = None, may_be_filled: bool = False
    ) -> FrameSearch:
        from .search import NetworkDetector, start_search

        self._require("frame")
        detector = NetworkDetector(self.detector()) if self._detector is None else self._detector
        return start_search(gray, detector, min_confidence, may_be_filled)

    def _recogniser_for(self, as_: str, second_look: float | None = None) -> Recogniser:
        self._require(as_)
        if self._recogniser is not None:
            return self._recogniser
        second = partial(self._models.second, as_) if self._uses_second(as_) else None
        return recogniser_of(self.model_for(as_), second_look, second)

    def _uses_second(self, as_: str) -> bool:
        return self._recogniser is None and self._models.uses_second(as_)

    def _open_for(self, as_: str) -> None:
        """Open the models that a mode needs, and check that the second one is there, which is opened when needed."""
        self._require(as_)
        if as_ in DETECTING and self._detector is None:
            self.detector()
        if self._recogniser is None or as_ == "character":
            self.model_for(as_)
        if self._uses_second(as_):
            self._models.require_second(as_)

    def _least_of_reading(self, as_: str) -> float:
        if self._recogniser is not None:
            return 0.0
        return self.model_for(as_).manifest.thresholds.get("min_confidence", 0.0)

    def _require(self, as_: str) -> None:
        if self._closed:
            raise UsageError("this reader is closed; open another")
        if as_ not in MODES:
            raise UsageError(f"as_ {as_!r} is unknown; use {', '.join(map(repr, MODES))}")


def _check_probability(value: float | None) -> None:
    if value is not None and not 0 <= value <= 1:  # NaN would omit everything
        raise UsageError(f"min_confidence has to be from 0 to 1, not {value}")


def _opened(image: PictureSource | Picture, colour: str) -> Picture:
    return image if isinstance(image, Picture) else open_picture(image, colour)
