"""plate-infer with the models that ship."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from device_helpers import process, records

from plate_devices.draw_samples import LIST, SAMPLES, label
from plate_devices.infer import command
from plate_devices.sources.demo import vehicles


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
