"""The benchmarks: what they can be asked, and what the comparison of readers is made of, on samples alone."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from plate_runtime import PlateReader
from plate_runtime.labels import LabelledFrame, LabelledPicture
from plate_runtime.model import shipped_model
from plate_train.synthetic.fonts import listed_packages

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path.stem for path in BENCHMARKS.glob("*.py") if "__main__" in path.read_text("utf-8"))
each_script = pytest.mark.parametrize("script", SCRIPTS)


@pytest.fixture
def load(repository: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """load("plates") imports a script of benchmarks/, which is no package."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))

    def imported(name: str) -> ModuleType:
        return importlib.import_module(name)

    return imported


def test_a_reader_in_a_process_of_its_own_says_what_it_read_and_what_it_cost(repository: Path) -> None:
    samples = sorted((repository / "devices" / "plate_devices" / "samples").glob("*.png"))
    model = shipped_model("character")
    asked = {"pictures": [str(path) for path in samples], "options": {"model": str(model), "backend": "auto"}}
    command = [sys.executable, str(repository / "benchmarks" / "readers" / "plate_edge.py")]
    ended = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    answer = json.loads(ended.stdout.splitlines()[-1])
    with PlateReader(model) as reader:
        plates = [reader.read(path, min_confidence=0.0) for path in samples]
        assert answer["version"] == f"{reader.model.backend.name} {reader.model.backend.version}"
    assert answer["texts"] == [found[0].text if found else "" for found in plates]
    assert len(answer["cpu_ms"]) == len(samples)
    assert min(answer["cpu_ms"]) > 0
    assert 10 < answer["peak_memory_mb"] < 200
    assert answer["bytes"] == model.stat().st_size


def test_sets_that_are_not_there_are_left_out_and_named(
    load: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plates = load("plates")  # type: ignore[operator]
    (tmp_path / "plates-us").mkdir()
    (tmp_path / "plates-us" / "labels.csv").write_text("image,text\na.png,A1\nb.png,\n")
    monkeypatch.setattr(plates, "SHARED", tmp_path)
    assert {name: len(entries) for name, entries in plates._sets().items()} == {"plates-us": 1}
    assert "plates-romania is left out" in capsys.readouterr().err
    monkeypatch.setattr(plates, "SHARED", tmp_path / "nowhere")
    with pytest.raises(SystemExit, match="PLATE_EDGE_SHARED_DATA"):
        plates._sets()


def test_a_process_is_not_charged_with_the_memory_of_who_started_it(load: object) -> None:
    measuring = load("measuring")  # type: ignore[operator]
    held = bytearray(150_000_000)
    held[::4096] = b"x" * len(held[::4096])
    assert measuring.run_process([sys.executable, "-S", "-c", "pass"]).memory < 60


def test_the_steps_of_a_frame_can_be_timed(load: object) -> None:
    import numpy as np

    finding = load("finding")  # type: ignore[operator]
    rgb = np.zeros((*finding.SIZE, 3), np.uint8)
    for call in finding._steps(rgb).values():
        call()
    ((_, plate),) = finding._whole(rgb, fake=True)()
    assert plate.text == "AB123CD"


def test_a_camera_dies_and_is_back_before_it_dies_again(load: object) -> None:
    driving = load("driving")  # type: ignore[operator]
    for seconds, kills in ((600.0, 5), (60.0, 2), (60.0, 0)):
        drawn = driving.draw_outages(7, kills, seconds)
        assert len(drawn) == kills
        moments = [moment for away in drawn for moment in away]
        assert moments == sorted(set(moments))
        assert all(10 <= moment <= seconds - 10 for moment in moments)
    assert driving.draw_outages(7, 5, 600.0) != driving.draw_outages(8, 5, 600.0)


def test_a_camera_is_away_until_somebody_fetches_a_picture_again(load: object, tmp_path: Path) -> None:
    driving = load("driving")  # type: ignore[operator]

    def life(started: float, served: str, died: float) -> object:
        return driving.Life(driving.Watched([], ["ready", *([f"serving {served}"] if served else [])]), started, died)

    camera = driving.Camera(tmp_path, tmp_path / "began")
    camera.began = 100.0
    camera.lives = [life(90.0, "91.000", 110.0), life(115.0, "", 120.0), life(125.0, "127.500", float("inf"))]
    assert camera.away == [(10.0, 27.5)]
    assert camera.waits == [float("inf"), 2.5]


@each_script
def test_help_shows_how_a_script_is_run_and_measures_nothing(
    load: object, script: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load(script).main(["--help"])  # type: ignore[operator]
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith("usage: ")
    assert f"python benchmarks/{script}.py " in told


@each_script
@pytest.mark.parametrize("unknown", ["nonsense", "--nonsense"])
def test_what_a_script_does_not_know_ends_it(
    load: object, script: str, unknown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load(script).main([unknown])  # type: ignore[operator]
    assert ended.value.code == 2
    assert unknown in capsys.readouterr().err


@each_script
def test_every_script_is_run_with_the_others_and_has_its_place_on_the_page(load: object, script: str) -> None:
    others = load("run_all")  # type: ignore[operator]
    apart = ("run_all", "chart", "tables", "drive", "cameras", "mutants", "fleet_capacity", "archive")
    assert script in others.BENCHMARKS or script in apart
    page = BENCHMARKS.parent / "docs" / "background" / "benchmarks.md"
    assert f"python benchmarks/{script}.py" in page.read_text("utf-8")


def test_benchmarks_are_run_that_are_named_and_a_failure_is_told(
    load: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others = load("run_all")  # type: ignore[operator]
    for name, code in {"start": 0, "live": 3, "plates": 0}.items():
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('{name} '); exit({code})")
    monkeypatch.setattr(others, "HERE", tmp_path)
    monkeypatch.setattr(others, "SHARED", tmp_path / "nowhere")
    monkeypatch.setattr(others, "BENCHMARKS", dict.fromkeys(("start", "live", "plates"), ""))
    assert others.main(["start"]) == 0
    assert others.main(["start", "live"]) == 1
    assert "failed: live\n" in capsys.readouterr().err
    (tmp_path / "ran").unlink()
    assert others.main([]) == 1
    assert (tmp_path / "ran").read_text() == "start live "
    assert "plates is left out" in capsys.readouterr().err


def test_the_halves_of_the_development_sets_are_fixed_and_divide_no_vehicle(load: object) -> None:
    chooses = load("halves").chooses  # type: ignore[operator]
    crops = [LabelledPicture(Path(f"{n}.png"), f"AB{n}") for n in range(400)]
    assert 150 < sum(map(chooses, crops)) < 250
    assert [chooses(LabelledPicture(Path(f"{n}.png"), "", group="ride")) for n in range(5)] == [True] * 5
    assert [chooses(LabelledPicture(Path(f"{n}.png"), "AB12")) for n in range(5)] == [True] * 5
    plates = tuple(LabelledPicture(Path("1.png"), text, group="ride") for text in ("", "X1"))
    assert chooses(LabelledFrame(Path("1.png"), plates))
    assert [chooses(LabelledFrame(Path(f"{n}.png"), ())) for n in range(4)] == [False, True, False, True]


def test_no_training_uses_the_lettering_of_the_learning_circle(load: object) -> None:
    other = load("other_lettering")  # type: ignore[operator]
    listed = listed_packages()
    assert other.FAMILY not in {one.family for one in listed}
    assert other.PACKAGE not in {one.name for one in listed}
    assert listed, "there are fonts to compare with"


@pytest.mark.parametrize("count", [1, 11, 40])
def test_each_reader_of_the_chart_has_a_colour_and_a_marker_of_its_own(load: object, count: int) -> None:
    styles = load("chart").styles_of([f"reader {number}" for number in range(count)])  # type: ignore[operator]
    colours, markers = zip(*styles.values(), strict=True)
    assert len(styles) == len(set(markers)) == len({tuple(colour) for colour in colours}) == count
