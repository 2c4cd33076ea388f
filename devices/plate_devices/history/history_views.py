"""The views of the history: the page, searches as JSON, export as CSV and JSON lines, and pictures of events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from plate_devices.events.records import to_line
from plate_devices.history.event_search import MATCHES, EventQuery, QueryError, SearchError
from plate_devices.history.text_pattern import GAP, TextPattern, written_pattern
from plate_devices.outputs.csv import csv_line
from plate_devices.outputs.search_blocks import parse_milliseconds
from plate_devices.outputs.table_rows import COLUMNS, to_row
from plate_devices.private_files import read_regular
from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer, RequestRefusedError, json_answer
from plate_devices.serve.routes import Route, page_files
from plate_devices.unique_ids import UUID7

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from plate_devices.history.history_source import HistorySource
    from plate_devices.outputs.output import Event
    from plate_devices.serve.page_request import PageRequest

PAGE, MOST = 50, 200
"""Events of an answer: by default, and at most."""

EXPORTED = 2000
"""Events of one file of an export; the header `Link` names the next one. With 2 kB each they take 4 MB of memory."""

_KINDS = {"events.csv": "text/csv; charset=utf-8", "events.jsonl": "application/jsonl"}
_PARAMETERS = ("text", "match", "camera", "list", "since", "until", "min_confidence", "max_confidence")
_PICTURE = re.compile(rf"{UUID7}(-frame)?\.jpg", re.ASCII)


class HistoryViews:
    """Answers requests for past events; used by many threads."""

    def __init__(
        self, source: HistorySource, cameras: Sequence[str], lists: Sequence[str], pictures: Path | None
    ) -> None:
        """Take what is searched.

        Args:
            cameras, lists: names that the form offers.
            pictures: folder of the pictures of events, None if there are none.
        """
        self._source, self._pictures = source, pictures
        self._cameras, self._lists = list(cameras), list(lists)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            *page_files("history.html", "history.js", "history.css"),
            Route("GET", "/api/history", Access.READ, self._about),
            Route("GET", "/api/events", Access.READ, self._events),
            Route("GET", "/api/events.csv", Access.READ, self._csv),
            Route("GET", "/api/events.jsonl", Access.READ, self._lines),
            Route("GET", "/pictures/", Access.READ, self._picture),
        ]

    def _about(self, request: PageRequest) -> Answer:
        about = {"cameras": self._cameras, "lists": self._lists, "matches": MATCHES}
        source = {"reason": self._source.reason, "privacy": self._source.mode}
        return json_answer({**about, **source, **request.write_access})

    def _events(self, request: PageRequest) -> Answer:
        events, following, more = self._find(request, _limit(request, PAGE, MOST))
        return json_answer({"events": events, "next": following, **more})

    def _csv(self, request: PageRequest) -> Answer:
        events, following = self._exported(request)
        rows = [csv_line(to_row(event).values()) for event in events]
        head = [] if request.parameter("after") else [csv_line(COLUMNS)]
        return _export(request, "events.csv", [*head, *rows], following)

    def _lines(self, request: PageRequest) -> Answer:
        events, following = self._exported(request)
        lines = [to_line(event) for event in events]
        return _export(request, "events.jsonl", lines, following)

    def _exported(self, request: PageRequest) -> tuple[list[Event], str]:
        events, following, more = self._find(request, _limit(request, EXPORTED, EXPORTED))
        if not events and not following and more["note"]:  # a file cannot say it
            raise RequestRefusedError(409, more["note"])
        return events, following

    def _find(self, request: PageRequest, limit: int) -> tuple[list[Event], str, dict[str, Any]]:
        """Return events, the key of the following page, and whether the search is complete, with a note."""
        try:
            query, text = parse_query(request, self._source.mode)
            found, note = self._source.find(query, text, limit, request.parameter("after") or "")
        except QueryError as error:
            raise RequestRefusedError(400, str(error)) from error
        except SearchError as error:
            raise RequestRefusedError(503, str(error)) from error
        return found.events, found.next, {"complete": found.complete, "note": note}

    def _picture(self, request: PageRequest) -> Answer:
        """Send a picture of an event. Its folder may hold other files, which are not served."""
        if self._pictures is None or not _PICTURE.fullmatch(request.rest):
            raise RequestRefusedError(404, "there is no such picture")
        try:
            with read_regular(self._pictures / request.rest) as stream:
                content = stream.read()
        except OSError:
            raise RequestRefusedError(404, "there is no such picture") from None
        if not self._source.may_show(content):
            raise RequestRefusedError(409, "this picture was saved before blur_others masked other plates")
        return Answer(200, content, "image/jpeg")


def parse_query(request: PageRequest, mode: str = "clear") -> tuple[EventQuery, str]:
    """Return the query of a request, and its whole folded text, "" if it has none or a part of one.

    Args:
        mode: of privacy; hashed texts are searched exactly by default.

    Raises:
        QueryError: a parameter is not valid.
    """
    written = (request.parameter("text") or "").strip()
    match = request.parameter("match") or ("exact" if mode == "hash" else "part")
    if match not in MATCHES:
        raise QueryError(f"match is {match[:40]!r}; it has to be one of {', '.join(MATCHES)}")
    pattern, whole = None, ""
    if written.strip(GAP):
        if match == "exact" and any(mark in written for mark in "?*"):
            raise QueryError("a whole text holds no ? and *; use match=pattern")
        try:
            text = written_pattern(written, "" if match == "exact" else "?*")
        except ValueError as error:
            raise QueryError(str(error)) from None
        whole = text if match == "exact" else ""
        if match == "part":
            text = f"{GAP}{text.strip(GAP)}{GAP}"
        pattern = TextPattern(text, match == "fuzzy")
    return EventQuery(
        pattern,
        camera=request.parameter("camera") or None,
        watchlist=request.parameter("list") or None,
        since=_time(request, "since"),
        until=_time(request, "until"),
        least=_confidence(request, "min_confidence"),
        most=_confidence(request, "max_confidence"),
    ), whole


def _limit(request: PageRequest, default: int, most: int) -> int:
    written = request.parameter("limit") or str(default)
    if not re.fullmatch(r"\d{1,6}", written, re.ASCII) or not 1 <= int(written) <= most:
        raise RequestRefusedError(400, f"limit is {written[:40]!r}; it has to be a whole number from 1 to {most}")
    return int(written)


def _time(request: PageRequest, name: str) -> int | None:
    """Return a time in milliseconds since 1970; one without a zone is in UTC."""
    written = request.parameter(name)
    if not written:
        return None
    try:
        return parse_milliseconds(written)
    except (ValueError, OverflowError, OSError):
        raise QueryError(f"{name} is {written[:40]!r}; write a time such as 2026-05-01T12:00:00Z") from None


def _confidence(request: PageRequest, name: str) -> float | None:
    written = request.parameter(name)
    if not written:
        return None
    if not re.fullmatch(r"[01]|[01]?\.\d{1,9}", written, re.ASCII) or float(written) > 1:
        raise QueryError(f"{name} is {written[:40]!r}; it has to be a number from 0 to 1")
    return float(written)


def _export(request: PageRequest, name: str, lines: Sequence[str], following: str) -> Answer:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if following:
        asked = {key: request.parameter(key) for key in (*_PARAMETERS, "limit") if request.parameter(key)}
        headers["Link"] = f'</api/{name}?{urlencode({**asked, "after": following})}>; rel="next"'
    return Answer(200, "".join(f"{line}\n" for line in lines).encode(), _KINDS[name], headers)
