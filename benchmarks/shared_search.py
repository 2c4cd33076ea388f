"""Measure a search with one worker and with two, beside the search on one machine without a chief.

    python benchmarks/shared_search.py               -> results/shared-search.csv
    python benchmarks/shared_search.py --trials 4    -> a quick look

All run on this machine, one thread each. A worker starts before the clock; TensorFlow's start is not part of a search.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from measuring import ROOT, command_line, whole, write_csv

sys.path.insert(0, str(ROOT / "examples" / "fleet"))

START = "from plate_train.command import main; main()"
OPTIONS = ("--drawn", "20000", "--epochs", "1")


def start(*options: str) -> subprocess.Popen[str]:
    """Start plate-train character with one thread."""
    command = [sys.executable, "-u", "-c", START, "character", *OPTIONS, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def seconds_of_search(process: subprocess.Popen[str], trials: int) -> tuple[float, str]:
    """Return the seconds from the first line about a trial or a worker to the last trial, and everything it said."""
    assert process.stdout is not None
    said, began, ended = "", 0.0, 0.0
    for line in process.stdout:
        said += line
        if not began and re.match(r"rendered |worker-.* joined", line):
            began = time.perf_counter()
        if re.search(rf"search: {trials}( of {trials})? trials", line) and not ended:
            ended = time.perf_counter()
            process.terminate()
    process.wait()
    return ended - began, said


def measure(workers: int, trials: int, folder: Path) -> dict[str, object]:
    """Return the row of a search with so many workers; 0 is the search without a chief."""
    from servers import free_port

    place = f"127.0.0.1:{free_port()}"
    share = ["--chief", place] if workers else []
    helpers = [start("--worker", place, "--out", str(folder / f"worker-{number}")) for number in range(workers)]
    for helper in helpers:
        assert helper.stdout is not None
        while "does not answer" not in (line := helper.stdout.readline()):
            assert line, "a worker has ended"
    seconds, said = seconds_of_search(start("--trials", str(trials), "--out", str(folder / "run"), *share), trials)
    for helper in helpers:
        helper.kill()
        helper.communicate()
    assert seconds > 0, said
    found = [json.loads(path.read_text())["score"] for path in sorted(folder.glob("run/search/trial_*/trial.json"))]
    return {"workers": workers or "none, one machine", "trials": trials, "seconds": round(seconds, 1),
            "seconds_per_trial": round(seconds / trials, 1), "best_score": round(max(found), 4)}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each, and write the table."""
    parser = command_line(__doc__)
    parser.add_argument("--trials", type=whole(2), default=8, metavar="N", help="of each search (8)")
    options = parser.parse_args(arguments)
    rows = []
    for workers in (0, 1, 2):
        with tempfile.TemporaryDirectory() as scratch:
            rows.append(measure(workers, options.trials, Path(scratch)))
            print(rows[-1], flush=True)
    write_csv("shared-search", rows)


if __name__ == "__main__":
    main()
