"""Filter records and pictures: only what the privacy settings allow leaves the process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from plate_devices.privacy.keys import RotatingKey
from plate_devices.privacy.privacy_settings import PrivacySettings
from plate_devices.watchlists.lists import WatchLists
from plate_runtime.errors import UsageError
from plate_runtime.script import LATIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.events.records import Record
    from plate_devices.sources.source import Roi
    from plate_devices.watchlists.watchlist_settings import WatchlistSettings
    from plate_runtime.results import Plate
    from plate_runtime.script import Script


class PrivacyFilter:
    """Filters every record and picture before it is printed, sent or saved. Used by one thread."""

    def __init__(
        self,
        privacy: PrivacySettings | None = None,
        watchlists: Sequence[WatchlistSettings] = (),
        saves_pictures: bool = False,
        warn: Callable[[str], None] = lambda _: None,
        *,
        script: Script = LATIN,
        before: PrivacyFilter | None = None,
    ) -> None:
        """Open the key and the watch lists.

        Args:
            script: the characters of plates.
            before: the filter that this one replaces; its lists are not read again if they are the same.

        Raises:
            UsageError: saved pictures would show what the mode hides.
            DataError, DeviceError: a list or the key is missing or damaged.
        """
        self._settings = privacy or PrivacySettings()
        mode = self._settings.mode
        if saves_pictures and (mode == "nothing" or (mode == "hash" and not self._settings.blur_others)):
            hint = " set blur_others, or" if mode == "hash" else ""
            raise UsageError(f'privacy mode "{mode}" and saved pictures contradict each other;{hint} save no pictures')
        self.lists: WatchLists = WatchLists(watchlists, warn, script, before.lists if before else None)
        if self._settings.blur_others and not self.lists:
            raise UsageError("blur_others needs a [[watchlist]]: it masks plates that are on no list")
        self._key = None
        if mode == "hash" and self._settings.key_file is not None:
            self._key = RotatingKey(self._settings.key_file, self._settings.rotate_days, warn)

    @property
    def masks(self) -> bool:
        """Whether `frame` may mask plates."""
        return self._settings.hides_plates

    def mark(self, record: Record) -> None:
        """Add to a record the watch lists of its plates; see `WatchLists.mark`. Call it before `conceal`."""
        self.lists.mark(record)

    def conceal(self, record: Record) -> Record:
        """Return a record with texts, with hashes instead, or without both, as the mode says."""
        if self._settings.mode == "clear":
            return record
        concealed = {**record, "plates": [self._concealed(plate) for plate in record.get("plates", ())]}
        if "watchlists" in record:
            # The listed plate is the text, or differs from it by one character.
            concealed["watchlists"] = [{"name": one["name"], "match": one["match"]} for one in record["watchlists"]]
        return concealed

    def crop(self, picture: NDArray[np.uint8], record: Record) -> NDArray[np.uint8]:
        """Return a crop of a record's first plate, made by `follow.crop_plate`, masked if it may not be shown."""
        plate = record["plates"][0]
        if self._shows(plate):
            return picture
        from plate_devices.privacy.masking import mask_boxes

        x, y, width, height = plate["box"]
        # The margin of crop_plate, smaller at the edge of a picture.
        margin = max(2, int(height) // 6)
        return mask_boxes(picture, [(min(margin, x), min(margin, y), width, height)])

    def frame(
        self,
        rgb: NDArray[np.uint8],
        plates: Sequence[Plate],
        roi: Roi | None = None,
        unread: Sequence[Roi] = (),
    ) -> tuple[NDArray[np.uint8], list[Plate]]:
        """Return a picture with masked plates, and those of its plates that may be shown.

        Args:
            rgb: uint8 (h, w, 3).
            plates: that were read.
            roi: x, y, width and height of a rectangle that is one plate, read or not; None if there is none.
            unread: boxes of other possible plates.
        """
        if not self.masks:
            return rgb, list(plates)
        from plate_devices.events.records import plate_record
        from plate_devices.privacy.masking import mask_boxes

        shown = [plate for plate in plates if self._shows(plate_record(plate))]
        boxes: list[Roi] = [plate.box for plate in plates if plate not in shown]
        boxes += [box for box in unread if not any(_overlap(box, plate.box) for plate in shown)]
        if roi is not None and not shown:
            boxes.append(roi)
        return mask_boxes(rgb, boxes), shown

    def outlines(self, plates: Sequence[Plate]) -> list[Plate]:
        """Return the plates of a frame for the live page, without their texts if the mode hides them."""
        if self._settings.mode == "clear":
            return list(plates)
        return [replace(plate, text="", raw_text="", region=None, characters=()) for plate in plates]

    def _shows(self, plate: dict[str, Any]) -> bool:
        """Whether a picture may show a plate, given as in records."""
        if self._settings.mode == "nothing":
            return False
        if not self._settings.blur_others:
            return self._settings.mode == "clear"
        return bool(self.lists.matches(plate))

    def _concealed(self, plate: dict[str, Any]) -> dict[str, Any]:
        concealed = {**plate, "text": "", "raw_text": "", "characters": []}
        if self._key is None:
            return {**concealed, "region": None}
        return {**concealed, "text_hash": self._key.hash(plate["text"]) if plate["text"] else None}


def _overlap(one: Roi, other: Roi) -> bool:
    """Whether the boxes overlap by a quarter of the smaller one, and so are one plate."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > 0 and down > 0 and 4 * across * down > min(one[2] * one[3], other[2] * other[3])
