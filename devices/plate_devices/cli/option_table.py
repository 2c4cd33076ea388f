"""Command lines from tables of options.

argparse would take a tenth of the time from start to the first plate: for its import, the language of its messages, and
a formatter for each option.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from plate_runtime.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MOST = 1_000_000_000
"""The largest whole number of an option."""

_HELP = ("-h", "--help")
_COLUMN = 26


class Option(NamedTuple):
    """One option.

    Attributes:
        name: with its dashes.
        help: one line.
        value: name of the value in the help; empty for a switch, which is True if given.
        convert: converts the typed value; raises ValueError with the allowed values.
        default: value without the option.
        repeats: whether it can be repeated; its value is a list.
    """

    name: str
    help: str
    value: str = ""
    convert: Callable[[str], Any] = str
    default: Any = None
    repeats: bool = False


class Command(NamedTuple):
    """A command: its name, purpose, options, other arguments, and examples."""

    name: str
    purpose: str
    options: Sequence[Option]
    arguments: str
    example: str

    def parse(
        self, given: Sequence[str], defaults: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the values of all options by name, and the other arguments in order.

        `--name value` and `--name=value` are equal. Options and arguments can be mixed; after `--` all are arguments.
        `--help` prints the help and raises SystemExit(0). `defaults` replaces defaults of options, by name.

        Raises:
            UsageError: an option is unknown, lacks its value, or has an invalid one.
        """
        known = {option.name: option for option in self.options}
        values: dict[str, Any] = {
            o.name: [] if o.repeats else False if not o.value else o.default for o in self.options
        }
        values |= defaults or {}
        named: dict[str, Any] = {}
        others: list[str] = []
        rest = iter(given)
        for argument in rest:
            if argument == "--":
                others += rest
            elif argument in _HELP:
                print(self.help())
                raise SystemExit(0)
            elif not argument.startswith("-") or argument == "-":
                others.append(argument)
            else:
                name, equals, typed = argument.partition("=")
                if name not in known:
                    self._refuse(f"{name} is not an option")
                value = self._value(known[name], typed if equals else None, rest)
                values[name] = [*named.get(name, []), value] if known[name].repeats else value
                named[name] = values[name]
        return values, others

    def help(self) -> str:
        """Return the help text."""
        lines = [f"usage: {self.name} {self.arguments} [options]".replace("  ", " "), "", self.purpose, ""]
        for option in self.options:
            shown = f"  {option.name} {option.value}".rstrip()
            lines.append(f"{shown:<{_COLUMN}} {option.help}" if len(shown) < _COLUMN else shown)
            if len(shown) >= _COLUMN:
                lines.append(f"{'':<{_COLUMN}} {option.help}")
        lines.append(f"{'  --version':<{_COLUMN}} print the version")
        return "\n".join([*lines, "", self.example])

    def _value(self, option: Option, typed: str | None, rest: Iterable[str]) -> Any:
        if not option.value:
            return True if typed is None else self._refuse(f"{option.name} takes no value")
        if typed is None:
            typed = next(iter(rest), None)
            if typed is None or typed.startswith("--"):
                self._refuse(f"{option.name} needs a value, {option.value}")
        try:
            return option.convert(typed)
        except ValueError as error:
            return self._refuse(f"{option.name}: {error}")

    def _refuse(self, reason: str) -> NoReturn:
        raise UsageError(f"{reason}; try {self.name} --help")


def same_named(fields: Iterable[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that have the names of these fields: `min_confidence` is `--min-confidence`."""
    named = {field: f"--{field.replace('_', '-')}" for field in fields}
    return {field: given[name] for field, name in named.items() if name in given}


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a converter that accepts these words."""

    def convert(typed: str) -> str:
        if typed not in choices:
            raise ValueError(f"{typed!r} is not {' or '.join(choices)}")
        return typed

    return convert


def count(typed: str, least: int = 1) -> int:
    """Convert to a whole number from `least` to `MOST`."""
    if not typed.isdecimal() or len(typed) > len(str(MOST)) or not least <= int(typed) <= MOST:
        raise ValueError(f"{typed[:40]!r} is not a whole number from {least} to {MOST}")
    return int(typed)


def number(meaning: str, least: float, most: float) -> Callable[[str], float]:
    """Return a converter to a number from `least` to `most`."""

    def convert(typed: str) -> float:
        try:
            value = float(typed)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise ValueError(f"{typed!r} is not {meaning}")
        return value

    return convert
