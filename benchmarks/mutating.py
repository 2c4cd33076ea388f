"""The changes that the mutation test tries: what mutmut changes in functions, and numbers that have a name."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """One change of one file: `text` takes the place of the bytes from `begin` to `end`."""

    path: str
    function: str
    line: int
    last_line: int
    begin: int
    end: int
    text: str
    before: str
    after: str
    constant: bool = False
    occurrence: int = 0

    @cached_property
    def key(self) -> str:
        """Return a name that stays while other parts of the file change."""
        parts = (self.path, self.function, self.before, self.after, str(self.occurrence))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def choose(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return `count` mutants by random. Changes elsewhere in the code leave the choice of the others as it is."""
    return sorted(mutants, key=lambda one: hashlib.sha256(f"{seed} {one.key}".encode()).digest())[:count]


def find_mutants(root: Path, files: str) -> Iterator[Mutant]:
    """Yield the changes that mutmut makes in functions, and one of each number that a module or class gives a name."""
    for path in sorted((root / files).rglob("*.py")):
        name, code = path.relative_to(root).as_posix(), path.read_bytes()
        seen: Counter[tuple[str, str, str]] = Counter()
        for one in (*_in_functions(name, code), *_constants(name, code)):
            try:
                ast.parse(mutate(code, one))
            except SyntaxError:
                continue
            same = (one.function, one.before, one.after)
            yield replace(one, occurrence=seen[same])
            seen[same] += 1


def mutate(code: bytes, mutant: Mutant) -> bytes:
    """Return the file with the change in it."""
    return code[: mutant.begin] + mutant.text.encode() + code[mutant.end :]


def _in_functions(name: str, code: bytes) -> Iterator[Mutant]:
    import libcst
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, PositionProvider
    from mutmut.mutation.file_mutation import MutationVisitor
    from mutmut.mutation.mutators import mutation_operators
    from mutmut.mutation.pragma_handling import IgnoredCode

    wrapper = MetadataWrapper(libcst.parse_module(code))
    visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()))
    wrapper.visit(visitor)
    spans, lines = wrapper.resolve(ByteSpanPositionProvider), wrapper.resolve(PositionProvider)
    functions = _functions(code)
    for mutation in visitor.mutations:
        node = mutation.original_node
        if node not in spans or node not in lines or isinstance(node, libcst.Match):
            continue
        first, last = lines[node].start.line, lines[node].end.line
        function = next((name for name, begin, end in functions if begin <= first <= end), None)
        if function is not None:
            begin, end = spans[node].start, spans[node].start + spans[node].length
            text = wrapper.module.code_for_node(mutation.mutated_node)
            yield Mutant(name, function, first, last, begin, end, text, *_lines(code, begin, end, text))


def _functions(code: bytes) -> list[tuple[str, int, int]]:
    """Return name, first and last line of each function outside other functions."""
    found = []

    def visit(body: Sequence[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((prefix + node.name, node.lineno, node.end_lineno or 0))
            elif isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")

    visit(ast.parse(code).body, "")
    return found


def _constants(name: str, code: bytes) -> Iterator[Mutant]:
    starts = [0]
    for line in code.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def visit(body: Sequence[ast.stmt], prefix: str) -> Iterator[Mutant]:
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from visit(node.body, f"{prefix}{node.name}.")
            for target, value in _named(node):
                for number in ast.walk(value):
                    if isinstance(number, ast.Constant) and type(number.value) in (int, float):
                        old: Any = number.value
                        other = old + 1 if isinstance(old, int) else round(old * 1.5 + 0.01, 6)
                        line, start, text = number.lineno, starts[number.lineno - 1], repr(other)
                        begin, end = start + number.col_offset, start + (number.end_col_offset or 0)
                        lines = _lines(code, begin, end, text)
                        yield Mutant(name, prefix + target, line, line, begin, end, text, *lines, constant=True)

    yield from visit(ast.parse(code).body, "")


def _named(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that a statement assigns, with its value."""
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        yield from zip(map(ast.unparse, target.elts), node.value.elts, strict=True)
    else:
        yield ast.unparse(target), node.value


def _lines(code: bytes, begin: int, end: int, text: str) -> tuple[str, str]:
    """Return the changed lines before and after, each as one line."""
    first, last = code.rfind(b"\n", 0, begin) + 1, code.find(b"\n", end)
    old, new = code[first:last], code[first:begin] + text.encode() + code[end:last]
    return " ".join(old.decode().split()), " ".join(new.decode().split())
