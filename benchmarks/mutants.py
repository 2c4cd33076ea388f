"""Change the code at random places and see whether a test notices.

mutmut makes the changes in functions; numbers that a module or class gives a name are changed, too. Each change is
tried with the tests that run the changed line, fastest first, until one fails. A change that no test notices is
printed, to be held by a test or justified in mutants_justified.csv. Everything happens in a copy below .cache/mutants.
A run that was stopped goes on where it stopped.

Examples:
    make mutants                                            # 500 changes of all parts, seed 0
    python benchmarks/mutants.py --part following --count 100 --seed 7
    python benchmarks/mutants.py --again                    # after new tests: what no test noticed before
"""

from __future__ import annotations

import csv
import json
import signal
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from measuring import HERE, RESULTS, ROOT, command_line, one_of, result_rows, whole, write_csv
from mutant_bench import NOTICED, SURVIVED, UNTESTED, Bench
from mutating import Mutant, choose, find_mutants

JUSTIFIED = HERE / "mutants_justified.csv"
"""The changes that no test need notice, each with the reason: the code does the same, or only a message changes."""

_JUSTIFIED = "justified"
_STATES = ("before", "after")


@dataclass(frozen=True)
class Part:
    """A part of the code: its files, the tests that shall notice its changes, and slow modules that these import."""

    files: str
    tests: tuple[str, ...]
    modules: tuple[str, ...] = ()


PARTS = {
    "following": Part("devices/plate_devices/follow", ("tests/devices/follow",)),
    "outputs": Part(
        "devices/plate_devices/outputs",
        tuple(f"tests/devices/{one}" for one in ("outputs", "privacy", "config", "events")),
    ),
    "runtime": Part("runtime/plate_runtime", ("tests/runtime",)),
    "checks": Part("export/plate_export/checks", ("tests/export/checks",), ("tensorflow",)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, 2 if mutmut is not installed, 130 if the run was stopped."""
    parser = command_line(__doc__)
    parser.add_argument("--part", type=one_of(PARTS), action="append", help=f"one of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--count", type=whole(1), default=500, metavar="N", help="changes in all (500)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the choice (0)")
    parser.add_argument("--again", action="store_true", help="try again what no test noticed before")
    parser.add_argument("--constants", action="store_true", help="only numbers that have a name; all, without --count")
    parser.add_argument("--record", choices=_STATES, help="write the score as that before or after new tests")
    options = parser.parse_args(arguments)
    if find_spec("mutmut") is None:
        print("mutants.py needs mutmut: pip install 'mutmut>=3.8'", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parts = options.part or list(PARTS)
    justified = read_justified()
    rows = []
    for part in parts:
        try:
            found = try_part(part, max(1, options.count // len(parts)), options, justified)
        except KeyboardInterrupt:
            print("\nstopped; the same command goes on from here", file=sys.stderr)
            return 130
        rows.append({"part": part, "seed": options.seed, **score(found)})
        for mutant, result in found.items():
            if result not in (NOTICED, _JUSTIFIED):
                print(f"{mutant.path}:{mutant.line} {mutant.function}: {result}\n- {mutant.before}\n+ {mutant.after}\n")
    if options.record:
        kept = [row for row in old_rows() if row["tests"] != options.record or row["part"] not in parts]
        write_csv("mutants", [*kept, *({"tests": options.record, **row} for row in rows)])
    else:
        print(*map(json.dumps, rows), sep="\n")
    return 0


def try_part(part: str, count: int, options: Namespace, justified: Container[tuple[str, ...]]) -> dict[Mutant, str]:
    """Return what became of each change of one part that this seed chooses."""
    folder = ROOT / ".cache" / "mutants" / part
    bench = Bench(folder, PARTS[part].tests, PARTS[part].modules)
    mutants = list(find_mutants(bench.tree, PARTS[part].files))
    chosen = [one for one in mutants if one.constant] if options.constants else choose(mutants, count, options.seed)
    results = folder / "results.jsonl"
    known = dict(map(json.loads, results.read_text("utf-8").splitlines())) if results.is_file() else {}
    known |= {one.key: _JUSTIFIED for one in chosen if name(one) in justified}
    done = (NOTICED, _JUSTIFIED) if options.again else (NOTICED, SURVIVED, UNTESTED, _JUSTIFIED)
    left = [one for one in chosen if known.get(one.key) not in done]
    with results.open("a", encoding="utf-8") as stream:
        for number, one in enumerate(left, 1):
            known[one.key], by = bench.try_mutant(one)
            print(json.dumps([one.key, known[one.key]]), file=stream, flush=True)
            print(f"{part} {number}/{len(left)} {one.function}: {known[one.key]} {by}", file=sys.stderr, flush=True)
    return {one: known[one.key] for one in chosen}


def score(found: Mapping[Mutant, str]) -> dict[str, object]:
    """Return the figures of a part. The percentage is that of the changes that are not justified."""
    counts = Counter(found.values())
    return {
        "mutants": len(found), "justified": counts[_JUSTIFIED], "noticed": counts[NOTICED],
        "survived": counts[SURVIVED], "untested": counts[UNTESTED],
        "percent": f"{100 * counts[NOTICED] / max(1, len(found) - counts[_JUSTIFIED]):.1f}",
    }  # fmt: skip


def name(mutant: Mutant) -> tuple[str, ...]:
    """Return what identifies a change in the file of justified ones."""
    return mutant.path, mutant.function, mutant.before, mutant.after


def read_justified() -> set[tuple[str, ...]]:
    """Return the changes that no test need notice."""
    with JUSTIFIED.open(encoding="utf-8", newline="") as stream:
        return {(row["file"], row["function"], row["before"], row["after"]) for row in csv.DictReader(stream)}


def old_rows() -> list[dict[str, str]]:
    """Return the rows recorded before, without date, machine and Python."""
    if not (RESULTS / "mutants.csv").is_file():
        return []
    context = ("date", "machine", "python")
    return [{key: value for key, value in row.items() if key not in context} for row in result_rows("mutants")]


if __name__ == "__main__":
    sys.exit(main())
