"""Who reads plates best, and what does it cost? Our files in every interpreter beside what people install today.

    python benchmarks/plates.py                      -> results/plates.csv, plates-not-measured.csv, plates.png
    python benchmarks/plates.py --models exported    -> the same, with files of your own in place of the shipped ones

Every reader runs in processes of its own, one thread, one after the other in rounds, so that a machine's drift meets
all alike. CPU time is that of one reading, from the decoded picture to the text; memory the peak of a fresh process.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measuring import SHARED, command_line, spread, whole, write_csv
from rivals import READERS, Candidate, find_candidates

from plate_runtime.evaluate import score_texts
from plate_runtime.labels import LabelledPicture, read_labels
from plate_runtime.model import MODELS

SETS = ("plates-us", "plates-romania", "plates-argentina", "plates-ny", "plates-vn")
ROUNDS = 3


@dataclass
class Measured:
    """What the runs of a reader over a set gave, a figure a round."""

    texts: list[str] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    version: str = ""
    size: int = 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and write the tables and the chart."""
    parser = command_line(__doc__)
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of plate-reader files (those that ship)")
    parser.add_argument("--rounds", type=whole(1), default=ROUNDS, help=f"({ROUNDS})")
    asked = parser.parse_args(arguments)
    sets = _sets()
    candidates, missing = find_candidates(asked.models)
    rows = _rows(candidates, sets, _measure(candidates, sets, asked.rounds))
    write_csv("plates", rows)
    write_csv("plates-not-measured", [vars(one) for one in missing])
    from chart import draw

    draw(rows)


def _sets() -> dict[str, list[LabelledPicture]]:
    found = {}
    for name in SETS:
        if (SHARED / name / "labels.csv").is_file():
            found[name] = [entry for entry in read_labels(SHARED / name / "labels.csv") if entry.text]
        else:
            print(f"{name} is left out: not in {SHARED}", file=sys.stderr)
    if not found:
        raise SystemExit(f"no real pictures at {SHARED}; name their folder with PLATE_EDGE_SHARED_DATA")
    return found


def _measure(
    candidates: Sequence[Candidate], sets: dict[str, list[LabelledPicture]], rounds: int
) -> dict[tuple[str, str], Measured]:
    measured = {(one.name, name): Measured() for one in candidates for name in sets}
    for number in range(rounds):
        for one in candidates:
            for name, entries in sets.items():
                print(f"round {number + 1} of {rounds}: {one.name}, {name}", file=sys.stderr)
                _add(measured[one.name, name], _run(one, name, entries))
    return measured


def _run(candidate: Candidate, set_name: str, entries: Sequence[LabelledPicture]) -> dict[str, Any]:
    """Let a reader read a set in a fresh process."""
    asked = {"pictures": [str(entry.path) for entry in entries], "options": candidate.options(set_name)}
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if candidate.path:
        environment["PYTHONPATH"] = os.pathsep.join(map(str, candidate.path))
    command = [str(candidate.python), str(READERS / candidate.script)]
    given = json.dumps(asked)
    ended = subprocess.run(command, input=given, capture_output=True, text=True, env=environment, check=False)
    if ended.returncode:
        raise SystemExit(f"{candidate.name} failed: {ended.stderr}")
    answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return answer


def _add(measured: Measured, answer: dict[str, Any]) -> None:
    if measured.texts and measured.texts != answer["texts"]:
        print(f"{answer['version']} read the same pictures otherwise in another round", file=sys.stderr)
    measured.texts = answer["texts"]
    measured.cpu_ms.append(statistics.median(answer["cpu_ms"]))
    measured.memory.append(answer["peak_memory_mb"])
    measured.version, measured.size = answer["version"], answer["bytes"]


def _rows(
    candidates: Sequence[Candidate],
    sets: dict[str, list[LabelledPicture]],
    measured: dict[tuple[str, str], Measured],
) -> list[dict[str, object]]:
    rows = []
    for name, entries in sets.items():
        labels = [entry.text for entry in entries]
        for one in candidates:
            found = measured[one.name, name]
            row: dict[str, object] = {"set": name, "reader": one.name, "version": found.version, "count": len(labels)}
            score = score_texts(found.texts, labels) if one.scored else None
            row["exact"] = score.exact if score else ""
            row["folded"] = score.folded if score else ""
            row["folded_percent"] = round(100 * score.folded_rate, 1) if score else ""
            row["cer"] = round(score.cer, 4) if score else ""
            row.update({f"cpu_ms_{key}": value for key, value in spread(found.cpu_ms, 2).items()})
            row["peak_memory_mb"] = round(max(found.memory), 1)
            row["bytes"] = found.size
            rows.append(row)
    return rows


if __name__ == "__main__":
    main()
