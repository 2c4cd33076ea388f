"""The table of targets: it fits the backends, the options of the command, and the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from plate_export import targets
from plate_export.targets import TARGETS, Target, chosen, find
from plate_runtime.backends import FORMATS


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.suffix)
def test_every_backend_of_a_format_checks_it(target: Target) -> None:
    assert sorted(target.backends) == sorted(name for name, format_ in FORMATS.items() if format_ == target.format)


def test_only_openvino_may_differ() -> None:
    assert {name for target in TARGETS for name in target.close} == {"openvino"}
    assert all(target.equal for target in TARGETS)


def test_a_target_is_found_by_format_and_precision() -> None:
    assert [find(one.format, one.precision) for one in TARGETS] == list(TARGETS)
    assert find("onnx", "int8").suffix == "int8.onnx"


@pytest.mark.parametrize(
    ("flags", "formats", "precisions"),
    [
        ((False, False, False), ("tflite", "onnx"), ("float32", "int8")),
        ((True, False, False), ("tflite",), ("float32",)),
        ((False, True, False), ("tflite",), ("int8",)),
        ((True, True, False), ("tflite",), ("float32", "int8")),
        ((False, True, True), ("tflite", "onnx"), ("int8",)),
        ((True, False, True), ("tflite", "onnx"), ("float32",)),
        ((False, False, True), ("tflite", "onnx"), ("float32", "int8")),
    ],
)
def test_flags_choose_files(
    flags: tuple[bool, bool, bool], formats: tuple[str, ...], precisions: tuple[str, ...]
) -> None:
    expected = [(format_, precision) for format_ in formats for precision in precisions]
    assert [(one.format, one.precision) for one in chosen(*flags)] == expected


def test_only_onnx_needs_more_than_every_export() -> None:
    assert targets.needed(chosen(False, True, False)) == ()
    assert targets.needed(TARGETS) == ("onnx", "tf2onnx", "onnxruntime")


def test_the_documentation_has_the_table(repository: Path) -> None:
    assert targets.table() in (repository / "docs" / "export" / "exporting.md").read_text("utf-8")
