"""`plate-infer PICTURE --explain`: text, JSON and pictures of the steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from explain_scenes import car_scene
from PIL import Image

from plate_devices.cli.infer import command
from plate_devices.explain.as_picture import RETURNED
from plate_runtime.errors import UsageError


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a car that is read well, one that is too far away, and a broken file."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    car_scene().save(folder / "a-near.png")
    car_scene(0.11).save(folder / "b-far.png")
    (folder / "c-broken.jpg").write_bytes(b"no picture")
    return folder


def test_text(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command([str(pictures / "a-near.png"), str(pictures / "b-far.png"), "--explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [number for number, line in enumerate(lines) if not line.startswith(" ")]
    near, far = lines[: heads[1]], lines[heads[1] :]
    assert near[0] == f"{pictures / 'a-near.png'}: 640x480, read as frame"
    assert any("read KR59ABC" in line for line in near) and "  result     KR59ABC" in near
    assert not any(line.startswith("  cause") for line in near)
    assert "  result     no plate" in far
    assert any(line.startswith("  cause") and "pixels wide" in line for line in far)
    assert any(line.startswith("  remedy") and "move closer" in line for line in far)


def test_a_folder_as_json_with_pictures(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "steps"
    assert command([str(pictures), "--explain", "--json", "--annotate", str(out)]) == 1
    near, far, broken = map(json.loads, capsys.readouterr().out.splitlines())
    assert (near["schema"], near["type"], near["cause"]) == (1, "explanation", None)
    returned: dict[str, Any] = near["candidates"][0]
    assert (returned["text"], returned["dropped"]) == ("KR59ABC", None)
    assert returned["product"] == pytest.approx(returned["confidence"] * returned["detection_confidence"], abs=1e-3)
    assert 215 < returned["width"] < 270 and returned["quality"]["light"] > 150
    assert [one["text"] for one in returned["characters"]] == list("KR59ABC")
    assert near["models"].keys() == {"detector", "reader", "second_reader"}
    assert near["thresholds"] == {"detection": 0.1, "product": 0.4}
    assert far["cause"]["name"] == "small" and far["cause"]["remedy"]
    assert broken["type"] == "error" and broken["source"].endswith("c-broken.jpg")
    assert [Path(near["picture"]), Path(far["picture"])] == sorted(out.iterdir())
    drawn = Image.open(near["picture"]).convert("RGB")
    assert drawn.width == 640 and drawn.height > 480 + 70
    colours = drawn.crop((0, 480, 16, drawn.height)).quantize(8).convert("RGB").getcolors() or []
    assert min(sum(abs(a - b) for a, b in zip(one, RETURNED, strict=True)) for _, one in colours) < 30


def test_an_roi_is_drawn_and_kept(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command([str(pictures / "a-near.png"), "--explain", "--json", "--roi", "0,0,640,240"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["roi"] == [0, 0, 640, 240] and found["cause"]["name"] == "outside the ROI"


def test_what_cannot_be_explained(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = str(pictures / "a-near.png")
    for more in (["--jobs", "2"], ["--every"], ["--save-crops", str(tmp_path / "crops")]):
        with pytest.raises(UsageError, match="cannot be used with --"):
            command([picture, "--explain", *more])
    with pytest.raises(UsageError, match="needs pictures"):
        command(["--camera", "demo", "--explain"])
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0\0\0\x18ftypisom" + bytes(64))
    assert command([str(film), "--explain"]) == 1
    assert "--explain is for pictures" in capsys.readouterr().err


def test_the_settings_of_a_device_explain_a_picture(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They hold for its reading; what they say about records and saved pictures does not matter."""
    settings = tmp_path / "gate.toml"
    folders = f'[pictures]\ncrops = "{tmp_path}/crops"\nannotated = "{tmp_path}/seen"\n'
    settings.write_text(f"[read]\nevery = true\nmin_confidence = 0.999\n{folders}")
    assert command([str(pictures / "a-near.png"), "--explain", "--config", str(settings)]) == 0
    assert "dropped" in capsys.readouterr().out
    assert not (tmp_path / "crops").exists() and not (tmp_path / "seen").exists()


def test_privacy_is_kept(pictures: Path, tmp_path: Path) -> None:
    settings = tmp_path / "gate.toml"
    settings.write_text('[privacy]\nmode = "nothing"\n')
    with pytest.raises(UsageError, match="shows plates that"):
        command([str(pictures / "a-near.png"), "--explain", "--config", str(settings)])


def test_pictures_of_every_shape_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, size in enumerate(((1, 900), (900, 1), (1, 1), (8, 6000))):
        Image.new("RGB", size, (90, 90, 90)).save(tmp_path / f"{number}.png")
    assert command([str(tmp_path), "--explain", "--json", "--annotate", str(tmp_path / "steps")]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 4
    for one in found:
        with Image.open(one["picture"]) as drawn:
            assert drawn.width >= 640 and drawn.height < 8000


def test_no_folder_is_named_where_nothing_was_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert command([str(tmp_path / "broken.jpg"), "--explain", "--annotate", str(tmp_path / "steps")]) == 1
    assert "drawn" not in capsys.readouterr().err
