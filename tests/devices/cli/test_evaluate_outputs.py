"""Outputs of plate-eval leave the labelled pictures alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from plate_devices.cli.evaluate import command
from plate_runtime.errors import UsageError


@pytest.mark.parametrize("option", ["--sheet", "--reliability"])
def test_no_picture_of_the_set_is_replaced(option: str, tmp_path: Path) -> None:
    Image.new("RGB", (60, 20), (200, 180, 20)).save(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("image,text\na.png,AB12\n")
    before = (tmp_path / "a.png").read_bytes()
    with pytest.raises(UsageError, match=rf"{option} .* is a picture of the set"):
        command(["--data", str(tmp_path), "--backend", "fake:XX", option, str(tmp_path / "a.png")])
    assert (tmp_path / "a.png").read_bytes() == before


def test_one_output_does_not_replace_the_other(tmp_path: Path) -> None:
    Image.new("RGB", (60, 20), (200, 180, 20)).save(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("image,text\na.png,AB12\n")
    both = str(tmp_path / "out.png")
    with pytest.raises(UsageError, match="--sheet and --reliability are both"):
        command(["--data", str(tmp_path), "--backend", "fake:XX", "--sheet", both, "--reliability", both])
