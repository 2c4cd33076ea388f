"""Messages of a running program: for people, for the journal of systemd, or as JSON for a program that collects."""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

LEVELS = {"error": 3, "warning": 4, "notice": 5, "info": 6}
"""Level -> its number in syslog(3)."""


class Log:
    """Writes one line a message on standard error, from any thread."""

    def __init__(self, program: str, as_json: bool = False, stream: TextIO | None = None) -> None:
        """Write `program: message`, with its syslog level in front where the journal reads along, or JSON."""
        self._program, self.as_json = program, as_json
        self._stream = stream or sys.stderr
        self._journal = _is_journal(self._stream)
        self._lock = threading.Lock()

    def say(self, event: str, message: str, level: str = "warning", **details: Any) -> None:
        """Write a message.

        Args:
            event: what happened in one word, the same each time, such as "source_lost"; in JSON only.
            message: one sentence without secrets. details: more keys, in JSON only.
        """
        line = self._json(event, message, level, details) if self.as_json else self._text(message, level)
        with self._lock:
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError):
                return  # a message that nobody can read must not end the reading

    def _text(self, message: str, level: str) -> str:
        from plate_devices.outputs.console_lines import printable

        line = printable(f"{self._program}: {message}")
        return f"<{LEVELS[level]}>{line}" if self._journal else line

    def _json(self, event: str, message: str, level: str, details: dict[str, Any]) -> str:
        import json

        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"time": now, "level": level, "program": self._program, "event": event, "message": message}
        return json.dumps({**told, **details}, default=str)


def _is_journal(stream: TextIO) -> bool:
    """Whether the stream is the one that systemd has connected with its journal, as JOURNAL_STREAM says."""
    named = os.environ.get("JOURNAL_STREAM", "")
    if not named:
        return False
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return named == f"{found.st_dev}:{found.st_ino}"
