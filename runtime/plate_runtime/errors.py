"""Errors that a user can act on. Each has the exit code of a command that it ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_LONGEST_SENTENCE = 2000


class PlateEdgeError(Exception):
    """Base of all errors raised on purpose; its text is one sentence: what, where, what to do."""

    exit_code = 70

    def __str__(self) -> str:
        """Return the sentence on one line, without control characters, and of bounded length."""
        text = super().__str__()
        if not text.isprintable():
            text = printable(" ".join(text.splitlines()))
        return text if len(text) <= _LONGEST_SENTENCE else f"{text[:_LONGEST_SENTENCE]}..."


def printable(text: str) -> str:
    """Return a text, such as the name of a file, with escapes for what cannot be printed or is not Unicode."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


class InputError(PlateEdgeError):
    """A picture, or another input to be read, could not be read."""

    exit_code = 1


class UsageError(PlateEdgeError):
    """The command or function was called with something that does not fit."""

    exit_code = 2


class MissingPartError(UsageError):
    """An optional dependency, or an interpreter, is not installed."""


def missing_extra(what: str, extra: str) -> MissingPartError:
    """Return the error that `what` needs the packages of an extra, with the command that installs them."""
    return MissingPartError(
        f"{what}; in the checkout: pip install '.[{extra}]', with a wheel: pip install 'FILE.whl[{extra}]'"
    )


class ModelError(PlateEdgeError):
    """A model file is damaged, of an unknown version, or does not fit its purpose."""

    exit_code = 2


class DataError(PlateEdgeError):
    """A labelled data set is incomplete, inconsistent, or not the one that was recorded."""

    exit_code = 2


class AccuracyError(PlateEdgeError):
    """An accuracy check failed; nothing was published."""

    exit_code = 3


class DeviceError(PlateEdgeError):
    """A device, the network or the disk is not available."""

    exit_code = 4


DAMAGE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError, MemoryError, EOFError)
"""What parsers raise over damaged input: numbers of too many digits, deep nesting, wrong types, texts that end early.
UnicodeError and JSONDecodeError are ValueErrors, KeyError and IndexError are LookupErrors."""

_LONGEST_REASON = 200


def reason_of(error: BaseException) -> str:
    """Return the message of an exception, on one printable line of bounded length."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = text.encode("ascii" if not text.isprintable() else "utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}..."


def described(error: BaseException) -> str:
    """Return an exception in one line; one that is not a `PlateEdgeError` is called an internal error."""
    if isinstance(error, PlateEdgeError):
        return " ".join(str(error).split())
    return f"internal error: {type(error).__name__}: {reason_of(error)}"


@contextlib.contextmanager
def damage_as(kind: type[PlateEdgeError], where: str) -> Iterator[None]:
    """Turn every error that damaged input causes in a parser into one of the project's own.

    Args:
        kind: the error to raise; `where`: how its sentence begins, such as "labels.csv cannot be read".
    """
    try:
        yield
    except DAMAGE as error:
        raise kind(f"{where}: {reason_of(error)}") from error
