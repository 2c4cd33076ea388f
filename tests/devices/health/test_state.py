"""What is known of a camera."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_devices.cli.infer_options import parse_infer
from plate_devices.health.state import CameraHealth, Health
from plate_devices.live.event_pipeline import EventPipeline
from plate_devices.outputs.fake import FakeOutput
from plate_devices.service.log import Log


def test_a_camera_is_lost_when_its_source_says_so() -> None:
    camera = CameraHealth("gate")
    assert not camera.is_lost, "it starts"
    for state, lost in (("lost, next try in 2 s", True), ("", False), ("ended: it is gone", True)):
        camera.source_state = state
        assert camera.is_lost is lost


def test_outputs_get_to_know_which_cameras_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[FakeOutput] = []

    class Noted(FakeOutput):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr("plate_devices.outputs.fake.FakeOutput", Noted)
    settings = tmp_path / "gate.toml"
    settings.write_text(f'[source]\naddress = "demo"\n[[output]]\ntype = "fake"\n[queue]\nfolder = "{tmp_path}/q"\n')
    pipeline = EventPipeline(parse_infer(["--config", str(settings)]), Log("plate-infer", as_json=False))
    health = Health([CameraHealth("gate", source_state="lost"), CameraHealth("yard")])
    pipeline.update(health)
    assert [output.lost for output in made] == [{"gate"}]
    health.cameras[0].source_state = ""
    pipeline.update(health)
    assert [output.lost for output in made] == [set()]
    pipeline.close(5.0)
