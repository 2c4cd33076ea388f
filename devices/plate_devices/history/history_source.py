"""What the settings allow to look back at: the output that is searched, and what privacy hides."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plate_devices.events.records import timestamp
from plate_devices.history.event_search import EventQuery, EventSearch, FoundEvents, QueryError, SearchError
from plate_devices.history.sqlite_search import SqliteSearch
from plate_devices.history.text_pattern import ANY, GAP, TextPattern
from plate_devices.outputs.postgres import PostgresSettings
from plate_devices.outputs.saved_pictures import is_masked
from plate_devices.outputs.sqlite import SqliteSettings
from plate_devices.privacy.keys import read_key
from plate_devices.privacy.privacy_settings import PrivacySettings
from plate_runtime.errors import DataError, MissingPartError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plate_devices.config.sections import HistorySettings
    from plate_devices.outputs.output import Event

AT_ONCE = 2
"""Searches at the same time; one more waits for a second, so that pages keep their threads."""

_WAIT = 1.0
_PAGE = 200

_NOTHING = 'privacy mode "nothing" stores no plates, so there is no history'
_HASHED = "texts are hashed: only a whole text can be searched"
_NO_TEXTS = 'privacy mode "{0}" stores no texts, so there are no past readings to look at'
_NO_KEY = "texts are hashed, and the key is missing: no event can be found by its text"


class HistorySource:
    """Searches the events of one output, and hides what the privacy settings hide. Used by many threads.

    Attributes:
        reason: why nothing can be searched, "" if it can.
        text_reason: why no texts can be looked at, "" if they can.
        mode: of privacy.
    """

    def __init__(
        self, outputs: Sequence[Any], settings: HistorySettings, privacy: PrivacySettings | None = None
    ) -> None:
        """Choose an output: that of `[history] output`, else the first of SQLite, else the first of PostgreSQL."""
        self._privacy = privacy or PrivacySettings()
        self.mode = self._privacy.mode
        self._seconds = settings.time_limit
        self._searches = threading.Semaphore(AT_ONCE)
        self.reason, self._search = "", None
        if self.mode == "nothing":
            self.reason = _NOTHING
        else:
            try:
                self._search = _search_of(outputs, settings)
            except (SearchError, MissingPartError) as error:
                self.reason = str(error)
        self.text_reason = self.reason if self.mode == "clear" else _NO_TEXTS.format(self.mode)

    def find(self, query: EventQuery, text: str, limit: int, after: str = "") -> tuple[FoundEvents, str]:
        """Return a page of events, and a sentence about what could not be found, "" for none.

        Args:
            query: what is searched.
            text: the whole folded text of `query.pattern`, "" where it is only a part of a text or none.

        Raises:
            QueryError: hashed texts cannot be searched this way.
            SearchError: the events or the key cannot be read, or other searches are running.
        """
        if self._search is None:
            return FoundEvents([]), self.reason
        note = ""
        if self.mode == "hash" and query.pattern is not None:
            if not text:
                raise QueryError(f"{_HASHED} (match=exact)")
            key = self._key()
            if key is None:
                return FoundEvents([]), _NO_KEY
            note = f"{_HASHED}, and only of events since the current key was made, {_day(key.made)}"
            query = replace(query, pattern=None, text_hash=key.hash(text))
        found = self._find(self._search, query, limit, after)
        return found._replace(events=[self._shown(event) for event in found.events]), note

    def newest(self, most: int, query: EventQuery | None = None) -> Iterator[Event]:
        """Yield at most so many vehicles, the newest first. Without texts to look at there are none.

        Args:
            most: at least 1.
            query: what they have to meet.

        Raises:
            SearchError: as for `find`.
        """
        if self._search is None or self.text_reason:
            return
        after, query = "", query or EventQuery()
        ends = time.monotonic() + self._seconds
        while most > 0 and time.monotonic() < ends:
            found = self._find(self._search, query, min(most, _PAGE), after)
            yield from found.events
            most, after = most - len(found.events), found.next
            if not after:
                return

    def near(self, text: str, most: int) -> Iterator[Event]:
        """Yield the newest vehicles with a text, folded, or one that differs in one character.

        Args:
            text: with `?` or `*` the vehicles that match it.
            most: as for `newest`.

        Raises:
            SearchError: as for `find`.
        """
        has_marks = ANY in text or GAP in text
        return self.newest(most, EventQuery(TextPattern(text, near=not has_marks)) if text.strip(GAP) else None)

    def get(self, id_: str) -> Event | None:
        """Return the vehicle with an id, None if there is none to look at. Raises SearchError."""
        return None if self._search is None or self.text_reason else self._search.get(id_, self._seconds)

    def may_show(self, picture: bytes) -> bool:
        """Return whether a saved JPEG may be shown: with `blur_others` only one that was saved since it is set."""
        return not self._privacy.blur_others or is_masked(picture)

    def _find(self, search: EventSearch, query: EventQuery, limit: int, after: str) -> FoundEvents:
        if not self._searches.acquire(timeout=_WAIT):
            raise SearchError("other searches are running; try again")
        try:
            return search.find(query, limit, after, self._seconds)
        finally:
            self._searches.release()

    def _key(self) -> Any:
        try:
            return read_key(self._privacy.key_file) if self._privacy.key_file else None
        except (DataError, OSError) as error:
            raise SearchError(f"texts are hashed, and no event can be found by its text: {error}") from error

    def _shown(self, event: Event) -> Event:
        """Return an event as the mode of today shows it; it may have been stored under another one."""
        if self.mode == "clear":
            return event
        stored = [plate for plate in event.get("plates") or () if plate]
        plates = [{**plate, "text": "", "raw_text": "", "characters": []} for plate in stored]
        shown = {**event, "plates": plates}
        if any(plate.get("text") for plate in stored):
            shown["crop"] = None  # its name holds the text
        lists = [{key: one[key] for key in ("name", "match") if key in one} for one in event.get("watchlists") or ()]
        return shown | ({"watchlists": lists} if "watchlists" in event else {})


def _search_of(outputs: Sequence[Any], settings: HistorySettings) -> EventSearch:
    """Return the search of an output. Raises SearchError, MissingPartError."""
    fit = [one for one in outputs if isinstance(one, SqliteSettings | PostgresSettings)]
    if settings.output:
        fit = [one for one in fit if settings.output in (one.name, one.type)]
    fit.sort(key=lambda one: isinstance(one, PostgresSettings))
    if not fit:
        named = f"named {settings.output!r} " if settings.output else ""
        raise SearchError(f'the history needs an output {named}of type = "sqlite" or "postgres"')
    chosen = fit[0]
    if isinstance(chosen, SqliteSettings):
        return SqliteSearch(chosen.path)
    from plate_devices.history.postgres_search import PostgresSearch

    if not settings.reader:
        raise SearchError("the role of a device may not read PostgreSQL; name a [history] reader, which may")
    return PostgresSearch(chosen.as_reader(settings.reader, settings.reader_password_file))


def _day(seconds: float) -> str:
    return (timestamp(datetime.fromtimestamp(seconds, UTC)) or "")[:16].replace("T", " ") + " UTC"
