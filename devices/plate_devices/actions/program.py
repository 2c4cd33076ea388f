"""Runs a program with the record on its standard input: no shell, a time limit, and its whole process group ends."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from plate_devices.actions.action import Action, ActionError
from plate_devices.actions.action_settings import ActionSettings
from plate_devices.events.records import to_line
from plate_devices.setting_errors import SettingError

if TYPE_CHECKING:
    from plate_devices.actions.action import Occasion

_MOST_OUTPUT = 2000
_LOOK_EVERY = 0.2


@dataclass(frozen=True, kw_only=True)
class ProgramSettings(ActionSettings):
    """type = "program": runs a program with the record as one line of JSON on its standard input.

    Attributes:
        command: the program with its full path, and its arguments; no shell reads them.
        timeout: seconds after which it is killed, 0.1 to 50, with all processes of its group.
    """

    type: Literal["program"] = "program"
    command: tuple[str, ...]
    timeout: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.command or not self.command[0].startswith("/"):
            raise SettingError("command", 'it has to begin with a full path, such as ["/usr/local/bin/open-gate"]')
        if any("\0" in word for word in self.command):
            raise SettingError("command", "it holds a zero byte")
        if not 0.1 <= self.timeout <= 50:
            raise SettingError("timeout", f"{self.timeout:g} is not from 0.1 to 50 seconds")


class ProgramAction(Action):
    """Starts the program in a process group and an environment of its own."""

    Settings: ClassVar[type[ActionSettings]] = ProgramSettings
    LATEST: ClassVar[float] = 30.0

    def __init__(self, settings: ProgramSettings) -> None:
        """Use a program; each vehicle starts it."""
        self._settings = settings
        self._stopped = False

    def open(self) -> None:
        """Raises ActionError if the program is missing."""
        self.check()

    def fire(self, occasion: Occasion) -> str:
        """Run the program and wait for its end; code 0 means that it worked."""
        settings, program = self._settings, self._settings.command[0]
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "PLATE_EDGE_ACTION": settings.name}
        try:
            process = subprocess.Popen(
                settings.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
        except (OSError, ValueError) as error:
            raise ActionError(f"{program} cannot be started: {getattr(error, 'strerror', None) or error}") from error
        try:
            output, in_time = self._talk(process, f"{to_line(occasion.record)}\n".encode("ascii"))
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # also what it has left running
            process.wait()
        shown = f": {output}" if output else ""
        if not in_time:
            why = "was stopped" if self._stopped else f"was killed after {settings.timeout:g} s"
            raise ActionError(f"{program} {why}{shown}")
        if process.returncode:
            raise ActionError(f"{program} ended with code {process.returncode}{shown}")
        return f"{program} ended with code 0{shown}"

    def interrupt(self) -> None:
        self._stopped = True

    def check(self) -> None:
        """See `Action`. The program is not started."""
        program = Path(self._settings.command[0])
        if not program.is_file() or not os.access(program, os.X_OK):
            raise ActionError(f"{program} is not a program that this user may start")

    def close(self) -> None:
        """See `Action`: nothing stays open."""

    def _talk(self, process: subprocess.Popen[bytes], line: bytes) -> tuple[str, bool]:
        """Write the line, read until the program ends; return the end of its output, and whether it ended in time."""
        assert process.stdin is not None and process.stdout is not None
        output, ended = b"", False
        deadline = time.monotonic() + self._settings.timeout
        with process.stdin as stdin, process.stdout as stdout, selectors.DefaultSelector() as selector:
            for stream in (stdin, stdout):
                os.set_blocking(stream.fileno(), False)
            selector.register(stdin, selectors.EVENT_WRITE)
            selector.register(stdout, selectors.EVENT_READ)
            while not self._stopped and (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(min(left, _LOOK_EVERY)):
                    if key.fileobj is stdin:
                        line = _write(stdin.fileno(), line)
                        if not line:
                            selector.unregister(stdin)
                            stdin.close()
                    elif content := stdout.read(65536):
                        output = (output + content)[-_MOST_OUTPUT:]
                    else:
                        selector.unregister(stdout)
                if _has_ended(process.pid):
                    ended = True
                    with suppress(OSError):
                        output = (output + (stdout.read(65536) or b""))[-_MOST_OUTPUT:]
                    break
                if not selector.get_map():
                    time.sleep(0.01)  # it closed both, and still runs
        text = "".join(one if one.isprintable() else " " for one in output.decode("utf-8", "replace"))
        return " ".join(text.split()), ended


def _has_ended(process: int) -> bool:
    """Whether a child has ended. It stays a zombie, so that no other group gets its number before it is killed."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _write(handle: int, line: bytes) -> bytes:
    """Write what fits; return the rest, nothing if the program reads no more."""
    try:
        return line[os.write(handle, line) :]
    except BlockingIOError:
        return line
    except OSError:
        return b""
