"""Backends, sources and outputs of another package are found by their names; the examples are such a package."""

from __future__ import annotations

import json
import socket
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from action_helpers import occasion
from PIL import Image

from plate_devices.actions.action import ActionError
from plate_devices.actions.make_actions import make_action
from plate_devices.cli.infer import command
from plate_devices.config.load import load_config
from plate_devices.outputs.make_outputs import make_outputs
from plate_devices.setting_errors import ConfigError
from plate_devices.sources.open_camera import open_camera
from plate_runtime.errors import UsageError
from plate_runtime.extensions import extension_names, load_extension
from plate_runtime.reader import PlateReader


def install(folder: Path, name: str, entry_points: dict[str, dict[str, str]]) -> None:
    """Write what an installer writes of a distribution: its name, and its entry points."""
    info = folder / f"{name}-1.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in rows.items()) for group, rows in entry_points.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def examples(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example package, installed."""
    folder = repository / "examples" / "extensions"
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    install(tmp_path / "site", "plate_edge_examples", project["entry-points"])
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.syspath_prepend(str(folder))
    yield tmp_path
    for module in [one for one in sys.modules if one.startswith("plate_edge_examples")]:
        del sys.modules[module]


def test_a_backend_of_another_package_reads(
    examples: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = repository / "devices" / "plate_devices" / "samples" / "dark-on-light.png"
    with PlateReader() as own, PlateReader(backend="timed") as timed:
        assert timed.read(picture)[0] == own.read(picture)[0]
        assert timed.model.backend.name == "timed"
    assert "1 inputs: " in capsys.readouterr().err


def test_an_unknown_backend_names_those_of_other_packages(examples: Path) -> None:
    with pytest.raises(UsageError, match=r"'cat' is unknown; there are auto, .*fake, timed"):
        PlateReader(backend="cat")


def test_a_source_of_another_package_is_a_camera(examples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = Path(sys.modules["plate_devices"].__path__[0]) / "samples"
    picture = np.asarray(Image.open(samples / "dark-on-light.png").convert("RGB"))
    np.save(examples / "frames.npy", np.stack([picture] * 4))
    assert command(["--camera", f"npy:{examples / 'frames.npy'}", "--as", "plate", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["type"] == "vehicle"
    assert record["frames"] == 4


def test_a_source_that_does_not_exist_is_wrong_use(examples: Path) -> None:
    with pytest.raises(UsageError, match="cat: is not supported"):
        open_camera("cat:frames.npy")


def test_an_output_of_another_package_has_its_section_of_the_settings(examples: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        settings = examples / "gate.toml"
        settings.write_text(f'[[output]]\ntype = "syslog"\nhost = "127.0.0.1"\nport = {server.getsockname()[1]}\n')
        (output,) = make_outputs(load_config(settings).outputs)
        output.check()
        output.open()
        assert output.send([{"id": "1", "plates": [{"text": "AB12CDE"}]}]) == 1
        output.close()
        assert server.recv(1000) == b'<134>plate-edge: {"id": "1", "plates": [{"text": "AB12CDE"}]}'
    settings.write_text('[[output]]\ntype = "syslog"\nport = 0\n')
    with pytest.raises(ConfigError, match=r"line 3: output\[1\].port: 0 is not"):
        load_config(settings)


def test_an_action_of_another_package_has_its_section_of_the_settings(examples: Path) -> None:
    settings, sound = examples / "gate.toml", examples / "bell.wav"
    sound.write_bytes(b"RIFF")
    row = f'[[action]]\ntype = "sound"\nname = "bell"\nlists = ["any"]\nplayer = "/bin/cat"\nfile = "{sound}"\n'
    settings.write_text(row)
    action = make_action(load_config(settings).actions[0])
    action.check()
    assert action.fire(occasion()) == "played bell.wav"
    sound.unlink()
    with pytest.raises(ActionError, match=r"bell\.wav"):
        action.fire(occasion())
    settings.write_text(row.replace(".wav", ".mp3"))
    with pytest.raises(ConfigError, match=r"line 6: action\[1\].file: .* is not a .wav file"):
        load_config(settings)


def test_what_cannot_be_used_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "one", "one", {"plate_edge.backends": {"twice": "json", "broken": "no_such_module"}})
    install(tmp_path / "two", "two", {"plate_edge.backends": {"twice": "json"}})
    for folder in ("one", "two"):
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    assert extension_names("backends") == ["broken", "twice"]
    assert load_extension("backends", "other") is None
    with pytest.raises(UsageError, match="'twice' is offered by several packages: one, two; uninstall all but one"):
        load_extension("backends", "twice")
    with pytest.raises(UsageError, match=r"no_such_module, which offers 'broken', cannot be imported: .*No module"):
        load_extension("backends", "broken")


def test_a_start_with_built_in_names_looks_for_no_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("plate_runtime.extensions._offered", never)
    with PlateReader(backend="litert"):
        open_camera("demo").close()
