"""The runtime where it has to work: bare, copied, at both ends of its dependencies, and in tflite-runtime."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from shipped_labels import shipped_label
from tiny_detectors import detector_bytes, draw_frame
from tiny_plates import plate_model_bytes

from .conftest import COPIED_AS, Environment, MakeEnvironment

pytestmark = pytest.mark.system

LARGEST_WHEEL = 8 * 1024 * 1024


@pytest.fixture(scope="session")
def expected(base: Environment, samples: list[str]) -> str:
    """What the installed wheel reads of the sample pictures."""
    return base.run("-m", "plate_runtime", "--as", "plate", *samples)


@pytest.fixture(scope="session")
def samples(repository: Path) -> list[str]:
    """The sample pictures."""
    folder = repository / "devices" / "plate_devices" / "samples"
    return sorted(str(path) for path in folder.iterdir() if path.suffix in (".png", ".jpg"))


def texts(output: str) -> list[str]:
    return [line.split("\t")[0] for line in output.splitlines()]


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= LARGEST_WHEEL


def test_the_base_install_brings_no_heavy_package(base: Environment) -> None:
    assert [
        name for name in ("tensorflow", "keras", "cv2", "onnx", "onnxruntime", "matplotlib") if base.has(name)
    ] == []


def test_the_base_install_reads_the_samples(base: Environment, samples: list[str]) -> None:
    program = base.folder / "bin" / "plate-infer"
    command = [program, "--as", "plate", "--json", *samples]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    records = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(records) == len(samples)
    assert {record["backend"] for record in records} == {"litert"}
    assert sum(bool(record["plates"]) for record in records) == len(records)


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (["plate-train", "character", "--data", "x"], "train"),
        (["plate-export", "x.h5", "--data", "x"], "export"),
        (["plate-infer", "--as", "plate", "--camera", "0"], "camera"),
        (["plate-infer", "--as", "plate", "--camera", "rtsp://h/"], "camera"),
        (["plate-infer", "--as", "plate", "--backend", "onnx", "x.png"], "onnx"),
    ],
)
def test_a_command_without_its_extra_says_which(base: Environment, command: list[str], extra: str) -> None:
    program = base.folder / "bin" / command[0]
    ended = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert f"pip install '.[{extra}]'" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_copied_folder_reads_alone_at_the_oldest_versions(
    oldest: Environment, copied_runtime: Path, samples: list[str], expected: str
) -> None:
    assert not oldest.has("plate_runtime")
    output = oldest.run("-m", COPIED_AS, "--as", "plate", *samples, variables={"PYTHONPATH": str(copied_runtime)})
    assert len(texts(output)) >= 4
    assert texts(output) == texts(expected)


def test_tflite_runtime_reads_the_same(
    old_interpreter: Environment, copied_runtime: Path, samples: list[str], expected: str
) -> None:
    output = old_interpreter.run(
        "-m", COPIED_AS, "--as", "plate", "--backend", "tflite", *samples, variables={"PYTHONPATH": str(copied_runtime)}
    )
    assert texts(output) == texts(expected)


@pytest.mark.parametrize("backend", ["litert", "tflite"])
def test_frames_are_read_at_the_oldest_versions_and_in_tflite_runtime(
    request: pytest.FixtureRequest, backend: str, copied_runtime: Path, tmp_path: Path
) -> None:
    environment: Environment = request.getfixturevalue("oldest" if backend == "litert" else "old_interpreter")
    plates = {(2, 3): "AB12XYZ", (4, 7): "KR59ABD"}
    Image.fromarray(draw_frame(plates)).save(tmp_path / "frame.png")
    (tmp_path / "detector.tflite").write_bytes(detector_bytes("tflite", "int8"))
    (tmp_path / "reader.tflite").write_bytes(plate_model_bytes("tflite", "int8"))
    models = ["--detector", str(tmp_path / "detector.tflite"), "--model", str(tmp_path / "reader.tflite")]
    line = ["-m", COPIED_AS, "--as", "frame", "--backend", backend, *models, str(tmp_path / "frame.png")]
    output = environment.run(*line, variables={"PYTHONPATH": str(copied_runtime)})
    assert sorted(texts(output)) == sorted(plates.values())


def test_tflite_runtime_beside_numpy_2_is_refused_in_one_sentence(
    make_environment: MakeEnvironment, python_311: str, copied_runtime: Path, samples: list[str]
) -> None:
    environment = make_environment(
        "numpy2", "numpy>=2", "pillow", "tflite-runtime==2.14.*", python=python_311, options=("--no-deps",)
    )
    ended = environment.attempt(
        "-m", COPIED_AS, "--backend", "tflite", samples[0], variables={"PYTHONPATH": str(copied_runtime)}
    )
    assert ended.returncode == 2
    assert "numpy" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_the_first_export_works_in_a_fresh_environment(exporting: Environment) -> None:
    """Without fonts, npm and pictures of the user: the shipped models prove themselves with what the wheel holds."""
    bare = {"PATH": "/nonexistent", "PLATE_EDGE_FONTS": str(exporting.folder / "no-fonts")}
    ended = exporting.attempt("-m", "plate_export.command", "--int8", variables=bare)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("the check set comes with the package") == 2
    assert "plate-character: loading pictures" in ended.stderr
    published = {path.name for path in (exporting.folder / "exports").iterdir()}
    models = {shipped_label("character", "-"), shipped_label("plate", "-")}
    ends = ("int8.tflite", "report.json", "report.md", "report.png")
    assert published == {f"{name}-{end}" for name in models for end in ends}
    for name in models:
        report = json.loads((exporting.folder / "exports" / f"{name}-report.json").read_text())
        assert [artefact["file"] for artefact in report["artefacts"]] == [f"{name}-int8.tflite"]
        model = exporting.folder / "exports" / f"{name}-int8.tflite"
        read = "import sys; from plate_runtime.model_file import read_model_file as r; m = r(sys.argv[1]).manifest"
        said = exporting.run("-c", f"{read}; print(m.label, m.scores[0].set)", str(model)).split()
        assert (said[0].replace("@", "-"), said[1].partition("-")[0]) == (name, "packaged")


ACCURACY = """
import sys
from {package}.evaluate import score_texts
from {package}.pictures.open_picture import open_picture
from {package}.labels import read_class_folders
from {package}.model import open_model
found = read_class_folders(sys.argv[1])
with open_model(backend=sys.argv[2]) as model:
    answers = model.predict_pictures([open_picture(entry.path).gray() for entry in found]).argmax(axis=1)
    readings = [model.manifest.alphabet[i] for i in answers]
print(score_texts(readings, [entry.text for entry in found]).exact, "".join(readings))
"""


def test_both_interpreters_say_the_same_of_real_pictures(
    base: Environment, old_interpreter: Environment, copied_runtime: Path, shared_data: Path
) -> None:
    folder = str(shared_data / "characters-india" / "val")
    new = base.run("-c", ACCURACY.format(package="plate_runtime"), folder, "litert")
    old = old_interpreter.run(
        "-c", ACCURACY.format(package=COPIED_AS), folder, "tflite", variables={"PYTHONPATH": str(copied_runtime)}
    )
    right_new, right_old = int(new.split()[0]), int(old.split()[0])
    assert min(right_new, right_old) >= 208
    assert sum(a != b for a, b in zip(new.split()[1], old.split()[1], strict=True)) <= 1
