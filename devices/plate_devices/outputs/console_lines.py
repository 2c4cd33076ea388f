"""Print records on standard output: as text, or as JSON for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from plate_devices.events.records import Record, to_line
from plate_runtime.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

# Control characters, of which a terminal obeys 0x9b, too; line ends of Unicode, and marks that reverse a line.
_UNPRINTABLE = {number: f"\\x{number:02x}" for number in (*range(32), *range(127, 160))} | {
    number: f"\\u{number:04x}" for number in (*range(0x2028, 0x202F), *range(0x2066, 0x206A))
}


class ConsoleLines:
    """Writes and flushes each record at once."""

    def __init__(self, as_json: bool, stream: TextIO | None = None) -> None:
        """Write JSON, or `TEXT<TAB>confidence<TAB>source`, to `stream`, by default standard output."""
        self._as_json = as_json
        self._stream = stream or sys.stdout

    def write(self, record: Record, source: str) -> None:
        """Write a record as JSON, or as one line of text for each of its plates.

        Raises:
            DeviceError: the disk is full.
            BrokenPipeError: the reader of the pipe has ended.
        """
        if self._as_json:
            self._print(to_line(record))
        else:
            for plate in record.get("plates", ()):
                self._print(f"{plate['text']}\t{plate['confidence']:.3f}\t{printable(source)}")

    def write_text(self, lines: Iterable[str]) -> None:
        """Write lines of text. Raises as `write`."""
        self._print("\n".join(map(printable, lines)))

    def _print(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DeviceError(f"standard output cannot be written: {error.strerror or error}") from error


def printable(name: str) -> str:
    """Return a text that fits on a line of standard output: control and unencodable characters are escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return name.translate(_UNPRINTABLE).encode(encoding, "backslashreplace").decode(encoding)
