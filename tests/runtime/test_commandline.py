"""Exit codes and one-line errors."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from plate_runtime import errors
from plate_runtime.command_line import run
from plate_runtime.errors import DataError


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """`run` leaves no handlers, as the process ends; this one goes on."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def end_with(error: BaseException) -> int:
    def command(arguments: Sequence[str]) -> int:
        raise error

    with pytest.raises(SystemExit) as end:
        run(command, "plate-test", [])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputError("x"), 1), (errors.UsageError("x"), 2), (errors.MissingPartError("x"), 2),
        (errors.ModelError("x"), 2), (errors.DataError("x"), 2), (errors.AccuracyError("x"), 3),
        (errors.DeviceError("x"), 4), (OSError(errno.ENOSPC, "No space left on device", "a.json"), 4),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "a.json"), 4),
        (OSError(errno.ENAMETOOLONG, "File name too long", "a" * 9000), 2),
        (OSError(errno.EACCES, "Permission denied", "a.json"), 2), (OSError(errno.EACCES, "Permission denied"), 70),
        (RuntimeError("x"), 70), (KeyboardInterrupt(), 130), (SystemExit(2), 2), (SystemExit(None), 0),
    ],
)  # fmt: skip
def test_every_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert end_with(error) == code


@pytest.mark.parametrize(
    ("arguments", "place"), [(["--out", ""], "--out"), (["a.jpg", "--out="], "--out"), ([""], "plate-test")]
)
def test_an_empty_argument_is_not_the_current_folder(
    arguments: list[str], place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(lambda _: 0, "plate-test", arguments)
    assert f"the argument after {place} is empty" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--debug"]])
def test_no_login_is_printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def command(_: Sequence[str]) -> int:
        raise RuntimeError("cannot open rtsp://joe:s3cret@host/stream and http://host/a@b")

    with pytest.raises(SystemExit):
        run(command, "plate-test", arguments)
    said = capsys.readouterr().err
    assert "s3cret" not in said
    assert "joe" not in said
    assert "rtsp://host/stream and http://host/a@b" in said


def test_the_message_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    end_with(errors.DataError("labels.csv\nis odd"))
    assert capsys.readouterr().err == "plate-test: labels.csv is odd\n"
    end_with(OSError(errno.ENOSPC, "No space left on device", "a.json"))
    assert "the disk is full while writing a.json; free some space" in capsys.readouterr().err
    end_with(OSError(errno.ENAMETOOLONG, "File name too long", "a" * 9000))
    assert capsys.readouterr().err == f"plate-test: {'a' * 200} cannot be used: File name too long\n"
    end_with(RuntimeError("x"))
    assert capsys.readouterr().err == (
        "plate-test: internal error: RuntimeError: x; run again with --debug for details\n"
    )


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def command(arguments: Sequence[str]) -> int:
        raise errors.DataError("odd")

    with pytest.raises(SystemExit):
        run(command, "plate-test", ["--debug"])
    assert "Traceback" in capsys.readouterr().err


SCRIPT = """
import os, signal, sys
from plate_runtime.command_line import run
def command(arguments):
    if arguments[0] == "pipe":
        for i in range(100000): print("line", i)
    else:
        os.kill(os.getpid(), getattr(signal, arguments[0]))
        signal.pause()
    return 0
run(command, "plate-test")
"""


@pytest.mark.parametrize(("signal_name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_signals_end_without_noise(signal_name: str, code: int) -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT, signal_name], check=False, capture_output=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (code, b"")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_process_ends_is_quiet(sent: signal.Signals) -> None:
    code = (
        "import atexit, os, signal; from plate_runtime.command_line import run\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"atexit.register(lambda: (os.kill(os.getpid(), {sent.value}), signal.pause()))\n"
        "run(lambda _: 0, 'plate-test', [])"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (-sent, b"")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_that_an_import_turns_into_its_own_error_is_no_missing_part(sent: signal.Signals, code: int) -> None:
    script = (
        "import os, signal; from plate_runtime.command_line import run\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def command(_):\n"
        "    try:\n"
        f"        os.kill(os.getpid(), {sent.value}); signal.pause()\n"
        "    except BaseException:\n"
        "        raise ImportError('initialization failed')\n"
        "run(command, 'plate-test', [])"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stderr) == (code, "")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(
    "module",
    [
        "plate_devices.cli.infer", "plate_devices.cli.evaluate", "plate_devices.cli.doctor",
        "plate_devices.cli.archive", "plate_train.command",
    ],
)  # fmt: skip
def test_a_signal_during_the_imports_of_a_command_is_quiet(module: str, sent: signal.Signals, code: int) -> None:
    script = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if 'options' in name or 'option_table' in name:\n"
        f"            os.kill(os.getpid(), {sent.value})\n"
        "sys.meta_path.insert(0, Finder())\n"
        f"from {module} import main; main()"
    )
    line = [sys.executable, "-c", script, "--help"]
    ended = subprocess.run(line, check=False, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", "")


def test_a_closed_pipe_ends_quietly() -> None:
    pipe = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "$0" pipe | head -n 1', SCRIPT],
        check=False,
        capture_output=True,
        timeout=30,
    )
    assert pipe.stdout == b"line 0\n"
    assert pipe.stderr == b""


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_change_no_exit_code_and_mix_nothing_up(closed: str) -> None:
    code = (
        "from plate_runtime.command_line import run; from plate_runtime.errors import DataError\n"
        "def command(arguments):\n    print('read')\n    raise DataError('odd')\n"
        "run(command, 'plate-test', [])"
    )
    shell = ["sh", "-c", f'"{sys.executable}" -c "$0" {closed}', code]
    ended = subprocess.run(shell, check=False, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert ended.stdout == ("" if ">&-" in closed.replace("2>&-", "") else "read\n")
    assert ended.stderr == ("" if "2>&-" in closed else "plate-test: odd\n")


@pytest.mark.parametrize("arguments", [["--version"], ["plate", "--version", "--debug"]])
def test_every_command_prints_the_version_of_the_distribution(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        run(lambda _given: 1, "plate-test", arguments)
    assert end.value.code == 0
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert capsys.readouterr().out == f"plate-test {project['version']}\n"


def test_a_file_may_be_named_version() -> None:
    with pytest.raises(SystemExit) as end:
        run(len, "plate-test", ["--", "--version"])
    assert end.value.code == 2


def test_what_an_error_quotes_moves_no_cursor() -> None:
    assert str(DataError("a\x1b[2Jb\u202ec\nd\x85e\ud800")) == "a\\x1b[2Jb\\u202ec d e\\ud800"
    assert len(str(DataError("x" * 10_000))) < 2100


def test_a_plate_that_the_terminal_has_no_letters_for_is_escaped() -> None:
    script = "from plate_runtime.command_line import run; run(lambda _: print('Ж1') or 0, 'plate-test', [])"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert (ended.returncode, ended.stdout) == (0, b"\\u04161\n")
