"""A user's own model is not called as one that ships, and its version counts up."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import model_bytes

from plate_export.naming import distinct
from plate_export.source import Source, open_source
from plate_train.networks import weights_file
from plate_train.networks.weights_file import ModelMeta


def _source(path: Path, name: str, version: str = "1.0.0") -> Source:
    return Source(path, "a" * 64, ModelMeta(name=name, version=version))


@pytest.mark.parametrize(
    ("path", "out", "name"),
    [
        ("runs/night cameras/model.h5", "exports", "night-cameras"),
        ("gate.h5", "exports", "gate"),
        ("plate-reader.h5", "mine", "mine"),
        ("runs/plate-reader-1.0.1/model.h5", "plate-character", "my-model"),
    ],
)
def test_a_shipped_name_is_replaced(tmp_path: Path, path: str, out: str, name: str) -> None:
    found = distinct(_source(tmp_path / path, "plate-reader"), tmp_path / out)
    assert found.meta.name == name
    assert f"called {name}" in found.notes[-1]


def test_given_names_and_names_that_do_not_ship_stay(tmp_path: Path) -> None:
    assert distinct(_source(tmp_path / "a.h5", "gate"), tmp_path).meta.name == "gate"
    assert distinct(_source(tmp_path / "a.h5", "plate-reader"), tmp_path, named=True).meta.name == "plate-reader"
    shipped = open_source(weights_file.find("plate-reader"))
    assert distinct(shipped, tmp_path) == shipped


def test_the_version_counts_up_past_other_networks(tmp_path: Path) -> None:
    for version, digest in (("1.0.0", "b"), ("1.0.1", "c")):
        content = model_bytes(name="gate", version=version, training={"h5_sha256": digest * 64})
        (tmp_path / f"gate-{version}-float32.tflite").write_bytes(content)
    found = distinct(_source(tmp_path / "a.h5", "gate"), tmp_path)
    assert found.meta.version == "1.0.2"
    assert "version 1.0.2" in found.notes[-1]
    assert distinct(_source(tmp_path / "a.h5", "gate"), tmp_path, versioned=True).meta.version == "1.0.0"
    again = Source(tmp_path / "a.h5", "b" * 64, ModelMeta(name="gate"))
    assert distinct(again, tmp_path).meta.version == "1.0.0"
    (tmp_path / "gate-2.0.0-int8.tflite").write_bytes(b"damaged")
    assert distinct(_source(tmp_path / "a.h5", "gate", "2.0.0"), tmp_path).meta.version == "2.0.1"
