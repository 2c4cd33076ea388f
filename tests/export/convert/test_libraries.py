from __future__ import annotations

import os

import pytest

from plate_export.convert import libraries
from plate_runtime.errors import MissingPartError


def test_missing_libraries_are_named_with_the_extra_that_brings_them() -> None:
    with pytest.raises(MissingPartError, match=r"no_such_one, no_such_two; in the checkout: pip install '.\[export\]'"):
        libraries.require(("json", "no_such_one", "no_such_two"))
    libraries.require(("json", "os"))


def test_versions_name_what_decides_the_files() -> None:
    assert {"keras", "onnx", "onnxruntime", "tf2onnx", "numpy"} <= set(libraries.versions())


def test_quiet_keeps_native_lines_off_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with libraries.quiet():
        os.write(2, b"native noise\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_debug_shows_native_lines(capfd: pytest.CaptureFixture[str]) -> None:
    with libraries.quiet(debug=True):
        os.write(2, b"native noise\n")
    assert "native noise" in capfd.readouterr().err


def test_quiet_gives_standard_error_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="inside"), libraries.quiet():
        raise ValueError("inside")
    os.write(2, b"back\n")
    assert capfd.readouterr().err == "back\n"
