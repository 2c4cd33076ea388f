"""Change sound inputs at random and read them: every one is read, or refused in one sentence.

What runs new lines of the project is kept in .cache/fuzz/corpus and changed further. An input is a finding where it
ends the process (crash), raises anything else than an error of the project (traceback), takes more than 10 s of
processor time (hang) or more than 500 MB (memory). Networks with a right digest run in processes of their own; that
these die is counted apart.

    make fuzz MINUTES=60 RECORD=1
    PYTHONPATH=tests python -m fuzz --minutes 5 --seed 7 --target picture --target settings
    PYTHONPATH=tests python -m fuzz --target picture --again .cache/fuzz/7/picture/traceback-812.jpg
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from .kinds import KINDS
from .state import State
from .watching import Watched

COLUMNS = ("date", "commit", "minutes", "seed", "target", "inputs", "crashes", "hangs", "tracebacks", "memory",
           "aborts_of_interpreters", "peak_mb")  # fmt: skip
_EVERY = 30.0
"""Seconds between two lines of progress."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where nothing was found, 1 where something was, 2 without Atheris, 130 where it was stopped."""
    options = _parser().parse_args(arguments)
    names = options.target or list(KINDS)
    if options.again is not None:
        return again(names[0], options.again)
    if find_spec("atheris") is None:
        print("fuzzing needs atheris (Linux on x86-64, Python 3.11 to 3.13): pip install atheris", file=sys.stderr)
        return 2
    folder = options.folder / str(options.seed)
    for name in names:
        for path in (folder / name).glob("*"):
            path.unlink()
    stopped, began = False, time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        fuzz(names, options.minutes * 60, options.seed, folder, options.folder / "corpus")
    except KeyboardInterrupt:
        stopped = True
    rows = [row(name, State(folder / name), options, (time.monotonic() - began) / 60) for name in names]
    show(rows, folder)
    if options.record is not None and not stopped:
        record(options.record, rows)
    if stopped:
        return 130
    return int(any(one[what] for one in rows for what in ("crashes", "hangs", "tracebacks", "memory")))


def fuzz(names: Sequence[str], seconds: float, seed: int, folder: Path, corpus: Path) -> None:
    """Give each target its share of the time, as many at once as there are processors."""
    at_once = min(len(names), os.cpu_count() or 1)
    share, waiting, running = seconds * at_once / len(names), list(names), []
    said = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(Watched(waiting.pop(0), seed, share, folder, corpus))
            time.sleep(0.2)
            for one in running:
                one.look()
                if one.over:
                    _say(one.name, one.state, f"done, {len(waiting)} targets to go")
            running = [one for one in running if not one.over]
            if time.monotonic() > said + _EVERY:
                said = time.monotonic()
                for one in running:
                    _say(one.name, one.state, "...")
    finally:
        for one in running:
            one.stop()


def _say(name: str, state: State, more: str) -> None:
    found = Counter(one["what"] for one in state.findings())
    kinds = ", ".join(f"{count} x {what}" for what, count in found.items()) or "nothing found"
    print(f"{name}: {state.get('inputs')} inputs, {kinds}, {more}", flush=True)


def again(name: str, path: Path) -> int:
    """Read one input once more, in this process; an exception is shown whole."""
    KINDS[name].check(path)
    print(f"{path}: read, or refused in one sentence")
    return 0


def row(name: str, state: State, options: argparse.Namespace, minutes: float) -> dict[str, object]:
    """Return what stands in a row of the record."""
    from arm.record import commit, today

    found = Counter(one["what"] for one in state.findings())
    return {
        "date": today(), "commit": commit(), "minutes": f"{minutes:.1f}", "seed": options.seed, "target": name,
        "inputs": state.get("inputs"), "crashes": found["crash"], "hangs": found["hang"],
        "tracebacks": found["traceback"], "memory": found["memory"],
        "aborts_of_interpreters": state.get("aborts"), "peak_mb": state.get("peak"),
    }  # fmt: skip


def show(rows: Sequence[dict[str, object]], folder: Path) -> None:
    """Print a table, and how each finding is repeated."""
    columns = COLUMNS[4:]
    print("\n" + " ".join(f"{column:>{16 if column == 'target' else max(8, len(column))}}" for column in columns))
    for one in rows:
        print(" ".join(f"{one[column]!s:>{16 if column == 'target' else max(8, len(column))}}" for column in columns))
    for one in rows:
        seen = set()
        for found in State(folder / str(one["target"])).findings():
            if (key := (found["what"], found["place"])) not in seen:
                seen.add(key)
                print(f"\n{one['target']}: {found['what']}, {found['place']}: {found['said']}\n  {found['repeat']}")


def record(path: Path, rows: Sequence[dict[str, object]]) -> None:
    """Add rows to a CSV, and one of all targets together."""
    total: dict[str, object] = {**rows[0], "target": "all"}
    for column in COLUMNS[5:-1]:
        total[column] = sum(int(str(one[column])) for one in rows)
    total["peak_mb"] = max(int(str(one["peak_mb"])) for one in rows)
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows([*rows, total])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="for all targets together (60)")
    parser.add_argument("--seed", type=int, default=0, help="other inputs with another number")
    parser.add_argument("--target", action="append", choices=KINDS, metavar="NAME", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--again", metavar="FILE", type=Path, help="read this one input, and show what it raises")
    parser.add_argument("--record", metavar="FILE.csv", type=Path, help="add the result to it")
    parser.add_argument("--folder", metavar="DIR", type=Path, default=Path(".cache/fuzz"), help="for what is found")
    return parser


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
