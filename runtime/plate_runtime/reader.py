"""The whole way from a picture to plates, readable in one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from .decode import Character, decode_logits, decode_softmax
from .errors import ModelError, UsageError
from .image import Picture, PictureSource, open_picture
from .model import Model, open_model, ships

if TYPE_CHECKING:
    from .formats import Region

Box = tuple[int, int, int, int]
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plate:
    """A plate as read.

    Attributes:
        text: A-Z0-9; raw_text: before a region's format settled doubtful characters.
        confidence: probability, 0..1, that the whole text is right, with O=0 and I=1 taken as the same;
        detection_confidence: that it is a plate.
        box: x, y, width, height in pixels of the picture, origin top left; corners: from top left clockwise.
        region: whose format the text has, or None where none was asked for or none fits;
        characters: one by one, with alternatives.
    """

    text: str
    raw_text: str
    confidence: float
    detection_confidence: float
    box: Box
    corners: Corners
    region: str | None
    characters: Sequence[Character]


class PlateReader:
    """Reads pictures; see the package for an example. Not thread-safe: one reader a thread.

    A plate is read at once by a model of whole plates, or cut into characters for a character model.
    """

    def __init__(
        self, reader: str | Path | None = None, backend: str = "auto", threads: int = 1, as_: str = "plate"
    ) -> None:
        """Open the model file `reader`, or the shipped one for `as_`, in the backend of that name.

        Raises:
            ModelError, MissingPartError, UsageError: see `model.open_model`.
        """
        self._file, self._backend, self._threads = reader, backend, threads
        self._models: dict[str | None, Model] = {}
        self._closed = False
        self.model: Model = self.model_for(as_)

    def model_for(self, as_: str) -> Model:
        """Return the model that reads "plate" or "character", opened when first asked for.

        Raises:
            ModelError: the file named to the reader cannot read that. UsageError: the reader is closed.
        """
        if self._closed:
            raise UsageError("this reader is closed; open another")
        if as_ not in ("plate", "character"):
            raise UsageError(f"as_ {as_!r} is unknown; use 'plate' or 'character'")
        kind = self._kind(as_)
        if kind not in self._models:
            self._models[kind] = open_model(self._file, kind, self._backend, self._threads)
        model = self._models[kind]
        if model.manifest.kind not in (as_, "character"):
            raise ModelError(f"{model.file.path} is a {model.manifest.kind} model and reads no single {as_}")
        return model

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
            as_: "plate": the picture is the crop of one plate; "character": of one character.
            region: name of a region whose formats settle doubtful characters of a plate; see `formats.find_region`.
            min_confidence: readings below it are left out; None takes the model's own threshold.

        Returns:
            No plate or one; as "character", a plate of one character.

        Raises:
            InputError: the picture cannot be read. UsageError: an option that does not fit.
        """
        model = self.model_for(as_)
        formats = _formats(region, as_)
        picture = image if isinstance(image, Picture) else open_picture(image, colour)
        plate = _read_plate(picture, model) if as_ == "plate" else _read_character(picture, model)
        if plate is not None and formats is not None:
            plate = _settled(plate, formats)
        if min_confidence is None:
            min_confidence = model.manifest.thresholds.get("min_confidence", 0.0)
        return [plate] if plate is not None and plate.confidence >= min_confidence else []

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

    def _kind(self, as_: str) -> str | None:
        """Of the shipped model that reads `as_`; a file that was named says itself what it is."""
        if self._file is not None:
            return None
        return "plate" if as_ == "plate" and ships("plate", self._backend) else "character"


def _formats(region: str | None, as_: str) -> Region | None:
    if region is None:
        return None
    if as_ != "plate":
        raise UsageError(f"region {region!r} has no meaning for a single {as_}")
    from .formats import find_region

    return find_region(region)


def _read_character(picture: Picture, model: Model) -> Plate:
    manifest = model.manifest
    probabilities = model.predict_pictures([picture.gray()], "auto")
    (character,) = decode_softmax(probabilities, manifest.alphabet, manifest.temperature)
    box = (0, 0, picture.width, picture.height)
    return _plate([character], character.confidence, box, _corners(box))


def _read_plate(picture: Picture, model: Model) -> Plate | None:
    manifest = model.manifest
    if manifest.kind == "character":
        return _cut_plate(picture, model)
    logits = model.predict_pictures([picture.gray()], "auto")
    (reading,) = decode_logits(logits, manifest.decoding, manifest.alphabet, manifest.temperature)
    box = (0, 0, picture.width, picture.height)
    return _plate(reading.characters, reading.confidence, box, _corners(box)) if reading.characters else None


def _cut_plate(picture: Picture, model: Model) -> Plate | None:
    from .cutting import read_by_cutting

    found = read_by_cutting(picture.rgb, model)
    return None if found is None else _plate(found.characters, found.confidence, found.box, found.corners)


def _settled(plate: Plate, region: Region) -> Plate:
    from .settling import settle_reading

    found = settle_reading(plate.characters, plate.confidence, region)
    if found is None:
        return plate
    return replace(plate, text=found.text, characters=found.characters, confidence=found.confidence, region=region.name)


def _plate(characters: Sequence[Character], confidence: float, box: Box, corners: Corners) -> Plate:
    text = "".join(character.text for character in characters)
    return Plate(text, text, confidence, 1.0, box, corners, None, tuple(characters))


def _corners(box: Box) -> Corners:
    x, y, width, height = box
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
