"""Serves a Unix socket: each request is answered with a record."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.clients.event_loop import EventLoop
from plate_devices.clients.limits import ConnectionLimits, Response
from plate_devices.events.records import SCHEMA, Engine, plate_record
from plate_devices.unique_ids import uuid7
from plate_devices.unix_socket.line_framing import LineFramer, checked_id, error_record, parse, reply
from plate_devices.unix_socket.socket_requests import build
from plate_runtime.errors import DeviceError, PlateEdgeError, UsageError

if TYPE_CHECKING:
    from plate_devices.clients.limits import Peer
    from plate_devices.events.records import Record
    from plate_devices.unix_socket.socket_requests import Request
    from plate_runtime.reader import PlateReader

LIMITS = ConnectionLimits(connections=128, held_bytes=96 << 20, workers=1)
"""With one worker, only one picture is in memory."""

_WAIT_AFTER_ERROR = 0.02
_LONGEST_PATH = 107


class SocketServer:
    """One reader for many clients; pictures are read one after the other."""

    too_late = reply(error_record(None, f"a request has to be complete within {LIMITS.request_within:g} s"))
    too_many = reply(error_record(None, "there are too many clients, or too much data; try again"))

    def __init__(
        self,
        path: Path,
        reader: PlateReader,
        as_: str = "plate",
        region: str | None = None,
        min_confidence: float | None = None,
    ) -> None:
        """Listen; owner and group of the socket file have access.

        Args:
            reader: is closed by the caller.
            as_, region, min_confidence: defaults for requests.

        Raises:
            DeviceError: the socket cannot be created, or another process uses it.
            UsageError: its path is too long.
        """
        self.path = path
        self._reader, self._as, self._region, self._least = reader, as_, region, min_confidence
        listener = _listen(path)
        self._inode = path.stat().st_ino
        self._loop = EventLoop(listener, self, LIMITS)

    def serve_forever(self) -> None:
        """Serve until `close` is called."""
        self._loop.serve_forever()

    def close(self) -> None:
        """Stop listening, disconnect all clients, and remove the socket file."""
        self._loop.close()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()

    def framer(self) -> LineFramer:
        """See `Service`."""
        return LineFramer()

    def answer(self, request: bytearray, _peer: Peer) -> Response:
        """See `Service`. Errors are delayed for a moment, so that a client cannot cause many."""
        line_end = request.find(b"\n")
        line_end = len(request) if line_end < 0 else line_end
        id_ = None
        try:
            asked, image = parse(request, line_end)
            id_ = checked_id(asked)
            content = memoryview(request)[line_end + 1 :]
            return Response(reply(self._read(build(asked, image, content), id_)))
        except PlateEdgeError as error:
            reason = str(error)
        except MemoryError:
            reason = "not enough memory is free"
        except Exception as error:  # an internal error is reported to the client, too
            reason = f"internal error: {type(error).__name__}"
        return Response(reply(error_record(id_, reason)), delay=_WAIT_AFTER_ERROR)

    def _read(self, request: Request, id_: Any) -> Record:
        as_ = request.as_ or self._as
        least = self._least if request.min_confidence is None else request.min_confidence
        region = request.region or (None if as_ == "character" else self._region)
        started = time.perf_counter()
        plates = self._reader.read(request.picture, as_, region=region, min_confidence=least)
        elapsed = 1000 * (time.perf_counter() - started)
        engine = Engine.of(self._reader.manifests(as_), self._reader.model_for(as_).backend.name)
        return {
            "schema": SCHEMA,
            "type": "frame",
            "id": uuid7(),
            "request": id_,
            "source": request.picture.name,
            "frame": 0,
            "time": None,
            "width": request.picture.width,
            "height": request.picture.height,
            "plates": [plate_record(plate) for plate in plates],
            "elapsed_ms": round(elapsed, 2),
            "models": engine.models,
            "backend": engine.backend,
        }


def serve(
    path: Path, reader: PlateReader, as_: str, region: str | None = None, min_confidence: float | None = None
) -> int:
    """Serve until the process is stopped, and return the exit code. Raises like `SocketServer`."""
    server = SocketServer(path, reader, as_, region, min_confidence)
    try:
        server.serve_forever()
    finally:
        server.close()
    return 0


def _listen(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise UsageError(f"--socket {path} is longer than {_LONGEST_PATH} bytes, the limit for sockets")
    _clear(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        listener.bind(os.fspath(path))
        listener.listen(LIMITS.connections)
    except OSError as error:
        listener.close()
        raise DeviceError(f"--socket {path} cannot be created: {error.strerror or error}") from error
    finally:
        os.umask(before)
    return listener


def _clear(path: Path) -> None:
    """Remove the socket of a process that has ended. Raises DeviceError for anything else at this path."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise DeviceError(f"--socket {path} exists and is not a socket; choose another name")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2.0)
            probe.connect(os.fspath(path))
        raise DeviceError(f"--socket {path}: another process uses it; stop it, or choose another name")
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DeviceError(f"--socket {path} cannot be created: {error.strerror or error}") from error
