"""What the page shows, one method for each path: JSON, pictures, and the ROI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from plate_devices.serve.live_pictures import encode
from plate_devices.serve.live_state import REMEMBERED
from plate_devices.serve.page_request import RequestRefusedError
from plate_devices.serve.roi_file import checked_roi, save_roi
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from plate_devices.audit.audit_log import AuditLog
    from plate_devices.serve.live_pictures import LivePictures
    from plate_devices.serve.live_state import LiveState, LiveVehicle

_CROP_WIDTH = 480


class PageContent:
    """Gives the content of each path; used by many threads.

    Attributes:
        pictures: encoded for clients.
        audit: gets a row for each change of an ROI, before it is made; None for no rows.
    """

    def __init__(
        self,
        states: Mapping[str, LiveState],
        pictures: LivePictures,
        health: Callable[[], dict[str, Any]] | None,
        roi_file: Path | None,
    ) -> None:
        self.pictures = pictures
        self.audit: AuditLog | None = None
        self._states, self._health, self._roi_file = states, health, roi_file

    def camera(self, name: str | None) -> str:
        """Return the name of a camera of the page, by default the first. Raises RequestRefusedError."""
        if name is None:
            return next(iter(list(self._states)))
        if name not in self._states:
            raise RequestRefusedError(404, f"there is no camera {name!r}")
        return name

    def state(self, asked: str | None) -> dict[str, Any]:
        """Return everything but the picture: figures, hints, ROI, and the last vehicles.

        Args:
            asked: name of a camera. If None, the figures are those of the first camera, the vehicles those of all.

        Raises:
            RequestRefusedError: there is no such camera.
        """
        camera, states = self.camera(asked), dict(self._states)
        frame = states[camera].frame
        size = None if frame is None else [frame.rgb.shape[1], frame.rgb.shape[0]]
        passed = [(name, one) for name in ([camera] if asked else states) for one in states[name].vehicles()]
        passed.sort(key=lambda pair: str(pair[1].record["id"]), reverse=True)
        return {
            **states[camera].figures(),
            **self.pictures.hints_of(camera),
            "camera": camera,
            "cameras": [{"name": name, **one.figures()} for name, one in states.items()],
            "size": size,
            "roi": None if frame is None else frame.roi,
            "health": self.health(),
            "passed": [_passed(name, one) for name, one in passed[:REMEMBERED]],
        }

    def health(self) -> dict[str, Any] | None:
        """Return the state of the service, None where there is none."""
        return self._health() if self._health is not None else None

    def crop(self, name: str) -> bytes | None:
        """Return the picture of a vehicle as JPEG, by its record's id; None where it is not among the last ones."""
        for state in list(self._states.values()):
            for one in state.vehicles():
                if one.record["id"] == name and one.picture is not None:
                    return encode(one.picture, _CROP_WIDTH)
        return None

    def set_roi(self, body: bytes, camera: str | None = None) -> dict[str, Any]:
        """Take a request with an ROI; return the ROI that is read from now on, and whether it was saved.

        Raises:
            RequestRefusedError: there is no such camera.
            ValueError: the request holds no valid ROI.
            DeviceError: the audit log cannot be written; the ROI stays.
        """
        try:
            asked = json.loads(body)
        except RecursionError as error:
            raise ValueError("the request is nested too deeply") from error
        if not isinstance(asked, dict) or "roi" not in asked:
            raise ValueError('the request has to be {"roi": [x, y, width, height]} or {"roi": null}')
        name = self.camera(camera)
        state = self._states[name]
        frame = state.frame
        size = None if frame is None else (frame.rgb.shape[1], frame.rgb.shape[0])
        roi = checked_roi(asked["roi"], size)
        if self.audit is not None:
            self.audit.add("roi.changed", "page", "the ROI is changed", {"camera": name, "roi": roi})
        state.set_roi(roi)
        answer: dict[str, Any] = {"roi": roi, "kept": self._roi_file is not None, "problem": None}
        if self._roi_file is not None:
            try:
                save_roi(self._roi_file, name, roi)
            except DeviceError as error:
                answer |= {"kept": False, "problem": str(error)}
        return answer


def _passed(camera: str, one: LiveVehicle) -> dict[str, Any]:
    record = one.record
    plate = record["plates"][0] if record.get("plates") else {}
    return {
        "id": record["id"],
        "camera": camera,
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
