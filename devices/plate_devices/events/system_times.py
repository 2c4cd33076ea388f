"""The machine's clocks: the one on the wall, which may be wrong until it is set, and the one that runs from boot."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
CLOCK_CHIP = Path("/sys/class/rtc/rtc0/since_epoch")

RELEASED = 1_793_000_000
"""Seconds since 1970 that every clock which is right has passed: October 2026."""

_UNSYNCHRONISED = 5  # TIME_ERROR, what adjtimex(2) returns while nobody disciplines the clock
_CHIP_AGREES = 60.0


class Times(Protocol):
    """What is asked of the machine."""

    boot_id: str
    """The same from one boot to the next, for all processes."""

    def wall(self) -> float:
        """Seconds since 1970, in UTC, as far as the machine knows."""
        ...

    def monotonic(self) -> float:
        """Seconds since boot; never set, goes on while the machine sleeps."""
        ...

    def is_set(self) -> bool:
        """Whether the clock on the wall can be believed."""
        ...


class SystemTimes:
    """The clocks of this machine."""

    def __init__(self) -> None:
        """Ask which boot this is; where the system does not tell, the process has one of its own."""
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
        """Whether a time server has set the clock, or a clock chip that kept its time through the night agrees."""
        return SYNCHRONISED.exists() or _kernel_is_synchronised() or _chip_agrees(self.wall())


class TrustedTimes(SystemTimes):
    """The clocks of a machine whose owner says that the time is right."""

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
    """A chip without a battery begins in 1970 whenever power was off."""
    try:
        chip = int(CLOCK_CHIP.read_text("ascii"))
    except (OSError, ValueError):
        return False
    return chip > RELEASED and abs(chip - wall) < _CHIP_AGREES
