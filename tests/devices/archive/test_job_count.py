"""How many processes read at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.archive import job_count
from plate_devices.archive.job_count import JOB_MEMORY, default_jobs, free_memory, processors

MEGABYTE = 1 << 20


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "ascii")
    return root


def meminfo(megabytes: int) -> dict[str, str]:
    return {"proc/meminfo": f"MemTotal: 999999 kB\nMemAvailable: {megabytes * 1024} kB\n"}


@pytest.fixture(autouse=True)
def four_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3})


@pytest.mark.parametrize(("free", "jobs"), [(64, 1), (300, 2), (450, 3), (8000, 4)])
def test_memory_limits_the_number(tmp_path: Path, free: int, jobs: int) -> None:
    assert default_jobs(write(tmp_path, meminfo(free))) == jobs


def test_without_any_file_the_processors_count(tmp_path: Path) -> None:
    assert free_memory(tmp_path) is None
    assert default_jobs(tmp_path) == 4


def test_groups_of_version_2_limit_memory_and_processors(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            **meminfo(8000),
            "proc/self/cgroup": "0::/outer/inner\n",
            "sys/fs/cgroup/outer/memory.max": str(500 * MEGABYTE),
            "sys/fs/cgroup/outer/memory.current": str(300 * MEGABYTE),
            "sys/fs/cgroup/outer/memory.stat": f"anon 1\ninactive_file {100 * MEGABYTE}\n",
            "sys/fs/cgroup/outer/inner/memory.max": "max\n",
            "sys/fs/cgroup/outer/inner/memory.current": "5",
            "sys/fs/cgroup/outer/inner/cpu.max": "150000 100000\n",
            "sys/fs/cgroup/outer/cpu.max": "max 100000\n",
        },
    )
    assert free_memory(root) == 300 * MEGABYTE
    assert processors(root) == 2
    assert default_jobs(root) == 2


def test_groups_of_version_1_limit_memory_and_processors(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            **meminfo(8000),
            "proc/self/cgroup": "4:memory:/box\n1:cpu,cpuacct:/box\nbroken\n",
            "sys/fs/cgroup/memory/box/memory.limit_in_bytes": str(150 * MEGABYTE),
            "sys/fs/cgroup/memory/box/memory.usage_in_bytes": str(100 * MEGABYTE),
            "sys/fs/cgroup/memory/box/memory.stat": "total_inactive_file 0\n",
            "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "100000",
            "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        },
    )
    assert free_memory(root) == 50 * MEGABYTE
    assert processors(root) == 1


def test_a_pi_zero_gets_two_jobs(tmp_path: Path) -> None:
    assert job_count.MANY == 64
    assert JOB_MEMORY == 128 * MEGABYTE
    assert default_jobs(write(tmp_path, meminfo(330))) == 2
