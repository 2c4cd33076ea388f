"""`plate-train detector` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_scenes import small_store

from plate_runtime.errors import UsageError
from plate_train.command import command
from plate_train.detector import options, run
from plate_train.detector.options import read_settings
from plate_train.loop import checkpoint

QUICK = [
    "--steps", "2", "--shard", "8", "--uses", "1", "--batch", "4", "--width", "0.25", "--depth", "0",
    "--validation", "4", "--threads", "1", "--workers", "1", "--checkpoint-minutes", "0",
]  # fmt: skip


@pytest.fixture(autouse=True)
def small_generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command draws small scenes, and runs in a folder of its own."""
    monkeypatch.setattr(options, "open_store", lambda generator, spec, folder, most: small_store(folder))
    monkeypatch.chdir(tmp_path)


def test_a_run_and_going_on_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["detector", *QUICK, "--out", "run"]) == 0
    assert "multiply-adds" in capsys.readouterr().out
    assert command(["detector", "--resume", "--out", "run", "--steps", "3"]) == 0
    assert checkpoint.load(tmp_path / "run")[0].step == 3
    assert read_settings(tmp_path / "run").width == 0.25


@pytest.mark.parametrize("way", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_run_says_how_to_go_on(
    way: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise way

    monkeypatch.setattr(run, "run", interrupted)
    with pytest.raises(way):
        command(["detector", *QUICK])
    assert "plate-train detector --resume --out runs/detector-2" in capsys.readouterr().err


def test_only_an_unfinished_run_of_a_detector_is_gone_on_with(tmp_path: Path) -> None:
    reader = tmp_path / "runs" / "plate-20260101-000000"
    reader.mkdir(parents=True)
    (reader / "settings.json").write_text("{}")
    with pytest.raises(UsageError, match="no unfinished"):
        command(["detector", "--resume"])
