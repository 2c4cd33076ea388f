"""plate-archive with processes, and on a cluster of Ray that loses a node: the same rows, and what Ray costs.

    make archive                                  # 20,000 inputs on a head and two nodes: an hour on two cores
    python benchmarks/archive.py --inputs 2000
    python benchmarks/archive.py --set plates-us --as plate      # crops, which take a fifth of the time of a frame

The inputs are links to the pictures of a set. The cluster runs on this machine: a head without readers, and two
nodes of one processor each. A run on one node shows how the time grows; in the last run a node is killed after a third
of the rows. CPU times count all processes that ran for a run. It writes results/archive.csv.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import SHARED, command_line, one_of, whole, write_csv

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ.setdefault("RAY_worker_niceness", "0")  # as the processes of the local runs

RUNS = {"local, 2 jobs": 0, "ray, 1 node": 1, "ray, 2 nodes": 2, "ray, 2 nodes, one killed": 2}
"""Runs, with their nodes of Ray."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, compare and write the results; return 1 if rows differ."""
    parser = command_line(__doc__)
    parser.add_argument("--inputs", type=whole(200), default=20_000)
    parser.add_argument("--set", default="frames-romania")
    parser.add_argument("--as", dest="read_as", default="auto", type=one_of(("auto", "frame", "plate")))
    asked = parser.parse_args(arguments)
    frames = sorted((SHARED / asked.set).rglob("*.jpg"))
    if not frames:
        raise SystemExit(f"no real pictures at {SHARED}")
    with tempfile.TemporaryDirectory() as temporary:
        inputs = Path(temporary, "in")
        inputs.mkdir()
        for number in range(asked.inputs):
            (inputs / f"{number}.jpg").symlink_to(frames[number % len(frames)])
        rows, expected = [], None
        reading = [] if asked.read_as == "auto" else ["--as", asked.read_as]
        for name in RUNS:
            out = Path(temporary, name.replace(" ", "-"))
            print(f"{name} ...", file=sys.stderr, flush=True)
            wall, used = _measured([sys.executable, __file__, "--one", name, str(inputs), str(out), *reading])
            table = _rows(out)
            expected = table if expected is None else expected
            rows.append(
                {
                    "run": name,
                    "set": asked.set,
                    "inputs": asked.inputs,
                    "rows": table.num_rows,
                    "distinct_rows": len(set(table.column("address").to_pylist())),
                    "equal_to_local": table.equals(expected),
                    "wall_s": round(wall, 1),
                    "inputs_a_second": round(asked.inputs / wall, 1),
                    "cpu_ms_an_input": round(1000 * used / asked.inputs, 2),
                    "core_hours_a_million": round(used / asked.inputs * 1e6 / 3600, 2),
                }
            )
    write_csv("archive", rows)
    return int(not all(row["equal_to_local"] and row["distinct_rows"] == asked.inputs for row in rows))


def run_one(name: str, inputs: Path, out: Path, reading: Sequence[str]) -> None:
    """Do one of `RUNS`, with these options of the reader."""
    nodes, arguments = RUNS[name], [str(inputs), "--out", str(out), *reading]
    if not nodes:
        _command([*arguments, "--jobs", "2"])
        return
    with _cluster(nodes) as (address, kill_one):
        if "killed" in name:
            third = len(list(inputs.iterdir())) // 3
            threading.Thread(target=_kill_later, args=(out, third, kill_one), daemon=True).start()
        _command([*arguments, "--engine", "ray", "--address", address, "--jobs", str(nodes)])


def _kill_later(out: Path, rows: int, kill: Callable[[], None]) -> None:
    """Kill a node once so many rows are written."""
    import pyarrow.parquet

    while sum(pyarrow.parquet.read_metadata(path).num_rows for path in out.rglob("part-*.parquet")) < rows:
        time.sleep(1)
    kill()
    print("a node was killed", file=sys.stderr, flush=True)


@contextmanager
def _cluster(nodes: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """Start a head and nodes; yield the address, and what kills a node."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        started = [cluster.add_node(num_cpus=1) for _ in range(nodes)]
        yield cluster.address, lambda: cluster.remove_node(started[-1], allow_graceful=False)
    finally:
        cluster.shutdown()


def _command(arguments: list[str]) -> None:
    from plate_devices.archive import archive_folder
    from plate_devices.cli.archive import command

    archive_folder.FLUSH_ROWS = 1000  # so that the rows of a killed node are not all in memory
    if command(arguments) != 0:
        raise SystemExit(f"plate-archive {' '.join(arguments)} could not read some inputs")


def _rows(out: Path) -> Any:
    import pyarrow.dataset

    return pyarrow.dataset.dataset(out / "rows", partitioning="hive").to_table().sort_by("address")


def _measured(command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return the wall seconds, and the CPU seconds of all processes that it started.

    Ray's daemons leave the tree of processes, and some reap without counting: processes are known by a variable of
    their environment, and looked at twice a second.
    """
    mark = f"PLATE_EDGE_MEASURED={uuid.uuid4()}"
    name, _, value = mark.partition("=")
    used: dict[str, float] = {}
    started = time.perf_counter()
    with subprocess.Popen(command, env={**os.environ, name: value}) as running:
        while running.poll() is None:
            _look(mark.encode(), used)
            time.sleep(0.5)
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {running.returncode}")
    return time.perf_counter() - started, sum(used.values())


def _look(mark: bytes, used: dict[str, float]) -> None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            words = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        used[f"{folder.name}-{words[19]}"] = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        run_one(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]), sys.argv[5:])
    else:
        sys.exit(main())
