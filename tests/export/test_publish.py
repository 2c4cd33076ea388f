from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plate_export.publish import stage
from plate_runtime.errors import DeviceError, UsageError

NAMES = ("a.tflite", "b.onnx", "report.json")


def _publish(out: Path, content: bytes) -> None:
    with stage(out) as staging:
        for name in NAMES:
            staging.write(name, content)
        staging.publish()


def _contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def _all(content: bytes) -> dict[str, bytes]:
    return dict.fromkeys(NAMES, content)


def test_all_files_appear_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    _publish(out, b"new")
    assert _contents(out) == _all(b"new")


def test_old_files_are_replaced_and_others_left_alone(tmp_path: Path) -> None:
    _publish(tmp_path, b"old")
    (tmp_path / "mine.txt").write_bytes(b"mine")
    _publish(tmp_path, b"new")
    assert _contents(tmp_path) == {**_all(b"new"), "mine.txt": b"mine"}


def test_an_error_before_publishing_leaves_the_old_files(tmp_path: Path) -> None:
    _publish(tmp_path, b"old")
    with pytest.raises(RuntimeError), stage(tmp_path) as staging:
        staging.write("a.tflite", b"new")
        raise RuntimeError
    assert _contents(tmp_path) == _all(b"old")


def test_an_error_leaves_no_folder_that_was_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), stage(tmp_path / "deep" / "out") as staging:
        staging.write("a.tflite", b"new")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _publish(tmp_path, b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeviceError, match="No space left on device; nothing was published") as caught:
        _publish(tmp_path, b"new")
    assert caught.value.exit_code == 4
    assert _contents(tmp_path) == _all(b"old")


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_file_that_cannot_be_moved_undoes_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int, first: bool
) -> None:
    if not first:
        _publish(tmp_path, b"old")
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if Path(target) == tmp_path / NAMES[place] and "decided" in str(self):
            raise OSError(errno.EPERM, "refused", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(DeviceError, match="nothing was published"):
        _publish(tmp_path, b"new")
    assert _contents(tmp_path) == ({} if first else _all(b"old"))


def test_old_files_are_kept_where_the_file_system_knows_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publish(tmp_path, b"old")

    def no_links(*_arguments: Any, **_options: Any) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", no_links)
    test_a_file_that_cannot_be_moved_undoes_the_others(tmp_path, monkeypatch, 2, first=False)


KILLED = """
import os, signal, sys
from pathlib import Path
from plate_export.publish import stage
step, number, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
calls = 0
original = getattr(Path, step)
def dying(self, *rest, **options):
    global calls
    if calls == number:
        os.kill(os.getpid(), signal.SIGKILL)
    calls += 1
    return original(self, *rest, **options)
with stage(out) as staging:
    for name in ("a.tflite", "b.onnx", "report.json"):
        staging.write(name, b"new")
    setattr(Path, step, dying)
    staging.publish()
"""


@pytest.mark.parametrize(
    ("step", "number", "decided"),
    [("rename", 0, False), ("replace", 0, True), ("replace", 1, True), ("replace", 2, True), ("rmdir", 0, True)],
)
def test_a_killed_export_is_dropped_or_finished_by_the_next(
    tmp_path: Path, environment: dict[str, str], step: str, number: int, decided: bool
) -> None:
    out = tmp_path / "out"
    _publish(out, b"old")
    died = subprocess.run([sys.executable, "-c", KILLED, step, str(number), str(out)], env=environment, check=False)
    assert died.returncode == -signal.SIGKILL
    for name in NAMES:
        assert (out / name).read_bytes() in {b"old", b"new"}
    with pytest.raises(RuntimeError), stage(out):
        assert {name: (out / name).read_bytes() for name in NAMES} == _all(b"new" if decided else b"old")
        raise RuntimeError
    assert _contents(out) == _all(b"new" if decided else b"old")


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from plate_runtime.command_line import run
from plate_export.publish import stage
original = Path.replace
def replace(self, target):
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
    return original(self, target)
def command(arguments):
    with stage(Path(arguments[0])) as staging:
        for name in ("a.tflite", "b.onnx", "report.json"):
            staging.write(name, b"new")
        Path.replace = replace
        staging.publish()
    return 0
run(command, "test", sys.argv[2:])
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_ctrl_c_waits_until_all_files_are_in_place(
    tmp_path: Path, environment: dict[str, str], name: str, code: int
) -> None:
    out = tmp_path / "out"
    _publish(out, b"old")
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED, name, str(out)], env=environment, check=False)
    assert ended.returncode == code
    assert _contents(out) == _all(b"new")


def test_two_exports_do_not_mix(tmp_path: Path) -> None:
    with stage(tmp_path) as staging:
        with pytest.raises(DeviceError, match="another export"), stage(tmp_path):
            pass
        staging.write("a.tflite", b"first")
        staging.publish()
    assert _contents(tmp_path) == {"a.tflite": b"first"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="not a folder"), stage(out):
            pass


def test_a_place_that_cannot_be_written_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_arguments: Any, **_options: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DeviceError, match="Permission denied"), stage(tmp_path / "out"):
        pass
    with pytest.raises(DeviceError, match="Permission denied"), stage(tmp_path):
        pass


def test_what_a_killed_export_prepared_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".plate-export-unfinished").mkdir()
    (tmp_path / ".plate-export-unfinished" / "a.tflite").write_bytes(b"half")
    _publish(tmp_path, b"new")
    assert _contents(tmp_path) == _all(b"new")
    shutil.rmtree(tmp_path)
