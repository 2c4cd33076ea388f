"""What the documentation names is there: linked files and headings, commands with their options, extras, modules."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plate_devices import service
from plate_devices.cli import archive, doctor, evaluate, infer
from plate_devices.cli.archive_options import parse_archive
from plate_devices.cli.doctor_options import parse_doctor
from plate_devices.cli.evaluate_options import parse_eval
from plate_devices.cli.infer_options import parse_infer
from plate_devices.config.load import load_config
from plate_devices.events.clock import Clock
from plate_devices.events.records import (
    Engine,
    Origin,
    error_record,
    frame_record,
    plate_record,
    seen_record,
    vehicle_record,
)
from plate_devices.follow import Vehicle
from plate_devices.sources.source import Frame
from plate_export import command as exporting
from plate_runtime.errors import InputError
from plate_runtime.formats import load_formats
from plate_runtime.results import Character, Plate
from plate_train import command as training
from plate_train.synthetic.fonts import listed_packages
from plate_train.synthetic.plates.layouts import load_layouts
from plate_train.synthetic.plates.lettering import split_of_family

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
PARSE: dict[str, Callable[[Sequence[str]], object]] = {
    "plate-train": training._parser()[0].parse_args,
    "plate-export": exporting._parser().parse_args,
    "plate-infer": parse_infer,
    "plate-eval": parse_eval,
    "plate-doctor": parse_doctor,
    "plate-archive": parse_archive,
}
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "plate-train": training.command,
    "plate-export": exporting.export_command,
    "plate-infer": infer.command,
    "plate-eval": evaluate.command,
    "plate-doctor": doctor.command,
    "plate-archive": archive.command,
}
SHIPPED = ROOT / "runtime" / "plate_runtime" / "models"
SETTINGS = str(Path(service.__path__[0]) / "plate-infer.toml")
SUBCOMMANDS = ("character", "plate", "fonts")
LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


@pytest.fixture(scope="module")
def reference() -> Any:
    """The module that makes pages of the site from the code."""
    path = ROOT / "docs" / "hooks" / "reference.py"
    spec = spec_from_file_location("reference", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def shown_commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield program and arguments of every command in an indented block."""
    for line in text.splitlines():
        if not line.startswith("    ") or not re.search(rf"(?:^|[\s/])(?:{'|'.join(PARSE)})(?:\s|$)", line):
            continue
        part: list[str] = []
        for word in [*shlex.split(line, comments=True), ";"]:
            if word not in ("|", "&&", ";"):
                part.append(word)
                continue
            while part and re.fullmatch(r"[A-Z_]+=.*", part[0]):
                part.pop(0)
            if part and Path(part[0]).name in PARSE:
                stop = next((place for place, word in enumerate(part) if word.startswith(">")), len(part))
                yield Path(part[0]).name, part[1:stop]
            part = []


def with_settings(words: Sequence[str]) -> list[str]:
    """Let a command's --config name settings that are there: those that are installed."""
    return [SETTINGS if before == "--config" else word for before, word in zip(["", *words], words, strict=False)]


def mentioned_commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield program and words of every code span that begins with a command; values in it may be placeholders."""
    for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text):
        words = span.split()
        if words and words[0] in PARSE:
            yield words[0], words[1:]


def anchors(page: Path) -> set[str]:
    """Return what GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ +(.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def options_of(program: str, subcommand: str | None) -> frozenset[str]:
    """Return the options that a command's help names."""
    with contextlib.redirect_stdout(io.StringIO()) as told, pytest.raises(SystemExit):
        COMMANDS[program]([*([subcommand] if subcommand else []), "--help"])
    return frozenset(OPTION.findall(told.getvalue())) | {"--help"}


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        assert not heading or heading in anchors(linked), f"{page.name} links to {target}"


@each_page
def test_every_command_shown_parses(page: Path) -> None:
    for program, words in shown_commands(page.read_text("utf-8")):
        try:
            PARSE[program](with_settings(words))
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and not error.code:
                continue  # it has printed what was asked for, as --region list does
            pytest.fail(f"{page.name}: {program} {shlex.join(words)}: {error}")


@each_page
def test_every_settings_file_shown_is_right(page: Path, tmp_path: Path) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        (tmp_path / "shown.toml").write_text(block)
        load_config(tmp_path / "shown.toml")


@each_page
def test_every_option_mentioned_exists(page: Path) -> None:
    for program, words in mentioned_commands(page.read_text("utf-8")):
        named = {option for word in words for option in OPTION.findall(word)}
        subcommand = words[0] if program == "plate-train" and words and words[0] in SUBCOMMANDS else None
        assert named <= options_of(program, subcommand), f"{page.name}: {program} {' '.join(words)}"


def test_every_setting_is_described(reference: Any) -> None:
    missing = [line for line in reference.settings().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert not missing


def test_every_command_has_its_help_in_the_reference(reference: Any) -> None:
    page = reference.command_line()
    for name in PARSE:
        assert f"## {name}" in page
        assert f"usage: {name}" in page


def test_every_page_is_in_the_contents_of_the_site(reference: Any) -> None:
    contents = (ROOT / "mkdocs.yml").read_text("utf-8")
    listed = re.findall(r"[\w/-]+\.md$", contents, re.MULTILINE)
    there = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert sorted(listed) == sorted({*there, *reference.pages(), "background/layers.md"})


def test_pages_written_from_the_code_are_as_the_code(reference: Any) -> None:
    for name, text in reference.written_pages().items():
        page = ROOT / "docs" / name
        assert page.is_file() and page.read_text("utf-8") == text, f"{name}: run python docs/hooks/reference.py"


def test_commands_are_found() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert len(list(shown_commands(text))) > 40
    assert len(list(mentioned_commands(text))) > 20
    block = "    A=1 bin/plate-train fonts && cat x | plate-infer --as plate - >> y  # why"
    assert list(shown_commands(block)) == [("plate-train", ["fonts"]), ("plate-infer", ["--as", "plate", "-"])]


@each_page
def test_every_extra_module_and_script_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for names in re.findall(r"(?:plate-edge|'\.)\[([a-z,]+)\]", text):
        assert set(names.split(",")) <= set(extras), f"{page.name}: [{names}]"
    for module in re.findall(r"python -m (plate_[\w.]+)", text):
        assert find_spec(module), f"{page.name}: python -m {module}"
    for script in re.findall(r"python (benchmarks/\w+\.py)", text):
        assert (ROOT / script).is_file(), f"{page.name}: {script}"


def test_contributing_names_what_tests_fetch_with_apt() -> None:
    listed = re.search(r"^SYSTEM :=((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = re.search(r"with apt-get:\n\n((?: {4}.*\n)+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert listed is not None and named is not None
    assert named[1].split() == ["npm", *listed[1].replace("\\", "").split()]


@each_page
def test_every_import_shown_works(page: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("plate_"):
                module = import_module(node.module or "")
                for name in node.names:
                    shown = hasattr(module, name.name) or find_spec(f"{node.module}.{name.name}")
                    assert shown, f"{page.name}: from {node.module} import {name.name}"


def keys_described(heading: str) -> set[str]:
    """Return the keys that a section of the page on records describes."""
    page = (ROOT / "docs" / "reference" / "records.md").read_text("utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return {key for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}


def test_the_page_on_records_describes_every_key() -> None:
    plate = Plate("A", "A", 0.9, 0.9, (0, 0, 9, 9), ((0, 0), (9, 0), (9, 9), (0, 9)), None, [Character("A", 0.9, ())])
    engine, pixels = Engine({"reader": "fake@1.0.0"}, "fake"), np.zeros((9, 9, 3), np.uint8)
    origin = Origin("0", engine, camera="gate", tags=("yard",))
    vehicle = Vehicle(plate, 0.9, 2, 2, 0, 1, None, None, None, None, pixels)
    clock = Clock()
    stamped = vehicle_record(origin, vehicle)
    clock.stamp(stamped)
    records = {
        "frame": frame_record(origin, Frame(pixels, 0, None), [plate], 1.0),
        "vehicle": stamped,
        "seen": seen_record(origin, vehicle) | {"boot_id": "", "monotonic": 0.0, "time_set": True},
        "plate": plate_record(plate),
        "clock": clock.announcement(),
        "error": error_record(origin, InputError("damaged")),
    }
    for heading, record in records.items():
        assert set(record) - {"schema", "type"} <= keys_described(heading), heading


def test_every_shipped_model_has_a_card_with_its_facts() -> None:
    names = {path.name.partition("-int8")[0].rpartition("-")[0] for path in SHIPPED.glob("*-int8.tflite")}
    assert names == {page.stem for page in (ROOT / "docs" / "model-cards").glob("*.md")}
    for name in names:
        text = (ROOT / "docs" / "model-cards" / f"{name}.md").read_text("utf-8")
        assert f"<!-- figures: facts-{name} -->" in text, name


def test_pictures_of_the_documentation_are_small() -> None:
    for picture in (ROOT / "docs").rglob("*"):
        if picture.suffix in (".jpg", ".png"):
            assert picture.stat().st_size < 150_000, picture.name


def test_the_reader_s_card_counts_fonts_and_regions_as_they_are() -> None:
    card = (ROOT / "docs" / "model-cards" / "plate-reader.md").read_text("utf-8")
    packages = listed_packages()
    assert f"{len(packages)} font families" in card
    for licence, count in Counter(package.licence for package in packages).items():
        assert f"| {licence} | {count} |" in card
    assert f"{len(load_formats())} countries and states" in card


def test_the_readme_fits_on_few_screens() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 80


def test_figures_of_the_documentation_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import tables

    for page in tables.pages():
        text = page.read_text("utf-8")
        assert tables.filled(text) == text, f"{page.name}: run python benchmarks/tables.py"


def test_the_page_on_drawn_plates_lists_the_layouts_as_they_are() -> None:
    page = (ROOT / "docs" / "train" / "synthetic-plates.md").read_text("utf-8")
    layouts = load_layouts("train")
    assert f"| layouts | {len(layouts)} | {len(load_layouts('measure'))} |" in page
    table = page.split("| layout | %")[1].split("\n\n")[0]
    told: dict[str, str] = {}
    for row in re.findall(r"^\| ([^|]+) \| ([\d; ]+) \|", table, re.MULTILINE):
        told |= dict(zip(row[0].split("; "), row[1].split("; "), strict=True))
    whole = sum(layout.weight for layout in layouts)
    assert told == {layout.name: f"{100 * layout.weight / whole:.0f}" for layout in layouts}
    parts = Counter(split_of_family(package.family) for package in listed_packages())
    assert f"| font families | {parts['train']} | {parts['measure']}:" in page
