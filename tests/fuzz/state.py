"""What a worker and the process that watches it share: a few numbers in a file, and files for what was found."""

from __future__ import annotations

import json
import mmap
import struct
from pathlib import Path
from typing import Any

_FIELDS = ("inputs", "peak", "aborts", "ready")


class State:
    """Numbers that outlive the process that writes them.

    Attributes:
        folder: holds them, the input that is being read, and what was found.
    """

    def __init__(self, folder: Path) -> None:
        """Open, or make, the numbers in a folder."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "state"
        if not path.exists():
            path.write_bytes(bytes(8 * len(_FIELDS)))
        with path.open("r+b") as stream:
            self._numbers = mmap.mmap(stream.fileno(), 0)

    def get(self, field: str) -> int:
        """Return a number: `inputs` begun, `peak` in kB, `aborts` of interpreters, `ready` after the sound files."""
        return int(struct.unpack_from("q", self._numbers, 8 * _FIELDS.index(field))[0])

    def set(self, field: str, value: int) -> None:
        """Set a number."""
        struct.pack_into("q", self._numbers, 8 * _FIELDS.index(field), value)

    def found(self, what: str, place: str, said: str, content: bytes, suffix: str, repeat: str) -> None:
        """Keep an input that is a finding; of one place no more than three are kept, all are counted."""
        earlier = sum((one["what"], one["place"]) == (what, place) for one in self.findings())
        number = self.get("inputs")
        kept = self.folder / f"{what}-{number}{suffix}"
        if earlier < 3:
            kept.write_bytes(content)
        one = {"what": what, "place": place, "said": said[:500], "file": str(kept), "repeat": f"{repeat} {kept}"}
        with (self.folder / "findings.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(one) + "\n")

    def findings(self) -> list[dict[str, Any]]:
        """Return what was found so far."""
        path = self.folder / "findings.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
