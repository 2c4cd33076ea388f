"""The first aim: what plate-doctor says of a few frames of a camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from explain_scenes import car_scene
from PIL import Image

from plate_devices.cli.infer_options import parse_infer
from plate_devices.health.findings import Finding
from plate_devices.live.first_aim import aim
from plate_devices.sources.source import Frame


def aimed(pictures: list[Image.Image], *options: str) -> Finding:
    frames = [Frame(np.asarray(one), number, None) for number, one in enumerate(pictures)]
    return aim(parse_infer(["--camera", "demo", *options]), frames)


def test_the_most_confident_plate_is_named_with_its_place() -> None:
    found = aimed([car_scene(text=""), car_scene()])
    assert (found.check, found.state, found.advice) == ("aim", "ok", "")
    assert found.message.startswith("reads KR59ABC at 2") and found.message.endswith("pixels wide (confidence 1.00)")


def test_the_likeliest_cause_and_its_remedy() -> None:
    found = aimed([car_scene(text=""), car_scene(0.11)])
    assert found.state == "warning" and "move closer" in found.advice
    assert found.message.startswith("no plate is read: the plate is ") and found.message.endswith(" pixels wide")
    outside = aimed([car_scene()], "--roi", "0,0,640,240")
    assert "the plate KR59ABC is outside the ROI" in outside.message


def test_an_empty_place_is_no_fault() -> None:
    found = aimed([car_scene(text="")])
    assert found.state == "note" and "put a vehicle" in found.advice


def test_frames_are_rotated_as_the_options_say() -> None:
    assert aimed([car_scene().transpose(Image.Transpose.ROTATE_90)], "--rotate", "90").state == "ok"


@pytest.mark.parametrize("picture", [car_scene(), car_scene().crop((270, 0, 640, 480))], ids=["read", "cut off"])
def test_hidden_texts_are_not_printed(tmp_path: Path, picture: Image.Image) -> None:
    settings = tmp_path / "gate.toml"
    settings.write_text('[privacy]\nmode = "nothing"\n')
    found = aimed([picture], "--config", str(settings))
    assert found.state in ("ok", "warning") and "59ABC" not in found.message and "9AB" not in found.message


def test_an_roi_outside_the_frame_is_said() -> None:
    assert "does not fit" in aimed([car_scene()], "--roi", "600,400,100,200").message
