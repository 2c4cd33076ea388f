"""plate-archive on one machine: exactly one row an address, whatever happens."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pyarrow.parquet
import pytest
from device_helpers import process
from films import write_film
from PIL import Image
from shipped_labels import shipped_label

from plate_devices.archive import archive_folder, input_count, known_addresses
from plate_devices.archive.archive_folder import ArchiveFolder, read_manifest
from plate_devices.archive.archive_rows import Address
from plate_devices.archive.known_addresses import KnownAddresses
from plate_devices.archive.stored_files import list_addresses
from plate_devices.cli.archive import command
from plate_runtime.errors import DataError, DeviceError, UsageError

RUN: dict[str, Any] = {"models": {}, "options": {}, "versions": {}}
OPTIONS = ["--as", "plate", "--backend", "fake:AB12", "--jobs", "2"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    for number in range(12):
        path = root / f"cam{number % 3}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60 + number, 20), (200, 180, 20)).save(path)
    (root / "cam0" / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    return root


def rows(out: Path) -> list[dict[str, Any]]:
    """All rows of an archive, by address."""
    found = pyarrow.dataset.dataset(out / "rows", partitioning="hive").to_table().to_pylist()
    return sorted(found, key=lambda row: row["address"])


def test_each_input_is_one_row(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = write_film(pictures / "film.mp4", 30)
    inputs = [str(pictures), str(pictures / "cam1" / "1.png"), "gone.jpg"]
    assert command([*inputs, "--out", str(tmp_path / "out"), *OPTIONS]) == 1
    assert "15 new rows, 13 plates, 2 not read" in capsys.readouterr().err
    found = {row["address"]: row for row in rows(tmp_path / "out")}
    assert len(found) == 15
    one = found[str(pictures / "cam1" / "1.png")]
    assert (one["text"], one["kind"], one["width"], one["height"], one["error"]) == ("AB12", "picture", 61, 20, None)
    assert one["folder"] == str(pictures / "cam1")
    assert one["plates"][0]["corners"] == [0, 0, 61, 0, 61, 20, 0, 20]
    assert one["confidence"] == one["plates"][0]["confidence"]
    assert one["reader"].startswith("plate-reader@")
    assert len(one["reader_sha256"]) == 64
    assert str(one["day"]) == f"{one['modified']:%Y-%m-%d}"
    assert "broken.jpg" in found[str(pictures / "cam0" / "broken.jpg")]["error"]
    missing = found[str(Path.cwd() / "gone.jpg")]
    assert (missing["plates"], missing["text"], missing["modified"], missing["day"]) == ([], None, None, None)
    video = found[str(film)]
    assert (video["kind"], video["frames"], len(video["plates"])) == ("video", 30, 1)
    assert video["plates"][0]["first_seconds"] == 0


def test_a_second_run_reads_what_is_new(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "out"), *OPTIONS]
    command([str(pictures / "cam1"), *out])
    before = rows(tmp_path / "out")
    assert command([str(pictures / "cam1"), str(pictures / "cam2"), *out]) == 0
    err = capsys.readouterr().err
    assert "has 4 rows; these inputs are not read again" in err
    assert "4 new rows" in err
    after = rows(tmp_path / "out")
    assert after[:4] == before
    assert len(after) == 8


def test_progress_counts_what_is_left(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(input_count.BackgroundThread, "start", lambda thread: thread._function())
    monkeypatch.setattr("plate_runtime.progress.Pace.due", lambda _: True)
    out = ["--out", str(tmp_path / "out"), *OPTIONS]
    command([str(pictures / "cam1"), *out])
    assert "reading: 4 of 4 pictures, " in capsys.readouterr().err
    command([str(pictures / "cam1"), str(pictures / "cam2"), *out])
    err = capsys.readouterr().err
    assert "reading: 1 of 4 pictures, " in err
    assert "reading: 4 of 4 pictures, " in err


def test_inputs_with_errors_can_be_read_once_more(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = [str(pictures), "gone.jpg", "--out", str(tmp_path / "out"), *OPTIONS]
    command(line)
    good = [row for row in rows(tmp_path / "out") if not row["error"]]
    broken = pictures / "cam0" / "broken.jpg"
    broken.write_bytes((pictures / "cam0" / "0.png").read_bytes())
    assert command(line) == 0
    assert len(rows(tmp_path / "out")) == 14, "not read again by itself"
    capsys.readouterr()
    assert command([*line, "--retry-errors"]) == 1
    err = capsys.readouterr().err
    assert "deleted: 2 rows with an error; these inputs are read again" in err
    assert "2 new rows, 1 plate, 1 not read" in err
    after = rows(tmp_path / "out")
    assert [row for row in after if row in good] == good
    assert {row["address"]: row["text"] for row in after if row not in good} == {
        str(broken): "AB12",
        str(Path.cwd() / "gone.jpg"): None,
    }


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--region", "germany"], "--region none, not de"),
        (["--backend", "fake:B"], ""),
        (["--min-confidence", "0.7"], "--min-confidence none, not 0.7"),
        (["--model", "plate-reader"], rf"second_reader {shipped_label('frame')} .*, not none"),
        (["--rotate", "180"], "--rotate 0, not 180"),
    ],
)
def test_another_model_or_option_is_refused(pictures: Path, tmp_path: Path, more: list[str], named: str) -> None:
    arguments = [str(pictures), "--out", str(tmp_path / "out"), *OPTIONS]
    command(arguments)
    before = rows(tmp_path / "out")
    if not named:
        assert command([*arguments, *more]) == 0  # the same backend, no new input
        return
    with pytest.raises(UsageError, match=named):
        command([*arguments, *more])
    assert rows(tmp_path / "out") == before


ENDS = """
import os
from plate_devices.archive import archive_folder

archive_folder.FLUSH_ROWS = 100
add, added = archive_folder.ArchiveFolder.add, []

def add_and_end(self, row):
    add(self, row)
    added.append(row)
    if len(added) == 250:
        os.kill(os.getpid(), {})

archive_folder.ArchiveFolder.add = add_and_end
"""
"""A run that ends itself: from outside, it could be over before the signal comes."""


def test_a_killed_run_is_continued(tmp_path: Path) -> None:
    picture = tmp_path / "in" / "0.png"
    picture.parent.mkdir()
    Image.new("RGB", (60, 20), (200, 180, 20)).save(picture)
    for number in range(1, 1500):
        (tmp_path / "in" / f"{number}.png").symlink_to(picture)
    out = tmp_path / "out"
    arguments = [str(tmp_path / "in"), "--out", str(out), *OPTIONS]
    for ending, code in ((signal.SIGKILL, -9), (signal.SIGINT, 130)):
        script = ENDS.format(ending.value) + process("archive")[2]
        done = subprocess.run([sys.executable, "-c", script, *arguments], check=False, stderr=subprocess.DEVNULL)
        assert done.returncode == code and 0 < len(rows(out)) < 1500
    assert subprocess.run([*process("archive"), *arguments], check=False, stderr=subprocess.DEVNULL).returncode == 0
    assert len(rows(out)) == len({row["address"] for row in rows(out)}) == 1500
    assert not list(out.rglob(".plate-edge-*"))


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    first = ArchiveFolder(tmp_path / "out", RUN)
    with pytest.raises(DeviceError, match="another plate-archive writes there"):
        ArchiveFolder(tmp_path / "out", RUN)
    first.close()
    ArchiveFolder(tmp_path / "out", RUN).close()


def test_a_disk_without_locks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(archive_folder.fcntl, "flock", flock)
    with pytest.raises(DeviceError, match=r"cannot be locked \(No locks available\)"):
        ArchiveFolder(tmp_path / "out", RUN)


def test_an_address_is_new_once(tmp_path: Path) -> None:
    archive = ArchiveFolder(tmp_path / "out", RUN)
    names = ["/a.jpg", "/b.jpg", "/a.jpg", "/b\udcff.jpg"]
    assert [one.name for one in archive.new(Address(name, None) for name in names)] == [
        "/a.jpg",
        "/b.jpg",
        "/b\udcff.jpg",
    ]
    archive.close()


def test_a_name_of_any_bytes_has_one_row(tmp_path: Path) -> None:
    odd = tmp_path / "in" / os.fsdecode(b"a\xff\n.png")
    odd.parent.mkdir()
    Image.new("RGB", (60, 20), (200, 180, 20)).save(odd)
    for _ in range(2):
        assert command([str(odd.parent), "--out", str(tmp_path / "out"), *OPTIONS]) == 0
    assert [row["address"] for row in rows(tmp_path / "out")] == [f"{tmp_path}/in/a\\udcff\n.png"]


def test_damage_is_named(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [str(pictures), "--out", str(out), *OPTIONS]
    command(arguments)
    (part,) = out.rglob("part-*.parquet")
    content = part.read_bytes()
    part.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="is damaged"):
        command(arguments)
    part.unlink()
    command(arguments)
    assert len(rows(out)) == 13
    (out / "archive.json").write_text("{}")
    with pytest.raises(DataError, match=r"archive\.json is damaged"):
        command(arguments)
    (out / "archive.json").unlink()
    with pytest.raises(DataError, match=r"archive\.json is missing"):
        command(arguments)


def test_rows_are_written_from_time_to_time(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_folder, "FLUSH_ROWS", 5)
    command([str(pictures), "--out", str(tmp_path / "out"), *OPTIONS])
    assert len(list((tmp_path / "out").rglob("part-*.parquet"))) == 3
    assert len(rows(tmp_path / "out")) == 13
    assert (tmp_path / "out" / "archive.json").stat().st_mode & 0o77 == 0


def test_lists_and_patterns(pictures: Path, tmp_path: Path) -> None:
    names = ["pictures/cam0/0.png", "", "# a comment", str(pictures / "cam1" / "1.png"), "s3://bucket/a.jpg"]
    (tmp_path / "all.txt").write_text("\ufeff" + "\n".join(names) + "\n", "utf-8")  # Windows begins lists so
    found = [one.name for one in list_addresses([str(tmp_path / "all.txt")])]
    assert found == [str(pictures / "cam0" / "0.png"), str(pictures / "cam1" / "1.png"), "s3://bucket/a.jpg"]
    found = sorted(one.name for one in list_addresses([f"{pictures}/cam*/1*.png"]))
    assert found == sorted(str(pictures / name) for name in ("cam1/1.png", "cam1/10.png", "cam2/11.png"))
    with pytest.raises(UsageError, match="there is no picture"):
        list(list_addresses([f"{pictures}/*.nothing"]))


def test_a_line_that_is_no_path_is_one_short_input(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("a.jpg\n" + "x" * 100_000 + "\nb.jpg\n" + "\0" * 100_000)
    found = [Path(one.name).name for one in list_addresses([str(tmp_path / "all.txt")])]
    assert found == ["a.jpg", "x" * 8192, "b.jpg", "\0" * 8192]


def test_an_archive_in_the_folder_that_it_reads_is_no_input(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(pictures / "cam1" / "archive"), *OPTIONS]
    for name, expected in ((str(pictures), "13 new rows"), (str(pictures), "0 new rows"), (f"{pictures}/**", "0 new")):
        command([name, *out])
        assert expected in capsys.readouterr().err


def test_an_archive_is_not_its_own_input(pictures: Path) -> None:
    with pytest.raises(UsageError, match=r"--out .* is also an input; use a folder of its own"):
        command([str(pictures), "--out", str(pictures / "cam1" / ".."), *OPTIONS])
    assert not (pictures / "archive.json").exists()


def test_an_input_that_is_not_there_leaves_no_archive(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no picture"):
        command([str(tmp_path / "*.jpg"), "--out", str(tmp_path / "out"), *OPTIONS])
    assert not (tmp_path / "out").exists()


def test_the_summary(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    with pytest.raises(UsageError, match="holds no archive"):
        command(["--summary", out])
    command([str(pictures), "gone.jpg", "--out", out, *OPTIONS])
    capsys.readouterr()
    assert command(["--summary", out, "--histogram", str(tmp_path / "h.png")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("14 inputs (14 pictures, 0 videos), 12 plates in 12 of them, 2 not read\n")
    assert "\n  AB12     12  20" in text
    assert re.search(r"\n  unknown +1 +0\n", text)
    with Image.open(tmp_path / "h.png") as histogram:
        assert histogram.size == (720, 420)
    assert command(["--summary", out, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["plates"] == 12
    assert found["texts"][0]["text"] == "AB12"
    assert [one["inputs"] for one in found["folders"]] == [5, 4, 4, 1]
    assert sum(one["count"] for one in found["histogram"]) == 12
    assert found["models"] == read_manifest(Path(out))["models"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to read"),
        (["in"], "--out DIR is missing"),
        (["in", "--summary", "x"], "leave out inputs"),
        (["in", "--out", "x", "--json"], "need --summary"),
        (["--summary", "x", "--retry-errors"], "needs inputs and --out"),
        (["in", "--out", "x", "--address", "1.2.3.4:5"], "needs --engine ray"),
        (["--summary", "x", "--histogram", "h.pdf"], "has to end in"),
        (["in", "--out", "x", "--as", "character", "--region", "germany"], "cannot be used with --as character"),
    ],
)
def test_wrong_use(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        command(arguments)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install '\.\[archive\]'"):
        command([str(tmp_path), "--out", str(tmp_path / "out")])


def test_addresses_are_known_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_addresses, "_MOST_MEMORY_KB", 64)
    known = KnownAddresses()
    names = [f"s3://bucket/{number}.jpg" for number in range(20_000)]
    known.add_all(names[:15_000])
    assert [known.add(name) for name in names] == 15_000 * [False] + 5_000 * [True]
    assert len(known) == 20_000
    known.close()
