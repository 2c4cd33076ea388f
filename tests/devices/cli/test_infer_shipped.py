"""plate-infer with the models that ship."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from device_helpers import process, records
from draw_samples import LIST, SAMPLES, label
from PIL import Image
from shipped_labels import shipped_label

from plate_devices.cli.infer import command
from plate_devices.imaging.plate_picture import draw_plate
from plate_devices.sources.demo import vehicles


class TestShippedModel:
    @pytest.mark.parametrize(
        ("mode", "reader"),
        [([], shipped_label("frame")), (["--as", "plate"], shipped_label("plate"))],
        ids=["default", "plate"],
    )
    def test_every_sample_is_read_right(self, mode: list[str], reader: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert command([*mode, "--json", str(SAMPLES)]) == 0
        shown = capsys.readouterr()
        found = [json.loads(line) for line in shown.out.splitlines()]
        read = {Path(one["source"]).name: [plate["text"] for plate in one["plates"]] for one in found}
        assert read == {sample.file: [label(sample)] for sample in LIST}
        assert {one["models"]["reader"] for one in found} == {reader}
        assert shown.err == "plate-infer: 8 pictures, 8 plates read\n"

    def test_white_text_on_transparency_is_read(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ink = 255 - np.asarray(draw_plate("AB123CD", 44, width=300).convert("L"))
        pixels = np.dstack([np.full((*ink.shape, 3), 255, np.uint8), ink])
        Image.fromarray(pixels).save(tmp_path / "white.png")
        assert command([str(tmp_path / "white.png")]) == 0
        assert capsys.readouterr().out.startswith("AB123CD\t")

    def test_a_frame_is_read_the_same_in_both_modes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        frame = Image.new("RGB", (1280, 720), (90, 100, 110))
        frame.paste(draw_plate("AB123CD", 44, width=200), (540, 400))
        frame.save(tmp_path / "frame.png")
        for mode in ([], ["--as", "frame"]):
            assert command([str(tmp_path / "frame.png"), "--json", *mode]) == 0
        (usual,), (frames,) = (one["plates"] for one in records(capsys))
        assert usual == frames and usual["text"] == "AB123CD"

    def test_a_picture_without_a_plate_is_counted(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        Image.new("RGB", (400, 90), (90, 100, 110)).save(tmp_path / "wide.png")
        assert command([str(tmp_path)]) == 0
        advice = "if each picture is the crop of one plate, try --as plate"
        assert capsys.readouterr() == ("", f"plate-infer: 1 picture, nothing read; {advice}\n")

    def test_every_car_of_the_demo_is_reported_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert command(["--as", "plate", "--json", "--camera", "demo:5"]) == 0
        assert [one["plates"][0]["text"] for one in records(capsys)] == [car.text for car in vehicles(5)]

    def test_frames_are_the_default_and_the_demo_s_cars_are_found_in_them(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command(["--json", "--camera", "demo:5"]) == 0
        found = records(capsys)
        assert [one["plates"][0]["text"] for one in found] == [car.text for car in vehicles(5)]
        assert found[0]["models"] == {
            "detector": shipped_label("detector"),
            "reader": shipped_label("frame"),
            "second_reader": shipped_label("plate"),
        }

    def test_reading_one_crop_takes_less_than_60_mb(self) -> None:
        assert peak("--as", "plate", str(SAMPLES / LIST[0].file)) < 60_000_000

    def test_reading_one_frame_takes_less_than_90_mb(self, tmp_path: Path) -> None:
        frame = Image.new("RGB", (1280, 720), (90, 100, 110))
        frame.paste(draw_plate("AB123CD", 44, width=200), (540, 400))
        frame.save(tmp_path / "frame.jpg", quality=95)
        assert peak(str(tmp_path / "frame.jpg")) < 90_000_000


def peak(*arguments: str) -> int:
    """The most memory, in bytes, that plate-infer with these arguments takes."""
    # A child's ru_maxrss starts with what its parent, the test runner, takes; the kernel's own mark does not.
    tell = "import atexit; atexit.register(lambda: print(open('/proc/self/status').read())); "
    line = [*process()[:2], tell + process()[2], *arguments]
    ended = subprocess.run(line, capture_output=True, text=True, check=True)
    (most,) = [row.split()[1] for row in ended.stdout.splitlines() if row.startswith("VmHWM")]
    return int(most) * 1024
