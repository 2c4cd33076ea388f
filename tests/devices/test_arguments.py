"""The command line of plate-infer."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.arguments import parse_infer, split_models
from plate_runtime import shipped
from plate_runtime.errors import UsageError


def test_defaults() -> None:
    options = parse_infer(["a.png", "--as", "plate"])
    assert options.paths == ["a.png"]
    assert (options.read_as, options.backend, options.threads, options.models) == ("plate", "auto", 1, [])
    assert (options.roi, options.min_confidence, options.fps, options.quarter_turns) == (None, None, None, 0)
    assert not (options.every or options.json)


def test_everything_at_once_in_any_order() -> None:
    line = (
        "a.png --as character b.png --model m.tflite --backend onnx --threads 2 --roi 1,2,30,40 --min-confidence 0"
        " --fps 2.5 --rotate 270 --json --annotate x --save-crops y - --every --debug"
    )
    options = parse_infer(line.split())
    assert options.paths == ["a.png", "b.png", "-"]
    assert (options.models, options.backend, options.threads) == (["m.tflite"], "onnx", 2)
    assert (options.roi, options.min_confidence, options.fps) == ((1, 2, 30, 40), 0.0, 2.5)
    assert (options.quarter_turns, options.annotate, options.save_crops) == (3, "x", "y")


@pytest.mark.parametrize(("degrees", "turns"), [("0", 0), ("90", 1), ("180", 2), ("-90", 3), ("360", 0)])
def test_rotation_is_clockwise_in_quarters(degrees: str, turns: int) -> None:
    assert parse_infer(["a", "--as", "plate", f"--rotate={degrees}"]).quarter_turns == turns


def test_pictures_may_stand_behind_a_model() -> None:
    assert split_models(["odd.bin", "m.tflite"], ["a.png", "n.onnx", "b.png"]) == (
        ["odd.bin", "m.tflite", "n.onnx"],
        ["a.png", "b.png"],
    )
    assert split_models([], ["n.onnx"]) == ([], ["n.onnx"])
    assert parse_infer(["--as", "plate", "--model", "m.tflite", "a.png"]).paths == ["a.png"]


def test_frames_are_the_default_once_a_locator_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "MODELS", tmp_path)
    with pytest.raises(UsageError, match="--as is missing"):
        parse_infer(["a.png"])
    with pytest.raises(UsageError, match="no plate locator ships"):
        parse_infer(["a.png", "--as", "frame"])
    assert parse_infer(["a.png", "--as", "frame", "--model", "m.tflite"]).read_as == "frame"
    (tmp_path / f"{shipped.NAMES['locator']}.tflite").touch()
    assert parse_infer(["a.png"]).read_as == parse_infer(["a.png", "--region", "ro"]).read_as == "frame"
    assert parse_infer(["a.png", "--as", "plate"]).read_as == "plate"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--as plate", "nothing to read"),
        ("a.png --as nonsense", "is not frame or plate"),
        ("a.png --camera demo --as plate", "at once"),
        ("a.png --as plate --roi 1,2,3", "X,Y,W,H"),
        ("a.png --as plate --roi 1,2,3,-4", "X,Y,W,H"),
        ("a.png --as plate --roi 1,2,0,4", "no area"),
        ("a.png --as plate --min-confidence 1.1", "from 0 to 1"),
        ("a.png --as plate --min-confidence nan", "from 0 to 1"),
        ("a.png --as plate --threads 0", "at least 1"),
        ("a.png --as plate --fps 0", "above 0"),
        ("a.png --as plate --rotate 45", "90, 180 or 270"),
        ("a.png --as plate --mqtt x", "--mqtt is no option"),
        ("a.png --as plate --camer demo", "--camer is no option"),
        ("a.png --as plate --model", "needs a value"),
    ],
)
def test_nonsense_is_refused_with_its_reason(line: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        parse_infer(line.split())


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse_infer(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    for option in ("--camera", "--as", "--model", "--backend", "--roi", "--every", "--annotate", "--json"):
        assert option in shown
