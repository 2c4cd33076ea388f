"""The view of the steps of the newest frame: what was detected, read and dropped, and the likeliest cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer, RequestRefusedError
from plate_devices.serve.routes import Route, page_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from plate_devices.serve.explained_frames import CameraReader, ExplainedFrames
    from plate_devices.serve.page_content import PageContent
    from plate_devices.serve.page_request import PageRequest


class StepsSource(NamedTuple):
    """Where the steps come from.

    Attributes:
        reader_of: returns how the frames of a camera are read, None for a camera that is not open.
        refusal: why the page shows no steps, "" if it does.
    """

    reader_of: Callable[[str], CameraReader | None]
    refusal: str = ""


class StepsViews:
    """Answers requests for steps; used by many threads."""

    def __init__(self, content: PageContent, frames: ExplainedFrames, refusal: str) -> None:
        """Take the page, the explained frames, and why there are none, "" if there are."""
        self._content, self._frames, self._refusal = content, frames, refusal

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [*page_files("steps.js", "steps.css"), Route("GET", "/steps", Access.READ, self._steps)]

    def _steps(self, request: PageRequest) -> Answer:
        """Return the newest explanation with a number above `after`, without waiting."""
        if self._refusal:
            raise RequestRefusedError(409, self._refusal)
        camera = self._content.camera(request.parameter("camera"))
        found = self._frames.newest(camera, request.number("after"))
        return Answer(204, b"") if found is None else Answer(200, found.body)
