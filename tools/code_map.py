"""Prints the map of the code: files and lines of each folder, imports in a circle, repeated file names.

    python tools/code_map.py                        of this checkout
    python tools/code_map.py /tmp/before --lines    of another checkout, the number of lines alone

Lines are those of the four packages that are neither blank nor a comment.
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

PACKAGES = {"plate_runtime": "runtime", "plate_train": "train", "plate_export": "export", "plate_devices": "devices"}


def files(root: Path) -> Iterator[Path]:
    """Yield the Python files of the four packages."""
    for package, folder in PACKAGES.items():
        yield from sorted((root / folder / package).rglob("*.py"))


def line_count(path: Path) -> int:
    """Return the number of lines that are neither blank nor a comment."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return sum(bool(line) and not line.startswith("#") for line in lines)


def folders(root: Path) -> dict[str, tuple[int, int]]:
    """Return files and lines of each folder, without those of folders in it."""
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for path in files(root):
        name = "/".join(path.relative_to(root).parent.parts[1:])
        count, lines = found[name]
        found[name] = count + 1, lines + line_count(path)
    return dict(found)


def part_imports(root: Path) -> dict[str, set[str]]:
    """Return which parts each part imports anywhere; a part is a folder or a file at a package's top."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in files(root):
        module = [*path.relative_to(root).with_suffix("").parts[1:]]
        part = ".".join(module[:2])
        for name in _imports(path, module):
            words = name.split(".")
            if words[0] in PACKAGES and len(words) > 1 and ".".join(words[:2]) != part and module[1] != "__init__":
                found[part].add(".".join(words[:2]))
    return found


def _imports(path: Path, module: Sequence[str]) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):  # also in functions, and for type checking
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(module[: len(module) - node.level]) if node.level else ""
            base = ".".join(one for one in (above, node.module) if one)
            yield from (f"{base}.{one.name}" for one in node.names)


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of parts that reach each other."""

    def reached(start: str) -> set[str]:
        found, left = set[str](), [start]
        while left:
            new = imports.get(left.pop(), set()) - found
            found |= new
            left += new
        return found

    reach = {part: reached(part) for part in imports}
    groups = {tuple(sorted(one for one in reach[part] if part in reach.get(one, ()))) for part in reach}
    return sorted(list(group) for group in groups if len(group) > 1)


def repeated_names(root: Path) -> dict[str, int]:
    """Return the file names that occur more than once, without those with underscores at both ends."""
    counts = Counter(path.name for path in files(root) if not path.name.startswith("__"))
    return {name: count for name, count in sorted(counts.items()) if count > 1}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the map."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1], metavar="CHECKOUT")
    parser.add_argument("--lines", action="store_true", help="print the number of lines alone")
    asked = parser.parse_args(arguments)
    found = folders(asked.root)
    total = sum(lines for _, lines in found.values())
    if asked.lines:
        print(total)
        return
    print("| folder | files | lines |\n|---|---|---|")
    for name, (count, lines) in sorted(found.items()):
        print(f"| `{name}` | {count} | {lines} |")
    print(f"| all | {sum(count for count, _ in found.values())} | {total} |\n")
    groups = circles(part_imports(asked.root))
    print(f"circles of imports between parts: {len(groups)}", *("  " + ", ".join(group) for group in groups), sep="\n")
    names = repeated_names(asked.root)
    listed = ", ".join(f"{name} {count}" for name, count in names.items())
    print(f"\nfile names that occur more than once: {len(names)} ({listed})")


if __name__ == "__main__":
    main()
