"""plate-infer: what is printed, and how it ends."""

from __future__ import annotations

import json
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import process, records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from plate_devices.cli.infer import command
from plate_runtime.errors import DeviceError, UsageError
from plate_runtime.reader import PlateReader


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
        assert capsys.readouterr() == (
            "",
            "plate-infer: 1 picture, nothing read; for plates, leave out --as character\n",
        )
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

    def test_an_roi_is_read_alone_and_given_in_pixels_of_the_whole(
        self, options: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command([str(picture), "--json", "--roi", "10,5,30,20", *options])
        (record,) = records(capsys)
        assert record["plates"][0]["box"] == [10, 5, 30, 20]
        assert record["plates"][0]["corners"] == [[10, 5], [40, 5], [40, 25], [10, 25]]
        assert (record["width"], record["height"]) == (60, 40)

    def test_an_roi_outside_a_picture_is_wrong_use_but_the_rest_is_read(
        self, options: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Image.new("RGB", (20, 20)).save(tmp_path / "small.png")
        assert command([str(tmp_path / "small.png"), str(picture), "--roi", "0,0,60,40", *options]) == 2
        shown = capsys.readouterr()
        assert shown.out == f"B\t0.980\t{picture}\n"
        error, closing = shown.err.splitlines()
        assert "does not fit" in error
        assert "20x20" in error
        assert closing == "plate-infer: 2 pictures, 1 character read, 1 error"

    def test_rotation_comes_before_the_roi(
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
        assert crop == str(tmp_path / "crops" / "crop-B.jpg")
        with Image.open(crop) as image:
            assert image.size == (60, 40)
        assert sorted(path.name for path in tmp_path.glob("*.[jp]*g")) == ["crop-read.jpg", "crop.png"]
        assert picture.read_bytes() == before

    def test_a_full_disk_ends_the_run_with_4(
        self, options: list[str], picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", full)
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
        *lines, closing = shown.err.splitlines()
        assert len(lines) == 6
        assert closing == "plate-infer: 7 pictures, 1 character read, 6 errors"
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
        assert shown.err.count("\n") == 1


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


def test_two_readers_are_refused(picture: Path, model: str) -> None:
    with pytest.raises(UsageError, match="only one reader is used"):
        command([str(picture), "--as", "plate", "--model", model, model])


def test_nothing_heavy_is_imported_for_a_picture(picture: Path, options: list[str]) -> None:
    """What is imported is waited for at every start: on a Pi each of these costs a tenth of a second and more."""
    script = (
        "import sys; from plate_devices.cli.infer import command; command(sys.argv[1:]);"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    command_line = [*process()[:2], script, str(picture), "--json", *options]
    ended = subprocess.run(command_line, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", "))
    heavy = {"cv2", "asyncio", "concurrent", "email", "http", "random", "ssl", "tensorflow", "uuid"}
    assert "numpy" in loaded
    assert not loaded & heavy, loaded & heavy
