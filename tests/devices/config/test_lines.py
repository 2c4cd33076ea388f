"""Lines of keys in TOML files, however they are written."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plate_devices.config.line_numbers import Path, key_lines, line_of

TEXT = '''# a gate
[source]   # where
address = "rtsp://x#y"  # no comment begins in a text

"odd key" . inner = """
[not.a.table]
also = "not"
"""
roi = [ # a list
  1, 2, # ] here
  3, 4 ]

[[output]]
type = 'a]\\'
[output.tls]
file = \'\'\'
x\'\'\'\'\'
last = {a = 1, b = [
  2]}
[[output]]
type = "b"
'''


def test_each_key_has_the_line_it_begins_on() -> None:
    tomllib.loads(TEXT)
    lines = key_lines(TEXT)
    assert lines["source",] == 2
    assert lines["source", "address"] == 3
    assert lines["source", "odd key", "inner"] == 5
    assert lines["source", "roi"] == 9
    assert lines["output", 0] == lines["output",] == 13
    assert lines["output", 0, "type"] == 14
    assert lines["output", 0, "tls", "file"] == 16
    assert lines["output", 0, "tls", "last"] == 18
    assert lines["output", 1, "type"] == 21
    assert line_of(lines, ("output", 0, "tls", "last", "b", 0)) == 18
    assert line_of(lines, ("nowhere",)) == 1


word = st.text("ab-_9", min_size=1, max_size=3)
strings = st.sampled_from(['"x"', "'#['", '"\\"]"', '"""\n[a]\nb=1\n"""', "'''\n\"'''", '"""a""\\""""'])
values = st.recursive(
    st.sampled_from(["1", "-2.5", "true", "1979-05-27"]) | strings,
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[ # x ]\n{','.join(items)}\n]"),
    max_leaves=4,
)


@given(st.lists(st.tuples(word, values), max_size=6), st.lists(st.tuples(st.booleans(), word), max_size=3))
def test_every_key_is_found_where_it_stands(pairs: list[tuple[str, str]], headers: list[tuple[bool, str]]) -> None:
    text = ""
    for lists, header in [(False, ""), *headers]:
        text += f"[[{header}]] # c\n" if lists else f"[{header}]\n" if header else ""
        for key, value in pairs:
            text += f"  {key} = {value}\n\n"
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = key_lines(text)
    assert set(leaves(data)) <= set(lines)
    for path, line in lines.items():
        if isinstance(path[-1], str):
            assert path[-1] in text.splitlines()[line - 1]


def leaves(data: Any, path: Path = ()) -> list[Path]:
    found: list[Path] = [path] if path else []
    if isinstance(data, dict):
        for key, value in data.items():
            found += leaves(value, (*path, key))
    elif isinstance(data, list) and data and isinstance(data[0], dict):
        for number, value in enumerate(data):
            found += leaves(value, (*path, number))
    return found
