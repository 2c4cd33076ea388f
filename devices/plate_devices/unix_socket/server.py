"""Listens on a Unix socket, and answers each request with a record."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plate_devices.records import SCHEMA, Engine, plate_record, to_line, uuid7
from plate_devices.unix_socket.requests import MOST_BYTES, build, count_bytes, parse
from plate_runtime.errors import DeviceError, PlateEdgeError, UsageError

if TYPE_CHECKING:
    from io import BufferedReader

    from plate_devices.records import Record
    from plate_devices.unix_socket.requests import Request
    from plate_runtime.reader import PlateReader

MOST_CLIENTS = 32
_LONGEST_PATH = 107


class SocketServer:
    """One reader for many clients; their pictures are read one after the other, as they come."""

    def __init__(
        self,
        path: Path,
        reader: PlateReader,
        as_: str = "plate",
        region: str | None = None,
        min_confidence: float | None = None,
    ) -> None:
        """Listen; whoever may write to the socket file, owner and group, may ask.

        Args:
            reader: stays the caller's to close.
            as_, region, min_confidence: hold where a request does not say otherwise.

        Raises:
            DeviceError: the socket cannot be made, or another process answers there. UsageError: its path is too long.
        """
        self.path = path
        self._reader, self._as, self._region, self._least = reader, as_, region, min_confidence
        self._turn = threading.Lock()
        self._clients: set[socket.socket] = set()
        self._free = threading.Semaphore(MOST_CLIENTS)
        self._listener = _listen(path)
        self._own = path.stat().st_ino

    def serve_forever(self) -> None:
        """Answer until `close` is called."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                if self._listener.fileno() < 0:
                    return
                time.sleep(0.1)  # no file is free for one more client; soon there will be
                continue
            if not self._free.acquire(blocking=False):
                client.close()
                continue
            self._clients.add(client)
            threading.Thread(target=self._attend, args=(client,), name="socket client", daemon=True).start()

    def close(self) -> None:
        """Stop listening, hang up, and take the socket file away; a request that is being read is not answered."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._own:
                self.path.unlink()
        for client in list(self._clients):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def _attend(self, client: socket.socket) -> None:
        try:
            with client, client.makefile("rb") as stream:
                going_on = True
                while going_on and (line := stream.readline(MOST_BYTES + 1)):
                    answer, going_on = self._answer(line, stream)
                    client.sendall(to_line(answer).encode("ascii") + b"\n")
        except OSError:
            return
        finally:
            self._clients.discard(client)
            self._free.release()

    def _answer(self, line: bytes, stream: BufferedReader) -> tuple[Record, bool]:
        """Return the answer to a request, and whether it is known where the next one begins."""
        asked: dict[str, Any] = {}
        going_on = False
        try:
            asked = parse(line)
            count = count_bytes(asked)
            content = stream.read(count) if count else b""
            going_on = len(content) == count
            return self._read(build(asked, content), asked.get("id")), going_on
        except PlateEdgeError as error:
            reason = str(error)
        except MemoryError:
            reason = "not enough memory is free"
        return {"schema": SCHEMA, "type": "error", "request": asked.get("id"), "error": reason}, going_on

    def _read(self, request: Request, id_: Any) -> Record:
        as_ = request.as_ or self._as
        least = self._least if request.min_confidence is None else request.min_confidence
        region = request.region or (None if as_ == "character" else self._region)
        with self._turn:
            started = time.perf_counter()
            plates = self._reader.read(request.picture, as_, region=region, min_confidence=least)
            elapsed = 1000 * (time.perf_counter() - started)
            engine = engine_of(self._reader, as_)
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


def engine_of(reader: PlateReader, as_: str) -> Engine:
    """Return what reads pictures of this kind."""
    model = reader.model_for(as_)
    labels = {"locator": reader.locator().manifest.label} if as_ == "frame" else {}
    return Engine({**labels, "reader": model.manifest.label}, model.backend.name)


def serve(
    path: Path, reader: PlateReader, as_: str, region: str | None = None, min_confidence: float | None = None
) -> int:
    """Answer until the process is stopped, and return the exit code. Raises as `SocketServer` does."""
    server = SocketServer(path, reader, as_, region, min_confidence)
    try:
        server.serve_forever()
    finally:
        server.close()
    return 0


def _listen(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise UsageError(f"--socket {path} is longer than {_LONGEST_PATH} bytes, which is all that sockets have")
    _clear(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o117)
    try:
        listener.bind(os.fspath(path))
        listener.listen(MOST_CLIENTS)
    except OSError as error:
        listener.close()
        raise DeviceError(f"--socket {path} cannot be made: {error.strerror or error}") from error
    finally:
        os.umask(before)
    return listener


def _clear(path: Path) -> None:
    """Remove a socket that a process which is gone has left; anything else stays where it is."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise DeviceError(f"--socket {path} is there already, and no socket; choose another name")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2.0)
            probe.connect(os.fspath(path))
        raise DeviceError(f"--socket {path}: another process answers there; stop it, or choose another name")
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DeviceError(f"--socket {path} cannot be made: {error.strerror or error}") from error
