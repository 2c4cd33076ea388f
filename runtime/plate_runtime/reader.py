"""The whole way from a picture to plates, readable in one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from .decode import Character, decode_softmax
from .errors import UsageError
from .image import Picture, PictureSource, open_picture
from .model import Model, open_model

Box = tuple[int, int, int, int]
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plate:
    """A plate as read.

    Attributes:
        text: A-Z0-9; raw_text: before a region's format settled doubtful characters.
        confidence: probability, 0..1, that the whole text is right; detection_confidence: that it is a plate.
        box: x, y, width, height in pixels of the picture, origin top left; corners: from top left clockwise.
        region: the format it was read by, or None; characters: one by one, with alternatives.
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
    """Reads pictures with one model; see the package for an example. Not thread-safe: one reader a thread."""

    def __init__(self, reader: str | Path | None = None, backend: str = "auto", threads: int = 1) -> None:
        """Open the model file `reader`, or the shipped one, in the backend of that name.

        Raises:
            ModelError, MissingPartError, UsageError: see `model.open_model`.
        """
        self.model: Model = open_model(reader, "character", backend, threads)

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
            region: formats are not known yet; anything but None is refused.
            min_confidence: readings below it are left out; None takes the model's own threshold.

        Returns:
            No plate or one; as "character", a plate of one character.

        Raises:
            InputError: the picture cannot be read. UsageError: an option that does not fit.
        """
        if as_ not in ("plate", "character"):
            raise UsageError(f"as_ {as_!r} is unknown; use 'plate' or 'character'")
        if region is not None:
            raise UsageError(f"region {region!r} is unknown; no region formats ship yet")
        picture = image if isinstance(image, Picture) else open_picture(image, colour)
        plate = self._read_plate(picture) if as_ == "plate" else self._read_character(picture)
        if min_confidence is None:
            min_confidence = self.model.manifest.thresholds.get("min_confidence", 0.0)
        return [plate] if plate is not None and plate.confidence >= min_confidence else []

    def close(self) -> None:
        """Let go of the interpreter."""
        self.model.close()

    def __enter__(self) -> PlateReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read_character(self, picture: Picture) -> Plate:
        manifest = self.model.manifest
        probabilities = self.model.predict_pictures([picture.gray()], "auto")
        (character,) = decode_softmax(probabilities, manifest.alphabet, manifest.temperature)
        box = (0, 0, picture.width, picture.height)
        return _plate([character], character.confidence, box, _corners(box))

    def _read_plate(self, picture: Picture) -> Plate | None:
        from .cutting import read_by_cutting

        found = read_by_cutting(picture.rgb, self.model)
        if found is None:
            return None
        return _plate(found.characters, found.confidence, found.box, found.corners)


def _plate(characters: Sequence[Character], confidence: float, box: Box, corners: Corners) -> Plate:
    text = "".join(character.text for character in characters)
    return Plate(text, text, confidence, 1.0, box, corners, None, tuple(characters))


def _corners(box: Box) -> Corners:
    x, y, width, height = box
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
