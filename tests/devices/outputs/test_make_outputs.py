"""Making the outputs of the settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plate_devices.config.load import load_config
from plate_devices.outputs.fake import FakeSettings
from plate_devices.outputs.json_lines import LinesSettings
from plate_devices.outputs.make_outputs import TYPES, make_outputs, settings_class
from plate_runtime.errors import UsageError

PAGE = Path(__file__).parents[3] / "docs" / "operate" / "outputs.md"


@pytest.mark.parametrize("type_", TYPES)
def test_settings_know_their_type(type_: str) -> None:
    fields = settings_class(type_).__dataclass_fields__
    assert fields["type"].default == type_


def test_each_output_has_its_own_name(tmp_path: Path) -> None:
    lines = LinesSettings(path=tmp_path / "p.jsonl")
    made = make_outputs([FakeSettings(), FakeSettings(), FakeSettings(name="gate"), LinesSettings(), lines])
    assert [output.name for output in made] == ["fake", "fake-2", "gate", "lines"]
    with pytest.raises(UsageError, match="two outputs are called gate"):
        make_outputs([FakeSettings(name="gate"), FakeSettings(name="gate")])


def test_the_settings_that_the_page_shows(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    made = []
    for number, text in enumerate(shown):
        path = tmp_path / f"settings-{number}.toml"
        path.write_text(text)
        config = load_config(path)
        made.append([output.name for output in make_outputs(config.outputs)])
        assert number or str(config.queue.place) == "/var/lib/plate-edge"
    assert made == [["mqtt", "webhook", "sqlite", "csv", "lines"], ["postgres"]]


def test_the_page_names_every_type() -> None:
    text = PAGE.read_text("utf-8")
    assert all(f"| `{type_}` |" in text for type_ in TYPES if type_ != "fake")
