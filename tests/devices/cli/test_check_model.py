"""Models from elsewhere are tried in a process of their own where that is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from crashing_models import crashing_model
from device_helpers import process

from plate_devices.cli.infer_options import parse_infer
from plate_devices.health.machine_checks import check_models, check_samples

RunInfer = Callable[..., subprocess.CompletedProcess[str]]


def test_plate_infer_survives_a_model_that_crashes(tmp_path: Path, picture: Path, run_infer: RunInfer) -> None:
    given = ("--as", "character", "--model", str(crashing_model(tmp_path)), str(picture))
    ended = run_infer(*given, "--check-model")
    assert ended.returncode == 2 and ended.stdout == ""
    assert ended.stderr.startswith("plate-infer: ") and ended.stderr.count("\n") == 1
    assert "crashing.tflite" in ended.stderr


def test_the_settings_ask_for_it_too(tmp_path: Path) -> None:
    settings = tmp_path / "gate.toml"
    settings.write_text('[source]\naddress = "demo"\n[read]\nas = "plate"\ncheck_model = true\n')
    assert parse_infer(["--config", str(settings)]).check_model
    assert not parse_infer(["--camera", "demo"]).check_model


def test_plate_eval_survives_it(tmp_path: Path, picture: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(f"image,text\n{picture.name},A\n")
    model = str(crashing_model(tmp_path))
    for given in (["--labels", str(labels), "--model", model], ["--verify", model, "--data", str(tmp_path)]):
        ended = subprocess.run(
            [*process("evaluate"), *given, "--check-model"], capture_output=True, text=True, timeout=60, check=False
        )
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended.stderr


def test_plate_doctor_tries_what_the_settings_name(tmp_path: Path) -> None:
    options = parse_infer(["--camera", "demo", "--as", "plate", "--model", str(crashing_model(tmp_path))])
    (failed,) = [finding for finding in check_models(options) if finding.state == "failed"]
    assert "crashing.tflite" in failed.message
    assert [finding.state for finding in check_samples(options)] == ["failed"]


@pytest.mark.parametrize("name", ["plate-reader", None])
def test_what_ships_costs_no_process(name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    from plate_devices.open_models import Models, try_models

    monkeypatch.setattr(sys, "executable", "/nowhere")
    try_models(Models(reader=name))
