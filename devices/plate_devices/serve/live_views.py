"""The views of the live page: picture, state, crops, health, and the ROI."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from plate_devices.serve.access import Access
from plate_devices.serve.live_pictures import SMALL
from plate_devices.serve.page_request import Answer, RequestRefusedError, json_answer
from plate_devices.serve.routes import Route, page_files
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from plate_devices.serve.page_content import PageContent
    from plate_devices.serve.page_request import PageRequest

MOST_WAITING = 16
"""Most requests that wait for the next picture at the same time; more are answered without waiting."""

_LONG_POLL = 8.0
_NO_ROOM_WAIT = 0.5


class LiveViews:
    """Answers requests for the live page; used by many threads."""

    def __init__(self, content: PageContent, most_waiting: int = MOST_WAITING) -> None:
        self._content = content
        self._waiting = threading.Semaphore(most_waiting)

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            *page_files("index.html", "login.html", "page.css", "page.js", "drawing.js", "shared.js", "views.css"),
            Route("GET", "/frame", Access.READ, self._frame),
            Route("GET", "/state", Access.READ, self._state),
            Route("GET", "/crops/", Access.READ, self._crop),
            Route("GET", "/health", Access.READ, self._health),
            Route("POST", "/roi", Access.FULL, self._set_roi),
        ]

    def _state(self, request: PageRequest) -> Answer:
        return json_answer({**self._content.state(request.parameter("camera")), **request.write_access})

    def _frame(self, request: PageRequest) -> Answer:
        """Wait for a picture newer than number `after`. The header `Plate-Edge-Frame` holds its overlay."""
        seen = request.number("after")
        camera = self._content.camera(request.parameter("camera"))
        if request.parameter("small") == "1":
            # Small pictures are for pages with several cameras, which ask for each in turn.
            found, delay = self._content.pictures.wait(camera, seen, 0.0, SMALL), 0.0
        elif self._waiting.acquire(blocking=False):
            try:
                found, delay = self._content.pictures.wait(camera, seen, _LONG_POLL), 0.0
            finally:
                self._waiting.release()
        else:
            # If too many clients wait, the response is delayed instead, which costs no thread.
            found, delay = self._content.pictures.wait(camera, seen, 0.0), _NO_ROOM_WAIT
        if found is None:
            return Answer(204, b"", "image/jpeg", delay=delay)
        more = {"Plate-Edge-Number": str(found.number), "Plate-Edge-Frame": found.overlay}
        return Answer(200, found.jpeg, "image/jpeg", more, delay)

    def _crop(self, request: PageRequest) -> Answer:
        crop = self._content.crop(request.rest.removesuffix(".jpg"))
        if crop is None:
            raise RequestRefusedError(404, "there is no such page")
        return Answer(200, crop, "image/jpeg")

    def _health(self, _request: PageRequest) -> Answer:
        health = self._content.health()
        if health is None:
            raise RequestRefusedError(404, "there is no such page")
        return json_answer(health)

    def _set_roi(self, request: PageRequest) -> Answer:
        try:
            return json_answer(self._content.set_roi(request.body, request.parameter("camera")))
        except ValueError as error:
            raise RequestRefusedError(400, str(error)) from error
        except DeviceError as error:
            raise RequestRefusedError(503, str(error)) from error
