"""How many processes read at once: as many as there are processors, and as the free memory allows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 64
"""Inputs from which several processes are the default: with fewer, their start takes longer than they save."""

JOB_MEMORY = 128 << 20
"""Bytes for one process: it takes 70 MB for pictures of 1280x720, of them 42 MB alone, 137 MB for 12 megapixels."""


def default_jobs(root: Path = Path("/")) -> int:
    """Return the number of processes for many inputs, at least 1; `root` is the folder of `proc` and `sys`."""
    free = free_memory(root)
    return max(1, min(processors(root), _UNLIMITED if free is None else free // JOB_MEMORY))


def processors(root: Path = Path("/")) -> int:
    """Return the number of processors that this process may use, by its affinity and its control groups."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = []
    for folder in _groups(root, "cpu"):
        quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        words = _text(folder / "cpu.max").split()
        if len(words) == 2 and words[0].isdecimal() and words[1].isdecimal():
            quota, period = int(words[0]), int(words[1])
        if quota and period:
            quotas.append(max(1, round(quota / period)))
    return min([allowed, *quotas])


def free_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes that this process may still take, by the machine and its control groups; None if unknown."""
    from plate_devices.board import Board

    memory = Board(root).memory
    known = [] if memory is None else [memory.available]
    for folder in _groups(root, "memory"):
        for limit, used, cache in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            most, taken = _number(folder / limit), _number(folder / used)
            if most is not None and taken is not None:
                known.append(max(0, most - taken + _statistic(folder / "memory.stat", cache)))
    return min(known, default=None)


_UNLIMITED = 1 << 16


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's control group and of those above it, versions 1 and 2."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, names, path = [*line.split(":", 2), "", ""][:3]
        if names and controller not in names.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controller if names else "")
        inside = Path(path.lstrip("/"))
        for place in (inside, *inside.parents):
            yield top / place


def _statistic(path: Path, name: str) -> int:
    for line in _text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdecimal():
            return int(value)
    return 0


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None  # "max" and -1 are no limits


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
