"""The command line of plate-infer."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.cli.infer_options import parse_infer, split_models
from plate_runtime import shipped
from plate_runtime.errors import UsageError


def test_defaults() -> None:
    options = parse_infer(["a.png", "--as", "plate"])
    assert options.paths == ["a.png"]
    assert (options.read_as, options.backend, options.threads, options.models) == ("plate", "auto", 1, [])
    assert (options.roi, options.min_confidence, options.fps, options.rotation) == (None, None, None, 0)
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
    assert (options.rotation, options.annotate, options.save_crops) == (3, "x", "y")


@pytest.mark.parametrize(("degrees", "turns"), [("0", 0), ("90", 1), ("180", 2), ("-90", 3), ("360", 0)])
def test_rotation_is_clockwise_in_quarters(degrees: str, turns: int) -> None:
    assert parse_infer(["a", "--as", "plate", f"--rotate={degrees}"]).rotation == turns


def test_pictures_may_stand_behind_a_model() -> None:
    assert split_models(["odd.bin", "m.tflite"], ["a.png", "n.onnx", "b.png"]) == (
        ["odd.bin", "m.tflite", "n.onnx"],
        ["a.png", "b.png"],
    )
    assert split_models([], ["n.onnx"]) == ([], ["n.onnx"])
    assert parse_infer(["--as", "plate", "--model", "m.tflite", "a.png"]).paths == ["a.png"]


def test_frames_are_the_default_once_a_detector_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "MODELS", tmp_path)
    with pytest.raises(UsageError, match="--as is missing"):
        parse_infer(["a.png"])
    with pytest.raises(UsageError, match="no detector is shipped"):
        parse_infer(["a.png", "--as", "frame"])
    assert parse_infer(["a.png", "--as", "frame", "--model", "m.tflite"]).read_as == "frame"
    (tmp_path / f"{shipped.NAMES['detector']}.tflite").touch()
    assert parse_infer(["a.png"]).read_as == parse_infer(["a.png", "--region", "ro"]).read_as == "auto"
    assert parse_infer(["--camera", "demo"]).read_as == parse_infer(["--socket", "s"]).read_as == "frame"
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
        ("a.png --as plate --threads 0", "from 1 to"),
        ("a.png --as plate --skip 99999999999999999999", "from 0 to 1000000000"),
        ("a.png --as plate --jobs " + "9" * 5000, "from 1 to 1000000000"),
        ("a.png --as plate --fps 0", "above 0"),
        ("a.png --as plate --rotate 45", "90, 180 or 270"),
        ("a.png --as plate --mqtts x", "--mqtts is not an option"),
        ("a.png --as plate --camer demo", "--camer is not an option"),
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


class TestSettings:
    """A settings file and a profile stand behind the options."""

    def write(self, folder: Path, text: str) -> str:
        path = folder / "gate.toml"
        path.write_text(text)
        return str(path)

    def test_the_file_gives_what_the_options_leave_out(self, tmp_path: Path) -> None:
        text = """
[source]
address = "demo"
fps = 4
rotate = -90
roi = [1, 2, 30, 40]
size = [640, 480]
[read]
as = "plate"
models = ["a.tflite"]
threads = 3
[pictures]
crops = "c"
"""
        options = parse_infer(["--config", self.write(tmp_path, text)])
        assert (options.camera, options.fps, options.rotation, options.roi) == ("demo", 4.0, 3, (1, 2, 30, 40))
        assert (options.models, options.threads, options.save_crops, options.size) == (["a.tflite"], 3, "c", (640, 480))
        assert options.lines
        given = ["--fps", "9", "--model", "b.tflite", "--rotate", "0", "--camera", "0"]
        options = parse_infer(["--config", self.write(tmp_path, text), *given])
        assert (options.camera, options.fps, options.models, options.rotation) == ("0", 9.0, ["b.tflite"], 0)

    def test_pictures_win_over_the_camera_of_the_file(self, tmp_path: Path) -> None:
        file = self.write(tmp_path, '[source]\naddress = "demo"\n[read]\nas = "plate"\n')
        options = parse_infer(["--config", file, "a.png"])
        assert (options.camera, options.paths) == (None, ["a.png"])
        with pytest.raises(UsageError, match="at once"):
            parse_infer(["--config", file, "a.png", "--camera", "0"])

    def test_a_profile_stands_behind_both(self, tmp_path: Path) -> None:
        options = parse_infer(["--camera", "0", "--as", "plate", "--profile", "pi-zero-2w"])
        assert (options.threads, options.fps, options.models) == (2, 3.0, ["plate-reader-nano"])
        assert options.size == (1280, 720)
        file = self.write(tmp_path, '[read]\nprofile = "pi-5"\nthreads = 1\n[source]\nsize = [320, 240]\n')
        options = parse_infer(["--camera", "0", "--as", "character", "--config", file, "--fps", "2"])
        assert (options.threads, options.fps, options.models, options.size) == (1, 2.0, [], (320, 240))
        for way in ("plate", "frame"):
            line = ["--camera", "0", "--as", way, "--profile", "pi-4"]
            assert parse_infer([*line, "--model", "a.tflite"]).models == ["a.tflite"]
        assert parse_infer(["--camera", "0", "--as", "plate", "--profile", "pi-4"]).models == []
        with pytest.raises(UsageError, match="there is no profile 'pi-9'"):
            parse_infer(["a.png", "--as", "plate", "--profile", "pi-9"])

    def test_each_camera_has_its_settings_and_the_options_have_priority(self, tmp_path: Path) -> None:
        file = self.write(
            tmp_path,
            '[[source]]\nname = "gate"\naddress = "0"\nfps = 4\nregion = "germany"\nmodels = ["a.onnx"]\n'
            'tags = ["in"]\n'
            '[[source]]\nname = "yard"\naddress = "1"\nrotate = 180\nmin_confidence = 0.9\nsize = [640, 480]\n'
            '[read]\nas = "plate"\nregion = "eu"\nmin_confidence = 0.6\nmodels = ["b.onnx"]\n',
        )
        gate, yard = parse_infer(["--config", file]).cameras
        assert (gate.name, gate.camera, gate.fps, gate.region, gate.models) == ("gate", "0", 4.0, "germany", ["a.onnx"])
        assert (gate.min_confidence, gate.rotation, gate.size, gate.tags) == (0.6, 0, None, ("in",))
        assert (yard.name, yard.camera, yard.fps, yard.region, yard.models) == ("yard", "1", None, "eu", ["b.onnx"])
        assert (yard.min_confidence, yard.rotation, yard.size, yard.tags) == (0.9, 2, (640, 480), ())
        assert [one.fps for one in parse_infer(["--config", file, "--fps", "2"]).cameras] == [2.0, 2.0]
        (only,) = parse_infer(["--config", file, "--camera", "yard"]).cameras
        assert only == yard
        (other,) = parse_infer(["--config", file, "--camera", "2"]).cameras
        assert (other.name, other.camera, other.fps, other.region) == ("", "2", None, "eu")
        picture = parse_infer(["--config", file, "a.png"])
        assert (picture.cameras, picture.camera, picture.name, picture.fps) == ((), None, "", None)

    def test_cameras_of_the_command_line_are_named_by_their_addresses(self) -> None:
        line = ["--camera", "http://u:secret@a/x", "--camera", "demo", "--camera", "demo", "--roi", "1,2,30,40"]
        cameras = parse_infer(line).cameras
        assert [one.name for one in cameras] == ["http://a/x", "demo", "demo-2"]
        assert {one.roi for one in cameras} == {(1, 2, 30, 40)}
        assert parse_infer(["--camera", "demo"]).cameras[0].name == ""

    def test_outputs_take_the_place_of_lines(self, tmp_path: Path) -> None:
        head = '[source]\naddress = "demo"\n[read]\nas = "plate"\n[[output]]\ntype = '
        assert not parse_infer(["--config", self.write(tmp_path, f'{head}"csv"\npath = "a"\n')]).lines
        options = parse_infer(["--json", "--config", self.write(tmp_path, f'{head}"csv"\npath = "a"\n')])
        assert options.lines, "who asks for lines gets them"
        assert not parse_infer(["--config", self.write(tmp_path, f'{head}"lines"\npath = "a"\n')]).lines
        options = parse_infer(["--config", self.write(tmp_path, f'{head}"lines"\n')])
        assert options.lines
        assert options.json
        assert not parse_infer(["--config", self.write(tmp_path, f'{head}"lines"\njson = false\n')]).json

    def test_a_page_and_a_broker_by_option(self) -> None:
        line = ["--camera", "demo", "--as", "plate", "--serve", "127.0.0.1:8080", "--mqtt", "mqtt://u:p@broker/gate"]
        options = parse_infer(line)
        assert options.config is not None
        assert options.config.serve.address == "127.0.0.1:8080"
        assert [one.type for one in options.config.outputs] == ["lines", "mqtt"]
        assert options.lines
        assert not options.json

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("a.png --as plate --serve 127.0.0.1:8080", "need a camera"),
            ("--camera demo --as plate --serve 127.0.0.1:99999", "--serve: "),
            ("--camera demo --as plate --mqtt http://u:secret@x", "--mqtt: "),
            ("--camera demo --as plate --socket s", "--socket cannot be used with --camera"),
            ("--as plate --config gone.toml", "gone.toml cannot be read"),
        ],
    )
    def test_nonsense_is_refused(self, line: str, reason: str) -> None:
        with pytest.raises(UsageError, match=reason) as error:
            parse_infer(line.split())
        assert "secret" not in str(error.value)


def test_a_run_may_be_continued_from_the_beginning() -> None:
    assert parse_infer(["--skip", "0", "a.jpg"]).skip == 0
    with pytest.raises(UsageError, match=r"--skip: '-1' is not a whole number from 0 to"):
        parse_infer(["--skip", "-1", "a.jpg"])
