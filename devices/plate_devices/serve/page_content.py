"""What the page asks for, one function each: JSON for people's eyes, pictures, the ROI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from plate_devices.serve.live_pictures import encode
from plate_devices.serve.roi_file import checked, save_roi
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plate_devices.live.live_state import Passed, Tap
    from plate_devices.serve.live_pictures import LivePictures

_CROP_WIDTH = 480


class PageContent:
    """Knows everything that can be asked for; used by many threads."""

    def __init__(
        self,
        tap: Tap,
        pictures: LivePictures,
        extra: Mapping[str, Callable[[], tuple[str, bytes]]],
        health: Callable[[], dict[str, Any]] | None,
        roi_file: Path | None,
    ) -> None:
        self.pictures, self.extra = pictures, extra
        self._tap, self._health, self._roi_file = tap, health, roi_file

    def state(self) -> dict[str, Any]:
        """Everything but the picture: figures, hints, ROI, who has passed."""
        shot = self._tap.shot
        size = None if shot is None else [shot.rgb.shape[1], shot.rgb.shape[0]]
        return {
            **self._tap.figures(),
            **self.pictures.advice,
            "size": size,
            "roi": None if shot is None else shot.roi,
            "health": self.health(),
            "passed": [_passed(one) for one in self._tap.last()],
        }

    def health(self) -> dict[str, Any] | None:
        """What the service says of itself, or None."""
        return self._health() if self._health is not None else None

    def crop(self, name: str) -> bytes | None:
        """The picture of a vehicle as JPEG, by its record's id; None where it is not among the last."""
        for one in self._tap.last():
            if one.record["id"] == name and one.picture is not None:
                return encode(one.picture, _CROP_WIDTH)
        return None

    def draw(self, body: bytes) -> dict[str, Any]:
        """Take an ROI that was drawn; return it as it is read, and what went wrong with keeping it.

        Raises:
            ValueError: it is no ROI.
        """
        try:
            asked = json.loads(body)
        except RecursionError as error:
            raise ValueError("the request is nested too deep") from error
        if not isinstance(asked, dict) or "roi" not in asked:
            raise ValueError('{"roi": [x, y, width, height]} or {"roi": null} is asked for')
        shot = self._tap.shot
        size = None if shot is None else (shot.rgb.shape[1], shot.rgb.shape[0])
        roi = checked(asked["roi"], size)
        self._tap.draw(roi)
        told: dict[str, Any] = {"roi": roi, "kept": self._roi_file is not None, "problem": None}
        if self._roi_file is not None:
            try:
                save_roi(self._roi_file, roi)
            except DeviceError as error:
                told |= {"kept": False, "problem": str(error)}
        return told


def _passed(one: Passed) -> dict[str, Any]:
    record = one.record
    plate = record["plates"][0] if record.get("plates") else {}
    return {
        "id": record["id"],
        "time": record.get("last_time"),
        "text": plate.get("text") or "",
        "hash": plate.get("text_hash"),
        "confidence": plate.get("confidence"),
        "frames": record.get("frames_read"),
        "lists": [
            {key: hit[key] for key in ("name", "match", "plate_name") if key in hit}
            for hit in record.get("watchlists", ())
        ],
        "picture": one.picture is not None,
    }
