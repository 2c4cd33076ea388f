"""Messages of a running program: as text, for the journal of systemd, or as JSON for a log collector."""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

LEVELS = {"error": 3, "warning": 4, "notice": 5, "info": 6}
"""Number of each level in syslog(3)."""


class Log:
    """Writes each message as one line on standard error, from any thread."""

    def __init__(self, program: str, as_json: bool = False, stream: TextIO | None = None) -> None:
        """Write `program: message`, with its syslog level in front for the journal, or JSON."""
        self._program, self.as_json = program, as_json
        self._stream = stream or sys.stderr
        self._journal = _is_journal(self._stream)
        self._lock = threading.Lock()

    def say(self, event: str, message: str, level: str = "warning", **details: Any) -> None:
        """Write a message.

        Args:
            event: fixed name of the event, such as "source_lost"; in JSON only.
            message: one sentence without secrets.
            level: one of `LEVELS`.
            details: more keys, in JSON only.
        """
        line = self._json(event, message, level, details) if self.as_json else self._text(message, level)
        with self._lock:
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                return  # a message that cannot be written must not end the program

    def _text(self, message: str, level: str) -> str:
        from plate_devices.outputs.console_lines import printable

        line = printable(f"{self._program}: {message}")
        return f"<{LEVELS[level]}>{line}" if self._journal else line

    def _json(self, event: str, message: str, level: str, details: dict[str, Any]) -> str:
        import json

        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"time": now, "level": level, "program": self._program, "event": event, "message": message}
        return json.dumps({**record, **details}, default=str)


def _is_journal(stream: TextIO) -> bool:
    """Whether systemd has connected the stream to its journal, as JOURNAL_STREAM names it."""
    named = os.environ.get("JOURNAL_STREAM", "")
    if not named:
        return False
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{found.st_dev}:{found.st_ino}"
