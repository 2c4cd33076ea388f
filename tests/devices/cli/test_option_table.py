"""Command lines from a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.cli.option_table import Command, Option, count, number, one_of
from plate_runtime.errors import UsageError

COMMAND = Command(
    "plate-test",
    "Tests.",
    (
        Option("--size", "how large", "N", count, 3),
        Option("--kind", "which", "WORD", one_of("a", "b")),
        Option("--name", "who", "NAME", repeats=True),
        Option("--share", "how much of the whole there is to be taken", "SOMETHING-LONG", number("a share", 0, 1)),
        Option("--json", "in JSON"),
    ),
    "[PATH ...]",
    "example: plate-test x",
)


def test_defaults_and_others() -> None:
    values, others = COMMAND.parse(["x", "-", "y"])
    assert values == {"--size": 3, "--kind": None, "--name": [], "--share": None, "--json": False}
    assert others == ["x", "-", "y"]


def test_values_in_both_spellings_and_any_order() -> None:
    values, others = COMMAND.parse(["x", "--size", "5", "--kind=b", "y", "--json", "--name", "p", "--name=q=r"])
    assert values == {"--size": 5, "--kind": "b", "--name": ["p", "q=r"], "--share": None, "--json": True}
    assert others == ["x", "y"]


def test_after_two_dashes_nothing_is_an_option() -> None:
    values, others = COMMAND.parse(["--json", "--", "--size", "-x"])
    assert values["--json"]
    assert others == ["--size", "-x"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--sise 3", "--sise is not an option"),
        ("-x", "-x is not an option"),
        ("--size", "--size needs a value, N"),
        ("--size --json", "--size needs a value, N"),
        ("--size=", "--size: '' is not a whole number"),
        ("--size 0", "from 1 to 1000000000"),
        ("--size -1", "from 1 to 1000000000"),
        ("--kind c", "'c' is not a or b"),
        ("--share nan", "'nan' is not a share"),
        ("--share 1.01", "is not a share"),
        ("--json=yes", "--json takes no value"),
    ],
)
def test_mistakes_are_named(line: str, reason: str) -> None:
    with pytest.raises(UsageError) as refused:
        COMMAND.parse(line.split())
    assert reason in str(refused.value)
    assert str(refused.value).endswith("; try plate-test --help")


@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_help_is_printed_and_ends(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        COMMAND.parse(["--json", asked])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: plate-test [PATH ...] [options]\n")
    for option in COMMAND.options:
        assert option.name in shown
        assert option.help in shown


@given(st.lists(st.sampled_from(["--size", "--size=4", "--json", "--", "x", "-", "--name", "7", "=", "--=", ""])))
def test_any_line_is_understood_or_refused(line: list[str]) -> None:
    try:
        values, others = COMMAND.parse(line)
    except UsageError:
        return
    assert len(others) + len(values["--name"]) <= len(line)
