"""One file with its manifest inside: built, read back, and damage found before an interpreter sees it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tiny_models import model_bytes

from plate_runtime.errors import ModelError
from plate_runtime.manifest import Manifest
from plate_runtime.model_file import build_model_file, read_model_file

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
@given(fraction=st.floats(0, 1, exclude_max=True))
@example(fraction=0.9999999999999999)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_a_truncated_file_is_refused(format_: str, fraction: float, tmp_path: Path) -> None:
    data = model_bytes(format_)
    path = tmp_path / f"cut.{format_}"
    path.write_bytes(data[: int(fraction * len(data))])
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
    for suffix, kind in (("onnx", "an ONNX model"), ("tflite", "a TensorFlow Lite model|.*plate-export")):
        (tmp_path / f"short.{suffix}").write_bytes(b"\x08\xff")
        with pytest.raises(ModelError, match=f"not {kind}"):
            read_model_file(tmp_path / f"short.{suffix}")


def _with_zip(path: Path, write: Callable[[zipfile.ZipFile, bytes], None]) -> None:
    """Put another zip behind the network of a model file."""
    file = read_model_file(path)
    path.write_bytes(file.content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of doubled names
        with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
            write(archive, dataclasses.replace(file.manifest, sha256=_digest(file.content)).to_json().encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_zips_that_are_not_ours_are_refused(make_model_file: MakeModel) -> None:
    def twice(archive: zipfile.ZipFile, text: bytes) -> None:
        for _ in range(2):
            archive.writestr("manifest.json", text)

    def compressed(archive: zipfile.ZipFile, text: bytes) -> None:
        archive.writestr("manifest.json", text + b" " * 50_000_000, zipfile.ZIP_DEFLATED)

    def large(archive: zipfile.ZipFile, text: bytes) -> None:
        archive.writestr("manifest.json", text + b" " * 5_000_000)

    def many(archive: zipfile.ZipFile, text: bytes) -> None:
        for number in range(200):
            archive.writestr(f"{number}", b"")

    cases = {"two manifests": twice, "compressed": compressed, "more than 4 MB": large, "damaged": many}
    for said, write in cases.items():
        path = make_model_file()
        _with_zip(path, write)
        with pytest.raises(ModelError, match=said):
            read_model_file(path)


def test_another_file_beside_the_manifest_is_no_harm(make_model_file: MakeModel) -> None:
    path = make_model_file()

    def labelled(archive: zipfile.ZipFile, text: bytes) -> None:
        archive.writestr("labels.txt", "0\n1\n")
        archive.writestr("manifest.json", text)

    _with_zip(path, labelled)
    assert read_model_file(path).manifest.kind == "character"


def test_entries_that_overlap_what_is_not_theirs_are_refused(make_model_file: MakeModel) -> None:
    path = make_model_file()
    data = bytearray(path.read_bytes())
    directory = data.rfind(b"PK\x01\x02")
    for at, value in ((42, 5), (24, len(data)), (24, 0xFFFFFFFF), (42, 0xFFFFFFFF)):
        broken = bytearray(data)
        broken[directory + at : directory + at + 4] = value.to_bytes(4, "little")
        path.write_bytes(broken)
        with pytest.raises(ModelError, match=r"damaged|more than 4 MB"):
            read_model_file(path)


@pytest.mark.parametrize("where", ["initializer", "attribute", "sparse", "function", "location alone"])
def test_weights_in_another_file_are_refused(where: str, tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load_from_string(model_bytes_without_manifest(model_bytes("onnx"), "onnx"))
    outside = model.graph.initializer[0]
    if where == "attribute":
        outside = TensorProto(dims=[1], data_type=TensorProto.FLOAT)
        branch = helper.make_graph([helper.make_node("Constant", [], ["c"], value=outside)], "b", [], [])
        model.graph.node.append(helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))
        outside = model.graph.node[-1].attribute[0].g.node[0].attribute[0].t
    elif where == "sparse":
        outside = model.graph.sparse_initializer.add().values
    elif where == "function":
        outside = model.functions.add().node.add().attribute.add().t
    if where != "location alone":
        entry = outside.external_data.add()
        entry.key, entry.value = "location", "/etc/hostname"
    outside.data_location = TensorProto.EXTERNAL
    path = tmp_path / "outside.onnx"
    path.write_bytes(build_model_file(model.SerializeToString(), "onnx", _manifest_of("onnx", tmp_path)))
    with pytest.raises(ModelError, match="lie in another file"):
        read_model_file(path)


def _manifest_of(format_: str, folder: Path) -> Manifest:
    path = folder / f"sound.{format_}"
    path.write_bytes(model_bytes(format_))
    return read_model_file(path).manifest


@pytest.mark.parametrize("field", [b"\x12\x01a", b"\x3a\0", b"\x08\x01"])
def test_onnx_files_of_many_small_fields_take_little_memory(field: bytes, tmp_path: Path) -> None:
    path = tmp_path / "fields.onnx"
    path.write_bytes(field * 500_000)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match="more fields than"):
            read_model_file(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_onnx_files_of_endless_small_fields_are_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "fields.onnx"
    path.write_bytes(b"\x08\x00" * 8_000_000)
    with pytest.raises(ModelError, match="more fields than"):
        read_model_file(path)


def test_pipes_and_devices_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tflite")
    (tmp_path / "zero.onnx").symlink_to("/dev/zero")
    (tmp_path / "folder.onnx").mkdir()
    for name in ("pipe.tflite", "zero.onnx", "folder.onnx", "a\0b.onnx"):
        with pytest.raises(ModelError, match="cannot be read"):
            read_model_file(tmp_path / name)
