"""The views of watch lists: entries, changes, and the preview of an entry."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from plate_devices.serve.access import Access
from plate_devices.serve.page_request import Answer, RequestRefusedError, json_answer
from plate_devices.serve.routes import Route, page_files
from plate_devices.watchlists.list_editor import LONGEST, ListChangedError, ListEditor
from plate_devices.watchlists.list_lines import Entry
from plate_devices.watchlists.plate_file import listed_plate
from plate_devices.watchlists.preview import MOST_SHOWN, preview
from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from plate_devices.audit.audit_log import AuditLog
    from plate_devices.serve.page_request import PageRequest
    from plate_devices.watchlists.list_editor import Listed
    from plate_devices.watchlists.watchlist_settings import WatchlistSettings
    from plate_runtime.script import Script

PAGE_ENTRIES = 200
"""Entries of one answer; the next ones come with `after`, the line of the last one."""

MOST_PAST = 2000
"""Vehicles with the text of an entry, or nearly, that a preview compares: the newest ones."""

_CHANGES = {"add": "added", "replace": "changed", "delete": "deleted"}


class PastSource(NamedTuple):
    """Where a preview finds past readings.

    Attributes:
        near: returns at most so many vehicles with a folded text, maybe with wildcards, or one that differs in one
            character, the newest first; None if they cannot be searched.
        reason: why they cannot be searched, "" if they can.
    """

    near: Callable[[str, int], Iterable[Mapping[str, Any]]] | None
    reason: str = ""


class ListViews:
    """Answers requests for watch lists; used by many threads."""

    def __init__(
        self, lists: Sequence[WatchlistSettings], audit: AuditLog, past: PastSource, script: Callable[[], Script]
    ) -> None:
        """Take the lists of the settings.

        Args:
            audit: gets a row for each change, before it is made.
            past: for previews.
            script: returns the characters of plates.
        """
        self._settings = {one.name: one for one in lists}
        self._editors = {one.name: ListEditor(one.file, script()) for one in lists}
        self._audit, self._past, self._script = audit, past, script

    def routes(self) -> list[Route]:
        """Return the routes of the page."""
        return [
            *page_files("lists.html", "lists.js"),
            Route("GET", "/api/lists", Access.READ, self._lists),
            Route("GET", "/api/list", Access.READ, self._entries),
            Route("GET", "/api/list-preview", Access.READ, self._preview),
            Route("POST", "/api/list", Access.FULL, self._change),
        ]

    def _lists(self, request: PageRequest) -> Answer:
        lists = [{"name": one.name, "file": str(one.file), "fuzzy": one.fuzzy} for one in self._settings.values()]
        return json_answer({"lists": lists, **request.write_access})

    def _entries(self, request: PageRequest) -> Answer:
        """Return entries of the list `list` from the line after `after` on, those with `text` in any part of them."""
        editor = self._editor(request.parameter("list"))
        after, text = request.number("after"), (request.parameter("text") or "").casefold()
        try:
            content = editor.read()
        except DataError as error:
            raise RequestRefusedError(409, str(error)) from error
        found = [one for one in content.entries if one.line > after and _holds(one, text)]
        return json_answer(
            {
                "version": content.version,
                "entries": [{"line": one.line, **_described(one.entry)} for one in found[:PAGE_ENTRIES]],
                "more": len(found) > PAGE_ENTRIES,
                "problem": editor.problem(),
            }
        )

    def _change(self, request: PageRequest) -> Answer:
        """Take `{"list", "version", "do": "add" | "replace" | "delete", "line", "entry"}`."""
        asked = request.json_object()
        name, do = asked.get("list"), str(asked.get("do"))
        editor = self._editor(name)
        version, line = asked.get("version"), asked.get("line")
        if do not in _CHANGES or not isinstance(version, str) or (do != "add" and type(line) is not int):
            raise RequestRefusedError(400, "a change needs list, version, do (add, replace or delete), line and entry")
        entry = None if do == "delete" else _entry(asked.get("entry"))

        def note(old: Entry | None) -> None:
            entries = {"entry": entry, "before": old}
            details = {"list": name, **{key: _for_audit(one) for key, one in entries.items() if one is not None}}
            self._audit.add(f"list.{_CHANGES[do]}", "page", f"an entry of the list {name} is {_CHANGES[do]}", details)

        try:
            if entry is None:
                version = editor.delete(int(line or 0), version, note)
            elif do == "add":
                version = editor.add(entry, version, note)
            else:
                version = editor.replace(int(line or 0), entry, version, note)
        except ListChangedError as error:
            raise RequestRefusedError(409, str(error)) from error
        except ValueError as error:
            raise RequestRefusedError(400, str(error)) from error
        except DataError as error:
            raise RequestRefusedError(409, str(error)) from error
        except DeviceError as error:
            raise RequestRefusedError(503, str(error)) from error
        return json_answer({"version": version})

    def _preview(self, request: PageRequest) -> Answer:
        """Return past readings that an entry with `plate` would have matched, and near misses."""
        plate = request.parameter("plate") or ""
        if self._past.near is None:
            raise RequestRefusedError(409, self._past.reason)
        try:
            listed = listed_plate(Entry(plate[: LONGEST["plate"]]), self._script())
            found = preview(listed, self._past.near(fold(listed.text), MOST_PAST), self._script())
        except ValueError as error:
            raise RequestRefusedError(400, str(error)) from error
        except DeviceError as error:
            raise RequestRefusedError(503, str(error)) from error
        shown = {kind: [one._asdict() for one in readings] for kind, readings in found.readings.items()}
        return json_answer(
            {**shown, "more": sorted(found.more), "looked_at": found.looked_at, "most_shown": MOST_SHOWN}
        )

    def _editor(self, name: Any) -> ListEditor:
        editor = self._editors.get(name) if isinstance(name, str) else None
        if editor is None:
            raise RequestRefusedError(404, "there is no such watch list")
        return editor


def _described(entry: Entry) -> dict[str, str]:
    return {
        "plate": entry.plate,
        "name": entry.name,
        "note": entry.note,
        "from": entry.begin,
        "to": entry.end,
    }


def _for_audit(entry: Entry) -> dict[str, str]:
    """Return an entry for the audit log; the file may have longer ones than the page writes."""
    return {key: part[: LONGEST["note"]] for key, part in _described(entry).items()}


def _entry(asked: Any) -> Entry:
    parts = [asked.get(key, "") for key in ("plate", "name", "note", "from", "to")] if isinstance(asked, dict) else []
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) != len(fields(Entry)):
        raise RequestRefusedError(400, "an entry has the texts plate, name, note, from and to")
    return Entry(*texts)


def _holds(one: Listed, text: str) -> bool:
    return not text or any(text in part.casefold() for part in asdict(one.entry).values())
