"""plate-infer with outputs in its settings: what is printed beside them, and what goes to them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from device_helpers import records

from plate_devices.cli.infer import command


@pytest.fixture
def settings(tmp_path: Path) -> str:
    """A settings file with a CSV file as its only output."""
    path = tmp_path / "gate.toml"
    places = f'[queue]\nfolder = "{tmp_path}/queue"\n[[output]]\ntype = "csv"\npath = "{tmp_path}/plates.csv"\n'
    path.write_text(places, encoding="utf-8")
    return str(path)


def test_pictures_are_printed_and_go_to_no_output(
    options: list[str], settings: str, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(picture.parent.iterdir())
    assert command([str(picture), "--config", settings, *options]) == 0
    assert capsys.readouterr().out == f"B\t0.980\t{picture}\n"
    assert command([str(picture), "--config", settings, "--json", *options]) == 0
    assert [record["type"] for record in records(capsys)] == ["frame"]
    assert sorted(picture.parent.iterdir()) == before


def test_vehicles_of_a_camera_go_to_the_outputs_and_are_printed_where_that_is_asked_for(
    options: list[str], settings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watching = ["--camera", "demo:1", "--config", settings, *options]
    assert command([*watching, "--json"]) == 0
    printed = [record["id"] for record in records(capsys)]
    assert command(watching) == 0
    assert capsys.readouterr().out == ""
    with (tmp_path / "plates.csv").open(newline="", encoding="utf-8") as stream:
        sent = [row["id"] for row in csv.DictReader(stream)]
    assert printed and sent[: len(printed)] == printed
    assert len(sent) == 2 * len(printed)
