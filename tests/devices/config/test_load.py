"""Settings files: read whole, or refused with file, line and key."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plate_devices.config.load import load_config
from plate_devices.setting_errors import ConfigError


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "gate.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, "# nothing\n"))
    assert (config.source.address, config.read.models, config.outputs, config.present) == (None, (), (), frozenset())
    assert (config.service.watchdog, config.heat.limit) == (True, 75.0)


def test_sections_are_read(tmp_path: Path) -> None:
    text = """
[source]
address = "demo"
roi = [1, 2, 30, 40]
fps = 5
redirect = "Bücher.example"
[read]
as = "plate"
models = ["a.tflite"]
[heat]
limit = 0
"""
    config = load_config(write(tmp_path, text.replace("\n", "\r\n")))
    assert (config.source.address, config.source.roi, config.source.fps) == ("demo", (1, 2, 30, 40), 5.0)
    assert config.source.redirect == "Bücher.example"
    assert (config.read.as_, config.read.models, config.heat.limit) == ("plate", ("a.tflite",), 0.0)
    assert config.present == {"source", "read", "heat"}


def test_tables_of_cameras_are_read_in_their_order(tmp_path: Path) -> None:
    text = (
        '[[source]]\nname = "gate"\naddress = "demo"\nmodels = ["a.onnx"]\n[[source]]\nname = "yard"\naddress = "0"\n'
    )
    config = load_config(write(tmp_path, text))
    assert [(one.name, one.address, one.models) for one in config.sources] == [
        ("gate", "demo", ("a.onnx",)),
        ("yard", "0", ()),
    ]
    assert config.source.address is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[source]\nfps = \n", "gate.toml, line 2, column 7: Invalid value"),
        ("[source]\na = 1\na = 2\n", "gate.toml, line 3, column 6: Cannot overwrite a value"),
        ('[source]\naddress = "x', "gate.toml, line 2"),
        ("\n[sorce]\n", "gate.toml, line 2: sorce: there is no such setting; did you mean source?"),
        ("[source]\n\nfps = 0\n", "gate.toml, line 3: source.fps: 0.0 is not valid; it has to be frames a second"),
        (
            '[source]\naddress = "rtsp://joe:s/x@gate/"\n',
            "line 2: source.address: this is not a valid address: it has an @ after a /",
        ),
        (
            '[source]\naddress = "http://a..b/"\n',
            "line 2: source.address: this is not a valid address: it has no valid host",
        ),
        ("[source]\nrotate = 45\n", "line 2: source.rotate: 45 is not valid; it has to be 0, 90, 180 or 270"),
        ('[source]\nredirect = "http://x/"\n', "line 2: source.redirect: this is not a host name"),
        ('[source]\nredirect = ""\n', "line 2: source.redirect: this is not a host name"),
        ("[source]\nroi = [1, 2, 0, 4]\n", "line 2: source.roi: (1, 2, 0, 4) is not valid"),
        ("[read]\nmin-confidence = 0.5\n", "line 2: read.min-confidence: there is no such setting; did you mean min_c"),
        (
            '[[source]]\naddress = "demo"\n[[source]]\nname = "b"\naddress = "demo"\n',
            "line 1: source[1]: name is missing",
        ),
        ('[[source]]\nname = "a"\n', "line 1: source[1]: address is missing"),
        (
            '[[source]]\nname = "a"\naddress = "0"\n[[source]]\nname = "a"\naddress = "1"\n',
            "line 5: source[2].name: two cameras are called a",
        ),
        ('[[source]]\nname = "a"\naddress = "0"\nrotate = 45\n', "line 4: source[1].rotate: 45 is not valid"),
        ('[source]\nname = " a"\n', "line 2: source.name: ' a' is not valid"),
        ('[source]\ntags = ["a", ""]\n', "line 2: source.tags: '' is not valid"),
        ("source = [1]\n", "line 1: source: [1] is not valid; begin each table with [[source]]"),
        ("source = []\n", "line 1: source: [] is not valid; begin each table with [[source]]"),
        ("source = 3\n", "line 1: source: 3 is not valid; it has to be a section, [source]"),
        ("[output]\ntype = 'csv'\n", "line 1: output: a table is not valid; begin each table with [[output]]"),
        (b"[source]\n# \xff\n", "gate.toml, line 2: this is not UTF-8"),
        ("#" * 1_000_001, "this is not a settings file"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str | bytes, reason: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, text))
    assert reason in str(error.value)
    assert error.value.exit_code == 2


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone\.toml cannot be read: No such file"):
        load_config(tmp_path / "gone.toml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(tmp_path)


def test_a_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, '[source]\naddress = ["rtsp://me:secret@x"]\n'))
    assert "secret" not in str(error.value)


DIGITS = "9" * 5000
HEX = "0x" + "f" * 5000
WILD = [
    f"[source]\nfps = {DIGITS}\n", f"[source]\nfps = {HEX}\n", f"[source]\nfps = {'9' * 400}\n",
    f"[source]\nroi = [0, 0, {HEX}, 4]\n", f"[source]\nrotate = {HEX}\n", f"[service]\nstop_within = {HEX}\n",
    f"[queue]\nmost_megabytes = {'9' * 400}\n", f"[privacy]\nkeep_days = {HEX}\n", f"source = {HEX}\n",
    f"[source]\nroi = {'[' * 100_000}\n", f"[source]\nroi = {'{a=' * 50_000}\n", "a." * 50_000 + "b = 1\n",
    '["a" ' + '. "a"' * 50_000 + "]\n",
    f"[source]\n{'x' * 50_000} = 1\n", "[heat]\nlimit = nan\n", "[heat]\nlimit = -inf\n",
    "[heat]\nlimit = 1979-05-27\n",
    '[pictures]\ncrops = "a\\u0000b"\n', f'[[output]]\ntype = {HEX}\n', f"[[watchlist]]\nname = {HEX}\n",
]  # fmt: skip


@pytest.mark.parametrize("text", WILD)
def test_wild_settings_are_refused_in_one_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gate\.toml") as refused:
        load_config(write(tmp_path, text))
    said = str(refused.value)
    assert len(said) < 2100 and len(said.splitlines()) == 1


SECTIONS = st.sampled_from(["source", "read", "pictures", "service", "heat", "queue", "privacy", "serve", "x"])
NAMES = st.sampled_from(
    ["address", "fps", "roi", "as", "models", "limit", "most_megabytes", "keep_days", "watchdog", "y"]
)
VALUES = st.one_of(
    st.integers().map(str),
    st.just(HEX),
    st.floats().map(repr).map(lambda text: text.replace("e+", "e")),
    st.sampled_from(["true", '""', '"\\u0000"', "[]", "[[1]]", "{}", "{a = 1}", "1979-05-27", "07:32:00", "'''x'''"]),
    st.text(st.characters(codec="utf-8"), max_size=20),
)


@given(st.lists(st.tuples(SECTIONS, NAMES, VALUES), max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_settings_are_read_or_refused(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    text = "".join(f"[{section}]\n{name} = {value}\n" for section, name, value in rows)
    with contextlib.suppress(ConfigError):
        load_config(write(tmp_path, text))


@pytest.mark.parametrize(
    ("pictures", "wanted", "allowed"),
    [
        ("", "crop", False),
        ("", "none", True),
        ('[pictures]\nevents = "p"\n', "frame", True),
        ('[pictures]\nevents = "p"\nframes = "none"\n', "frame", False),
        ('[pictures]\nevents = "p"\nframes = "none"\n', "crop", True),
    ],
)
def test_only_saved_pictures_are_published(tmp_path: Path, pictures: str, wanted: str, allowed: bool) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(f'{pictures}[[output]]\ntype = "mqtt"\nurl = "mqtt://h"\npicture = "{wanted}"\n')
    if allowed:
        assert load_config(path).outputs[0].picture == wanted
        return
    with pytest.raises(ConfigError, match=rf'picture: "{wanted}" is not saved; set events in \[pictures\]'):
        load_config(path)


@pytest.mark.parametrize(("seconds", "allowed"), [(0.5, True), (10, True), (10.1, False), (60, False)])
def test_a_search_ends_before_the_page_gives_up(tmp_path: Path, seconds: float, allowed: bool) -> None:
    path = write(tmp_path, f"[history]\ntime_limit = {seconds}\n")
    with contextlib.nullcontext() if allowed else pytest.raises(ConfigError, match=r"seconds, from 0\.5 to 10"):
        load_config(path)


@pytest.mark.parametrize(("wanted", "allowed"), [("plates", True), ("sqlite", True), ("log", False), ("typo", False)])
def test_only_an_output_that_can_be_searched_is_one_of_the_history(tmp_path: Path, wanted: str, allowed: bool) -> None:
    outputs = '[[output]]\ntype = "sqlite"\nname = "plates"\npath = "p"\n[[output]]\ntype = "lines"\nname = "log"\n'
    path = write(tmp_path, f'[history]\noutput = "{wanted}"\n{outputs}')
    with (
        contextlib.nullcontext() if allowed else pytest.raises(ConfigError, match=rf'history\.output: "{wanted}" is no')
    ):
        load_config(path)
