"""Read an archive on a cluster of Ray: Ray Data distributes addresses, repeats lost work and slows down producers."""

from __future__ import annotations

import logging
import os
import signal
import socket
from itertools import islice
from typing import TYPE_CHECKING, Any

from plate_devices.archive.archive_rows import Address, Row, require_pyarrow, schema, table_of
from plate_devices.archive.job_pool import JobPool
from plate_devices.archive.local_engine import rows_of
from plate_runtime.errors import DeviceError, missing_extra, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plate_devices.run_options import InferOptions

BLOCK, ROUND = 64, 50_000
"""Most addresses that an actor takes at once, and that Ray Data gets at once: that many are held in memory."""

_BLOCKS_EACH = 8
# Blocks that each actor gets of a few addresses: these may be videos of hours.


def reader_class(options: InferOptions) -> type:
    """Return the class of a stateless actor: it opens the models once, and turns addresses into rows.

    A process of its own reads, so that a picture that crashes an interpreter costs its row an error, not the actor.
    """

    class RayReader:
        def __init__(self) -> None:  # no arguments: Ray would lose them with the host that holds them
            self._pool = JobPool(options, 1, keeps_going=True)

        def __call__(self, batch: Any) -> Any:
            """Return the rows of addresses, both as Arrow tables."""
            addresses = [Address(os.fsdecode(row["path"]), row["modified"]) for row in batch.to_pylist()]
            return table_of(list(rows_of(self._pool, addresses)))

    return RayReader


def read_on_ray(
    options: InferOptions, addresses: Iterable[Address], jobs: int | None, address: str | None
) -> Iterator[Row]:
    """Yield the row of each address, in any order.

    Args:
        options: of the readers.
        addresses: to read.
        jobs: most readers; by default one for each processor of the cluster.
        address: of the cluster's head; None starts a cluster on this machine alone.

    Raises:
        MissingPartError: Ray is not installed. DeviceError: the cluster cannot be reached, or fails.
    """
    ray = connect(address)
    try:
        most = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))
        for block in _blocks(addresses, ROUND):
            yield from _rows_of_round(ray, options, block, most)
    except (ray.exceptions.RayError, ConnectionError, TimeoutError) as error:
        raise DeviceError(f"the cluster fails: {reason_of(error)}; run the command again to continue") from error
    finally:
        ray.shutdown()


def connect(address: str | None) -> Any:
    """Connect to a cluster, or start one on this machine, and return the module ray.

    The own cluster asks for a token, because Ray listens on all addresses of a machine.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address is None:
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_DATA_DISABLE_PROGRESS_BARS", "1")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise missing_extra("--engine ray needs Ray", "archive") from error
    where = {"address": address} if address else {"address": "local", "include_dashboard": False}
    before = signal.getsignal(signal.SIGTERM)
    try:
        if address:
            _knock(address)
        ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        raise DeviceError(f"the cluster {address or 'of this machine'} cannot be used: {reason_of(error)}") from error
    finally:
        signal.signal(signal.SIGTERM, before)  # Ray's own would end with another exit code
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def _knock(address: str) -> None:
    """Raise OSError where nothing listens: Ray would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), 5.0).close()


def _rows_of_round(ray: Any, options: InferOptions, addresses: list[Address], most: int) -> Iterator[Row]:
    pa = require_pyarrow()
    columns = pa.schema([("path", pa.binary()), schema().field("modified")])
    blocks = [
        pa.Table.from_pylist([{"path": os.fsencode(one.name), "modified": one.modified} for one in block], columns)
        for block in blocks_of(addresses, most)
    ]
    data = ray.data.from_arrow(blocks).map_batches(
        reader_class(options),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=min(most, len(blocks))),
    )
    for table in data.iter_batches(batch_size=None, batch_format="pyarrow"):
        yield from table.to_pylist()


def blocks_of(addresses: Sequence[Address], readers: int) -> Iterator[list[Address]]:
    """Yield the addresses in blocks for so many readers: several for each, of at most `BLOCK` addresses."""
    return _blocks(addresses, max(1, min(BLOCK, len(addresses) // (_BLOCKS_EACH * readers))))


def _blocks(addresses: Iterable[Address], most: int) -> Iterator[list[Address]]:
    """Yield the addresses in lists of at most so many."""
    rest = iter(addresses)
    while block := list(islice(rest, most)):
        yield block
