"""What of a plate may leave the process, in records and in pictures."""

from __future__ import annotations

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
    from plate_runtime.reader import Plate
    from plate_runtime.script import Script


class Guard:
    """Everything goes past it before it is printed, sent or saved. Used by one thread."""

    def __init__(
        self,
        privacy: PrivacySettings | None = None,
        watchlists: Sequence[WatchlistSettings] = (),
        saves_pictures: bool = False,
        warn: Callable[[str], None] = lambda _: None,
        script: Script = LATIN,
    ) -> None:
        """Open key and lists, whose plates are in the characters of a script.

        Raises:
            UsageError: pictures would give away what the mode hides. DataError, DeviceError: a list or the key is
                missing or damaged.
        """
        self._settings = privacy or PrivacySettings()
        mode = self._settings.mode
        if saves_pictures and (mode == "nothing" or (mode == "hash" and not self._settings.blur_others)):
            hint = " set blur_others, or" if mode == "hash" else ""
            raise UsageError(f'privacy mode "{mode}" and saved pictures contradict each other;{hint} save no pictures')
        self.lists = WatchLists(watchlists, warn, script)
        if self._settings.blur_others and not self.lists:
            raise UsageError("blur_others needs a [[watchlist]]: it covers plates that are on no list")
        self._key = None
        if mode == "hash" and self._settings.key_file is not None:
            self._key = RotatingKey(self._settings.key_file, self._settings.rotate_days, warn)

    def mark(self, record: Record) -> None:
        """Name in a record the lists that its plates are on; see `WatchLists.mark`. Goes before `conceal`."""
        self.lists.mark(record)

    def conceal(self, record: Record) -> Record:
        """Return a record as it may leave the process: as it is, with hashes for texts, or without both."""
        if self._settings.mode == "clear":
            return record
        told = {**record, "plates": [self._concealed(plate) for plate in record.get("plates", ())]}
        if "watchlists" in record:
            # What is listed is the text again, or one sign away from it.
            told["watchlists"] = [{"name": one["name"], "match": one["match"]} for one in record["watchlists"]]
        return told

    def crop(self, picture: NDArray[np.uint8], record: Record) -> NDArray[np.uint8]:
        """Return a crop made by `follow.cut_plate` of a record's first plate as it may be saved, or shown as passed."""
        plate = record["plates"][0]
        if self._shows(plate):
            return picture
        from plate_devices.privacy.blur import cover

        x, y, width, height = plate["box"]
        # As cut_plate adds it, less at the edge of a picture.
        margin = max(2, int(height) // 6)
        return cover(picture, [(min(margin, x), min(margin, y), width, height)])

    def frame(
        self,
        rgb: NDArray[np.uint8],
        plates: Sequence[Plate],
        roi: Roi | None = None,
        unread: Sequence[Roi] = (),
    ) -> tuple[NDArray[np.uint8], list[Plate]]:
        """Return a whole picture, uint8 (h, w, 3), as it may be saved, and those of its plates that may be drawn in.

        Args:
            roi: x, y, width, height that is one plate by definition, whether or not it could be read.
            unread: boxes of what may be plates beside those that were read.
        """
        if self._settings.mode == "clear" and not self._settings.blur_others:
            return rgb, list(plates)
        from plate_devices.events.records import plate_record
        from plate_devices.privacy.blur import cover

        shown = [plate for plate in plates if self._shows(plate_record(plate))]
        boxes: list[tuple[float, float, float, float]] = [plate.box for plate in plates if plate not in shown]
        boxes += [box for box in unread if not any(_overlap(box, plate.box) for plate in shown)]
        if roi is not None and not shown:
            boxes.append(roi)
        return cover(rgb, boxes), shown

    def reload(self) -> None:
        """Read lists again that have changed."""
        self.lists.reload()

    def _shows(self, plate: dict[str, Any]) -> bool:
        """Whether a picture may show a plate, given as records describe it."""
        if self._settings.mode == "nothing":
            return False
        if not self._settings.blur_others:
            return self._settings.mode == "clear"
        return bool(self.lists.matches(plate))

    def _concealed(self, plate: dict[str, Any]) -> dict[str, Any]:
        told = {**plate, "text": "", "raw_text": "", "characters": []}
        if self._key is None:
            return {**told, "region": None}
        return {**told, "text_hash": self._key.hash(plate["text"]) if plate["text"] else None}


def _overlap(one: Roi, other: Roi) -> bool:
    """Whether one box covers a quarter of the other, so that both are one plate."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > 0 and down > 0 and 4 * across * down > min(one[2] * one[3], other[2] * other[3])
