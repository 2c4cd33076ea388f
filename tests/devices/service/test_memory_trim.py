"""Unused memory is returned to the system once a minute."""

from __future__ import annotations

import platform
import subprocess
import sys

from plate_devices.service.memory_trim import TRIM_EVERY, MemoryTrimmer

_BLOCK, _BLOCKS = 64 << 10, 512

# Blocks are freed between others that stay, as frames are between what a service keeps.
_FREED_BLOCKS = f"""
from plate_devices.board import Board
from plate_devices.service.memory_trim import malloc_trim
blocks, stay = [], []
for _ in range({_BLOCKS}):
    blocks.append(bytes({_BLOCK}))
    stay.append(bytes(1 << 10))
blocks.clear()
before = Board().memory_used
print(malloc_trim(), before - Board().memory_used)
"""

# glibc's heaps of threads begin at multiples of 64 MB.
_HEAPS = """
import sys, threading
from pathlib import Path
from plate_devices.service.memory_trim import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
kept, together = [], threading.Barrier(9)
def allocate():
    kept.append([bytes(1000) for _ in range(100)])
    together.wait()
    together.wait()
for _ in range(8):
    threading.Thread(target=allocate).start()
together.wait()
maps = Path("/proc/self/maps").read_text().splitlines()
print(sum(int(line.partition("-")[0], 16) % (64 << 20) == 0 for line in maps if "rw-p" in line))
together.wait()
"""


def test_it_trims_at_once_and_then_once_a_minute() -> None:
    done: list[float] = []
    now = 0.0
    trimmer = MemoryTrimmer(lambda: done.append(now))
    for step in range(7):
        now = 100.0 + step * TRIM_EVERY / 3
        trimmer.trim_if_due(now)
    assert done == [100.0, 100.0 + TRIM_EVERY, 100.0 + 2 * TRIM_EVERY]


def test_gaps_between_blocks_in_use_are_returned() -> None:
    """In a process of its own: the heap of others holds gaps already."""
    done = subprocess.run([sys.executable, "-c", _FREED_BLOCKS], capture_output=True, text=True, check=True)
    trimmed, freed = done.stdout.split()
    if platform.libc_ver()[0] == "glibc":
        assert trimmed == "True"
        assert int(freed) > _BLOCKS * _BLOCK / 2
    else:
        assert trimmed == "False"


def test_threads_share_heaps() -> None:
    """Eight threads that live at the same time get eight heaps, or two; each is a mapping of its own."""
    counts = {}
    for kind in ("own", "shared"):
        done = subprocess.run([sys.executable, "-c", _HEAPS, kind], capture_output=True, text=True, check=True)
        counts[kind] = int(done.stdout)
    if platform.libc_ver()[0] == "glibc":
        assert counts["shared"] <= 2 < counts["own"]
