"""The key of the plate hashes: in its own file, replaced regularly."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from plate_devices.events.system_times import RELEASED
from plate_devices.private_files import clean_folder, create_folder, replacing
from plate_runtime.alphabet import fold
from plate_runtime.errors import DAMAGE, DataError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_DAY = 86400.0
_RETRY = 3600.0
_SLACK = 3600.0
"""A machine without a real-time clock may start so many seconds late: its time is saved once an hour."""

_KEY_BYTES = 32
_HASH_DIGITS = 32
"""Half of HMAC-SHA-256: 128 bits, which exclude accidental collisions."""


class _Key(NamedTuple):
    name: str
    made: float
    secret: bytes


class RotatingKey:
    """Turns texts into hashes that only the owner of the key can compare with plates. Used by one thread.

    A plain hash hides nothing: all plates of a country can be tried within seconds. Once a key is deleted, its hashes
    cannot be reversed. Hashes of different keys cannot be compared.
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
            path: of the key file.
            rotate_days: days after which a new key replaces it.
            warn: is called if a new key cannot be saved; it is then used until the process ends.
            now: returns seconds since 1970. Before `RELEASED` the clock is not set, and the key stays. A key from more
                than an hour in the future is replaced: the clock was wrong when it was made.

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
        """Return `NAME:HASH` of a plate's text, confusables such as O and 0 as equal; NAME identifies the key."""
        self._rotate()
        return _hash(self._key, text)

    def _rotate(self) -> None:
        if self._is_fresh(self._key) and time.monotonic() < self._retry_at:
            return
        try:
            with self._locked():
                # Another process may have replaced the key already.
                found = _load(self._path)
                fresh = found is not None and found != self._key and self._is_fresh(found)
                self._key = found if found is not None and fresh else self._make()
            self._retry_at = float("inf")
        except (OSError, DataError) as error:
            if not self._is_fresh(self._key):
                self._key = _new_key(self._now())
            self._retry_at = time.monotonic() + _RETRY
            reason = getattr(error, "strerror", None) or error
            self._warn(f"key file {self._path} cannot be written ({reason}); the hashes change at the next start")

    def _is_fresh(self, key: _Key) -> bool:
        """Whether a key may still be used: not too old, and not made while the clock was ahead."""
        age = self._now() - key.made
        was_ahead = age < -_SLACK and self._now() > RELEASED
        return age < self._lasts and not was_ahead

    def _make(self) -> _Key:
        """Make a key and save it, whole or not at all, readable by its owner alone."""
        key = _new_key(self._now())
        content = json.dumps({"name": key.name, "made": key.made, "key": key.secret.hex()})
        clean_folder(self._path.parent)
        with replacing(self._path) as stream:
            stream.write(f"{content}\n".encode("ascii"))
        return key

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the key file against other processes."""
        import fcntl

        create_folder(self._path.parent)
        beside = self._path.with_name(f".{self._path.name}.lock")
        handle = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class CurrentKey:
    """The key of a file as it is now, for searches; it is neither made nor replaced.

    Attributes:
        made: seconds since 1970.
    """

    def __init__(self, key: _Key) -> None:
        self._key, self.made = key, key.made

    def hash(self, text: str) -> str:
        """Return `NAME:HASH` of a text; see `RotatingKey.hash`."""
        return _hash(self._key, text)


def read_key(path: Path) -> CurrentKey | None:
    """Return the current key of a file; None if there is none. Raises DataError, OSError."""
    key = _load(path)
    return None if key is None else CurrentKey(key)


def _hash(key: _Key, text: str) -> str:
    digest = hmac.new(key.secret, fold(text).encode(), hashlib.sha256).hexdigest()
    return f"{key.name}:{digest[:_HASH_DIGITS]}"


def _new_key(now: float) -> _Key:
    return _Key(os.urandom(3).hex(), now, os.urandom(_KEY_BYTES))


def _load(path: Path) -> _Key | None:
    """Read a key file; None if there is none."""
    try:
        with path.open(encoding="ascii") as stream:
            if stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                raise DataError(f"key file {path} can be read by others; run: chmod 600 {path}")
            found = json.loads(stream.read(4096))
        key = _Key(str(found["name"]), float(found["made"]), bytes.fromhex(found["key"]))
    except FileNotFoundError:
        return None
    except DAMAGE as error:
        raise DataError(f"key file {path} is damaged; delete it to get a new key") from error
    usable = 0 < len(key.name) <= 32 and key.name.isprintable() and math.isfinite(key.made)
    if len(key.secret) != _KEY_BYTES or not usable:
        raise DataError(f"key file {path} holds no key of {_KEY_BYTES} bytes; delete it to get a new key")
    return key
