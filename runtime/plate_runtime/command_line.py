"""How every command of the project ends: exit codes, one-line errors, quiet pipes, signals."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from .errors import DeviceError, PlateEdgeError, UsageError

_NO_SPACE_CODES = (28, 122)  # ENOSPC, EDQUOT: importing errno for two numbers is not worth it
_NAME_CODES = (13, 36, 63)  # EACCES, ENAMETOOLONG on Linux and macOS: methods such as `Path.exists` raise these


class _TerminatedError(BaseException):
    """SIGTERM arrived; unwinds like Ctrl-C so that `finally` blocks run."""


_stopped: list[int] = []
# Exit codes of the signals that came: an extension module that is imported turns their exceptions into ImportError.


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    _stopped.append(143)
    raise _TerminatedError


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    _stopped.append(130)
    raise KeyboardInterrupt


def run(command: Callable[[Sequence[str]], int], prog: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `command(arguments)` and leave the process with its exit code.

    `arguments` are `sys.argv[1:]` unless given. `--version` prints the version of the package and leaves. Errors
    meant for the user become one line on standard error, `prog: message`; with `--debug` among the arguments the
    traceback comes first. Exit codes: the command's own result, the error's `exit_code`, 2 for a name that no file
    can have, 4 where the disk is full, 70 for an internal error, 130 after Ctrl-C, 143 after SIGTERM. A closed
    pipe ends quietly with 0.
    """
    _replace_closed_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    _stopped.clear()
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may have it ignored
        signal.signal(signal.SIGINT, _interrupt)
    try:
        _check_not_empty(given, prog)
        code = _print_version(prog) if _asks_for_version(given) else command(given)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        code = 0
    except KeyboardInterrupt:
        code = 130
    except _TerminatedError:
        code = 143
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception as error:
        code = _stopped[-1] if _stopped else _explain(error, prog, debug="--debug" in given)
    _end_at_once()
    _flush_quietly()
    sys.exit(code)


def _end_at_once() -> None:
    """Let a signal from here on end the process: while Python ends, an exception would print a traceback."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is _interrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _check_not_empty(given: Sequence[str], prog: str) -> None:
    """Raise UsageError for an empty argument, such as `--out "$UNSET"`: as a path it would be the current folder."""
    for before, argument in zip([prog, *given], given, strict=False):
        is_option = argument.startswith("--") and argument.find("=") == len(argument) - 1
        if not argument or is_option:
            where = argument.removesuffix("=") or before
            raise UsageError(f"the argument after {where} is empty; is a variable of the shell unset?")


def _asks_for_version(given: Sequence[str]) -> bool:
    options = given[: given.index("--")] if "--" in given else given
    return "--version" in options


def _print_version(prog: str) -> int:
    from . import __version__

    print(f"{prog} {__version__}")
    return 0


def _explain(error: Exception, prog: str, debug: bool) -> int:
    if debug:
        import traceback

        print(without_logins("".join(traceback.format_exception(error))), file=sys.stderr, end="")
    if isinstance(error, OSError) and error.errno in _NO_SPACE_CODES:
        where = f" while writing {error.filename}" if error.filename else ""
        error = DeviceError(f"the disk is full{where}; free some space and run the command again")
    if isinstance(error, OSError) and error.errno in _NAME_CODES and error.filename:
        error = UsageError(f"{str(error.filename)[:200]} cannot be used: {error.strerror}")
    if isinstance(error, PlateEdgeError):
        text, code = str(error), error.exit_code
    else:
        text, code = f"internal error: {type(error).__name__}: {error}; run again with --debug for details", 70
    print(f"{prog}: {' '.join(without_logins(text).split())}", file=sys.stderr)
    return code


def without_logins(text: str) -> str:
    """Return a text without the user and the password of any address in it."""
    if "://" not in text:
        return text
    import re

    return re.sub(r"://[^\s/]*@", "://", text)


def _replace_closed_streams() -> None:
    """A stream closed by the caller (`>&-`) is None, and print would send errors to standard output instead."""
    nowhere = open(os.devnull, "w", encoding="utf-8") if None in (sys.stdout, sys.stderr) else None  # noqa: PTH123, SIM115
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    if isinstance(sys.stdout, io.TextIOWrapper):  # a plate may have characters that the terminal's encoding lacks
        sys.stdout.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Redirect standard output to the null device: flushing it at exit would print an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush_quietly() -> None:
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        _drop_output()
