"""Search for this device's events in PostgreSQL, by a role that may read."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from plate_devices.history.event_search import EventQuery, FoundEvents, QueryError, SearchError
from plate_devices.outputs.call_limit import call_limit
from plate_devices.outputs.identity import device_id
from plate_devices.outputs.output import OutputError
from plate_devices.outputs.postgres import PostgresSettings, connect_options, cut, first_line
from plate_runtime.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from plate_devices.outputs.output import Event

_GRACE = 2.0
"""Seconds after the end of a search in which the server has to say so."""

_GET = "SELECT record FROM plate_edge.events WHERE device = %s AND id = %s AND type = 'vehicle'"
_NEEDS = "the role has to be one of plate_edge_reader; see docs/operate/history.md"


class _Key(NamedTuple):
    """Place of an event in the order: its time, None after all dated ones, then its id."""

    moment: datetime | None
    id: UUID


class PostgresSearch:
    """See `EventSearch`. Each search has a connection of its own, which cannot write."""

    def __init__(self, settings: PostgresSettings) -> None:
        """Use the settings of the output, with the address of a role that may read.

        Raises:
            MissingPartError: psycopg is not installed.
        """
        try:
            import psycopg
        except ImportError:
            raise missing_extra("PostgreSQL needs psycopg", "postgres") from None
        self._psycopg = psycopg
        self._settings = settings
        self._shown = settings.target.shown
        self._device = settings.device or device_id()

    def find(self, query: EventQuery, limit: int, after: str = "", seconds: float = 5.0) -> FoundEvents:
        """See `EventSearch`; a search whose time is over has found nothing, and raises SearchError."""
        before = _key(after)
        with self._connect(seconds) as connection:
            return self._page(connection, query, limit, before)
        return FoundEvents([])

    def get(self, id_: str, seconds: float = 5.0) -> Event | None:
        """See `EventSearch`."""
        try:
            values = (self._device, UUID(id_))
        except ValueError:
            return None
        with self._connect(seconds) as connection:
            found = connection.execute(_GET, values).fetchone()
            return None if found is None else found[0]
        return None

    @contextmanager
    def _connect(self, seconds: float) -> Iterator[psycopg.Connection[Any]]:
        """Connect for a time. The block ends quietly at a character that PostgreSQL does not store.

        Raises:
            SearchError: also for errors of the block.
        """
        errors = self._psycopg.errors
        # Options of the session: the server ends the search itself. If it does not answer, the connection is cut.
        limits = f"-c statement_timeout={max(1, round(1000 * seconds))} -c default_transaction_read_only=on"
        try:
            with (
                self._psycopg.connect(**connect_options(self._settings), options=limits) as connection,
                call_limit(seconds + _GRACE, lambda: cut(connection)),
                suppress(self._psycopg.DataError, UnicodeEncodeError),
            ):
                yield connection
        except errors.QueryCanceled as error:
            raise SearchError(
                f"the search took longer than {seconds:g} s; name a time range, or more of the text"
            ) from error
        except (errors.InsufficientPrivilege, errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise SearchError(f"{self._shown} cannot be searched: {first_line(error)}; {_NEEDS}") from error
        except OutputError as error:  # the file of the password
            raise SearchError(str(error)) from error
        except self._psycopg.Error as error:
            raise SearchError(f"{self._shown} cannot be searched: {first_line(error)}") from error

    def _page(
        self, connection: psycopg.Connection[Any], query: EventQuery, limit: int, before: _Key | None
    ) -> FoundEvents:
        found: list[tuple[Event, _Key]] = []
        for is_dated in (True, False):
            if not is_dated and (query.since is not None or query.until is not None):
                continue
            if is_dated and before is not None and before.moment is None:
                continue
            # A row may meet the conditions of the database, and not those of the query: then there are more rows.
            key = before if before is not None and (before.moment is not None) == is_dated else None
            while len(found) <= limit:
                rows = connection.execute(*_statement(query, self._device, is_dated, key, limit + 1)).fetchall()
                found += [(record, _Key(moment, id_)) for record, moment, id_ in rows if query.meets(record)]
                if len(rows) <= limit:
                    break
                key = _Key(rows[-1][1], rows[-1][2])
            if len(found) > limit:
                break
        events = [event for event, _ in found[:limit]]
        return FoundEvents(events, _written(found[limit - 1][1]) if len(found) > limit else "")


def _statement(
    query: EventQuery, device: str, is_dated: bool, key: _Key | None, limit: int
) -> tuple[bytes, dict[str, Any]]:
    """Return the SQL of a page, and its values."""
    values: dict[str, Any] = {"device": device, "limit": limit}
    conditions = ["device = %(device)s", "type = 'vehicle'", f"last_time IS {'NOT ' if is_dated else ''}NULL"]

    def add(condition: str, name: str, value: Any) -> None:
        if value is not None:
            conditions.append(condition)
            values[name] = value

    if key is not None:
        add("(last_time, id) < (%(moment)s, %(id)s)" if is_dated else "id < %(id)s", "id", key.id)
        values["moment"] = key.moment
    if query.pattern is not None:
        texts = query.pattern.texts()
        add("folded = ANY(%(texts)s)", "texts", texts)
        likes = [] if texts else query.pattern.likes()
        add("folded LIKE ANY(%(likes)s)", "likes", likes if len(likes) > 1 else None)
        add("folded LIKE %(like)s", "like", likes[0] if len(likes) == 1 else None)
    add("text_hash = %(text_hash)s", "text_hash", query.text_hash)
    add("camera = %(camera)s" if query.camera else "coalesce(camera, '') = %(camera)s", "camera", query.camera)
    add("watchlists @> ARRAY[%(list)s] AND watchlists <> '{}'", "list", query.watchlist)  # as its index
    add("last_time >= %(since)s", "since", _moment(query.since))
    add("last_time <= %(until)s", "until", _moment(query.until))
    add("confidence >= %(least)s - 0.000001", "least", query.least)
    add("confidence <= %(most)s + 0.000001", "most", query.most)
    order = "last_time DESC, id DESC" if is_dated else "id DESC"
    # The page is found in an index alone, which holds what is compared; then only its records are read.
    page = (
        f"SELECT last_time, id FROM plate_edge.events WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %(limit)s"
    )
    statement = (
        f"SELECT record, page.last_time, page.id FROM ({page}) AS page JOIN plate_edge.events USING (id) "
        f"ORDER BY page.last_time DESC, page.id DESC"
    )
    return statement.encode(), values


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):  # no event is so old or so new
        return (datetime.max if milliseconds > 0 else datetime.min).replace(tzinfo=UTC)


def _written(key: _Key) -> str:
    return f"{key.moment.astimezone(UTC).isoformat() if key.moment else ''}~{key.id}"


def _key(written: str) -> _Key | None:
    """Return the key of a page. Raises QueryError."""
    if not written:
        return None
    try:
        moment, _, id_ = written.partition("~")
        return _Key(datetime.fromisoformat(moment) if moment else None, UUID(id_))
    except ValueError:
        raise QueryError(f"{written[:40]!r} is not the key of a page") from None
