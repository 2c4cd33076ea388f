"""The machine's clocks: the wall clock, which may be wrong until it is set, and the time since boot."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
CLOCK_CHIP = Path("/sys/class/rtc/rtc0/since_epoch")

RELEASED = 1_793_000_000
"""Seconds since 1970 of October 2026: a right clock is later."""

_UNSYNCHRONISED = 5  # TIME_ERROR: adjtimex(2) returns it while the clock is not synchronised
_CHIP_AGREES = 60.0


class Times(Protocol):
    """Clocks of a machine."""

    boot_id: str
    """Identifies the boot; the same for all processes."""

    def wall(self) -> float:
        """Return the machine's time in seconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Return the seconds since boot; never set, and running while the machine sleeps."""
        ...

    def is_set(self) -> bool:
        """Whether the wall clock is right."""
        ...


class SystemTimes:
    """The clocks of this machine."""

    def __init__(self) -> None:
        """Read the id of the boot; without one, the process makes its own."""
        try:
            self.boot_id = BOOT_ID.read_text("ascii").strip()
        except OSError:
            self.boot_id = str(uuid.uuid4())

    def wall(self) -> float:
        """See `Times`."""
        return time.time()

    def monotonic(self) -> float:
        """See `Times`."""
        since_boot = getattr(time, "CLOCK_BOOTTIME", None)
        return time.monotonic() if since_boot is None else time.clock_gettime(since_boot)

    def is_set(self) -> bool:
        """Whether a time server has set the clock, or a real-time clock agrees with it."""
        return SYNCHRONISED.exists() or _kernel_is_synchronised() or _chip_agrees(self.wall())


class TrustedTimes(SystemTimes):
    """The clocks of a machine that the settings declare to be right."""

    def is_set(self) -> bool:
        """See `Times`."""
        return True


def _kernel_is_synchronised() -> bool:
    import ctypes

    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _UNSYNCHRONISED


def _chip_agrees(wall: float) -> bool:
    """Whether the real-time clock agrees. Without a battery it starts in 1970 at each power-on."""
    try:
        chip = int(CLOCK_CHIP.read_text("ascii"))
    except (OSError, ValueError):
        return False
    return chip > RELEASED and abs(chip - wall) < _CHIP_AGREES
