"""A search on several hosts: KerasTuner's chief, which proposes trials, and its workers, which train them.

They talk over gRPC without authentication or encryption: any program that reaches the chief can read and change it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from plate_runtime.errors import DeviceError, UsageError

from ..atomic import write_json
from .run_files import read_json

WORKER_FILE = "worker.json"
HEARTBEAT = 5.0
"""Seconds between two heartbeats of a worker."""
SILENT_AFTER = 60.0
"""Seconds without a heartbeat after which the chief reports a worker."""

_ASKS_AGAIN_WITHIN = 5.0
_LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|\[::1\]")


class Address(NamedTuple):
    """Host and port of a chief."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return _LOOPBACK.fullmatch(self.host) is not None


@dataclass(frozen=True)
class Share:
    """The part of this host in a search.

    Attributes:
        address: of the chief. worker: name of this worker, "" for the chief.
        digest: of everything that makes trials comparable; it must be the same on all hosts.
    """

    address: Address
    worker: str
    digest: str

    @contextlib.contextmanager
    def announced(self) -> Iterator[None]:
        """Within the block KerasTuner's tuners are this worker; it takes that from the environment."""
        names = ("KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID")
        values = (self.address.host, str(self.address.port), self.worker)
        before = {name: os.environ.get(name) for name in names}
        os.environ.update(zip(names, values, strict=True))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def address(text: str) -> Address:
    """Parse HOST:PORT on the command line."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or "/" in host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address; use for example 192.168.1.5:7000")
    return Address(host, int(port))


def add_share_options(parser: argparse.ArgumentParser) -> None:
    """Add --chief and --worker."""
    add = parser.add_mutually_exclusive_group().add_argument
    text = "serve the search of --trials to workers on other hosts; no authentication: a trusted network only"
    add("--chief", type=address, metavar="HOST:PORT", help=text)
    text = "train trials of the search of this chief; the other options must be those of the chief"
    add("--worker", type=address, metavar="HOST:PORT", help=text)


def require_share(options: argparse.Namespace) -> None:
    """Check --chief and --worker. Raises UsageError if other options contradict them."""
    if options.chief is not None and not options.trials:
        raise UsageError("--chief serves a search; add --trials N, or --resume to continue one")
    if options.worker is not None and options.resume:
        raise UsageError("a worker continues by itself if it is started with the same --out; leave out --resume")


def digest_of(comparable: Mapping[str, Any]) -> str:
    """Return a SHA-256 of values of JSON."""
    return hashlib.sha256(json.dumps(comparable, sort_keys=True).encode()).hexdigest()


def worker_name(folder: Path) -> str:
    """Return the name of the worker that keeps its trials in a folder of this host; it stays after a restart."""
    return f"worker-{socket.gethostname()}-{hashlib.sha256(bytes(folder.resolve())).hexdigest()[:6]}"


def require_same_search(folder: Path, share: Share) -> None:
    """Record in a worker's folder which search its trials belong to. Raises UsageError if they belong to another."""
    file = folder / WORKER_FILE
    if file.exists() and read_json(file).get("digest") != share.digest:
        raise UsageError(f"{folder} holds trials of another search; name another folder with --out")
    write_json({"digest": share.digest, "worker": share.worker}, file)


def serve(oracle: Any, share: Share, *, ended: Callable[[int], None], say: Callable[[str], None]) -> None:
    """Serve an oracle of KerasTuner to workers until every trial has ended.

    Args:
        oracle: of KerasTuner. share: of the chief. ended: is called with the number of trials that
            have ended since the last call. say: gets the lines for people, also of workers that are silent.

    Raises:
        DeviceError: the address cannot be used.
    """
    import grpc
    from keras_tuner.src import protos

    servicer = _servicer(oracle, share.digest, say)
    # Two chiefs on one port would share its workers.
    server = grpc.server(ThreadPoolExecutor(max_workers=1), options=[("grpc.so_reuseport", 0)])
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)
    try:
        server.add_insecure_port(str(share.address))
    except RuntimeError as error:
        raise DeviceError(f"{share.address} cannot be used; name a free port of this host with --chief") from error
    server.start()
    say(f"workers join with: --worker {share.address}, and otherwise the same options")
    if not share.address.is_loopback:
        say(f"any program that reaches {share.address} can read and change the search; use a trusted network")
    try:
        count, finished = len(oracle.end_order), False
        while not finished:
            time.sleep(0.1)
            finished = servicer.is_finished()
            ended(len(oracle.end_order) - count)
            count = len(oracle.end_order)
            servicer.report_silent_workers()
        deadline = time.monotonic() + _ASKS_AGAIN_WITHIN
        while oracle.tuner_ids and time.monotonic() < deadline:  # each worker asks once more
            time.sleep(0.1)
    finally:
        server.stop(grace=1.0).wait()


def _servicer(oracle: Any, digest: str, say: Callable[[str], None]) -> Any:
    import grpc
    from keras_tuner.src.distribute.oracle_chief import OracleServicer

    class Servicer(OracleServicer):  # type: ignore[misc]
        """KerasTuner's, which also hears the heartbeats: calls of GetSpace with the worker's name and digest."""

        def __init__(self) -> None:
            super().__init__(oracle)
            self._heard: dict[str, float] = {}
            self._silent: set[str] = set()

        def GetSpace(self, request: Any, context: Any) -> Any:  # noqa: N802
            sent = dict(context.invocation_metadata())
            if "worker" in sent:
                if sent.get("digest") != digest:
                    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "other settings or data")
                self._note(sent["worker"])
            return super().GetSpace(request, context)

        def is_finished(self) -> bool:
            """Whether every trial has ended."""
            complete = self.stop_triggered or len(oracle.end_order) >= oracle.max_trials
            return complete and not oracle.ongoing_trials

        def report_silent_workers(self) -> None:
            """Say once which workers have been silent while they have a trial."""
            for worker, trial in dict(oracle.ongoing_trials).items():
                silent = time.monotonic() - self._heard.setdefault(worker, time.monotonic())
                if silent > SILENT_AFTER and worker not in self._silent:
                    self._silent.add(worker)
                    say(
                        f"{worker} has been silent for {silent:.0f} s in trial {trial.trial_id}; start it again with "
                        "the same --out, or stop this search and continue it with --resume"
                    )

        def _note(self, worker: str) -> None:
            if worker not in self._heard:
                say(f"{worker} joined")
            elif worker in self._silent:
                say(f"{worker} is back")
            self._silent.discard(worker)
            self._heard[worker] = time.monotonic()

    return Servicer()


class Heartbeat:
    """Tells the chief every few seconds that this worker runs, and says when the chief does not answer."""

    def __init__(self, share: Share, say: Callable[[str], None]) -> None:
        """Prepare; used as a context it begins and ends."""
        import grpc
        from keras_tuner.src import protos

        self._share, self._say, self._grpc = share, say, grpc
        self._request = protos.get_service().GetSpaceRequest()
        self._channel = grpc.insecure_channel(str(share.address))
        self._stub = protos.get_service_grpc().OracleStub(self._channel)
        self._metadata = (("worker", share.worker), ("digest", share.digest))
        self._stop = threading.Event()
        self._answers = True
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        """Wait for the chief, then begin. Raises UsageError if it searches with other settings or data."""
        while not self._beat():
            time.sleep(1.0)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2 * HEARTBEAT)
        self._channel.close()

    def _run(self) -> None:
        while not self._stop.wait(HEARTBEAT):
            with contextlib.suppress(UsageError):  # another search took the address: the next request fails
                self._beat()

    def _beat(self) -> bool:
        try:
            self._stub.GetSpace(self._request, metadata=self._metadata, timeout=HEARTBEAT)
        except self._grpc.RpcError as error:
            if error.code() is self._grpc.StatusCode.FAILED_PRECONDITION:
                raise UsageError(
                    f"the chief at {self._share.address} searches with other settings or data; give both the same"
                ) from error
            self._note(False)
            return False
        self._note(True)
        return True

    def _note(self, answers: bool) -> None:
        if answers != self._answers and not self._stop.is_set():
            self._say(f"the chief at {self._share.address} {'answers' if answers else 'does not answer; waiting'}")
        self._answers = answers
