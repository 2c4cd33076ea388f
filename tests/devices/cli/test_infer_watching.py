"""plate-infer with a camera: one record for each vehicle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import make_plate, records
from PIL import Image

from plate_devices.cli.infer import command
from plate_devices.sources.demo import ROI, vehicles
from plate_runtime.reader import PlateReader
from plate_runtime.results import Plate


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
        read, confidence, source = lines[-1].split("\t")
        assert (read, source) == (text, "demo:1")
        assert float(confidence) > 0.99, "nine frames agree"

    def test_the_best_crop_is_saved_by_time_and_text(
        self, options: list[str], read_truth: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command(["--camera", "demo:2", "--json", "--save-crops", str(tmp_path / "c"), *options])
        found = records(capsys)
        rows = (tmp_path / "c" / "labels-draft.csv").read_text().splitlines()[1:]
        for record, row in zip(found, rows, strict=True):
            plate = record["plates"][0]
            name = Path(record["crop"]).name
            assert row == f"{name},{plate['text']},{record['id']},{plate['confidence']:.4f},no"
            time = record["first_time"].replace("-", "").replace(":", "")
            assert record["crop"] == str(tmp_path / "c" / f"{time}-{record['plates'][0]['text']}.jpg")
            with Image.open(record["crop"]) as image:
                assert image.width > 250

    def test_a_camera_that_ends_is_counted(
        self, options: list[str], read_truth: None, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command(["--camera", "demo:2", *options])
        assert capsys.readouterr().err == "plate-infer: demo:2: 26 frames, 2 vehicles read\n"

    def test_a_turned_camera_needs_an_roi_of_its_own(
        self, options: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command(["--camera", "demo:1", "--rotate", "90", "--roi", "0,0,640,480", *options]) == 2
        assert "480x640" in capsys.readouterr().err.splitlines()[0]

    def test_a_video_is_vehicles_with_seconds_and_with_every_its_frames(
        self, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import cv2

        clip = tmp_path / "film.avi"
        writer = cv2.VideoWriter(str(clip), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
        for _ in range(6):
            writer.write(np.zeros((48, 64, 3), np.uint8))
        writer.release()
        assert command([str(clip), "--every", *options]) == 0
        shown = capsys.readouterr()
        assert shown.out.splitlines() == [f"B\t0.980\t{clip}#{number}" for number in range(6)]
        assert shown.err == "plate-infer: 1 video (6 frames), 6 characters read\n"
        for line in ([str(clip)], ["--camera", str(clip), "--fps", "5"]):
            assert command([*line, *options]) == 0
            read, confidence, source = capsys.readouterr().out.split("\t")
            assert (read, source) == ("B", f"{clip}#t=0.0\n")
            assert float(confidence) > 0.98
        assert command([str(clip), "--roi", "0,0,99,9", *options]) == 2
        assert "does not fit" in capsys.readouterr().err
        clip.write_bytes(clip.read_bytes()[:3000])
        assert command(["--camera", str(clip), "--json", *options]) == 1
        assert records(capsys)[-1]["type"] == "error"
