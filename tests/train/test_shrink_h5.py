"""Networks written half as large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shrink_h5

from plate_runtime.errors import ModelError
from plate_train.characters import architectures
from plate_train.networks import weights_file
from plate_train.networks.weights_file import ModelMeta

META = ModelMeta(name="mine", training={"kind": "drawn"}, temperature=1.25)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.h5"
    weights_file.save(architectures.tuned(architectures.Hyperparameters(8, 16, 256, 32)), path, META)
    return path


def test_a_shrunk_network_says_the_same_in_half_the_room(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.h5"
    assert shrink_h5.command([str(saved), str(small)]) == 0
    assert str(small) in capsys.readouterr().out
    assert small.stat().st_size < 0.5 * saved.stat().st_size
    assert weights_file.read_meta(small) == META
    batch = np.random.default_rng(1).random((3, 28, 28, 1)).astype(np.float32)
    before, after = (weights_file.load(path).predict(batch, verbose=0) for path in (saved, small))
    assert after.dtype == np.float32
    assert 0 < np.abs(before - after).max() < 0.01


def test_what_half_precision_cannot_hold_is_refused(saved: Path, tmp_path: Path) -> None:
    model = weights_file.load(saved)
    model.set_weights([weights * 0 + 1e6 for weights in model.get_weights()])
    weights_file.save(model, saved, META)
    with pytest.raises(ModelError, match="half precision"):
        shrink_h5.shrink(saved, tmp_path / "small.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["model.h5"]


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"no")
    with pytest.raises(ModelError):
        shrink_h5.shrink(tmp_path / "model.h5", tmp_path / "small.h5")
