"""One file with its manifest inside: built, read back, and damage found before an interpreter sees it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tiny_models import model_bytes

from plate_runtime.errors import ModelError
from plate_runtime.modelfile import build_model_file, read_model_file

FORMATS = ["tflite", "onnx"]
MakeModel = Callable[..., Path]


@pytest.mark.parametrize("format_", FORMATS)
def test_manifest_and_content_come_back(format_: str, make_model_file: MakeModel) -> None:
    path = make_model_file(format_, name="mine", temperature=1.5)
    file = read_model_file(path)
    assert (file.manifest.name, file.manifest.temperature, file.format) == ("mine", 1.5, format_)
    assert path.read_bytes().startswith(file.content)
    assert build_model_file(model_bytes_without_manifest(file.content, format_), format_, file.manifest) == (
        path.read_bytes()
    )


def model_bytes_without_manifest(content: bytes, format_: str) -> bytes:
    if format_ == "tflite":
        return content
    import onnx

    model = onnx.load_from_string(content)
    del model.metadata_props[:]
    return bytes(model.SerializeToString())


def test_the_tools_of_each_format_read_it_too(make_model_file: MakeModel) -> None:
    import onnx

    with zipfile.ZipFile(make_model_file("tflite")) as archive:
        assert archive.namelist() == ["manifest.json"]
    model = onnx.load(make_model_file("onnx"))
    onnx.checker.check_model(model)
    assert [entry.key for entry in model.metadata_props] == ["plate_edge_manifest"]


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("at", [0.02, 0.4, 0.9])
def test_a_flipped_byte_is_found(format_: str, at: float, make_model_file: MakeModel) -> None:
    path = make_model_file(format_)
    data = bytearray(path.read_bytes())
    data[int(at * len(data))] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(ModelError, match=path.name):
        read_model_file(path)


@pytest.mark.parametrize("format_", FORMATS)
@given(share=st.floats(0, 1, exclude_max=True))
@example(share=0.9999999999999999)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_a_truncated_file_is_refused(format_: str, share: float, tmp_path: Path) -> None:
    data = model_bytes(format_)
    path = tmp_path / f"cut.{format_}"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelError):
        read_model_file(path)


def test_bytes_added_behind_a_model_are_found(make_model_file: MakeModel) -> None:
    for format_ in FORMATS:
        path = make_model_file(format_)
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(ModelError):
            read_model_file(path)


@pytest.mark.parametrize("format_", FORMATS)
@given(noise=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_noise_is_refused(format_: str, noise: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"noise.{format_}"
    path.write_bytes(noise)
    with pytest.raises(ModelError):
        read_model_file(path)


def test_a_model_without_a_manifest_says_what_to_do(tmp_path: Path) -> None:
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(b"\x1c\0\0\0TFL3" + bytes(100))
    with pytest.raises(ModelError, match="plate-export"):
        read_model_file(bare)


def test_what_is_no_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.h5"):
        read_model_file(tmp_path / "model.h5")
    with pytest.raises(ModelError, match=r"missing\.tflite cannot be read"):
        read_model_file(tmp_path / "missing.tflite")
