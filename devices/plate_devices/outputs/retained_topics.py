"""The topics that a broker retains for this device, on disk: those that are no longer wanted are cleared."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from plate_devices.private_files import read_regular, replacing

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_MOST_BYTES = 4 * 1024 * 1024


class RetainedTopics:
    """Remembers topics in a file, so that a restart clears what an earlier run has announced.

    They are noted before they are published: a kill in between clears a topic once too often, never once too seldom.
    """

    def __init__(self, path: Path | None, broker: str) -> None:
        """Use a file; what another broker retains is forgotten. None keeps them in memory alone."""
        self._path, self._broker = path, broker
        self._topics: frozenset[str] | None = None

    def stale(self, wanted: Collection[str]) -> list[str]:
        """Return the topics that were published and are no longer wanted."""
        if self._topics is None:
            self._topics = self._load()
        return sorted(self._topics.difference(wanted))

    def note(self, topics: Collection[str], *, only: bool = False) -> str:
        """Note topics before they are published; `only` these after others were cleared.

        Returns:
            Why they could not be written to the disk, "" if they were.
        """
        before = self._load() if self._topics is None else self._topics
        self._topics = frozenset(topics) if only else before.union(topics)
        if self._path is None or self._topics == before:
            return ""
        content = json.dumps({"broker": self._broker, "topics": sorted(self._topics)})
        try:
            with replacing(self._path) as stream:
                stream.write(content.encode())
        except OSError as error:
            return f"{self._path} cannot be written: {error.strerror or error}"
        return ""

    def _load(self) -> frozenset[str]:
        if self._path is None:
            return frozenset()
        with suppress(OSError, ValueError, RecursionError), read_regular(self._path) as stream:
            found = json.loads(stream.read(_MOST_BYTES))
            if isinstance(found, dict) and found.get("broker") == self._broker:
                topics = found.get("topics")
                if isinstance(topics, list):
                    return frozenset(one for one in topics if isinstance(one, str) and one)
        return frozenset()
