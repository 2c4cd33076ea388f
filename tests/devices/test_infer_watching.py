"""plate-infer with a camera: one record for each vehicle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_helpers import make_plate, records
from PIL import Image

from plate_devices.cli.infer import RoiError, command
from plate_devices.sources.demo import ROI, vehicles
from plate_runtime.reader import Plate, PlateReader


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

    def test_the_best_crop_is_saved_under_the_id(
        self, options: list[str], read_truth: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command(["--camera", "demo:2", "--json", "--save-crops", str(tmp_path / "c"), *options])
        for record in records(capsys):
            assert record["crop"] == str(tmp_path / "c" / f"{record['id']}.jpg")
            with Image.open(record["crop"]) as image:
                assert image.width > 250

    def test_a_turned_camera_needs_an_roi_of_its_own(self, options: list[str]) -> None:
        with pytest.raises(RoiError, match="480x640"):
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
        read, confidence, source = capsys.readouterr().out.split("\t")
        assert (read, source) == ("B", f"{film}\n")
        assert float(confidence) > 0.98
        film.write_bytes(film.read_bytes()[:3000])
        assert command(["--camera", str(film), "--json", *options]) == 1
        assert records(capsys)[-1]["type"] == "error"
