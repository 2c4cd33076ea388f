"""State of the board: model, temperature, throttling, memory, free space. No file is kept open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

THROTTLED_NOW = {
    0: "under-voltage",
    1: "frequency capped",
    2: "throttled",
    3: "soft temperature limit",
}
"""Bits of the Raspberry Pi firmware's get_throttled for the current state; bits 16 higher: since the start."""

_FIRMWARE = "sys/devices/platform/soc/soc:firmware/get_throttled"
_SENSORS = ("cpu", "soc", "x86_pkg", "coretemp")


class Memory(NamedTuple):
    """Memory of the machine in bytes: all, and available to programs."""

    total: int
    available: int


class Board:
    """The machine with its files below `root`; tests use a folder with the same files."""

    def __init__(self, root: Path = Path("/")) -> None:
        """Use the folder of `sys` and `proc`."""
        self._root = root

    @property
    def model(self) -> str:
        """Name of the board, such as "Raspberry Pi 4 Model B Rev 1.5", "" if unknown."""
        return self._text("proc/device-tree/model").replace("\0", "").strip()

    @property
    def temperature(self) -> float | None:
        """Temperature of the processor's hottest sensor in degrees Celsius, None without a sensor."""
        zones = sorted((self._root / "sys/class/thermal").glob("thermal_zone*"))
        degrees_of = {zone: _degrees(self._read(zone / "temp")) for zone in zones}
        processors = [zone for zone in zones if self._read(zone / "type").strip().startswith(_SENSORS)]
        known = [degrees for zone in processors or zones if (degrees := degrees_of[zone]) is not None]
        return max(known, default=None)

    @property
    def throttled(self) -> list[str] | None:
        """Reasons why a Raspberry Pi slows down now, or did earlier ("... since start"); None on other boards."""
        word = self._text(_FIRMWARE).strip()
        if not word:
            return None
        bits = int(word, 16)
        now = [name for bit, name in THROTTLED_NOW.items() if bits >> bit & 1]
        earlier = [f"{name} since start" for bit, name in THROTTLED_NOW.items() if bits >> (bit + 16) & 1]
        return now + [name for name in earlier if name.removesuffix(" since start") not in now]

    @property
    def memory(self) -> Memory | None:
        """Memory of the machine, None if unknown."""
        found = dict(line.split(":", 1) for line in self._text("proc/meminfo").splitlines() if ":" in line)
        try:
            total, available = (1024 * int(found[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
        except (KeyError, ValueError, IndexError):
            return None
        return Memory(total, available)

    @property
    def memory_used(self) -> int | None:
        """Resident memory of this process in bytes, None if unknown."""
        words = self._text("proc/self/statm").split()
        return int(words[1]) * os.sysconf("SC_PAGE_SIZE") if len(words) > 1 and words[1].isdecimal() else None

    def _text(self, path: str) -> str:
        return self._read(self._root / path)

    @staticmethod
    def _read(path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def disk_free(folder: Path) -> int | None:
    """Return the bytes that this user can still write in `folder`, which may not exist yet; None if unknown."""
    for place in (folder, *folder.absolute().parents):
        try:
            found = os.statvfs(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        return found.f_bavail * found.f_frsize
    return None


def _degrees(text: str) -> float | None:
    text = text.strip()
    if not text.lstrip("-").isdecimal():
        return None
    degrees = int(text) / 1000
    return degrees if -40 < degrees < 150 else None  # a sensor that is off gives 0 K or an absurd value
