"""Change sound files at random and read them: every one is read, or refused in one sentence.

PYTHONPATH=tests python -m fuzz --count 300                   every kind
PYTHONPATH=tests python -m fuzz settings --seed 7 --count 2000
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import traceback
from pathlib import Path

from fuzz.kinds import KINDS, Kind

SLOW = 20.0
"""Seconds of processor time that one file may take, child processes included: a machine may be busy."""


def run(name: str, kind: Kind, seed: int, count: int, kept: Path) -> int:
    """Read `count` changed files of a kind, keep those that are findings, and return how many."""
    seeds, findings, slowest = kind.seeds(), 0, 0.0
    kept.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        rng = random.Random(f"{name} {seed} {number}")
        path = kept / f"{name}-{seed}-{number}{kind.suffix}"
        path.write_bytes(kind.mutate(rng.choice(seeds), rng))
        started = _processor_time()
        try:
            kind.check(path)
        except Exception as error:
            findings += 1
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            print(f"{path}: {type(error).__name__}: {str(error)[:300]} ({where})", file=sys.stderr)
            continue
        took = _processor_time() - started
        slowest = max(slowest, took)
        if took > SLOW:
            findings += 1
            print(f"{path}: took {took:.1f} s", file=sys.stderr)
            continue
        path.unlink()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{name}: {count} files, {findings} findings, slowest {slowest:.2f} s, peak {memory} MB", flush=True)
    return findings


def _processor_time() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> int:
    """Return 0 where there is no finding, else 3."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"one of {', '.join(KINDS)}; all by default")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(".cache/fuzz"), help="folder for the files that are findings")
    options = parser.parse_args()
    names = options.kinds or list(KINDS)
    return 3 if sum(run(name, KINDS[name], options.seed, options.count, options.keep) for name in names) else 0


if __name__ == "__main__":
    sys.exit(main())
