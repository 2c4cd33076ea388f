"""Programs: the record on standard input, no shell, and nothing left running."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from action_helpers import occasion
from device_helpers import until

from plate_devices.actions import program
from plate_devices.actions.action import ActionError
from plate_devices.actions.program import ProgramAction, ProgramSettings


def action(*command: str, timeout: float = 20.0) -> ProgramAction:
    return ProgramAction(ProgramSettings(name="gate", lists=("family",), command=command, timeout=timeout))


def shell(text: str, *more: str, timeout: float = 20.0) -> ProgramAction:
    return action("/bin/sh", "-c", text, *more, timeout=timeout)


def test_record_comes_on_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "got"
    assert shell(f"cat > {file}; echo opened").fire(occasion()) == "/bin/sh ended with code 0: opened"
    assert json.loads(file.read_text()) == occasion().record


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    result = action("/bin/echo", "$(touch x)", "a;b", "*").fire(occasion())
    assert result == "/bin/echo ended with code 0: $(touch x) a;b *"


def test_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    result = action("/usr/bin/env").fire(occasion())
    assert "hunter2" not in result
    assert "PLATE_EDGE_ACTION=gate" in result
    assert shell("pwd").fire(occasion()).endswith(": /")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("echo no relay >&2; exit 3", "/bin/sh ended with code 3: no relay"),
        ("kill -9 $$", "/bin/sh ended with code -9"),
    ],
)
def test_failures_are_explained(program: str, message: str) -> None:
    with pytest.raises(ActionError, match=message):
        shell(program).fire(occasion())


def test_missing_program(tmp_path: Path) -> None:
    with pytest.raises(ActionError, match="cannot be started: No such file"):
        action(str(tmp_path / "none")).fire(occasion())
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ActionError, match="is not a program"):
            action(str(path)).check()
    action("/bin/sh").check()


def running(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
        state = Path(f"/proc/{int(pid_file.read_text())}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def test_slow_program_is_killed_with_its_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    has_begun: list[bool] = []

    def monotonic() -> float:
        """The timeout is over when the program has begun and its output was read, however late that is."""
        has_begun.append((tmp_path / "pid").exists() and running(tmp_path / "pid"))
        return 100.0 if sum(has_begun) > 2 else 0.0

    monkeypatch.setattr(program, "time", SimpleNamespace(monotonic=monotonic, sleep=time.sleep))
    with pytest.raises(ActionError, match=r"was killed after 2 s: begun"):
        shell(f"echo begun; sleep 100 & echo $! > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; wait",
              timeout=2.0).fire(occasion())  # fmt: skip
    until(lambda: not running(tmp_path / "pid"))


def test_what_a_program_leaves_running_is_killed(tmp_path: Path) -> None:
    shell(f"sleep 100 & echo $! > {tmp_path}/pid").fire(occasion())
    until(lambda: not running(tmp_path / "pid"))


def test_program_that_closes_everything_is_still_killed() -> None:
    with pytest.raises(ActionError, match="was killed"):
        shell("exec <&- >&- 2>&-; sleep 100", timeout=0.5).fire(occasion())


def test_program_that_reads_nothing_ends() -> None:
    one = occasion()
    one.record["padding"] = "x" * 300_000
    assert shell("exec <&-; sleep 0.2").fire(one).endswith("code 0")


def test_output_is_bounded_and_one_line() -> None:
    result = shell(r"head -c 1000000 /dev/zero | tr '\0' x; printf '\nlast\033[31m line\n'").fire(occasion())
    assert len(result) < 2100
    assert result.endswith("last [31m line")
    assert "\n" not in result


def test_stop_ends_it() -> None:
    slow = shell("sleep 100")
    threading.Timer(0.3, slow.interrupt).start()
    before = time.monotonic()
    with pytest.raises(ActionError, match="was stopped"):
        slow.fire(occasion())
    assert time.monotonic() - before < 60
