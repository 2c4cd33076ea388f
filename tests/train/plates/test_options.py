"""`plate-train plate` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from small_plates import small_store

from plate_runtime.errors import PlateEdgeError, UsageError
from plate_train.command import command
from plate_train.loop import checkpoint
from plate_train.plates import options, session
from plate_train.plates.options import read_settings
from plate_train.plates.settings import new_settings

QUICK = [
    "--steps", "4", "--shard", "32", "--uses", "2", "--batch", "16", "--width", "0.1", "--depth", "1",
    "--validation", "8", "--threads", "1", "--workers", "1", "--checkpoint-minutes", "0",
]  # fmt: skip


@pytest.fixture(autouse=True)
def small_generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command draws small plates, and runs in a folder of its own."""
    monkeypatch.setattr(options, "open_store", lambda generator, spec, folder, most: small_store(folder))
    monkeypatch.chdir(tmp_path)


def test_a_run_and_going_on_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["plate", *QUICK, "--out", "run"]) == 0
    assert "multiply-adds" in capsys.readouterr().out
    assert command(["plate", "--resume", "--out", "run", "--steps", "6"]) == 0
    assert checkpoint.load(tmp_path / "run")[0].step == 6
    assert read_settings(tmp_path / "run").width == 0.1


@pytest.mark.parametrize("way", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_run_says_how_to_go_on(
    way: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise way

    monkeypatch.setattr(session, "run", interrupted)
    with pytest.raises(way):
        command(["plate", *QUICK, "--out", "run"])
    assert "plate-train plate --resume --out run" in capsys.readouterr().err


def test_preview_draws_a_sheet(tmp_path: Path) -> None:
    assert command(["plate", "--preview", "sheet.png"]) == 0
    assert Image.open(tmp_path / "sheet.png").size[0] > 900
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


def test_the_first_line_comes_before_anything_slow(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PlateEdgeError, match="missing"):
        command(["plate", "--from", "missing.h5"])
    assert capsys.readouterr().out == "starting TensorFlow, which takes some seconds\n"


def test_help_has_the_defaults_of_fine_tuning(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command(["plate", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "(default: 12.0; with --data: not used, see --epochs)" in said
    assert "(default: 0.0012; with --data: 0.0003, with --from too: 4e-05)" in said
    assert "how often each crop is used (with --data: 30)" in said


def test_fifty_crops_wait_for_no_more_drawings_than_they_need() -> None:
    few, many = new_settings({"data": "x"}).plan(40), new_settings({"data": "x"}).plan(40_000)
    assert few.count == 304
    assert few.steps == new_settings({"data": "x"}).goal(40).steps == 38
    assert many.count == 2048


def test_few_crops_are_used_until_the_network_has_learned() -> None:
    given = {"data": "x", "start": "plate-reader"}
    assert new_settings(given).goal(40).steps == 400
    assert new_settings(given).goal(4000).steps == 6316
    assert new_settings(given | {"epochs": 30}).goal(40).steps == 64
    assert new_settings(given | {"steps": 5}).goal(40).steps == 5


def test_only_a_network_that_goes_on_is_moved_back() -> None:
    assert new_settings({"data": "x"}).blend == 1
    assert new_settings({"data": "x", "start": "plate-reader"}).blend == 0.8
    assert new_settings({"data": "x", "start": "plate-reader", "blend": 0.5}).blend == 0.5


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command(["plate", "--help"])
    assert end.value.code == 0
    assert "--data crops --from plate-reader" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [["--width", "9"], ["--steps", "0"], ["--model", "lstm"], ["--mix", "1"], ["--hours", "nan"]]
)
def test_wrong_options_are_one_line(wrong: list[str]) -> None:
    with pytest.raises(UsageError, match=r"^[^\n]*; see plate-train plate --help$"):
        command(["plate", *wrong])


def test_resuming_nothing_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="no unfinished"):
        command(["plate", "--resume"])
    with pytest.raises(UsageError, match="could be resumed"):
        command(["plate", "--resume", "--out", "nowhere"])


def test_the_seed_of_validation_is_taken() -> None:
    with pytest.raises(UsageError, match="another"):
        command(["plate", "--seed", "900001"])
