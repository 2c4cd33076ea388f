"""Change the code at random places and see whether a test notices.

mutmut changes functions; numbers that are constants of a module are changed here, one by one. Each change is tried with
the tests that run that function or module. A change that no test notices is listed with its difference, to be held by a
test or justified. Everything happens in a copy below .cache/mutants.

Examples:
    make mutants                                            # 500 changes of all parts, seed 0
    python benchmarks/mutants.py --part following --count 100
    python benchmarks/mutants.py --part runtime --seed 7 --trial
"""

from __future__ import annotations

import ast
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from measuring import ROOT, command_line, whole, write_csv

PARTS = {
    "runtime": ("src/plate_runtime/*", ["tests/runtime"]),
    "following": ("src/plate_devices/follow/*", ["tests/devices/follow"]),
    "outputs": ("src/plate_devices/outputs/*", ["tests/devices/outputs"]),
    "checks": ("src/plate_export/checks/*", ["tests/export"]),
}
"""The parts of the code that are changed: which files, and which tests."""

_SELECT = ["-m", "not system and not arm64 and not armhf", "-p", "no:cacheprovider"]
_KILLED, _SURVIVED, _UNTESTED = "killed", "survived", "no test runs it"


@dataclass(frozen=True)
class Mutant:
    """One change: its name, the difference as text, and what the tests said."""

    name: str
    difference: str
    result: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 2 if mutmut is not installed."""
    parser = command_line(__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="one part of the code (default: all)")
    parser.add_argument("--count", type=whole(1), default=500, metavar="N", help="changes in all (500)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the choice (0)")
    parser.add_argument("--trial", action="store_true", help="print the result and write no file")
    options = parser.parse_args(arguments)
    if find_spec("mutmut") is None:
        print("mutants.py needs mutmut: pip install 'mutmut>=3.8'", file=sys.stderr)
        return 2
    parts = options.part or list(PARTS)
    rows, survivors = [], []
    for part in parts:
        found = try_part(part, max(1, options.count // len(parts)), options.seed)
        counts = Counter(one.result for one in found)
        killed = counts.total() - counts[_SURVIVED] - counts[_UNTESTED]
        rows.append({
            "part": part, "seed": options.seed, "mutants": len(found), "noticed": killed,
            "survived": counts[_SURVIVED], "untested": counts[_UNTESTED], "percent": f"{100 * killed / len(found):.1f}",
        })  # fmt: skip
        print(f"{part}: {killed} of {len(found)} noticed", flush=True)
        survivors += [
            {"part": part, "mutant": one.name, "result": one.result, "difference": one.difference}
            for one in found
            if one.result in (_SURVIVED, _UNTESTED)
        ]
    for one in survivors:
        print(f"\n{one['part']} {one['mutant']}: {one['result']}\n{one['difference']}")
    if not options.trial:
        write_csv("mutants", rows)
        write_csv("mutants-survived", survivors)
    return 0


def try_part(part: str, count: int, seed: int) -> list[Mutant]:
    """Make the changes of one part that this seed chooses, try them, and return what came of each."""
    tree = copy_tree(part)
    _mutmut(tree, "no.such.mutant")  # makes every mutant, and notes which tests run which function
    names = sorted(name for meta in _metas(tree) for name in meta["exit_code_by_key"])
    constants = list(find_constants(tree, PARTS[part][0]))
    chosen = random.Random(f"{part} {seed}").sample([*names, *constants], min(count, len(names) + len(constants)))
    functions = [one for one in chosen if isinstance(one, str)]
    if functions:
        _mutmut(tree, *functions)
    results = {name: code for meta in _metas(tree) for name, code in meta["exit_code_by_key"].items()}
    found = [Mutant(one, _difference(tree, one), _meaning(results.get(one))) for one in functions]
    return found + [try_constant(tree, part, one) for one in chosen if not isinstance(one, str)]


def copy_tree(part: str) -> Path:
    """Copy what the tests of a part need to .cache/mutants/PART, with all packages below `src`, as mutmut expects."""
    tree = ROOT / ".cache" / "mutants" / part
    shutil.rmtree(tree, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__")
    for package in ("runtime/plate_runtime", "devices/plate_devices", "train/plate_train", "export/plate_export"):
        shutil.copytree(ROOT / package, tree / "src" / Path(package).name, ignore=ignore)
    for name in ("tests", "docs", "benchmarks", "examples"):
        shutil.copytree(ROOT / name, tree / name, ignore=ignore)
    files, tests = PARTS[part]
    settings = {
        "source_paths": ["src"], "only_mutate": [files], "also_copy": ["docs", "benchmarks", "examples"],
        "pytest_add_cli_args": _SELECT, "pytest_add_cli_args_test_selection": tests,
    }  # fmt: skip
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    (tree / "pyproject.toml").write_text(f"{(ROOT / 'pyproject.toml').read_text('utf-8')}\n[tool.mutmut]\n{lines}")
    return tree


@dataclass(frozen=True)
class Constant:
    """A number at the top of a module: where it stands, its name, and what takes its place."""

    path: Path
    name: str
    line: int
    begin: int
    end: int
    value: str
    other: str


def find_constants(tree: Path, files: str) -> Iterator[Constant]:
    """Yield each number that a module of these files gives a name."""
    for path in sorted(tree.glob(f"{files.removesuffix('*')}**/*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target) if value else ""
            for number in ast.walk(value) if value else ():
                if isinstance(number, ast.Constant) and type(number.value) in (int, float):
                    other = number.value + 1 if isinstance(number.value, int) else number.value * 1.5 + 0.01
                    yield Constant(path, name, number.lineno, number.col_offset, number.end_col_offset or 0,
                                   str(number.value), repr(other))  # fmt: skip


def try_constant(tree: Path, part: str, constant: Constant) -> Mutant:
    """Give a constant another value, run the tests that call its module, and put it back."""
    text = constant.path.read_text("utf-8")
    lines = text.splitlines(keepends=True)
    line = lines[constant.line - 1].encode()
    lines[constant.line - 1] = (line[: constant.begin] + constant.other.encode() + line[constant.end :]).decode()
    module = ".".join(constant.path.relative_to(tree / "src").with_suffix("").parts)
    statistics = json.loads((tree / "mutants" / "mutmut-stats.json").read_text("utf-8"))
    by_function = statistics["tests_by_mangled_function_name"]
    tests = sorted({test for name, tests in by_function.items() if name.startswith(f"{module}.") for test in tests})
    constant.path.write_text("".join(lines), "utf-8")
    try:
        code = _pytest(tree, tests or PARTS[part][1])
    finally:
        constant.path.write_text(text, "utf-8")
    difference = f"-{line.decode().rstrip()}\n+{lines[constant.line - 1].rstrip()}"
    return Mutant(f"{module}.{constant.name}", difference, _SURVIVED if code == 0 else _KILLED)


def _pytest(tree: Path, tests: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-x", "-q", *_SELECT, *tests]
    path = f"{tree / 'src'}:{tree / 'tests'}"
    ended = subprocess.run(
        command, cwd=tree, capture_output=True, env=_environment(path), timeout=1800, check=False
    )  # fmt: skip
    return ended.returncode


def _mutmut(tree: Path, *names: str) -> None:
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1", *names]
    ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, env=_environment(), check=False)
    if not (tree / "mutants" / "mutmut-stats.json").is_file():
        sys.exit(f"mutmut ended with {ended.returncode}: {(ended.stdout + ended.stderr)[-2000:]}")


def _environment(path: str = "") -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _metas(tree: Path) -> Iterator[dict[str, dict[str, int | None]]]:
    for path in sorted((tree / "mutants" / "src").rglob("*.meta")):
        yield json.loads(path.read_text("utf-8"))


def _meaning(code: int | None) -> str:
    """Return what an exit code of mutmut means: 0 survived, 33 no test, all others noticed."""
    return {0: _SURVIVED, 5: _UNTESTED, 33: _UNTESTED, None: _UNTESTED}.get(code, _KILLED)


def _difference(tree: Path, name: str) -> str:
    command = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(command, cwd=tree, capture_output=True, text=True, env=_environment(), check=False).stdout
    changed = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "\n".join(changed)


if __name__ == "__main__":
    sys.exit(main())
