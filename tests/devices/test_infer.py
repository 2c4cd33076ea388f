"""plate-infer: what is printed, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import make_plate, process
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from plate_devices.draw_samples import LIST, SAMPLES, label
from plate_devices.infer import RegionError, command
from plate_devices.sources.demo import ROI, vehicles
from plate_runtime.errors import DeviceError, UsageError
from plate_runtime.reader import Plate, PlateReader

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def options(model: str) -> list[str]:
    """Read characters with a backend that always answers B."""
    return ["--as", "character", "--model", model, "--backend", "fake:B"]


def records(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


class TestPictures:
    def test_text_confidence_and_source(
        self, options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command([str(picture), *options]) == 0
        assert capsys.readouterr().out == f"B\t0.980\t{picture}\n"

    def test_json_is_a_frame_record(
        self, options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command([str(picture), "--json", *options]) == 0
        (record,) = records(capsys)
        assert (record["type"], record["source"], record["frame"], record["time"]) == ("frame", str(picture), 0, None)
        assert (record["width"], record["height"], record["backend"]) == (60, 40, "fake")
        assert record["models"] == {"reader": "tiny@1.0.0"}
        assert record["elapsed_ms"] > 0
        assert [plate["text"] for plate in record["plates"]] == ["B"]

    def test_a_low_confidence_is_left_out_and_still_done(
        self, options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command([str(picture), "--min-confidence", "0.99", *options]) == 0
        assert capsys.readouterr() == ("", "")
        assert command([str(picture), "--min-confidence", "0.99", "--json", *options]) == 0
        assert records(capsys)[0]["plates"] == []

    def test_the_threshold_of_the_model_is_the_default(
        self, make_model_file: Callable[..., Path], picture: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        strict = make_model_file(thresholds={"min_confidence": 0.99})
        line = [str(picture), "--as", "character", "--model", str(strict), "--backend", "fake:B"]
        command(line)
        assert capsys.readouterr().out == ""
        command([*line, "--min-confidence", "0"])
        assert capsys.readouterr().out.startswith("B\t")

    def test_a_region_is_read_alone_and_given_in_pixels_of_the_whole(
        self, options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command([str(picture), "--json", "--roi", "10,5,30,20", *options])
        (record,) = records(capsys)
        assert record["plates"][0]["box"] == [10, 5, 30, 20]
        assert record["plates"][0]["corners"] == [[10, 5], [40, 5], [40, 25], [10, 25]]
        assert (record["width"], record["height"]) == (60, 40)

    def test_a_region_outside_a_picture_is_wrong_use_but_the_rest_is_read(
        self, options: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Image.new("RGB", (20, 20)).save(tmp_path / "small.png")
        assert command([str(tmp_path / "small.png"), str(picture), "--roi", "0,0,60,40", *options]) == 2
        shown = capsys.readouterr()
        assert shown.out == f"B\t0.980\t{picture}\n"
        assert shown.err.count("\n") == 1
        assert "does not fit" in shown.err
        assert "20x20" in shown.err

    def test_rotation_comes_before_the_region(
        self, options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command([str(picture), "--json", "--rotate", "90", "--roi", "0,0,40,60", *options]) == 0
        (record,) = records(capsys)
        assert (record["width"], record["height"]) == (40, 60)

    @pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
    def test_rotation_is_clockwise(
        self, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, degrees: int, corner: tuple[int, int]
    ) -> None:
        pixels = np.zeros((4, 6, 3), np.uint8)
        pixels[0, 0] = 255
        Image.fromarray(pixels).save(tmp_path / "a.png")
        seen: list[np.ndarray] = []
        monkeypatch.setattr(PlateReader, "read", lambda self, image, *_, **__: seen.append(image) or [])
        command([str(tmp_path / "a.png"), "--rotate", str(degrees), *options])
        assert seen[0][corner].tolist() == [255, 255, 255]

    def test_pictures_and_crops_are_saved_beside_none_of_the_input(
        self, options: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = picture.read_bytes()
        saving = ["--annotate", str(tmp_path), "--save-crops", str(tmp_path / "crops"), "--json"]
        for _ in range(2):
            assert command([str(picture), *saving, *options]) == 0
        crop = records(capsys)[0]["plates"][0]["crop"]
        assert crop == str(tmp_path / "crops" / "crop-plate1.jpg")
        with Image.open(crop) as image:
            assert image.size == (60, 40)
        assert sorted(path.name for path in tmp_path.glob("*.[jp]*g")) == ["crop-read.jpg", "crop.png"]
        assert picture.read_bytes() == before

    def test_a_full_disk_ends_the_run_with_4(
        self, options: list[str], picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Image.Image, "save", full)
        with pytest.raises(DeviceError, match="No space left"):
            command([str(picture), "--save-crops", str(tmp_path / "c"), *options])
        assert list((tmp_path / "c").iterdir()) == []


def bomb() -> bytes:
    """The header of a picture of 60,000 x 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


class TestBrokenInput:
    def test_each_gets_one_line_and_the_rest_is_read(
        self, options: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        whole = picture.read_bytes()
        folder = tmp_path / "in"
        folder.mkdir()
        (folder / "a-truncated.png").write_bytes(whole[: len(whole) // 2])
        (folder / "b-empty.jpg").touch()
        (folder / "c-huge.png").write_bytes(bomb())
        (folder / "d-foreign.jpg").write_text("not a picture\n" * 9)
        (folder / "e-notes.txt").write_text("nor is this")
        (folder / "f-good.png").write_bytes(whole)
        (folder / "g-gone.png").symlink_to(folder / "nowhere")
        assert command([str(folder), "--json", *options]) == 1
        shown = capsys.readouterr()
        kinds = [json.loads(line)["type"] for line in shown.out.splitlines()]
        assert kinds == ["error"] * 5 + ["frame", "error"]
        lines = shown.err.splitlines()
        assert len(lines) == 6
        assert all(line.startswith("plate-infer: ") for line in lines)
        for line, name in zip(lines, ("a-tr", "b-em", "c-hu", "d-fo", "e-no", "g-go"), strict=True):
            assert name in line

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_no_bytes_at_all_break_it(
        self, options: list[str], picture: Path, capsys: pytest.CaptureFixture[str], data: st.DataObject
    ) -> None:
        whole = bytearray(picture.read_bytes())
        if data.draw(st.booleans()):
            content = data.draw(st.binary(max_size=400))
        else:
            for _ in range(data.draw(st.integers(1, 6))):
                whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
            content = bytes(whole[: data.draw(st.integers(1, len(whole)))])
        wild = picture.with_name("wild.png")
        wild.write_bytes(content)
        capsys.readouterr()
        code = command([str(wild), "--json", *options])
        shown = capsys.readouterr()
        (record,) = [json.loads(line) for line in shown.out.splitlines()]
        assert (code, record["type"]) in ((0, "frame"), (1, "error"))
        assert shown.err.count("\n") == code


def make_modes(folder: Path) -> dict[str, Path]:
    """The same picture, dark left and bright right, in every way a file may hold it; 60x40 upright."""
    gray = np.full((40, 60), 30, np.uint8)
    gray[:, 30:] = 220
    image = Image.fromarray(gray)
    made = {
        "gray.png": image,
        "rgb.png": image.convert("RGB"),
        "rgba.png": image.convert("RGBA"),
        "palette.gif": image.convert("P"),
        "bits.png": image.convert("1", dither=Image.Dither.NONE),
        "cmyk.jpg": image.convert("CMYK"),
        "gray.webp": image.convert("RGB"),
        "deep.png": Image.fromarray(gray.astype(np.uint16) * 257),
    }
    for name, version in made.items():
        version.save(folder / name)
    turned = image.convert("RGB").transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(folder / "turned.jpg", exif=exif)
    return {name: folder / name for name in (*made, "turned.jpg")}


def test_every_kind_of_picture_reaches_the_reader_upright_in_rgb(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    monkeypatch.setattr(PlateReader, "read", lambda self, image, *_, **__: seen.append(image) or [])
    files = make_modes(tmp_path)
    assert command([*map(str, files.values()), *options]) == 0
    for name, rgb in zip(files, seen, strict=True):
        assert rgb.shape == (40, 60, 3), name
        assert rgb.dtype == np.uint8
        assert rgb[:, :26].mean() < 60, name
        assert rgb[:, 34:].mean() > 190, name


class TestWatching:
    @pytest.fixture
    def read_truth(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A reader that knows the demo's plates and only has to see whether one is there."""
        truth = [vehicle.text for vehicle in vehicles(20)]
        state = {"number": -1, "there": False}

        def read(self: PlateReader, image: np.ndarray, *_: Any, **__: Any) -> list[Plate]:
            assert image.shape == (ROI[3], ROI[2], 3)
            there = bool(image.std() > 20)
            state["number"] += there and not state["there"]
            state["there"] = there
            return [make_plate(truth[state["number"]], 0.9, (5, 6, 250, 50))] if there else []

        monkeypatch.setattr(PlateReader, "read", read)

    def test_each_vehicle_is_one_record(
        self, options: list[str], read_truth: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command(["--camera", "demo:4", "--json", *options]) == 0
        found = records(capsys)
        assert [record["type"] for record in found] == ["vehicle"] * 4
        assert [record["plates"][0]["text"] for record in found] == [one.text for one in vehicles(4)]
        assert all(record["frames"] == 9 and record["source"] == "demo:4" for record in found)
        assert found[0]["plates"][0]["box"] == [ROI[0] + 5, ROI[1] + 6, 250, 50]
        assert found[0]["first_time"] < found[0]["last_time"] < found[1]["first_time"]

    def test_every_prints_the_frames_too(
        self, options: list[str], read_truth: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command(["--camera", "demo:2", "--json", "--every", *options])
        found = records(capsys)
        assert [record["frame"] for record in found if record["type"] == "frame"] == list(range(26))
        assert [record["type"] for record in found].count("vehicle") == 2

    def test_text_names_vehicles_and_frames(
        self, options: list[str], read_truth: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command(["--camera", "demo:1", "--every", *options])
        lines = capsys.readouterr().out.splitlines()
        text = vehicles(1)[0].text
        assert lines[0] == f"{text}\t0.900\tdemo:1#4"
        assert lines[-1] == f"{text}\t0.900\tdemo:1"

    def test_the_best_crop_is_saved_under_the_id(
        self, options: list[str], read_truth: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command(["--camera", "demo:2", "--json", "--save-crops", str(tmp_path / "c"), *options])
        for record in records(capsys):
            assert record["crop"] == str(tmp_path / "c" / f"{record['id']}.jpg")
            with Image.open(record["crop"]) as image:
                assert image.width > 250

    def test_a_turned_camera_needs_a_region_of_its_own(self, options: list[str]) -> None:
        with pytest.raises(RegionError, match="480x640"):
            command(["--camera", "demo:1", "--rotate", "90", "--roi", "0,0,640,480", *options])

    def test_a_video_is_frames_as_a_path_and_vehicles_as_a_camera(
        self, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import cv2

        film = tmp_path / "film.avi"
        writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
        for _ in range(6):
            writer.write(np.zeros((48, 64, 3), np.uint8))
        writer.release()
        assert command([str(film), *options]) == 0
        assert capsys.readouterr().out.splitlines() == [f"B\t0.980\t{film}#{number}" for number in range(6)]
        assert command(["--camera", str(film), "--fps", "5", *options]) == 0
        assert capsys.readouterr().out == f"B\t0.980\t{film}\n"
        film.write_bytes(film.read_bytes()[:3000])
        assert command(["--camera", str(film), "--json", *options]) == 1
        assert records(capsys)[-1]["type"] == "error"


class TestEndings:
    """As a process: exit codes, one line of error, nothing else."""

    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (["--as", "plate"], 2, "nothing to read"),
            (["x.png", "--as", "frame"], 2, "no plate locator"),
            (["--camera", "rtsp://me:secret@cam/1", "--as", "plate"], 2, "not supported"),
            (["--camera", "gone.mp4", "--as", "plate"], 4, "no such file"),
        ],
    )
    def test_wrong_use(self, run_infer: Run, arguments: list[str], code: int, message: str) -> None:
        ended = run_infer(*arguments)
        assert ended.returncode == code
        assert ended.stdout == ""
        assert ended.stderr.startswith("plate-infer: ")
        assert message in ended.stderr
        assert ended.stderr.count("\n") == 1
        assert "secret" not in ended.stderr

    @pytest.mark.skipif(Path("/dev/video97").exists(), reason="a camera where none is expected")
    def test_a_missing_camera(self, run_infer: Run, options: list[str]) -> None:
        ended = run_infer("--camera", "97", *options)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (4, "", 1)
        assert "/dev/video97" in ended.stderr

    @pytest.mark.parametrize("arguments", [["--camera", "0"], ["film.mp4"], ["--camera", "film.mp4"]])
    def test_without_opencv_it_says_what_to_install(self, tmp_path: Path, arguments: list[str]) -> None:
        (tmp_path / "film.mp4").touch()
        script = "import sys; sys.modules['cv2'] = None; " + process()[2]
        line = [*process()[:2], script, *arguments, "--as", "plate"]
        ended = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
        assert "pip install 'plate-edge[camera]'" in ended.stderr

    def test_a_missing_picture(self, run_infer: Run, options: list[str]) -> None:
        ended = run_infer("gone.png", *options)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)

    def test_standard_input(self, options: list[str], picture: Path) -> None:
        ended = subprocess.run([*process(), "-", *options], input=picture.read_bytes(), capture_output=True, check=True)
        assert ended.stdout == b"B\t0.980\t-\n"

    def test_a_bad_model(self, run_infer: Run, picture: Path) -> None:
        ended = run_infer(str(picture), "--as", "character", "--model", str(picture))
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)

    def test_a_full_disk_on_standard_output(self, options: list[str], picture: Path) -> None:
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(
                [*process(), str(picture), *options], stdout=full, stderr=subprocess.PIPE, check=False, text=True
            )
        assert ended.returncode == 4
        assert ended.stderr == "plate-infer: standard output cannot be written: No space left on device\n"

    def test_a_closed_pipe_is_quiet(self, options: list[str]) -> None:
        with start(["--camera", "demo:99", "--every", *options]) as running:
            assert running.stdout is not None
            running.stdout.readline()
            running.stdout.close()
            assert running.stderr is not None
            assert running.stderr.read() == ""
            assert running.wait(30) == 0

    @pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_signals_end_it_with_what_was_seen(self, options: list[str], sent: signal.Signals, code: int) -> None:
        with start(["--camera", "demo:99", "--every", "--json", *options]) as running:
            assert running.stdout is not None
            for _ in range(5):
                running.stdout.readline()
            running.send_signal(sent)
            out, err = running.communicate(timeout=30)
        assert (running.returncode, err) == (code, "")
        assert json.loads(out.splitlines()[-1])["type"] == "vehicle"

    def test_odd_file_names(self, run_infer: Run, options: list[str], picture: Path, tmp_path: Path) -> None:
        odd = tmp_path / os.fsdecode(b"a\xff\tb\n.png")
        odd.write_bytes(picture.read_bytes())
        ended = run_infer(str(odd), *options)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.endswith("a\\udcff\\x09b\\x0a.png\n")


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    # A test runner started in the background would hand on that SIGINT is ignored.
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    python, option, script = process()
    line = [python, option, listen + script, *arguments]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class TestShippedModel:
    def test_every_sample_is_read_right(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command(["--as", "plate", "--json", str(SAMPLES)]) == 0
        read = {Path(one["source"]).name: [plate["text"] for plate in one["plates"]] for one in records(capsys)}
        assert read == {sample.file: [label(sample)] for sample in LIST}

    def test_every_car_of_the_demo_is_reported_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command(["--as", "plate", "--json", "--camera", "demo:5"]) == 0
        assert [one["plates"][0]["text"] for one in records(capsys)] == [car.text for car in vehicles(5)]

    def test_reading_one_crop_takes_less_than_60_mb(self) -> None:
        # A child's ru_maxrss starts with what its parent, the test runner, takes; the kernel's own mark does not.
        tell = "import atexit; atexit.register(lambda: print(open('/proc/self/status').read())); "
        line = [*process()[:2], tell + process()[2], "--as", "plate", str(SAMPLES / LIST[0].file)]
        ended = subprocess.run(line, capture_output=True, text=True, check=True)
        (peak,) = [row.split()[1] for row in ended.stdout.splitlines() if row.startswith("VmHWM")]
        assert int(peak) * 1024 < 60_000_000


def test_two_models_are_refused(picture: Path) -> None:
    with pytest.raises(UsageError, match="2 were named"):
        command([str(picture), "--as", "plate", "--model", "a.tflite", "b.tflite"])


def test_nothing_heavy_is_imported_for_a_picture(picture: Path, options: list[str]) -> None:
    """What is imported is waited for at every start: on a Pi each of these costs a tenth of a second and more."""
    script = (
        "import sys; from plate_devices.infer import command; command(sys.argv[1:]);"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    command_line = [*process()[:2], script, str(picture), "--json", *options]
    ended = subprocess.run(command_line, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", "))
    heavy = {"cv2", "asyncio", "concurrent", "email", "http", "random", "ssl", "tensorflow", "uuid"}
    assert "numpy" in loaded
    assert not loaded & heavy, loaded & heavy
