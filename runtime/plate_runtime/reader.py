"""The whole way from a picture to plates, readable in one screen."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from .errors import ModelError, UsageError
from .model import Model, open_model, ships
from .pictures.open_picture import Picture, PictureSource, open_picture
from .recognise import Box, Corners, Plate, read_character, read_found, read_plate

if TYPE_CHECKING:
    from .detect import Detection

__all__ = ["Box", "Corners", "Plate", "PlateReader"]

WAYS = ("auto", "frame", "plate", "character")

PLATE_AT_LEAST = 0.5
"""Least product of detection and reading that is taken for a plate in a frame, where the detector's file does not say
`min_confidence`: either alone would let badges and signs pass. See docs/use/frames.md for its curve."""


class PlateReader:
    """Reads pictures; see the package for an example. Not thread-safe: one reader a thread.

    A plate is read at once by a model of whole plates, or cut into characters for a character model. In a frame the
    plates are found first, by another model, the detector, and read by a smaller one than crops where no file is named.
    """

    def __init__(
        self,
        reader: str | Path | None = None,
        backend: str = "auto",
        threads: int = 1,
        as_: str = "plate",
        detector: str | Path | None = None,
    ) -> None:
        """Open the model files `reader` and `detector`, or the shipped ones for `as_`, in the backend of that name.

        Raises:
            ModelError, MissingPartError, UsageError: see `model.open_model`.
        """
        self._file, self._detector_file, self._backend, self._threads = reader, detector, backend, threads
        self._models: dict[str | None, Model] = {}
        self._closed = False
        if as_ in ("auto", "frame"):
            self.detector()
        self.model: Model = self.model_for(as_)

    def model_for(self, as_: str) -> Model:
        """Return the model that reads "plate", the plates of a "frame" or "character", opened when first asked for.

        "auto" stands for "frame" here, and its model reads crops, too.

        Raises:
            ModelError: the file named to the reader cannot read that, or none is named and the one that ships for it
                is missing. UsageError: the reader is closed.
        """
        self._require_open()
        if as_ not in WAYS:
            raise UsageError(f"as_ {as_!r} is unknown; use {', '.join(map(repr, WAYS))}")
        as_ = "frame" if as_ == "auto" else as_
        kind = self._kind(as_)
        if kind not in self._models:
            self._models[kind] = open_model(self._file, kind, self._backend, self._threads)
        model = self._models[kind]
        what = "plate" if as_ == "frame" else as_
        if model.manifest.kind not in (what, "character"):
            raise ModelError(f"{model.file.path} is a {model.manifest.kind} model and reads no single {what}")
        return model

    def detector(self) -> Model:
        """Return the model that finds plates, opened when first asked for.

        Raises:
            ModelError: the file named is no detector. UsageError: none ships and none is named, or it is closed.
        """
        self._require_open()
        if "detector" not in self._models:
            self._models["detector"] = open_model(self._detector_file, "detector", self._backend, self._threads)
        return self._models["detector"]

    def find(
        self, image: PictureSource | Picture, colour: str = "rgb", min_confidence: float | None = None
    ) -> list[Detection]:
        """Find plates in a picture without reading them, the most confident first; see `search.find_plates`."""
        from .search import find_plates

        detector = self.detector()
        picture = image if isinstance(image, Picture) else open_picture(image, colour)
        return find_plates(picture, detector, min_confidence)

    def search(
        self, image: PictureSource | Picture, colour: str = "rgb", region: str | None = None, as_: str = "frame"
    ) -> list[tuple[Detection, Plate | None]]:
        """Return every detection with what is read there, whatever its confidence, as "frame" or "auto"; see `read`."""
        picture = image if isinstance(image, Picture) else open_picture(image, colour)
        return self._search(picture, self.check_region(region, as_), may_be_filled=as_ == "auto")

    def read(
        self,
        image: PictureSource | Picture,
        as_: str = "plate",
        colour: str = "rgb",
        region: str | None = None,
        min_confidence: float | None = None,
    ) -> list[Plate]:
        """Read a picture: a path, bytes, Pillow image, uint8 array (gray, "rgb" or "bgr") or `Picture`.

        Args:
            as_: "frame": plates anywhere in the picture; "plate": it is the crop of one; "character": of one character;
                "auto": a frame, or the crop of one plate where the picture is filled by one.
            region: name of the region that plates come from, so that its formats count for most; see
                `formats.find_region` and `check_region`.
            min_confidence: readings below it are left out; None takes the model's own threshold. In a frame, and as
                "auto", it holds for the product with the detection's confidence, and None takes the detector's.

        Returns:
            The plates of a frame, the one that is surest to be a plate first; else no plate or one; as "character",
            a plate of one character.

        Raises:
            InputError: the picture cannot be read. UsageError: an option that does not fit.
        """
        model = self.model_for(as_)
        region = self.check_region(region, as_)
        picture = image if isinstance(image, Picture) else open_picture(image, colour)
        if min_confidence is None:
            min_confidence = self.least_confidence(as_)
        if as_ in ("auto", "frame"):
            found = [plate for _, plate in self._search(picture, region, as_ == "auto") if plate is not None]
            return [plate for plate in found if _product(plate) >= min_confidence]
        plate = read_plate(picture, model, region) if as_ == "plate" else read_character(picture, model)
        return [plate] if plate is not None and plate.confidence >= min_confidence else []

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

        return check_spelled(region, self.model_for(as_).manifest.script).name

    def least_confidence(self, as_: str) -> float:
        """Return the threshold of `read` where none is given: the model's own, in a frame the detector's."""
        if as_ in ("auto", "frame"):
            return self.detector().manifest.thresholds.get("min_confidence", PLATE_AT_LEAST)
        return self.model_for(as_).manifest.thresholds.get("min_confidence", 0.0)

    def close(self) -> None:
        """Let go of the interpreters; nothing is read afterwards."""
        self._closed = True
        for model in self._models.values():
            model.close()

    def __enter__(self) -> PlateReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _search(
        self, picture: Picture, region: str | None, may_be_filled: bool
    ) -> list[tuple[Detection, Plate | None]]:
        """Return every detection and what is read there; a second look is taken if nothing is read with confidence."""
        from .detect import Detection
        from .one_plate import may_be_one_plate, read_one_plate
        from .search import CONFIDENT, Search, search_frame

        gray, reader = picture.gray(), self.model_for("frame")
        if not may_be_filled:
            return search_frame(gray, self.detector(), reader, region)
        search = Search(gray, self.detector(), may_be_filled=True)
        whole = None
        if may_be_one_plate(search, picture.width, picture.height):
            whole = read_one_plate(picture, reader, region)
            if whole is not None and whole.confidence >= reader.manifest.thresholds.get("min_confidence", 0.0):
                return [(Detection(whole.corners, search.filled), whole)]
        found = search.detections
        read = read_found(gray, found, reader, region)
        if max(map(_product, read), default=0.0) < CONFIDENT and search.look_again():
            found = search.detections
            read = read_found(gray, found, reader, region)
        if whole is not None and _product(whole) > max(map(_product, read), default=0.0):
            return [(Detection(whole.corners, search.filled), whole)]
        return list(zip(found, read, strict=True))

    def _require_open(self) -> None:
        if self._closed:
            raise UsageError("this reader is closed; open another")

    def _kind(self, as_: str) -> str | None:
        """What ships for reading `as_`; a file that was named says itself what it is."""
        if self._file is not None:
            return None
        return "character" if as_ == "plate" and not ships("plate", self._backend) else as_


def _product(plate: Plate | None) -> float:
    """Return how probable it is that there is a plate and that it is read right; 0 if nothing is read."""
    return 0.0 if plate is None else plate.detection_confidence * plate.confidence
