"""An honest client beside 200 hostile ones, on the live page and on the Unix socket: how long answers take, and memory.

    python benchmarks/hostile_clients.py       -> results/hostile-clients.csv
    python benchmarks/hostile_clients.py 10    -> a quick look

`plate-infer` runs as a process of its own, the hostile clients as another one: they send by single bytes, never read,
nest 60 MB of JSON, name pipes and devices, guess tokens, hold connections. Half of the time they are not there. Memory
is the largest resident size (VmHWM) before and after them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from measuring import ROOT, command_line, whole, write_csv

sys.path.insert(0, str(ROOT / "tests"))

from hostile.honest import TOOK_TOO_LONG, Honest, ask_health, ask_socket

COUNT, SECONDS = 200, 60
EVERY = 0.2

_INFER = [sys.executable, "-c", "from plate_devices.cli.infer import main; main()"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both servers."""
    parser = command_line(__doc__)
    help_ = f"how long each is attacked, and as long before that not ({SECONDS})"
    parser.add_argument("seconds", nargs="?", type=whole(5), default=SECONDS, metavar="SECONDS", help=help_)
    seconds = parser.parse_args(arguments).seconds
    from receivers.broker import free_port

    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="plate-edge-hostile-") as folder:
        port, path = free_port(), Path(folder, "plates.sock")
        settings = Path(folder, "gate.toml")
        settings.write_text(f'[source]\naddress = "demo:100000"\n[serve]\naddress = "127.0.0.1:{port}"\n', "utf-8")
        rows += _measure("page", str(port), ["--config", str(settings)], lambda: ask_health(port), seconds)
        rows += _measure(
            "socket", str(path), ["--socket", str(path), "--as", "plate"], lambda: ask_socket(path), seconds
        )
    for row in rows:
        print(row)
    write_csv("hostile-clients", rows)


def _measure(
    kind: str, where: str, options: list[str], ask: Callable[[], bool], seconds: float
) -> list[dict[str, object]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")))}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    server = subprocess.Popen([*_INFER, *options], **quiet)  # type: ignore[call-overload]
    try:
        _until_it_answers(ask)
        alone = _ask_for(ask, seconds)
        before = _peak_memory(server.pid)
        hostile = subprocess.Popen(
            [sys.executable, "-m", "hostile", kind, where, str(COUNT)],
            **quiet,  # type: ignore[call-overload]
        )
        try:
            time.sleep(2.0)
            beside = _ask_for(ask, seconds)
        finally:
            hostile.kill()
            hostile.wait()
        after = _peak_memory(server.pid)
    finally:
        server.terminate()
        server.wait()
    return [_row(kind, 0, alone, before), _row(kind, COUNT, beside, after)]


def _ask_for(ask: Callable[[], bool], seconds: float) -> list[float]:
    honest = Honest(ask, EVERY)
    time.sleep(seconds)
    honest.close()
    return sorted(took for _, took in honest.took)


def _until_it_answers(ask: Callable[[], bool]) -> None:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        try:
            if ask():
                return
        except (OSError, ValueError):
            time.sleep(0.2)
    raise SystemExit("plate-infer does not answer")


def _peak_memory(process: int) -> float:
    status = Path("/proc", str(process), "status").read_text("ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def _row(kind: str, hostile: int, took: list[float], memory: float) -> dict[str, object]:
    return {
        "server": kind,
        "hostile_clients": hostile,
        "asked": len(took),
        "unanswered": sum(one >= TOOK_TOO_LONG for one in took),
        "median_ms": round(1000 * took[len(took) // 2], 1),
        "p95_ms": round(1000 * took[int(0.95 * len(took))], 1),
        "longest_ms": round(1000 * took[-1], 1),
        "peak_memory_mb": round(memory, 1),
    }


if __name__ == "__main__":
    main()
