"""plate-infer as a process: exit codes, one line of error, nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from device_helpers import process

Run = Callable[..., subprocess.CompletedProcess[str]]


class TestEndings:
    """As a process: exit codes, one line of error, nothing else."""

    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (["--as", "plate"], 2, "nothing to read"),
            (["--camera", "rtsp://me:secret@127.0.0.1:1/1", "--as", "plate"], 4, "cannot be reached"),
            (["--camera", "gone.mp4", "--as", "plate"], 4, "no such file"),
        ],
    )
    def test_wrong_use(self, run_infer: Run, arguments: list[str], code: int, message: str) -> None:
        ended = run_infer(*arguments)
        assert ended.returncode == code
        assert ended.stdout == ""
        assert ended.stderr.startswith("plate-infer: ")
        assert message in ended.stderr
        assert ended.stderr.count("\n") == 1
        assert "secret" not in ended.stderr

    @pytest.mark.skipif(Path("/dev/video97").exists(), reason="a camera where none is expected")
    def test_a_missing_camera(self, run_infer: Run, options: list[str]) -> None:
        ended = run_infer("--camera", "97", *options)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (4, "", 1)
        assert "/dev/video97" in ended.stderr

    @pytest.mark.parametrize("arguments", [["--camera", "0"], ["film.mp4"], ["--camera", "film.mp4"]])
    def test_without_opencv_and_pyav_it_says_what_to_install(self, tmp_path: Path, arguments: list[str]) -> None:
        (tmp_path / "film.mp4").touch()
        script = "import sys; sys.modules['cv2'] = sys.modules['av'] = None; " + process()[2]
        line = [*process()[:2], script, *arguments, "--as", "plate"]
        ended = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
        assert "pip install '.[camera]'" in ended.stderr

    def test_a_missing_picture(self, run_infer: Run, options: list[str]) -> None:
        ended = run_infer("gone.png", *options)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)

    def test_standard_input(self, options: list[str], picture: Path) -> None:
        ended = subprocess.run([*process(), "-", *options], input=picture.read_bytes(), capture_output=True, check=True)
        assert ended.stdout == b"B\t0.980\t-\n"

    def test_a_bad_model(self, run_infer: Run, picture: Path) -> None:
        ended = run_infer(str(picture), "--as", "character", "--model", str(picture))
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)

    def test_a_full_disk_on_standard_output(self, options: list[str], picture: Path) -> None:
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(
                [*process(), str(picture), *options], stdout=full, stderr=subprocess.PIPE, check=False, text=True
            )
        assert ended.returncode == 4
        assert ended.stderr == "plate-infer: standard output cannot be written: No space left on device\n"

    def test_a_closed_pipe_is_quiet(self, options: list[str]) -> None:
        with start(["--camera", "demo:99", "--every", *options]) as running:
            assert running.stdout is not None
            running.stdout.readline()
            running.stdout.close()
            assert running.stderr is not None
            assert running.stderr.read() == ""
            assert running.wait(30) == 0

    @pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_signals_end_it_with_what_was_seen(self, options: list[str], sent: signal.Signals, code: int) -> None:
        with start(["--camera", "demo:99", "--every", "--json", *options]) as running:
            assert running.stdout is not None
            for _ in range(5):
                running.stdout.readline()
            running.send_signal(sent)
            out, err = running.communicate(timeout=30)
        assert (running.returncode, err) == (code, "")
        assert json.loads(out.splitlines()[-1])["type"] == "vehicle"

    def test_odd_file_names(self, run_infer: Run, options: list[str], picture: Path, tmp_path: Path) -> None:
        odd = tmp_path / os.fsdecode(b"a\xff\tb\n.png")
        odd.write_bytes(picture.read_bytes())
        ended = run_infer(str(odd), *options)
        assert (ended.returncode, ended.stderr) == (0, "plate-infer: 1 picture, 1 character read\n")
        assert ended.stdout.endswith("a\\udcff\\x09b\\x0a.png\n")


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    # A test runner started in the background would hand on that SIGINT is ignored.
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    python, option, script = process()
    line = [python, option, listen + script, *arguments]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
