"""The clocks of a machine without a clock chip, which tests turn on and set."""

from __future__ import annotations

from datetime import UTC, datetime

SHUTDOWN = datetime(2026, 5, 1, 3, 0, 0, tzinfo=UTC).timestamp()
"""What the clock says at boot."""

BOOT = datetime(2026, 5, 2, 9, 0, 0, tzinfo=UTC).timestamp()
"""When that really was."""


class FakeTimes:
    """Clocks as `events.times.Times`; `now` is set by the test."""

    def __init__(self, boot_id: str = "boot-1", wall: float = SHUTDOWN) -> None:
        """Boot at `wall`."""
        self.boot_id, self.ahead, self.now, self.known = boot_id, wall, 0.0, False

    def wall(self) -> float:
        """See `Times`."""
        return self.ahead + self.now

    def monotonic(self) -> float:
        """See `Times`."""
        return self.now

    def is_set(self) -> bool:
        """See `Times`."""
        return self.known

    def set_right(self) -> None:
        """A time server answers."""
        self.ahead, self.known = BOOT, True


def text(seconds: float) -> str:
    """Write a time as records do."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
