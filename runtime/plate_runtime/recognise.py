"""The picture of a plate, of a character, or of a frame with detections -> the text that is read there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .decode import Candidate, choose, decode_logits, decode_softmax, find_candidates, find_prior, find_spellings
from .errors import UsageError, damage_as
from .plate_evidence import plate_probability
from .results import Box, Corners, Detection, Plate, Reading
from .script import Script
from .second_look import BELOW, LEAST_OF_BATCH, average, other_looks, read_looks

if TYPE_CHECKING:
    from .decode.prior import Prior
    from .model import Model
    from .pictures.open_picture import Picture


@runtime_checkable
class Recogniser(Protocol):
    """Reads crops of plates; `PlateReader` accepts any object with these two members."""

    @property
    def script(self) -> Script:
        """The characters that it reads; `script.LATIN` is A-Z and 0-9."""
        ...

    def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> Sequence[Reading | None]:
        """Read the crops of one plate each.

        Args:
            crops: gray, uint8 (h, w) of any sizes.
            region: a name that `formats.find_region` knows, or None; a recogniser without formats ignores it.

        Returns:
            One reading for each crop, in their order; None, or a reading without characters, where there is no text.
        """
        ...


class NetworkRecogniser:
    """A network of whole plates as a `Recogniser`.

    Args:
        second_look: if None, all crops are read in one batch. Else each is read by itself, and again in other crops of
            it if it is read with doubt, and with this confidence at least; see `second_look`.
        second: returns another network, called when needed. It takes all these looks too, the crop itself included; of
            a batch, it reads the crops that are read with doubt.
    """

    def __init__(
        self, model: Model, second_look: float | None = None, second: Callable[[], Model] | None = None
    ) -> None:
        self._model, self._second_look, self._second = model, second_look, second

    @property
    def script(self) -> Script:
        """See `Recogniser`."""
        return self._model.manifest.script

    def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[Reading]:
        """See `Recogniser`. Raises UsageError for a region, see `formats.check_spelled`."""
        prior = find_prior(region, self.script)
        if self._second_look is None:
            return self._read_batch(crops, prior)
        return [self._read_with_looks(crop, prior, self._second_look) for crop in crops]

    def _read_batch(self, crops: Sequence[NDArray[np.uint8]], prior: Prior) -> list[Reading]:
        texts = _candidates(self._model, crops)
        found = [choose(one, prior) for one in texts]
        doubtful = [place for place, one in enumerate(found) if LEAST_OF_BATCH <= one.confidence < self._below]
        if self._second is not None and doubtful:
            again = _candidates(self._second(), [crops[place] for place in doubtful])
            for place, other in zip(doubtful, again, strict=True):
                found[place] = choose(average([texts[place], other]), prior)
        return found

    def _read_with_looks(self, gray: NDArray[np.uint8], prior: Prior, least: float) -> Reading:
        (first,) = _candidates(self._model, [gray])
        return read_looks(first, lambda: self._other_looks(gray), prior, self._below, least)

    @property
    def _below(self) -> float:
        return self._model.manifest.thresholds.get("second_look", BELOW)

    def _other_looks(self, gray: NDArray[np.uint8]) -> list[list[Candidate]]:
        """Return the texts of each look after the first."""
        looks = other_looks(gray)
        found = _candidates(self._model, looks)
        return found if self._second is None else found + _candidates(self._second(), [gray, *looks])


class SegmentingRecogniser:
    """A network of characters as a `Recogniser`: crops are segmented, and each character is classified."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def script(self) -> Script:
        """See `Recogniser`."""
        return self._model.manifest.script

    def recognise(self, crops: Sequence[NDArray[np.uint8]], region: str | None) -> list[Reading | None]:
        """See `Recogniser`. Raises UsageError for a region, see `formats.check_spelled`."""
        found = [self.read_picture(np.repeat(crop[:, :, None], 3, axis=2), region) for crop in crops]
        return [None if one is None else one[0] for one in found]

    def read_picture(self, rgb: NDArray[np.uint8], region: str | None) -> tuple[Reading, Box, Corners] | None:
        """Read a crop in colour, uint8 (h, w, 3); return the reading, and where the characters are in the crop."""
        from .segment.segmented_reader import segment_plate

        found = segment_plate(rgb, self._model)
        if found is None:
            return None
        reading = choose(find_spellings(found.probabilities, self.script), find_prior(region, self.script))
        return reading, found.box, found.corners


def _candidates(model: Model, crops: Sequence[NDArray[np.uint8]]) -> list[list[Candidate]]:
    """Return for each gray crop, uint8 (h, w), the texts that a network finds most probable."""
    manifest, logits = model.manifest, model.predict_pictures(crops)
    return find_candidates(logits, manifest.decoding, manifest.script, manifest.temperature)


def recogniser_of(
    model: Model, second_look: float | None = None, second: Callable[[], Model] | None = None
) -> NetworkRecogniser | SegmentingRecogniser:
    """Return the recogniser of a model that reads plates or characters; see `NetworkRecogniser` for the looks."""
    if model.manifest.kind == "character":
        return SegmentingRecogniser(model)
    return NetworkRecogniser(model, second_look, second)


class Decoded(Protocol):
    """What decoding needs to know of a network; `manifest.Manifest` has it."""

    @property
    def kind(self) -> str:
        """Either "character" or "plate"."""

    @property
    def script(self) -> Script:
        """One character per class."""

    @property
    def decoding(self) -> str:
        """See `Manifest`."""

    @property
    def temperature(self) -> float:
        """See `Manifest`."""


def read_outputs(outputs: NDArray[np.float32], manifest: Decoded, region: str | None = None) -> list[Reading]:
    """Decode a network's output for n pictures of one character or plate each, float32 (n, *output_shape).

    Training, the check of characters in an export and the product all decode here, so that they count the same. The
    check of plates uses `NetworkRecogniser`, as the product does.
    """
    if manifest.kind == "character":
        characters = decode_softmax(outputs, manifest.script, manifest.temperature)
        return [Reading((one,), one.confidence, one.text) for one in characters]
    return decode_logits(outputs, manifest.decoding, manifest.script, manifest.temperature, region)


def read_character(picture: Picture, model: Model) -> Plate:
    """Read the picture of one character as a plate with one character."""
    (found,) = read_outputs(model.predict_pictures([picture.gray()]), model.manifest)
    return _plate_of(found, *_whole(picture))


def read_plate(picture: Picture, recogniser: Recogniser, region: str | None = None) -> Plate | None:
    """Read the crop of one plate; None if there is no text.

    The box is that of the picture. A recogniser that segments it knows the box of the characters.

    Raises:
        UsageError: see `formats.check_spelled`.
    """
    if isinstance(recogniser, SegmentingRecogniser):
        segmented = recogniser.read_picture(picture.rgb, region)
        return None if segmented is None else _plate_of(*segmented, region=region)
    (found,) = _recognise([picture.gray()], recogniser, region)
    return None if found is None else _plate_of(found, *_whole(picture), region=region)


def read_detections(
    gray: NDArray[np.uint8], detections: Sequence[Detection], recogniser: Recogniser, region: str | None = None
) -> list[Plate | None]:
    """Read the plates detected in a frame, gray uint8 (h, w), in their order; None where there is no text.

    Raises:
        UsageError: corners of a detection that are no quadrilateral in the picture; a region, see `check_spelled`.
    """
    from .geometry import bounding_box
    from .rectify import rectify

    crops = [rectify(gray, one.corners) for one in detections]
    height, width = gray.shape
    plates: list[Plate | None] = []
    for one, found in zip(detections, _recognise(crops, recogniser, region), strict=True):
        if found is None:
            plates.append(None)
            continue
        confidence = plate_probability(one.confidence, found.text, region, recogniser.script)
        box = bounding_box(one.corners, width, height)
        plates.append(_plate_of(found, box, one.corners, round(confidence, 4), region))
    return plates


def _recognise(crops: Sequence[NDArray[np.uint8]], recogniser: Recogniser, region: str | None) -> list[Reading | None]:
    returned = recogniser.recognise(crops, region)
    with damage_as(UsageError, "the recogniser returned something else than readings"):
        readings = [None if one is None else _checked(one, recogniser.script) for one in returned]
    if len(readings) != len(crops):
        raise UsageError(f"the recogniser returned {len(readings)} readings for {len(crops)} crops")
    return readings


def _checked(reading: Reading, script: Script) -> Reading | None:
    """Return a reading, None without characters; its confidences as floats, which records can hold."""
    for value in (reading.confidence, *(one.confidence for one in reading.characters)):
        if not 0 <= value <= 1:
            raise ValueError(f"a confidence is 0..1, not {value}")
    if foreign := [one.text for one in reading.characters if len(one.text) != 1 or one.text not in script.alphabet]:
        raise ValueError(f"{foreign[0]!r} is not in its script")
    characters = tuple(replace(one, confidence=float(one.confidence)) for one in reading.characters)
    return Reading(characters, float(reading.confidence), reading.raw_text) if characters else None


def _plate_of(
    reading: Reading, box: Box, corners: Corners, detection_confidence: float = 1.0, region: str | None = None
) -> Plate:
    text = reading.text
    if region is not None:
        from .formats import find_region

        region = region if find_region(region).fits(text) else None
    confidence, characters = reading.confidence, reading.characters
    return Plate(text, reading.raw_text, confidence, detection_confidence, box, corners, region, characters)


def _whole(picture: Picture) -> tuple[Box, Corners]:
    """Return the box and the corners of a whole picture."""
    width, height = picture.width, picture.height
    return (0, 0, width, height), ((0, 0), (width, 0), (width, height), (0, height))
