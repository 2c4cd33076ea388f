"""From shell to answer: how long does `plate-infer` take on one crop, and how much memory at its peak?

Beside it, in the same rounds: the floor (import numpy and the interpreter, load the model) and Python alone.

    python benchmarks/start.py      -> results/start.csv
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from finding import frame_with_a_plate
from measuring import ROOT, Process, command_line, python_command, run_process, spread, write_csv
from PIL import Image

from plate_runtime.model import shipped_model, ships

ROUNDS = 25
KINDS = ("character", "plate")
CROP = ROOT / "devices" / "plate_devices" / "samples" / "dark-on-light.png"

FLOOR = """
import numpy
from ai_edge_litert.interpreter import Interpreter
interpreter = Interpreter(model_content=open({model!r}, "rb").read(), num_threads=1)
interpreter.allocate_tensors()
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure in turn and write the table; the ratio is to the floor of the same model, pair by pair."""
    command_line(__doc__).parse_args(arguments)
    infer = [str(Path(sys.executable).parent / "plate-infer"), "--as"]
    with tempfile.TemporaryDirectory() as folder:
        frame = Path(folder) / "frame.jpg"
        Image.fromarray(frame_with_a_plate()).save(frame, quality=90)
        _measure(infer, frame)


def _measure(infer: list[str], frame: Path) -> None:
    commands = {
        "python alone": python_command("pass"),
        **{f"floor: numpy, interpreter, {kind} model": python_command(_floor(kind)) for kind in KINDS},
        "plate-infer --as character": [*infer, "character", str(CROP)],
        "plate-infer --as plate": [*infer, "plate", str(CROP)],
        "plate-infer --as frame": [*infer, "frame", str(frame)],
    }
    for command in commands.values():
        run_process(command)
    runs: dict[str, list[Process]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            runs[name].append(run_process(command))
    rows = []
    for name, measured in runs.items():
        wall = [run.wall for run in measured]
        kind = "plate" if "plate model" in name or name.endswith(("plate", "frame")) else "character"
        floor = [run.wall for run in runs[f"floor: numpy, interpreter, {kind} model"]]
        row: dict[str, object] = {"process": name}
        row.update({f"wall_ms_{key}": value for key, value in spread([1000 * value for value in wall], 1).items()})
        row["ratio"] = round(statistics.median(a / b for a, b in zip(wall, floor, strict=True)), 2)
        row["cpu_ms_median"] = round(1000 * statistics.median(run.cpu for run in measured), 1)
        row["peak_memory_mb"] = round(max(run.memory for run in measured), 1)
        rows.append(row)
    write_csv("start", rows)


def _floor(kind: str) -> str:
    return FLOOR.format(model=str(shipped_model(kind if ships(kind) else "character")))


if __name__ == "__main__":
    main()
