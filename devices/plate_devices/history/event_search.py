"""A search for events: what is asked, what is found, and the protocol of where they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from plate_devices.outputs.search_blocks import UNDATED, milliseconds, searched_text
from plate_runtime.errors import DAMAGE, DeviceError

if TYPE_CHECKING:
    from plate_devices.history.text_pattern import TextPattern
    from plate_devices.outputs.output import Event

MATCHES = ("part", "exact", "pattern", "fuzzy")


class QueryError(ValueError):
    """A query that cannot be answered; the message is a sentence for the user."""


class SearchError(DeviceError):
    """The events cannot be searched now."""


@dataclass(frozen=True)
class EventQuery:
    """What events of vehicles are searched for; they have to meet all of it.

    Attributes:
        pattern: of the folded text; None for any text, also of events without one.
        text_hash: `NAME:HASH` of the text; None for any.
        camera: name of the camera; None for any.
        watchlist: name of a list that the text is on; None for any text.
        since, until: milliseconds since 1970 of the last time, both included; events without a time do not meet them.
        least, most: of the confidence, 0..1; events without one do not meet them.
    """

    pattern: TextPattern | None = None
    text_hash: str | None = None
    camera: str | None = None
    watchlist: str | None = None
    since: int | None = None
    until: int | None = None
    least: float | None = None
    most: float | None = None

    def meets(self, event: Event) -> bool:
        """Return whether an event meets all of it; a damaged one does not."""
        try:
            return self._meets(event)
        except DAMAGE:
            return False

    def _meets(self, event: Event) -> bool:
        plate: Event = next(iter(event.get("plates") or ()), {})
        moment, confidence = milliseconds(event.get("last_time") or event.get("time")), plate.get("confidence")
        names = [str(one["name"]) for one in event.get("watchlists") or ()]
        return (
            (self.pattern is None or self.pattern.matches(searched_text(plate.get("text"), None)))
            and self.text_hash in (None, plate.get("text_hash"))
            and self.camera in (None, event.get("camera") or "")
            and (self.watchlist is None or self.watchlist in names)
            and self.holds_time(moment)
            and ((self.least is None and self.most is None) or self._holds_confidence(confidence))
        )

    def holds_time(self, moment: int) -> bool:
        """Return whether a time, or `UNDATED`, is in the range."""
        if moment == UNDATED:
            return self.since is None and self.until is None
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)

    def _holds_confidence(self, confidence: object) -> bool:
        if not isinstance(confidence, int | float):
            return False
        return (self.least is None or confidence >= self.least) and (self.most is None or confidence <= self.most)


class FoundEvents(NamedTuple):
    """A page of events, the newest first.

    Attributes:
        next: key of the following page, "" for none.
        complete: whether the search has ended. Otherwise its time was over, and it continues from `next`.
    """

    events: list[Event]
    next: str = ""
    complete: bool = True


class EventSearch(Protocol):
    """Searches one output's events; called from several threads."""

    def find(self, query: EventQuery, limit: int, after: str = "", seconds: float = 5.0) -> FoundEvents:
        """Return at most `limit` events.

        Args:
            query: what they have to meet.
            limit: at least 1.
            after: `next` of the page before; "" for the first page.
            seconds: after which the search ends with what it has found.

        Raises:
            QueryError: `after` is no key.
            SearchError: the events cannot be read.
        """
        ...

    def get(self, id_: str, seconds: float = 5.0) -> Event | None:
        """Return the vehicle with an id, None if there is none. Raises SearchError, as `find`."""
        ...
