"""A copy of the code in which changes are tried, each with the tests that run the changed line."""

from __future__ import annotations

import ast
import compileall
import contextlib
import importlib
import json
import os
import py_compile
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from measuring import ROOT
from mutating import Mutant, mutate

PACKAGES = ("runtime", "devices", "train", "export")
NOTICED, SURVIVED, UNTESTED = "noticed", "survived", "no test runs it"

_SELECT = ("-q", "-m", "not arm64 and not armhf", "-p", "no:cacheprovider", "--hypothesis-seed=0")
# Imported once for all tests; a fork has them at once.
_MODULES = ("pytest", "hypothesis", "numpy", "PIL.Image", "onnx", "onnxruntime", "cv2", "paho.mqtt.client")
# Of tests for one change: slower ones are not tried.
_MOST_SECONDS = 20.0
_MEMORY = 16 << 30


class Bench:
    """A copy of the code in which changes are tried, and the map of which test runs which line."""

    def __init__(self, folder: Path, tests: Sequence[str], modules: Sequence[str] = ()) -> None:
        """Copy the code as it stands to `folder`, and import what its tests need once for all of them."""
        self.tree, self._tests, self._map_file = folder / "tree", tests, folder / "map.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._copy()
        os.environ["PYTHONPATH"] = ":".join(str(self.tree / package) for package in PACKAGES)
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3")
        for name in (*_MODULES, *modules):
            importlib.import_module(name)

    def _copy(self) -> None:
        """Make the copy equal to the working tree; if it was not, forget which test runs which line."""
        command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        wanted = {name: ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()}
        there = {path.relative_to(self.tree).as_posix(): path for path in self.tree.rglob("*.py")}
        for name in there.keys() - wanted:
            there[name].unlink()
        for name, source in wanted.items():
            target = self.tree / name
            if not target.is_file() or target.read_bytes() != source.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
                self._map_file.unlink(missing_ok=True)
        for package in PACKAGES:
            # Bytecode by content, not by time: two changes may come within a second.
            mode = py_compile.PycInvalidationMode.CHECKED_HASH
            compileall.compile_dir(self.tree / package, quiet=2, invalidation_mode=mode)

    @cached_property
    def map(self) -> dict[str, Any]:
        """Which test runs which line, and how many seconds it takes: from one run of all tests."""
        if not self._map_file.is_file():
            print(f"{self.tree.parent.name}: all its tests run once, to see which lines they run", file=sys.stderr)
            code, _ = self._in_child(lambda: _collect(self.tree, self._tests, self._map_file), 7200)
            if code not in (0, 1) or not self._map_file.is_file():
                sys.exit(f"the tests {' '.join(self._tests)} ended with {code}; see {self.tree.parent}/output.txt")
        found: dict[str, Any] = json.loads(self._map_file.read_text("utf-8"))
        return found

    def tests_for(self, mutant: Mutant) -> list[str]:
        """Return the tests that run the changed line, fastest first, as many as take `_MOST_SECONDS`."""
        if mutant.constant:
            places = self._uses(mutant.function.rpartition(".")[2])
            lines = [(path, line) for path, numbers in places.items() for line in numbers]
        else:
            lines = [(mutant.path, line) for line in range(mutant.line, mutant.last_line + 1)]
        code = (self.tree / mutant.path).read_text("utf-8")
        found = self._running(lines) or self._running([(mutant.path, line) for line in _around(code, mutant)])
        chosen = list[str]()
        for name in sorted(found, key=lambda name: (self._seconds([name]), name)):
            if chosen and self._seconds([*chosen, name]) > _MOST_SECONDS:
                break
            chosen.append(name)
        return chosen

    def _seconds(self, tests: Sequence[str]) -> float:
        """Return how long tests take together, with the fixtures that they share."""
        fixtures = {fixture for test in tests for fixture in self.map["shared"][test]}
        own = sum(float(self.map["seconds"][test]) for test in tests)
        return own + sum(float(self.map["shared_seconds"][fixture]) for fixture in fixtures)

    def _running(self, lines: Sequence[tuple[str, int]]) -> set[str]:
        numbers = {test for path, line in lines for test in self.map["lines"].get(path, {}).get(str(line), ())}
        return {self.map["tests"][number] for number in numbers}

    def _uses(self, name: str) -> dict[str, list[int]]:
        """Return the lines of all packages that speak of this name."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        found = defaultdict(list)
        for path in self.map["lines"]:
            for number, line in enumerate((self.tree / path).read_text("utf-8").splitlines(), 1):
                if word.search(line):
                    found[path].append(number)
        return found

    def try_mutant(self, mutant: Mutant) -> tuple[str, str]:
        """Return what became of a change, and the test that noticed it."""
        tests = self.tests_for(mutant)
        if not tests:
            return UNTESTED, ""
        path = self.tree / mutant.path
        code = path.read_bytes()
        try:
            path.write_bytes(mutate(code, mutant))
            ended, by = self._in_child(lambda: _run(self.tree, tests), 30 + 5 * self._seconds(tests))
        finally:
            path.write_bytes(code)
        if ended in (4, 5):
            sys.exit(f"{self.tree.parent}: its tests are not found; delete this folder")
        return (SURVIVED, "") if ended == 0 else (NOTICED, by or ("time-out" if ended < 0 else f"exit code {ended}"))

    def _in_child(self, work: Callable[[], tuple[int, str]], seconds: float) -> tuple[int, str]:
        """Run `work` in a fork that has this process's modules; return its exit code and what it says."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code, said = 70, ""
            try:
                _prepare_child(self.tree)
                code, said = work()
            finally:
                os.write(writing, said.encode()[:4096])
                os._exit(code)
        os.close(writing)
        code = _wait(child, seconds)
        os.set_blocking(reading, False)
        with os.fdopen(reading, "rb") as stream:
            return code, (stream.read() or b"").decode(errors="replace")


def _prepare_child(tree: Path) -> None:
    """Give a fork a group of processes, a bound of memory, the copy's packages, and a file for its output."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    output = os.open(tree.parent / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(tree)
    sys.path[:] = [*os.environ["PYTHONPATH"].split(":"), *(one for one in sys.path if not one.startswith(str(ROOT)))]


def _wait(child: int, seconds: float) -> int:
    """Return the exit code of a child; after so many seconds it is killed, with all that it started."""
    deadline = time.monotonic() + seconds
    ended = 0
    try:
        while not ended and time.monotonic() < deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            time.sleep(0.02)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if not ended:
            _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class _Chosen:
    """Keeps the chosen tests, in this order, and notes the first that fails."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {name: number for number, name in enumerate(tests)}
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted((one for one in items if one.nodeid in self._order), key=lambda one: self._order[one.nodeid])

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def _run(tree: Path, tests: Sequence[str]) -> tuple[int, str]:
    import pytest

    plugin = _Chosen(tests)
    files = sorted({name.partition("::")[0] for name in tests})
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        command = ["-x", *_SELECT, f"--rootdir={tree}", f"--basetemp={temporary}/t", *files]
        code = pytest.main(command, plugins=[plugin])
    return int(code), plugin.failed


class _Map:
    """Notes for each test how long it takes, and has coverage note which lines it runs.

    What a fixture of a module or session runs counts for each test that asks for it; its time is noted apart.
    """

    def __init__(self, coverage: Any) -> None:
        self._coverage = coverage
        self._current = ""
        self.fixtures: dict[str, list[str]] = {}
        self.shared_seconds: dict[str, float] = defaultdict(float)
        self._shared = 0.0
        self.seconds: dict[str, float] = {}
        self.passed: set[str] = set()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._switch(nodeid)

    def pytest_runtest_setup(self, item: Any) -> None:
        self.fixtures[item.nodeid] = list(item.fixturenames)

    def pytest_runtest_logreport(self, report: Any) -> None:
        shared = sum(self.shared_seconds.values())
        own = report.duration - (shared - self._shared)
        self._shared = shared
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + max(0.0, own)
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)

    def _switch(self, context: str) -> None:
        self._current = context
        self._coverage.switch_context(context)


def _collect(tree: Path, tests: Sequence[str], target: Path) -> tuple[int, str]:
    import coverage
    import pytest

    class Map(_Map):
        @pytest.hookimpl(wrapper=True)
        def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
            if fixturedef.scope == "function":
                return (yield)
            before, began, inner = self._current, time.monotonic(), self.shared_seconds.copy()
            self._switch(f"fixture {fixturedef.argname}")
            try:
                return (yield)
            finally:
                self._switch(before)
                within = sum(self.shared_seconds.values()) - sum(inner.values())
                self.shared_seconds[fixturedef.argname] += time.monotonic() - began - within

    measured = coverage.Coverage(data_file=None, config_file=False, source=[str(tree / name) for name in PACKAGES])
    plugin = Map(measured)
    measured.start()
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        code = pytest.main([*_SELECT, f"--rootdir={tree}", f"--basetemp={temporary}/t", *tests], plugins=[plugin])
    measured.stop()
    names = sorted(plugin.passed)
    numbers = {name: number for number, name in enumerate(names)}
    by_fixture = defaultdict(set)
    for name in names:
        for fixture in plugin.fixtures[name]:
            by_fixture[f"fixture {fixture}"].add(numbers[name])
    data = measured.get_data()
    lines: dict[str, dict[int, list[int]]] = {}
    for path in data.measured_files():
        here = lines[Path(path).relative_to(tree).as_posix()] = {}
        for line, contexts in data.contexts_by_lineno(path).items():
            tests_here = {numbers[one] for one in contexts if one in numbers}
            tests_here |= {number for one in contexts for number in by_fixture.get(one, ())}
            here[line] = sorted(tests_here)
    shared = {name: [one for one in plugin.fixtures[name] if one in plugin.shared_seconds] for name in names}
    seconds = {"seconds": plugin.seconds, "shared": shared, "shared_seconds": plugin.shared_seconds}
    target.write_text(json.dumps({"tests": names, **seconds, "lines": lines}), "utf-8")
    return int(code), ""


def _around(code: str, mutant: Mutant) -> range:
    """Return the lines of the statement that a change is in, or of the whole function if it is in its head."""
    inner = range(mutant.line, mutant.last_line + 1)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line <= (node.end_lineno or 0):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and mutant.line < node.body[0].lineno:
                return range(node.lineno, (node.end_lineno or 0) + 1)
            if not isinstance(node, ast.ClassDef) and not hasattr(node, "body"):
                inner = range(node.lineno, (node.end_lineno or 0) + 1)
    return inner
