"""The key of the hash: in a file of its own, thrown away and made anew after a while."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from plate_runtime.alphabet import fold
from plate_runtime.errors import DataError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_DAY = 86400.0
_RETRY = 3600.0
_KEY_BYTES = 32
_HASH_DIGITS = 32
"""Half of HMAC-SHA-256: 128 bits, which nobody meets twice by chance."""


class _Key(NamedTuple):
    name: str
    made: float
    secret: bytes


class RotatingKey:
    """Turns texts into hashes that only the holder of the key can compare with plates. Used by one thread.

    A plain hash would hide nothing: all plates of a country are tried within seconds. Once a key is thrown away, nobody
    can tell what its hashes stood for, and hashes of different keys cannot be held against each other.
    """

    def __init__(
        self,
        path: Path,
        rotate_days: float,
        warn: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        """Read the key, or make one.

        Args:
            warn: is told where a new key cannot be saved; it is used all the same, until the process ends.
            now: seconds since 1970. While it lies before the key was made, the clock is not set and the key stays.

        Raises:
            DeviceError: the file can be neither read nor made. DataError: it is no key, or others may read it.
        """
        self._path, self._lasts, self._warn, self._now = path, rotate_days * _DAY, warn, now
        self._retry_at = float("inf")
        try:
            with self._locked():
                self._key = _load(path) or self._make()
        except OSError as error:
            raise DeviceError(f"key file {path} cannot be made: {error.strerror or error}") from error
        self._rotate()

    def hash(self, text: str) -> str:
        """Return `NAME:HASH` of a plate's text, O taken as 0 and I as 1; NAME says which key it was."""
        self._rotate()
        digest = hmac.new(self._key.secret, fold(text).encode("ascii"), hashlib.sha256).hexdigest()
        return f"{self._key.name}:{digest[:_HASH_DIGITS]}"

    def _rotate(self) -> None:
        if self._now() - self._key.made < self._lasts and time.monotonic() < self._retry_at:
            return
        try:
            with self._locked():
                # Another process with the same file may have been here first.
                found = _load(self._path)
                fresh = found is not None and found != self._key and self._now() - found.made < self._lasts
                self._key = found if found is not None and fresh else self._make()
            self._retry_at = float("inf")
        except (OSError, DataError) as error:
            if self._now() - self._key.made >= self._lasts:
                self._key = _new_key(self._now())
            self._retry_at = time.monotonic() + _RETRY
            reason = getattr(error, "strerror", None) or error
            self._warn(f"key file {self._path} cannot be written ({reason}); hashes change at the next start")

    def _make(self) -> _Key:
        """Make a key and save it, whole or not at all, for nobody else to read."""
        key = _new_key(self._now())
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_name(f".{self._path.name}.{os.getpid()}.part")
        content = json.dumps({"name": key.name, "made": key.made, "key": key.secret.hex()})
        try:
            scratch.unlink(missing_ok=True)
            with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(content + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            scratch.replace(self._path)
        finally:
            scratch.unlink(missing_ok=True)
        return key

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes that use the same file out meanwhile."""
        import fcntl

        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f".{self._path.name}.lock")
        handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _new_key(now: float) -> _Key:
    return _Key(os.urandom(3).hex(), now, os.urandom(_KEY_BYTES))


def _load(path: Path) -> _Key | None:
    """Read a key file; None where there is none."""
    try:
        with path.open(encoding="ascii") as stream:
            if stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                raise DataError(f"key file {path} can be read by others; run: chmod 600 {path}")
            found = json.loads(stream.read(4096))
        key = _Key(str(found["name"]), float(found["made"]), bytes.fromhex(found["key"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"key file {path} is damaged; delete it, and a new key is made") from error
    if len(key.secret) != _KEY_BYTES or not 0 < len(key.name) <= 32:
        raise DataError(f"key file {path} holds no key of {_KEY_BYTES} bytes; delete it, and a new one is made")
    return key
