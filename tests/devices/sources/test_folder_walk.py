"""The files below a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.sources import folder_walk
from plate_devices.sources.folder_walk import natural, walk


def names(folder: Path, left_out: set[Path] | None = None) -> list[str]:
    return [str(Path(path).relative_to(folder)) for path in walk(str(folder), left_out or set())]


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_files_come_as_people_count(tmp_path: Path) -> None:
    wanted = ["2.jpg", "10.jpg", "cam2/img9.jpg", "cam2/img10.jpg", "cam10/img1.jpg"]
    wanted += ["img01.jpg", "img1.jpg", "img2.jpg", "img2b.jpg", "img10.jpg"]
    for name in reversed(wanted):
        touch(tmp_path / name)
    assert names(tmp_path) == wanted


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"])), max_size=6))
def test_any_names_can_be_sorted(found: list[str]) -> None:
    assert sorted(sorted(found, key=natural)) == sorted(found)


def test_linked_folders_are_read_once_and_loops_end(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "a", tmp_path / "elsewhere"
    touch(folder / "1.jpg")
    touch(elsewhere / "2.jpg")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "linked2").symlink_to(elsewhere)
    (folder / "self").symlink_to(folder)
    (elsewhere / "up").symlink_to(tmp_path)
    (folder / "file.jpg").symlink_to(elsewhere / "2.jpg")
    assert names(folder) == ["1.jpg", "file.jpg", "linked/2.jpg"]


def test_links_that_multiply_end(tmp_path: Path) -> None:
    for depth in range(12):
        (tmp_path / str(depth)).mkdir()
        for number in range(12):
            (tmp_path / str(depth) / f"to{number}").symlink_to(tmp_path / str((depth + number) % 12))
    touch(tmp_path / "3" / "x.jpg")
    assert len(names(tmp_path)) == 1


def test_what_is_left_out_is_left_out_by_any_link(tmp_path: Path) -> None:
    touch(tmp_path / "out" / "1.jpg")
    touch(tmp_path / "2.jpg")
    (tmp_path / "in").symlink_to(tmp_path / "out")
    assert names(tmp_path, {tmp_path / "out", tmp_path / "missing"}) == ["2.jpg"]


def test_what_is_left_out_may_be_created_later(tmp_path: Path) -> None:
    for name in ("1.png", "2/3.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = walk(str(tmp_path), {tmp_path / "2" / "out"})
    first = next(found)
    (tmp_path / "2" / "out").mkdir()
    (tmp_path / "2" / "out" / "4.png").touch()
    assert [first, *found] == [str(tmp_path / name) for name in ("1.png", "2/3.png")]


def test_hidden_files_companions_and_deep_folders(tmp_path: Path) -> None:
    for name in (".x.jpg", ".git/y.jpg", "labels.csv", "labels-draft.csv", "Thumbs.db"):
        touch(tmp_path / name)
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1500):
            Path("d").mkdir()
            os.chdir("d")
        Path("deep.jpg").touch()
        os.chdir(here)
        assert [Path(name).name for name in names(tmp_path)] == ["deep.jpg"]
    finally:
        os.chdir(here)
        # pytest deletes old folders by a recursion that gives up here.
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)


def test_a_folder_that_may_not_be_listed_comes_as_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "closed" / "1.jpg")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert names(tmp_path) == ["closed"]


def test_a_very_large_folder_is_read_in_sorted_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(25):
        touch(tmp_path / f"{number}.jpg")
    touch(tmp_path / "7more" / "1.jpg")
    monkeypatch.setattr(folder_walk, "MOST_SORTED", 10)
    found = names(tmp_path)
    assert len(found) == len(set(found)) == 26
    listed = [entry.name for entry in os.scandir(tmp_path)]
    block = sorted(listed[:10], key=natural)
    assert found[:10] == ["7more/1.jpg" if name == "7more" else name for name in block]
    assert sorted(names(tmp_path)) == sorted(
        str(Path(path).relative_to(tmp_path)) for path in walk(str(tmp_path), set(), ordered=False)
    )


def test_a_link_to_itself_comes_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert names(tmp_path) == ["loop.jpg"]
