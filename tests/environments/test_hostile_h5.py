"""Hostile networks in an environment with the oldest Keras that pyproject.toml allows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import MakeEnvironment

pytestmark = pytest.mark.system

PROGRAM = """
import sys
from pathlib import Path
import hostile_h5, keras
from plate_runtime.errors import ModelError
from plate_train.networks import weights_file
folder = Path(sys.argv[1])
files = hostile_h5.write_all(folder, folder / "marker")
for path in files:
    try:
        weights_file.load(path)
        print("loaded:", path.name)
    except ModelError:
        pass
hostile_h5.write(folder / "sound.h5", [hostile_h5.INPUT, hostile_h5.dense()]).close()
weights_file.load(folder / "sound.h5")
ignored = hostile_h5.loaded_by_keras(files) - hostile_h5.IGNORED_BY_KERAS
print(keras.__version__, len(files) > 60, sorted(ignored), (folder / "marker").exists())
"""


def test_the_oldest_keras_runs_none_of_them(
    make_environment: MakeEnvironment, wheel: Path, repository: Path, tmp_path: Path
) -> None:
    oldest = re.search(r'"keras>=([0-9.]+)"', (repository / "pyproject.toml").read_text("utf-8"))
    assert oldest is not None
    made = make_environment("keras", str(wheel), f"keras=={oldest[1]}.0", "tensorflow-cpu", "h5py")
    said = made.run("-c", PROGRAM, str(tmp_path), variables={"PYTHONPATH": str(repository / "tests")})
    assert said == f"{oldest[1]}.0 True [] False\n"
