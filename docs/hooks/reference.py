"""Pages of the reference that are made from the code: commands, settings, metrics.

`python docs/hooks/reference.py` writes settings and metrics into docs/reference, so that they can be read without the
site. The help of the commands, whose look depends on the version of Python, is on the site alone; so are the charts of
`benchmarks/results`. MkDocs calls `on_files` and `on_page_markdown`.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from inspect import cleandoc
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, get_type_hints

from plate_devices.actions import make_actions
from plate_devices.cli import archive, doctor, evaluate, infer
from plate_devices.config import load
from plate_devices.config.fields import key_of, meaning
from plate_devices.health.metrics import METRICS, PREFIX
from plate_devices.outputs.make_outputs import TYPES, settings_class
from plate_export import command as export
from plate_train import command as train

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "plate-infer": infer.command,
    "plate-eval": evaluate.command,
    "plate-doctor": doctor.command,
    "plate-archive": archive.command,
    "plate-train character": train.command,
    "plate-train plate": train.command,
    "plate-train detector": train.command,
    "plate-train fonts": train.command,
    "plate-export": export.export_command,
}
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_ATTRIBUTE = re.compile(r"^ {4}(\w+(?:, \w+)*): ", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from the code, and those that lie at the top of the checkout."""
    from mkdocs.structure.files import File

    for name, text in pages().items():
        files.append(File.generated(config, name, content=text))
    for chart in sorted(RESULTS.glob("*.png")):
        files.append(File.generated(config, f"results/{chart.name}", abs_src_path=str(chart)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Show the path instead of a link to a file outside the documentation; charts keep their link."""
    folder = Path(page.file.src_uri).parent

    def shown(link: re.Match[str]) -> str:
        text, target = link[1], link[2]
        if re.match(r"[a-z]+:", target) or files.get_file_from_path(os.path.normpath(folder / target)):
            return link[0]
        path = os.path.normpath(Path("docs") / folder / target)
        if files.get_file_from_path(chart := f"results/{Path(path).name}"):
            return f"[{text}]({os.path.relpath(chart, folder)})"
        return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"

    return _LINK.sub(shown, markdown)


def pages() -> dict[str, str]:
    """Return the Markdown of the pages that are on the site alone, by their path below docs/."""
    return {
        "index.md": _below_docs(ROOT / "README.md"),
        "contribute/contributing.md": _below_docs(ROOT / "CONTRIBUTING.md"),
        "contribute/changelog.md": _below_docs(ROOT / "CHANGELOG.md"),
        "reference/command-line.md": command_line(),
    }


def written_pages() -> dict[str, str]:
    """Return the Markdown of the pages that are written into docs/, by their path below it."""
    return {"reference/settings.md": settings(), "reference/metrics.md": metrics()}


def command_line() -> str:
    """Return the page with the help of every command."""
    parts = ["# Command line", "", "What `--help` prints. Every command also takes `--version` and `--debug`.", ""]
    for name, command in COMMANDS.items():
        parts += [f"## {name}", "", "```text", _help(command, name.split()[1:]), "```", ""]
    return "\n".join(parts)


def _help(command: Callable[[Sequence[str]], int], words: Sequence[str]) -> str:
    os.environ["COLUMNS"] = "100"  # argparse wraps by it
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
        command([*words, "--help"])
    return printed.getvalue().rstrip()


def settings() -> str:
    """Return the page with every section and key of the settings file."""
    parts = [
        "# Settings",
        "",
        "<!-- Written by python docs/hooks/reference.py -->",
        "",
        "The settings file is TOML: `plate-infer --config FILE`. Keys that are left out take the default. An option on"
        " the command line overrides the file. [Service](../operate/service.md) explains how they work together.",
        "",
    ]
    for heading, cls in _sections():
        described = _described(cls)
        parts += [f"## {heading}", "", "| key | value | default | meaning |", "|---|---|---|---|"]
        hints = get_type_hints(cls)
        for field in fields(cls):
            if field.init and not (field.name == "type" and heading != "[[output]]"):
                value = meaning(hints[field.name]).replace("|", "\\|")
                parts.append(f"| `{key_of(field)}` | {value} | {_default(field)} | {described.get(field.name, '')} |")
        parts.append("")
    return "\n".join(parts)


def _sections() -> Iterator[tuple[str, type[Any]]]:
    for name, cls in load._SECTIONS.items():
        yield f"[{name}]", cls
    for name, place in load._OPTIONAL_SECTIONS.items():
        yield f"[{name}]", resolve_name(place)
    for type_ in TYPES:
        yield f'[[output]] type = "{type_}"', settings_class(type_)
    for type_ in make_actions.TYPES:
        yield f'[[action]] type = "{type_}"', make_actions.settings_class(type_)
    yield "[[watchlist]]", resolve_name(load._LISTS["watchlist"])


def _described(cls: type[Any]) -> dict[str, str]:
    """Return what the docstrings of a class and of those it stands on say of each attribute."""
    found: dict[str, str] = {}
    for one in reversed(cls.__mro__):
        attributes = cleandoc(one.__doc__ or "").partition("Attributes:\n")[2]
        names = list(_ATTRIBUTE.finditer(attributes))
        for name, following in zip(names, [*names[1:], None], strict=False):
            text = attributes[name.end() : following.start() if following else None]
            found |= dict.fromkeys(name[1].split(", "), " ".join(text.split()))
    return found


def _default(field: Field[Any]) -> str:
    if field.default is MISSING and field.default_factory is MISSING:
        return "required"
    value = field.default_factory() if field.default is MISSING else field.default  # type: ignore[misc]
    if value in (None, "", ()):
        return ""
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def metrics() -> str:
    """Return the page with every metric."""
    parts = [
        "# Metrics",
        "",
        "<!-- Written by python docs/hooks/reference.py -->",
        "",
        "The live page serves them at `/metrics`, in the text format of Prometheus. A metric without a known value is"
        " omitted. [Service](../operate/service.md#metrics) shows how to use them.",
        "",
        "| metric | type | labels | meaning |",
        "|---|---|---|---|",
    ]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        parts.append(f"| `{PREFIX}{metric.name}` | {metric.kind} | {labels} | {metric.help} |")
    return "\n".join([*parts, ""])


def _below_docs(path: Path) -> str:
    """Return a page of the checkout's top with its links as they are from the folder that it is shown in."""
    text = path.read_text("utf-8")
    folder = "" if path.name == "README.md" else "../"

    def moved(link: re.Match[str]) -> str:
        target = link[2]
        if re.match(r"[a-z]+:", target):
            return link[0]
        inside = target.removeprefix("docs/")
        below = inside if inside != target else f"../{target}"
        return f"[{link[1]}]({folder}{below}{link[3] or ''})"

    return _LINK.sub(moved, text)


if __name__ == "__main__":
    for _name, _text in written_pages().items():
        (ROOT / "docs" / _name).write_text(_text, "utf-8")
