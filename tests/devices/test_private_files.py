"""Files for their owner alone: whole, through no link, and nothing left after a kill."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from plate_devices.outputs.csv import CsvOutput, CsvSettings
from plate_devices.outputs.json_lines import LinesOutput, LinesSettings
from plate_devices.outputs.output import Event, Output
from plate_devices.outputs.recovery import open_queue
from plate_devices.outputs.saved_pictures import PictureFolder
from plate_devices.outputs.sqlite import SqliteOutput, SqliteSettings
from plate_devices.privacy.keys import RotatingKey
from plate_devices.private_files import clean_folder, create_folder, replacing
from plate_devices.scoring.contact_sheet import save_pages
from plate_devices.unique_ids import uuid7
from plate_runtime.errors import DeviceError

EVENT: Event = {"type": "vehicle", "id": uuid7(), "last_time": "2026-05-01T12:00:00.000Z", "plates": []}


@pytest.fixture(params=[0o000, 0o022])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_everything_with_plates_is_for_its_owner_alone(tmp_path: Path, umask: None) -> None:
    base = tmp_path / "made"
    outputs: list[Output] = [
        CsvOutput(CsvSettings(path=base / "csv" / "deep" / "p.csv", rotate="day")),
        LinesOutput(LinesSettings(path=base / "lines" / "p.jsonl")),
        SqliteOutput(SqliteSettings(path=base / "sqlite" / "p.sqlite")),
    ]
    for output in outputs:
        output.open()
        assert output.send([EVENT]) == 1
    PictureFolder(base / "crops").save(Image.new("RGB", (9, 9)), "gate-000001-read")
    queue = open_queue(base / "queue", 1 << 20, ["a"], lambda *_: None)
    RotatingKey(base / "keys" / "hash.key", 1.0, lambda _: None)
    for path in (base, *base.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert sum(path.is_file() for path in base.rglob("*")) >= 7
    queue.close()
    for output in outputs:
        output.close()


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    create_folder(tmp_path / "shared" / "a" / "b")
    create_folder(tmp_path / "shared" / "a" / "b")
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("shared", "shared/a/b")] == [0o755, 0o700]
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="exists"):
        create_folder(tmp_path / "file")


def test_a_file_keeps_mode_and_owner_and_is_whole_or_as_before(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("before")
    path.chmod(0o640)
    if os.getuid() == 0:
        os.chown(path, 12, 34)
    like = path.stat()
    with pytest.raises(ValueError, match="half"), replacing(path, like=like) as stream:
        stream.write(b"half")
        raise ValueError("half")
    assert (path.read_text(), list(tmp_path.iterdir())) == ("before", [path])
    with replacing(path, like=like) as stream:
        stream.write(b"after")
    after = path.stat()
    assert (path.read_text(), list(tmp_path.iterdir())) == ("after", [path])
    assert (after.st_mode, after.st_uid, after.st_gid) == (like.st_mode, like.st_uid, like.st_gid)


_KILLED = """
import sys, time
from pathlib import Path
from plate_devices.private_files import replacing
with replacing(Path(sys.argv[1])) as stream:
    stream.write(b"AB123")
    stream.flush()
    print("begun", flush=True)
    time.sleep(600)
"""


def test_a_copy_that_a_kill_left_is_deleted_and_one_that_is_written_is_not(tmp_path: Path) -> None:
    foreign = tmp_path / ".somebody.part"
    foreign.write_text("x")
    command = [sys.executable, "-c", _KILLED, str(tmp_path / "p.csv")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"begun\n"
        assert clean_folder(tmp_path) == 0
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert len(list(tmp_path.iterdir())) == 2
    assert clean_folder(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [foreign]


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    """As /dev/full would be by an output of a command that root runs."""
    os.mkfifo(tmp_path / "sheet.png")
    for pages in (1, 2):
        with suppress(DeviceError):
            save_pages([Image.new("RGB", (9, 9))] * pages, tmp_path / "sheet.png")
        assert (tmp_path / "sheet.png").is_fifo()
    with pytest.raises(OSError, match="it is a device, a pipe or a socket"), replacing(tmp_path / "sheet.png"):
        pass
    assert (tmp_path / "sheet.png").is_fifo()


def test_no_link_is_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine\n")
    (tmp_path / "p.jsonl").symlink_to(precious)
    (tmp_path / "p.csv").symlink_to(precious)
    for output in (
        LinesOutput(LinesSettings(path=tmp_path / "p.jsonl")),
        CsvOutput(CsvSettings(path=tmp_path / "p.csv")),
    ):
        with pytest.raises(Exception, match="it is a symbolic link; give the path of its target"):
            output.open()
    folder = PictureFolder(tmp_path / "crops")
    (tmp_path / "crops" / "a.jpg").symlink_to(precious)
    folder.save(Image.new("RGB", (9, 9)), "a")
    assert precious.read_text() == "mine\n"
    assert not (tmp_path / "crops" / "a.jpg").is_symlink()
    assert time.time() - precious.stat().st_mtime < 600
