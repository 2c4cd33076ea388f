"""The views of corrections: doubtful readings, their crops, and what a person says about them."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from plate_devices.corrections.doubtful import MOST_LOOKED_AT, most_doubtful
from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer, RequestRefusedError, json_answer
from plate_devices.serve.routes import Route, page_files
from plate_runtime.errors import DataError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plate_devices.audit.audit_log import AuditLog
    from plate_devices.corrections.correction_folder import CorrectionFolder
    from plate_devices.corrections.doubtful import Doubtful
    from plate_devices.serve.page_request import PageRequest
    from plate_runtime.script import Script

PAGE_READINGS = 24
"""Readings of one answer."""

LONGEST = 16
"""Characters of a text."""

_SAID = {"confirm": "confirmed", "correct": "corrected", "no_plate": "called no plate", "undo": "withdrawn"}


class Vehicles(Protocol):
    """The vehicles that a person can look at."""

    def newest(self, most: int) -> Iterable[Mapping[str, Any]]:
        """Yield the records of the newest vehicles. Raises DeviceError."""
        ...

    def one(self, record_id: str) -> Mapping[str, Any] | None:
        """Return a record, None if there is none. Raises DeviceError."""
        ...

    def crop(self, record: Mapping[str, Any]) -> bytes | None:
        """Return the saved crop of a vehicle as JPEG, None if none shows its plate."""
        ...

    def refusal(self, record: Mapping[str, Any]) -> str:
        """Return why privacy forbids to keep a crop of a vehicle, "" if it does not."""
        ...


class ReviewViews:
    """Answers requests for corrections; used by many threads."""

    def __init__(
        self,
        vehicles: Vehicles | None,
        folder: CorrectionFolder | None,
        audit: AuditLog,
        script: Callable[[], Script],
        reason: str = "",
    ) -> None:
        """Take the vehicles and the folder; without one of them, `reason` says which setting is missing.

        Args:
            audit: gets a row for each correction, before it is saved.
            script: returns the characters of plates.
        """
        self._vehicles, self._folder, self._reason = vehicles, folder, reason
        self._audit, self._script = audit, script

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            *page_files("review.html", "review.js"),
            Route("GET", "/api/review", Access.READ, self._readings),
            Route("GET", "/review-crops/", Access.READ, self._crop),
            Route("POST", "/api/review", Access.FULL, self._correct),
        ]

    def _readings(self, request: PageRequest) -> Answer:
        """Return the doubtful readings after the one that `after` names: "CONFIDENCE,ID"."""
        vehicles, folder = self._parts()
        try:
            texts = folder.texts()
            records = vehicles.newest(MOST_LOOKED_AT)
            found = most_doubtful(records, texts, _key(request.parameter("after") or ""), PAGE_READINGS)
        except (DataError, DeviceError) as error:
            raise RequestRefusedError(503, str(error)) from error
        last = found[-1] if len(found) == PAGE_READINGS else None
        return json_answer(
            {
                "readings": [_described(one, vehicles.refusal(one.record)) for one in found],
                "next": f"{last.confidence},{last.id}" if last else None,
                "corrections": len(texts),
                "folder": str(folder.folder),
                **request.write_access,
            }
        )

    def _crop(self, request: PageRequest) -> Answer:
        vehicles, _ = self._parts()
        record = self._record(request.rest.removesuffix(".jpg"))
        crop = vehicles.crop(record)
        if crop is None:
            raise RequestRefusedError(404, "this vehicle has no crop that can be shown")
        return Answer(200, crop, "image/jpeg")

    def _correct(self, request: PageRequest) -> Answer:
        """Take `{"id", "do": "confirm" | "correct" | "no_plate" | "undo", "text"}`; return the kept text."""
        asked = request.json_object()
        vehicle, do = asked.get("id"), str(asked.get("do"))
        vehicles, folder = self._parts()
        if do not in _SAID or not isinstance(vehicle, str):
            raise RequestRefusedError(400, "a correction needs id, do (confirm, correct, no_plate or undo), and text")
        record = self._record(vehicle)
        read = record["plates"][0].get("text") or ""
        text = self._text(asked.get("text")) if do == "correct" else read if do == "confirm" else ""
        details = {"vehicle": vehicle, "read": read, "text": text}

        def note() -> None:
            self._audit.add("correction", "page", f"a reading is {_SAID[do]}", details)

        try:
            if do == "undo":
                folder.delete(vehicle, note)
            else:
                folder.save(vehicle, text, self._keepable(vehicles, record), _passed(record), note)
        except DataError as error:
            raise RequestRefusedError(409, str(error)) from error
        except DeviceError as error:
            raise RequestRefusedError(503, str(error)) from error
        return json_answer({"id": vehicle, "text": text})

    def _keepable(self, vehicles: Vehicles, record: Mapping[str, Any]) -> bytes:
        if refusal := vehicles.refusal(record):
            raise RequestRefusedError(409, refusal)
        crop = vehicles.crop(record)
        if crop is None:
            raise RequestRefusedError(
                409, "this vehicle has no crop that can be shown, so there is nothing to learn from"
            )
        return crop

    def _text(self, typed: Any) -> str:
        if not isinstance(typed, str) or len(typed) > 4 * LONGEST:
            raise RequestRefusedError(400, "the text is missing or too long")
        try:
            text = self._script().to_characters(typed)
        except ValueError as error:
            raise RequestRefusedError(400, str(error)) from error
        if not 0 < len(text) <= LONGEST:
            raise RequestRefusedError(400, f"a text has 1 to {LONGEST} characters")
        return text

    def _record(self, record_id: str) -> Mapping[str, Any]:
        vehicles, _ = self._parts()
        try:
            record = vehicles.one(record_id) if len(record_id) <= LONGEST * 4 else None
        except DeviceError as error:
            raise RequestRefusedError(503, str(error)) from error
        if not record or not record.get("plates"):
            raise RequestRefusedError(404, "there is no such vehicle")
        return record

    def _parts(self) -> tuple[Vehicles, CorrectionFolder]:
        if self._vehicles is None or self._folder is None:
            raise RequestRefusedError(409, self._reason)
        return self._vehicles, self._folder


def _described(one: Doubtful, refusal: str) -> dict[str, Any]:
    record, plate = one.record, one.record["plates"][0]
    return {
        "id": one.id,
        "time": record.get("last_time"),
        "camera": record.get("camera") or "",
        "text": plate.get("text") or "",
        "confidence": one.confidence,
        "characters": [[part["text"], part["confidence"]] for part in plate.get("characters", ())],
        "refusal": refusal,
    }


def _key(after: str) -> tuple[float, str]:
    confidence, _, record_id = after.partition(",")
    try:
        return (float(confidence), record_id) if after else (-1.0, "")
    except ValueError as error:
        raise RequestRefusedError(400, "after is a confidence and an id") from error


def _passed(record: Mapping[str, Any]) -> float:
    """Return when a vehicle passed, in seconds since 1970; now if this is not known."""
    written = record.get("last_time")
    return datetime.fromisoformat(written).timestamp() if written else time.time()
